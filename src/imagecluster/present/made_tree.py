"""A tree of folders that we make, replace as a whole, and remove without touching what others have put into it."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH100, PTH103, PTH110, PTH118

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, NamedTuple, Self

import xxhash

from imagecluster.errors import NotOursError, OutputError
from imagecluster.system.files import OwnFolder, is_unfinished

__all__ = ["MADE", "MadeTree", "copied_key", "key_of", "record_end"]

MADE = ".imagecluster-made"
"""Name of the file that records what was made in a tree."""

Kind = Literal["folder", "symlink", "hardlink", "file"]

_LITTER = {
    ".ds_store": b"\0\0\0\1Bud1",
    "thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "ehthumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}
"""Files that file managers put into every folder that they show, and their first bytes."""

_PREVIEWS = "@eaDir"
"""Folder in which network drives by Synology put their previews, under these names."""
_PREVIEW_STARTS = ("SYNOPHOTO_", "SYNOVIDEO_", "SYNOINDEX_", "SYNOFILE_")
_PREVIEW_ENDS = ("@SynoEAStream", "@SynoResource")

_log = logging.getLogger(__name__)


def key_of(kind: Kind, where: str, what: bytes = b"") -> bytes:
    """Key of a thing in the record: a digest of its kind, its place in the tree and its content, as 32 digits.

    `what` is the target of a symbolic link, and empty for a folder or a hard link; for a file see `copied_key`.
    """
    return xxhash.xxh3_128_hexdigest(b"\0".join((kind.encode(), os.fsencode(where), what))).encode()


def copied_key(where: str, source: BinaryIO, target: BinaryIO | None = None) -> bytes:
    """Key of a file with the content of a stream, which may be copied to another stream on the way."""
    content = xxhash.xxh3_128()
    while block := source.read(1 << 20):
        content.update(block)
        if target is not None:
            target.write(block)
    return key_of("file", where, content.digest())


class MadeTree:
    """The place of such a tree, with the places of a new tree and of an old tree beside it.

    A marker identifies the tree as ours, and a record in it names everything that was made. When the tree is removed,
    only things that still match the record are removed with it: no edited copy, no file of somebody else, and no copy
    or hard link that is the last one of its picture. The rest is kept in a folder beside it.

    Parameters
    ----------
    directory
        Folder of the tree: missing, empty, or made by an earlier run. A link in its place is refused.
    marker
        Name of the marker.
    text
        Content of the marker when an empty folder becomes ours.
    what
        Name of the tree in messages.
    within
        The folder in which the tree lies, where that is held open: another one under its name is refused.

    Raises
    ------
    OutputError
        No tree can be made there.
    NotOursError
        The place is a link. Each method may raise this for things that it finds.
    OSError
        The folder above it cannot be made or opened. Each method may raise this for its own work.

    """

    def __init__(self, directory: Path, *, marker: str, text: str, what: str, within: OwnFolder | None = None) -> None:
        self.given = os.path.abspath(directory)
        parent, name = os.path.split(self.given)
        if not name:
            raise OutputError(f"cannot make a {what} at {self.given!r}; it needs a folder of its own")
        self.parent = os.path.realpath(parent)
        self.place = os.path.join(self.parent, name)
        self._marker, self._text, self._what = marker, text, what
        self._name = name
        self._new, self._old = f".{name}.imagecluster-new", f".{name}.imagecluster-old"
        os.makedirs(self.parent, exist_ok=True)
        self._beside = OwnFolder(Path(self.parent), follow=True)
        if within is not None and not self._beside.is_same(within):
            self._beside.close()
            raise NotOursError(f"{within.path} was exchanged for another folder; nothing was changed there. Run again")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.close()

    def recover(self) -> list[Path]:
        """Remove what a killed call left behind, and restore its former tree if no new one has replaced it.

        Returns the folders that keep files we did not make.
        """
        if self._is_there(self._old) and not self._is_there(self._name):
            self._claim(self._old)
            self._beside.rename(self._old, self._name)
        kept = self.remove_old() + self._remove(self._new)
        self._claim(self._name)
        return kept

    @contextmanager
    def building(self, text: str) -> Iterator[tuple[OwnFolder, BinaryIO]]:
        """The folder of the new tree, with a marker, and the stream of its record; after an error both are removed.

        Everything must be in the record, as a key followed by `record_end`, before it is in the tree.
        """
        try:
            with self._beside.child(self._new, create=True) as folder:
                with folder.create(self._marker) as stream:
                    stream.write(text.encode())
                with folder.open_writing(MADE, append=True) as record:
                    yield folder, record
        except BaseException:
            self._remove(self._new)
            raise

    def swap(self) -> list[Path]:
        """Replace the former tree by the new one, and return the folders that keep files we did not make."""
        if not self._is_there(self._name):
            self._beside.rename(self._new, self._name)
            return []
        self._beside.rename(self._name, self._old)
        try:
            self._beside.rename(self._new, self._name)
        except BaseException:
            self._beside.rename(self._old, self._name)
            raise
        return self.remove_old()

    def remove_old(self) -> list[Path]:
        """Remove the former tree, and return the folders that keep files we did not make."""
        return self._remove(self._old)

    def opened(self) -> OwnFolder | None:
        """The current tree, to be closed by the caller; None if there is none."""
        return self._beside.child(self._name) if self._is_there(self._name) else None

    def marked(self) -> bytes:
        """Content of the marker of the current tree; empty if there is none."""
        folder = self.opened()
        if folder is None:
            return b""
        with folder:
            if folder.status(self._marker) is None:
                return b""
            with folder.open_reading(self._marker) as stream:
                return stream.read()

    def _is_there(self, name: str) -> bool:
        return os.path.lexists(os.path.join(self.parent, name))

    def _claim(self, name: str) -> None:
        """Raise OutputError if a folder exists and is not ours; an empty folder becomes ours."""
        if not self._is_there(name):
            return
        with self._beside.child(name) as folder:
            if folder.status(self._marker) is not None:
                return
            if folder.listing():
                raise OutputError(
                    f"the folder {os.fspath(folder.path)!r} was not built by imagecluster (it has no {self._marker}),"
                    f" so it is left alone; move it, or choose another place for the {self._what}"
                )
            with folder.create(self._marker) as stream:
                stream.write(self._text.encode())

    def _remove(self, name: str) -> list[Path]:
        """Remove a tree of ours, if it exists, and return the folder that keeps files we did not make."""
        if not self._is_there(name):
            return []
        self._claim(name)
        with self._beside.child(name) as folder:
            # Marker and record go last, so that a tree whose removal was interrupted is still known to be ours.
            if emptied := _Removal(self.parent, read_record(folder), (self._marker, MADE)).empty(folder, ""):
                self._unmark(folder)
        if emptied:
            self._beside.rmdir(name)
            return []
        kept, n = f"{self._name}.kept", 1
        while self._is_there(kept):
            n += 1
            kept = f"{self._name}.kept-{n}"
        self._beside.rename(name, kept)
        with self._beside.child(kept) as folder:
            self._unmark(folder)
        place = os.path.join(self.parent, kept)
        _log.warning("files that imagecluster did not make were in the %s; they are kept in %r", self._what, place)
        return [Path(place)]

    def _unmark(self, folder: OwnFolder) -> None:
        folder.remove(MADE)
        folder.remove(self._marker)


class Recorded(NamedTuple):
    """The record of a tree."""

    is_there: bool
    """False for a tree from before there were records, in which links count as ours and files do not."""
    keys: frozenset[bytes]
    originals: dict[bytes, str]
    """The picture from which each copy was made, relative to the folder that holds the tree."""


def record_end(original: str = "") -> bytes:
    """The end of a key in a record, with the picture from which a copy was made."""
    return b" " + os.fsencode(original) + b"\0" if original else b"\0"


def read_record(folder: OwnFolder) -> Recorded:
    """The record of a tree."""
    if folder.status(MADE) is None:
        return Recorded(False, frozenset(), {})
    with folder.open_reading(MADE) as stream:
        entries = stream.read().split(b"\0")[:-1]  # after the last end is nothing, or an incomplete entry
    originals = {entry[:32]: os.fsdecode(entry[33:]) for entry in entries if len(entry) > 33}
    return Recorded(True, frozenset(entry[:32] for entry in entries), originals)


class _Removal:
    """The removal from a tree of everything that its record names."""

    def __init__(self, parent: str, record: Recorded, spare: tuple[str, ...]) -> None:
        self._parent = parent
        self._record = record
        self._spare = spare

    def empty(self, folder: OwnFolder, where: str, *, previews: bool = False) -> bool:
        """Remove what was made in a folder of the tree; return whether there was nothing else."""
        all_gone = True
        for name, status in folder.listing():
            if not where and name in self._spare:
                continue
            place = f"{where}{name}"
            if stat.S_ISDIR(status.st_mode):
                is_preview = previews or name == _PREVIEWS
                with folder.child(name) as inner:
                    emptied = self.empty(inner, f"{place}/", previews=is_preview)
                if emptied and (
                    is_preview or not self._record.is_there or key_of("folder", place) in self._record.keys
                ):
                    folder.rmdir(name)
                else:
                    all_gone = False
            elif self._was_made(folder, name, place, status) or _is_litter(folder, name, previews=previews):
                folder.unlink(name)
            else:
                all_gone = False
        return all_gone

    def _was_made(self, folder: OwnFolder, name: str, place: str, status: os.stat_result) -> bool:
        """Whether something is still what was made there, so that nothing is lost with it."""
        if not self._record.is_there:
            return stat.S_ISLNK(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink > 1)
        if stat.S_ISLNK(status.st_mode):
            return key_of("symlink", place, os.fsencode(folder.readlink(name))) in self._record.keys
        if not stat.S_ISREG(status.st_mode):
            return False
        if key_of("hardlink", place) in self._record.keys:
            return status.st_nlink > 1  # the last name of a file is the file
        return is_unfinished(name) or self._is_spare(_key_now(folder, name, place))

    def _is_spare(self, key: bytes) -> bool:
        """Whether a file was made by us, and not from a picture that no longer exists."""
        original = self._record.originals.get(key)
        return key in self._record.keys and (original is None or os.path.exists(os.path.join(self._parent, original)))


def _key_now(folder: OwnFolder, name: str, place: str) -> bytes:
    """Key of a file as it is now; empty if it cannot be read."""
    try:
        with folder.open_reading(name) as stream:
            return copied_key(place, stream)
    except (OSError, NotOursError):
        return b""


def _is_litter(folder: OwnFolder, name: str, *, previews: bool) -> bool:
    """Whether a file manager or a network drive made this file for itself."""
    if previews:
        return name.startswith(_PREVIEW_STARTS) or name.endswith(_PREVIEW_ENDS)
    start = _LITTER.get(name.lower())
    if start is None:
        return False
    try:
        with folder.open_reading(name) as stream:
            return stream.read(len(start)) == start
    except (OSError, NotOursError):
        return False
