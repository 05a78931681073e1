"""Our own files: opened, made, replaced, listed and removed inside a folder of ours, never through a link.

Whoever supplies a folder (an archive, a memory stick, a share) can put links under the names that we are going to
write. Therefore all names are looked up in a folder that is held open, no link is followed, and what was opened is
checked before it is used: a link put in place between a check and its use leads nowhere. Windows has no such lookups;
there, names are checked just before they are used.
"""

# Names are looked up in a folder that is held open, which a Path cannot do.
# ruff: noqa: PTH110, PTH116, PTH118, PTH119, PTH208

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from imagecluster.errors import NotOursError

__all__ = ["Entry", "OwnFolder", "exists", "is_link", "is_open_here", "is_unfinished", "sync_folder", "unfinished_name"]

_HELD = os.open in os.supports_dir_fd
"""Whether a folder can be held open and names looked up in it."""

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FILE = _NO_LINK | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without O_NONBLOCK opening a named pipe waits for somebody at its other end."""
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_JUNCTIONS = frozenset(getattr(stat, f"IO_REPARSE_TAG_{kind}", -1) for kind in ("SYMLINK", "MOUNT_POINT"))
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}\.new", re.DOTALL)


def is_unfinished(name: str) -> bool:
    """Whether a name is one that `OwnFolder.replacing` gives to a file that is not complete yet."""
    return _UNFINISHED.fullmatch(name) is not None


def unfinished_name(name: str) -> str:
    """A temporary name for a file that gets `name` when it is complete."""
    return f".{name[:50]}.{secrets.token_hex(8)}.new"


def exists(path: str | Path) -> bool:
    """Whether a path leads to something; False also if that cannot be seen (before Python 3.14, Path raises)."""
    return os.path.exists(path)


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link, or what Windows calls a junction."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISLNK(found.st_mode) or _is_junction(found)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, if the system supports it. Raises OSError."""
    with OwnFolder(folder, follow=True) as held:
        held.sync()


def is_open_here(status: os.stat_result) -> bool:
    """Whether this process has a file open; True if the system does not tell."""
    try:
        descriptors = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        return True
    for descriptor in descriptors:
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), status):
                return True
    return False


class Entry(NamedTuple):
    """A file in a folder, or whatever else lies there."""

    name: str
    status: os.stat_result


class OwnFolder:
    """A folder of ours that is held open.

    A file in it is ours if it is a regular file with one name (neither a symbolic nor a hard link) that belongs to
    us, to the folder's owner or to root; in a folder that a group shares, to anybody. Everything else raises
    NotOursError, which says what is there and what to do, before anything is read or changed.

    Parameters
    ----------
    path
        The folder.
    follow
        Whether the folder itself may be reached through a link: only if the user named it.
    create
        Whether a missing folder is made, with the folders above it.

    Raises
    ------
    NotOursError
        The folder is a link or a file. Each method may raise this for the file it is asked for.
    OSError
        The folder is missing or cannot be opened. Each method may raise this for its own work.

    """

    def __init__(self, path: Path, *, follow: bool = False, create: bool = False) -> None:
        if create:
            with suppress(FileExistsError):
                path.mkdir(parents=True)
        self._enter(path, os.fspath(path), None, follow=follow)

    def _enter(self, path: Path, name: str, within: int | None, *, follow: bool) -> None:
        """Open the folder, by a name inside another one."""
        self.path = path
        self.follow = follow
        self._held: int | None = None
        try:
            if _HELD:
                self._held = os.open(name, _FOLDER | (0 if follow else _NO_LINK), dir_fd=within)
                self._status = os.fstat(self._held)
            else:
                self._status = os.stat(name, follow_symlinks=follow)
        except FileNotFoundError:
            raise
        except OSError:
            found = os.stat(name, follow_symlinks=follow, dir_fd=within)
            if not stat.S_ISDIR(found.st_mode):
                raise NotOursError(_refusal(path, found, "folder")) from None
            raise
        if not stat.S_ISDIR(self._status.st_mode) or (_is_junction(self._status) and not follow):
            raise NotOursError(_refusal(path, self._status, "folder"))

    def is_same(self, other: OwnFolder) -> bool:
        """Whether another object stands for the same folder, whatever paths they were opened by."""
        return os.path.samestat(self._status, other._status)

    def child(self, name: str, *, create: bool = False) -> Self:
        """Open a folder inside this one, to be closed by the caller; never through a link."""
        if create:
            with suppress(FileExistsError):
                os.mkdir(self._at(name), dir_fd=self._held)
        folder = object.__new__(type(self))
        folder._enter(self.path / name, self._at(name), self._held, follow=False)
        return folder

    def close(self) -> None:
        """Close the folder. Closing twice is fine."""
        if self._held is not None and self._held >= 0:
            descriptor, self._held = self._held, -1  # which no call takes any more
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def status(self, name: str) -> os.stat_result | None:
        """Size, times and so on of a file of ours; None if there is no such file."""
        found = self._look(name)
        if found is not None:
            self._check(name, found)
        return found

    def has(self, name: str) -> bool:
        """Whether anything has that name, ours or not, even a link that leads nowhere."""
        return self._look(name) is not None

    def entries(self) -> list[Entry]:
        """The files of ours, in no order; everything else in the folder is ignored."""
        found = []
        for name in self._names():
            with suppress(NotOursError):
                status = self.status(name)
                if status is not None:
                    found.append(Entry(name, status))
        return found

    def listing(self) -> list[Entry]:
        """Everything in the folder, ours or not, in no order; a link with its own status."""
        found = []
        for name in self._names():
            status = self._look(name)
            if status is not None:
                found.append(Entry(name, status))
        return found

    def open_reading(self, name: str) -> BinaryIO:
        """Open a file of ours for reading."""
        return os.fdopen(self._open(name, os.O_RDONLY), "rb")

    def open_writing(self, name: str, *, append: bool = False, create: bool = True) -> BinaryIO:
        """Open a file of ours, existing or new, for unbuffered reading and writing; appending or from its start."""
        flags = os.O_RDWR | (os.O_CREAT if create else 0) | (os.O_APPEND if append else 0)
        return os.fdopen(self._open(name, flags), "rb+", buffering=0)

    def create(self, name: str) -> BinaryIO:
        """Open a new file for writing; FileExistsError if anything has that name."""
        return os.fdopen(self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")

    @contextmanager
    def replacing(self, name: str) -> Iterator[BinaryIO]:
        """A stream whose content replaces a file once all of it is written; after an error nothing changes.

        A process that is killed leaves the unfinished file behind: see `remove_unfinished`.
        """
        self.status(name)
        unfinished = unfinished_name(name)
        try:
            with self.create(unfinished) as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            self.rename(unfinished, name)
        except BaseException:
            with suppress(OSError):
                self.unlink(unfinished)
            raise
        with suppress(OSError):  # some network drives sync no folders
            self.sync()

    def symlink(self, target: str, name: str) -> None:
        """Make a symbolic link; FileExistsError if anything has that name."""
        os.symlink(target, self._at(name), dir_fd=self._held)

    def readlink(self, name: str) -> str:
        """The target of a symbolic link."""
        return os.readlink(self._at(name), dir_fd=self._held)

    def n_names(self, name: str) -> int:
        """Current number of names of a file, this one included: 1 if it has no other hard link."""
        return os.stat(self._at(name), follow_symlinks=False, dir_fd=self._held).st_nlink

    def hardlink(self, file: str, name: str) -> None:
        """Make a second name for a file elsewhere; FileExistsError if anything has that name."""
        os.link(file, self._at(name), dst_dir_fd=self._held)

    def unlink(self, name: str) -> None:
        """Remove a name that is not a folder's, whatever it stands for, but never what a link leads to."""
        os.unlink(self._at(name), dir_fd=self._held)

    def rmdir(self, name: str) -> None:
        """Remove an empty folder inside this one."""
        os.rmdir(self._at(name), dir_fd=self._held)

    def rename(self, name: str, new_name: str) -> None:
        """Rename a file of ours; what had the new name is replaced, but never what a link there led to."""
        os.replace(self._at(name), self._at(new_name), src_dir_fd=self._held, dst_dir_fd=self._held)

    def remove(self, name: str) -> None:
        """Remove a file of ours, if it is there."""
        if self.status(name) is not None:
            with suppress(FileNotFoundError):
                self.unlink(name)

    def remove_unfinished(self) -> None:
        """Remove the unfinished files that killed processes left; no other process may be writing to the folder."""
        for name in self._names():
            if is_unfinished(name):
                with suppress(OSError, NotOursError):
                    self.remove(name)

    def sync(self) -> None:
        """Make the names in the folder survive a power cut, if the system supports it."""
        if self._held is not None:
            os.fsync(self._held)

    def _look(self, name: str) -> os.stat_result | None:
        """Status of whatever has that name, of a link its own; None if nothing has it."""
        try:
            return os.stat(self._at(name), follow_symlinks=False, dir_fd=self._held)
        except FileNotFoundError:
            return None

    def _names(self) -> list[str]:
        return os.listdir(self.path if self._held is None else self._held)

    def _at(self, name: str) -> str:
        """The name as a call that looks it up inside the folder expects it."""
        if os.path.basename(name) != name or name in ("", os.curdir, os.pardir):
            raise ValueError(f"{name!r} is not the name of a file in {self.path}")
        return os.path.join(self.path, name) if self._held is None else name

    def _open(self, name: str, flags: int) -> int:
        """Open a file of ours; its descriptor."""
        if self._held is None:
            self.status(name)
        try:
            descriptor = os.open(self._at(name), flags | _FILE, 0o666, dir_fd=self._held)
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:
            self.status(name)  # raises the better error where a link is the reason
            raise
        try:
            self._check(name, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, name: str, found: os.stat_result) -> None:
        """Refuse anything that is not a file of ours."""
        is_file = stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and not _is_junction(found)
        if not is_file or not self._is_owner(found.st_uid):
            raise NotOursError(_refusal(self.path / name, found, "file"))

    def _is_owner(self, uid: int) -> bool:
        """Whether that user's files may be used: anybody's in a folder that others may write to."""
        folder = self._status
        is_shared = bool(folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        return os.name == "nt" or is_shared or uid in (os.geteuid(), folder.st_uid, 0)


def _is_junction(found: os.stat_result) -> bool:
    """Whether this is a junction, which leads elsewhere on Windows."""
    return getattr(found, "st_reparse_tag", 0) in _JUNCTIONS


def _refusal(path: Path, found: os.stat_result, wanted: str) -> str:
    """The error for something that is not ours."""
    cure = "Remove it or move it away"
    if stat.S_ISLNK(found.st_mode) or _is_junction(found):
        what = "a link"
    elif stat.S_ISREG(found.st_mode) and wanted == "file" and found.st_nlink > 1:
        what = f"one of {found.st_nlink} names of the same file (a hard link)"
        cure = "Put a copy of its own in its place, or remove it"
    elif stat.S_ISREG(found.st_mode) and wanted == "file":
        what = f"a file of another user ({found.st_uid})"
    else:
        what = "a folder" if stat.S_ISDIR(found.st_mode) else f"not a {wanted}"
    return (
        f"{path} is {what}, where a {wanted} of imagecluster belongs: it was neither read nor changed, since it may"
        f" belong to something else. {cure}, and run again"
    )
