"""Contents of files and what belongs to them: hashed, compared, copied with times, permissions and attributes."""

# Files are used by descriptors, which a Path cannot do.

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from imagecluster.actions.held import RESERVATION, HeldFolder, base_of
from imagecluster.actions.plan import FileFacts

__all__ = [
    "Before",
    "ChangedError",
    "before_of",
    "copied",
    "drop_reservation",
    "facts_of",
    "has_content",
    "is_reservation",
    "is_still",
    "opened",
    "same_bytes",
    "whole",
    "written",
]

_BLOCK_BYTES = 1 << 20
_COARSE_NS = 2_000_000_000
"""Times of files are so coarse on some drives (FAT)."""


class ChangedError(OSError):
    """A file is not what it was; `str(error)` says in which way, after "it"."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Before:
    """All of a file that an undo brings back."""

    size_bytes: int
    mtime_ns: int
    atime_ns: int
    content_hash: bytes
    inode: int
    mode: int
    uid: int
    gid: int
    folder_mode: int
    attributes: tuple[tuple[str, bytes], ...] = ()
    """Extended attributes, with access control lists."""
    device: int = 0
    """Not kept in the journal: drives have another number each time they are plugged in."""
    n_names: int = 1

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        values: dict[str, Any] = {
            "size_bytes": self.size_bytes,
            "mtime_ns": self.mtime_ns,
            "atime_ns": self.atime_ns,
            "hash": self.content_hash.hex(),
            "inode": self.inode,
            "mode": oct(self.mode),
            "uid": self.uid,
            "gid": self.gid,
            "folder_mode": oct(self.folder_mode),
        }
        if self.attributes:
            values["attributes"] = {name: b64encode(value).decode() for name, value in self.attributes}
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Before:
        """From JSON values. Raises LookupError, TypeError or ValueError for others."""
        return cls(
            **{key: int(values[key]) for key in ("size_bytes", "mtime_ns", "atime_ns", "inode", "uid", "gid")},
            content_hash=bytes.fromhex(values["hash"]),
            mode=int(values["mode"], 8),
            folder_mode=int(values["folder_mode"], 8),
            attributes=tuple((name, b64decode(value)) for name, value in values.get("attributes", {}).items()),
        )


def facts_of(path: Path) -> FileFacts:
    """The facts about a file, for a plan; its content is read. Links are not followed.

    Raises
    ------
    OSError
        The file cannot be read, is not a regular file, or changes meanwhile.

    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - also folds '.' and '..'
    with HeldFolder(path.parent, path.parent) as folder:
        found = before_of(folder, path.name)
    return FileFacts(path, found.size_bytes, found.mtime_ns, found.content_hash)


@contextmanager
def opened(folder: HeldFolder, name: str) -> Iterator[int]:
    """The descriptor of a regular file, for reading. Raises ChangedError for anything else."""
    status = folder.look(name)
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise ChangedError("is a link" if stat.S_ISLNK(status.st_mode) else "is not a file")
    try:
        descriptor = folder.open(name)
    except FileNotFoundError:
        raise ChangedError("is no longer there") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ChangedError("is not a file")
        yield descriptor
    finally:
        os.close(descriptor)


def before_of(folder: HeldFolder, name: str, expected: FileFacts | None = None) -> Before:
    """A file as it is now; its content is read.

    Raises
    ------
    ChangedError
        It is not what is expected, is not a regular file, or changes meanwhile.
    OSError
        It cannot be read.

    """
    with opened(folder, name) as descriptor:
        status = os.fstat(descriptor)
        if expected is not None and status.st_size != expected.size_bytes:
            raise ChangedError(f"has changed: it has {status.st_size:,} bytes, and had {expected.size_bytes:,}")
        if expected is not None and status.st_mtime_ns != expected.mtime_ns:
            raise ChangedError("has changed: its time of change is another")
        content_hash = _hash(descriptor)
        if expected is not None and content_hash != expected.content_hash:
            raise ChangedError("has changed: its content is another, though size and time are the same")
        attributes = tuple(_attributes(descriptor))
        after = os.fstat(descriptor)
        if _marks(after) != _marks(status):
            raise ChangedError("is being changed by another program")
    return Before(
        size_bytes=status.st_size, mtime_ns=status.st_mtime_ns, atime_ns=status.st_atime_ns, content_hash=content_hash,
        inode=status.st_ino, mode=stat.S_IMODE(status.st_mode), uid=status.st_uid, gid=status.st_gid,
        folder_mode=stat.S_IMODE(folder.status.st_mode), attributes=attributes, device=status.st_dev,
        n_names=status.st_nlink,
    )  # fmt: skip


def is_still(folder: HeldFolder, name: str, before: Before) -> bool:
    """Whether a name is that of a file which was recorded: the same one, unchanged, or one of the same content."""
    status = folder.look(name)
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size != before.size_bytes:
        return False
    if (status.st_ino, status.st_mtime_ns) == (before.inode, before.mtime_ns):
        return True
    if not before.size_bytes:  # any empty file has its content, also one that only reserves the name
        return abs(status.st_mtime_ns - before.mtime_ns) <= _COARSE_NS
    return has_content(folder, name, before.content_hash)


def has_content(folder: HeldFolder, name: str, content_hash: bytes) -> bool:
    """Whether a name is that of a regular file with this content, which is read."""
    try:
        with opened(folder, name) as descriptor:
            return _hash(descriptor) == content_hash
    except ChangedError:
        return False


def is_reservation(folder: HeldFolder, name: str) -> bool:
    """Whether a file reserves its name for another one, and a kill has left it, whole or in part."""
    status = folder.look(name)
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > len(RESERVATION):
        return False
    with opened(folder, name) as descriptor:
        return RESERVATION.startswith(os.read(descriptor, len(RESERVATION) + 1))


def drop_reservation(folder: HeldFolder, name: str) -> None:
    """Remove a file that reserves its name for another one."""
    if is_reservation(folder, name):
        folder.unlink(name)


def same_bytes(one: int, other: int) -> bool:
    """Whether two open files have the same bytes."""
    for descriptor in (one, other):
        os.lseek(descriptor, 0, os.SEEK_SET)
    while True:
        block, other_block = _block(one), _block(other)
        if block != other_block:
            return False
        if not block:
            return True


def whole(descriptor: int) -> bytes:
    """All bytes of a small open file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return b"".join(iter(lambda: _block(descriptor), b""))


def copied(source: int, folder: HeldFolder, name: str, before: Before) -> None:
    """Copy an open file to a new name, with its times, permissions and attributes, and read it back.

    Raises
    ------
    ChangedError
        The copy does not have the recorded content; it is left for the caller to remove.
    OSError
        It cannot be written.

    """
    target = folder.create(name)
    try:
        os.lseek(source, 0, os.SEEK_SET)
        while block := _block(source):
            _write_all(target, block)
        os.fsync(target)
        if hasattr(os, "posix_fadvise"):  # so that what is read back comes from the drive
            os.posix_fadvise(target, 0, 0, os.POSIX_FADV_DONTNEED)
        if _hash(target) != before.content_hash:
            raise ChangedError("could not be copied: what is read back is not what was written, or it has changed")
        put_metadata(target, before)
    finally:
        os.close(target)


def written(folder: HeldFolder, name: str, data: bytes, mode: int | None) -> None:
    """Write a new file, and wait until it is on disk; without a mode it has that of any new file."""
    target = folder.create(name, 0o666 if mode is None else 0o600)
    try:
        _write_all(target, data)
        if mode is not None and hasattr(os, "fchmod"):
            with suppress(OSError):
                os.fchmod(target, mode)
        os.fsync(target)
    finally:
        os.close(target)


def put_metadata(descriptor: int, before: Before) -> None:
    """Give a file the owner, permissions, attributes and times that were recorded, as far as the drive holds them."""
    if hasattr(os, "fchown"):
        with suppress(OSError):
            os.fchown(descriptor, before.uid, before.gid)
    if hasattr(os, "fchmod"):  # the owner of a file may set its attributes only while it can be written to
        with suppress(OSError):
            os.fchmod(descriptor, before.mode | stat.S_IWUSR)
    if hasattr(os, "setxattr"):
        for name, value in before.attributes:
            with suppress(OSError):
                os.setxattr(descriptor, name, value)
    if hasattr(os, "fchmod"):
        with suppress(OSError):
            os.fchmod(descriptor, before.mode)
    with suppress(OSError, NotImplementedError, TypeError):
        os.utime(descriptor, ns=(before.atime_ns, before.mtime_ns))
    os.fsync(descriptor)


def open_folder(path: Path, bases: tuple[Path, ...], *, create: bool = False, mode: int = 0o777) -> HeldFolder:
    """Open a folder; only the part of its path that somebody named may lead through links."""
    return HeldFolder(path, base_of(path, bases), create=create, mode=mode)


def _marks(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_size, status.st_mtime_ns, 0 if os.name == "nt" else status.st_ctime_ns, status.st_ino)


def _hash(descriptor: int) -> bytes:
    digest = xxhash.xxh3_128()
    os.lseek(descriptor, 0, os.SEEK_SET)
    while block := _block(descriptor):
        digest.update(block)
    return digest.digest()


def _block(descriptor: int) -> bytes:
    """The next bytes of a file, of which fewer than asked for are the last."""
    parts: list[bytes] = []
    wanted = _BLOCK_BYTES
    while wanted and (part := os.read(descriptor, wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _attributes(descriptor: int) -> Iterator[tuple[str, bytes]]:
    """Extended attributes of a file, as far as the system tells."""
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(descriptor)
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            yield name, os.getxattr(descriptor, name)
