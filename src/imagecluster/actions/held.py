"""Folders of the user, held open: names in them are looked up without following any link.

A path is trusted as far as somebody named it (the folder of a collection, a destination); below that, every folder is
opened inside the one before it, and a link is an error. So nothing that changes between a check and its use can lead
elsewhere. Windows holds no folders open; there, names are checked just before they are used.
"""

# Names are looked up in a folder that is held open, which a Path cannot do.
# ruff: noqa: PTH102, PTH104, PTH116, PTH208, PTH211

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from imagecluster.system.safe_files import is_link

__all__ = ["RESERVATION", "HeldFolder", "ThroughLinkError", "Volume", "base_of", "may_write", "same_file"]

_HELD = os.open in os.supports_dir_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE = _NO_LINK | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_FLAGS = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)
"""What a system says that knows no renaming without replacing."""


RESERVATION = b"imagecluster is about to move a file here\n"
"""Content of a file that reserves a name."""


class ThroughLinkError(OSError):
    """A path leads through a symbolic link, or through something that is not a folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ELOOP, "it is reached through a link", os.fspath(path))
        self.path = path


class Volume(NamedTuple):
    """A mounted file system, inside which files can be renamed."""

    device: int
    mount: int
    """Linux gives one file system several places, between which it renames nothing; 0 elsewhere."""


def same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether two names are those of one file."""
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def may_write(folder: Path) -> bool:
    """Whether names in a folder may be changed, as far as the system says."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def base_of(path: Path, bases: Iterable[Path]) -> Path:
    """The longest of these folders that a path lies in, which is where trust ends; else the root of the system."""
    inside = [base for base in bases if path.is_relative_to(base)]
    return max(inside, key=lambda base: len(base.parts), default=Path(path.anchor))


class HeldFolder:
    """A folder that is held open.

    Parameters
    ----------
    path
        The folder, absolute.
    base
        The part of the path that may lead through links; below it, none may.
    create
        Whether missing folders are made; those are in `made`, the highest first.
    mode
        Permissions of the last folder, if it is made.

    Raises
    ------
    ThroughLinkError
        The path leads through a link below `base`.
    OSError
        The folder is missing or cannot be opened.

    """

    def __init__(self, path: Path, base: Path, *, create: bool = False, mode: int = 0o777) -> None:
        self.path = path
        self.made: list[Path] = []
        self.chain: list[tuple[int, int]] = []
        """Device and inode of every folder from `base` down."""
        if create:
            with suppress(FileExistsError):
                base.mkdir(parents=True)
        self._descriptor = os.open(base, _FOLDER) if _HELD else -1
        try:
            self._note(base)
            at = base
            names = path.relative_to(base).parts
            for i, name in enumerate(names):
                at /= name
                self._enter(name, at, (mode if i == len(names) - 1 else 0o777) if create else None)
        except BaseException:
            self.close()
            raise

    def _enter(self, name: str, at: Path, mode: int | None) -> None:
        """Go one folder down; a missing one is made if there is a mode for it."""
        if mode is not None:
            with suppress(FileExistsError):
                os.mkdir(self._within(name, at), mode, **self._dir())
                self.made.append(at)
                self.sync()
        if _HELD:
            try:
                inner = os.open(name, _FOLDER | _NO_LINK, dir_fd=self._descriptor)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise ThroughLinkError(at) from None
                raise
            os.close(self._descriptor)
            self._descriptor = inner
        elif is_link(at):
            raise ThroughLinkError(at)
        self._note(at)

    def _note(self, at: Path) -> None:
        found = os.fstat(self._descriptor) if _HELD else os.stat(at)
        if not stat.S_ISDIR(found.st_mode):
            raise ThroughLinkError(at)
        self.status = found
        self.chain.append((found.st_dev, found.st_ino))

    def close(self) -> None:
        """Close the folder. Closing twice is fine."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def volume(self) -> Volume:
        """The file system that the folder is on."""
        mount = 0
        if sys.platform == "linux":
            with suppress(OSError, ValueError), open(f"/proc/self/fdinfo/{self._descriptor}") as lines:  # noqa: PTH123
                mount = next(int(line.split()[1]) for line in lines if line.startswith("mnt_id:"))
        return Volume(self.status.st_dev, mount)

    def look(self, name: str) -> os.stat_result | None:
        """Status of whatever has that name, of a link its own; None if nothing has it."""
        try:
            return os.stat(self._at(name), follow_symlinks=False, **self._dir())
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """Every name in the folder."""
        return os.listdir(self._descriptor if _HELD else self.path)

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
        """Open a file, never through a link; its descriptor."""
        quiet = getattr(os, "O_NOATIME", 0) if not flags & (os.O_WRONLY | os.O_RDWR) else 0
        try:  # looking at a file is not using it; only its owner may ask for that
            return os.open(self._at(name), flags | _FILE | quiet, mode, **self._dir())
        except PermissionError:
            if not quiet:
                raise
            return os.open(self._at(name), flags | _FILE, mode, **self._dir())

    def create(self, name: str, mode: int = 0o600) -> int:
        """Make a new file for writing; FileExistsError if anything has that name."""
        return self.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def move(self, name: str, other: HeldFolder, new_name: str) -> None:
        """Rename a file, into another folder; FileExistsError if anything has the new name, which is never replaced."""
        rename_new(self._descriptor, self._at(name), other._descriptor, other._at(new_name))

    def link(self, name: str, other: HeldFolder, new_name: str) -> None:
        """Give a file a second name; FileExistsError if anything has that name."""
        if _HELD:
            os.link(
                self._at(name), other._at(new_name), src_dir_fd=self._descriptor, dst_dir_fd=other._descriptor,
                follow_symlinks=False,
            )  # fmt: skip
        else:
            os.link(self._at(name), other._at(new_name))

    def symlink(self, target: str, name: str) -> None:
        """Make a symbolic link; FileExistsError if anything has that name."""
        os.symlink(target, self._at(name), **self._dir())

    def readlink(self, name: str) -> str:
        """The target of a symbolic link."""
        return os.readlink(self._at(name), **self._dir())

    def unlink(self, name: str) -> None:
        """Remove a name; what a link leads to stays."""
        os.unlink(self._at(name), **self._dir())

    def sync(self) -> None:
        """Make the names in the folder survive a power cut, where the system can."""
        if _HELD:
            with suppress(OSError):  # some network drives sync no folders
                os.fsync(self._descriptor)

    def _dir(self) -> dict[str, Any]:
        return {"dir_fd": self._descriptor} if _HELD else {}

    def _at(self, name: str) -> str:
        return self._within(name, self.path / name)

    def _within(self, name: str, at: Path) -> str:
        if os.path.basename(name) != name or name in ("", os.curdir, os.pardir):  # noqa: PTH119
            raise ValueError(f"{name!r} is not the name of a file")
        return name if _HELD else os.fspath(at)


def rename_new(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Rename a file where nothing has the new name; FileExistsError if something has it, which is not replaced.

    Where the system or the drive cannot do that in one call, the file gets its new name as a second one first; where
    there are no hard links either, a small file with the text `RESERVATION` reserves the name.
    """
    if os.name == "nt":
        os.rename(source, target)  # which replaces nothing there
        return
    call = _exclusive_rename()
    if call is not None:
        code = call(source_folder, os.fsencode(source), target_folder, os.fsencode(target))
        if code == 0:
            return
        if code not in _NO_FLAGS:
            raise OSError(code, os.strerror(code), source, None, target)
    try:
        os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (*_NO_FLAGS, errno.EMLINK, errno.EACCES):
            raise
    else:
        try:
            os.unlink(source, dir_fd=source_folder)
        except OSError:
            os.unlink(target, dir_fd=target_folder)
            raise
        return
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600, dir_fd=target_folder)
    try:
        os.write(descriptor, RESERVATION)
        os.rename(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)
    except OSError:
        os.unlink(target, dir_fd=target_folder)
        raise
    finally:
        os.close(descriptor)


@functools.cache
def _exclusive_rename() -> Callable[[int, bytes, int, bytes], int] | None:
    """The system's call that renames and replaces nothing, if it has one; it gives 0 or the number of the error."""
    name, flag = ("renameatx_np", 4) if sys.platform == "darwin" else ("renameat2", 1)
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError):
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    function.restype = ctypes.c_int

    def call(source_folder: int, source: bytes, target_folder: int, target: bytes) -> int:
        return ctypes.get_errno() if function(source_folder, source, target_folder, target, flag) else 0

    return call
