"""A tree of folders that we make, replace as a whole, and remove without touching what others have put into it."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH100, PTH103, PTH110, PTH118

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, NamedTuple, Self

import xxhash

from imagecluster.errors import NotOursError, OutputError
from imagecluster.system.safe_files import Entry, OwnFolder, is_unfinished

__all__ = ["RECORD_NAME", "IsElsewhere", "OwnedTree", "copied_key", "is_litter", "key_of", "nowhere", "record_end"]

RECORD_NAME = ".imagecluster-made"
"""Name of the file that records what was made in a tree."""

Kind = Literal["folder", "symlink", "hardlink", "file"]

IsElsewhere = Callable[[bytes], bool]
"""Whether a file with a content, given as its 128-bit XXH3 digest, exists outside the tree."""

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
    return key_of("file", where, _content(source, target))


def nowhere(content: bytes) -> bool:
    """Default of `is_elsewhere`: no files outside the tree are known."""
    del content
    return False


def _content(source: BinaryIO, target: BinaryIO | None = None) -> bytes:
    """Digest of a stream, which may be copied to another stream on the way."""
    content = xxhash.xxh3_128()
    while block := source.read(1 << 20):
        content.update(block)
        if target is not None:
            target.write(block)
    return content.digest()


class OwnedTree:
    """The place of such a tree, with the places of a new tree and of an old tree beside it.

    A marker identifies the tree as ours, and a record in it names everything that was made. When the tree is removed,
    only things that still match the record are removed with it: no edited copy, no file of somebody else, and no copy
    or hard link that is the last one of its picture. The rest is kept in a folder beside it, and so is what cannot be
    removed, such as a folder that somebody made read-only.

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
        The folder in which the tree lies, if it is held open: another one under its name is refused.
    is_elsewhere
        Asked for a copy whose original has another name by now or no longer exists: it is not the last one of its
        picture if the same content exists elsewhere.

    Raises
    ------
    OutputError
        No tree can be made there.
    NotOursError
        The place is a link. Each method may raise this for things that it finds.
    OSError
        The folder above it cannot be made or opened. Each method may raise this for its own work.

    """

    def __init__(
        self,
        directory: Path,
        *,
        marker: str,
        text: str,
        what: str,
        within: OwnFolder | None = None,
        is_elsewhere: IsElsewhere = nowhere,
    ) -> None:
        self.given = os.path.abspath(directory)
        parent, name = os.path.split(self.given)
        if not name:
            raise OutputError(f"cannot make a {what} at {self.given!r}; it needs a folder of its own")
        self.parent = os.path.realpath(parent)
        self.place = os.path.join(self.parent, name)
        self._marker, self._text, self._what = marker, text, what
        self._is_elsewhere = is_elsewhere
        self._name = name
        self._new, self._old = f".{name}.imagecluster-new", f".{name}.imagecluster-old"
        os.makedirs(self.parent, exist_ok=True)
        self._beside = OwnFolder(Path(self.parent), follow=True)
        if within is not None and not self._beside.is_same(within):
            self._beside.close()
            raise NotOursError(
                f"{within.path} has been replaced by another folder; nothing was changed there. Run again"
            )

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
        if self._beside.has(self._old) and not self._beside.has(self._name):
            self._claim(self._old)
            self._beside.rename(self._old, self._name)
        kept = self._remove(self._old) + self._remove(self._new)
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
                with folder.open_writing(RECORD_NAME, append=True) as record:
                    yield folder, record
        except BaseException:
            self._remove(self._new)
            raise

    def swap(self) -> list[Path]:
        """Replace the former tree by the new one, and return the folders that keep files we did not make."""
        if not self._beside.has(self._name):
            self._beside.rename(self._new, self._name)
            return []
        self._beside.rename(self._name, self._old)
        try:
            self._beside.rename(self._new, self._name)
        except BaseException:
            self._beside.rename(self._old, self._name)
            raise
        return self._remove(self._old)

    def opened(self) -> OwnFolder | None:
        """The current tree, to be closed by the caller; None if there is none."""
        return self._beside.child(self._name) if self._beside.has(self._name) else None

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

    def _claim(self, name: str) -> None:
        """Raise OutputError if a folder exists and is not ours; an empty folder becomes ours."""
        if not self._beside.has(name):
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
        if not self._beside.has(name):
            return []
        self._claim(name)
        with self._beside.child(name) as folder:
            # Marker and record go last, so that a tree whose removal was interrupted is still known to be ours.
            removal = _Removal(self.parent, read_record(folder), (self._marker, RECORD_NAME), self._is_elsewhere)
            if emptied := removal.empty(folder, ""):
                self._unmark(folder)
        if emptied:
            self._beside.rmdir(name)
            return []
        kept, n = f"{self._name}.kept", 1
        while self._beside.has(kept):
            n += 1
            kept = f"{self._name}.kept-{n}"
        self._beside.rename(name, kept)
        with suppress(OSError), self._beside.child(kept) as folder:  # the marker stays in a folder that is read-only
            self._unmark(folder)
        place = os.path.join(self.parent, kept)
        _log.info(
            "files that imagecluster did not make, or could not remove, were in the %s; they are kept in %r",
            self._what,
            place,
        )
        return [Path(place)]

    def _unmark(self, folder: OwnFolder) -> None:
        folder.remove(RECORD_NAME)
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
    if folder.status(RECORD_NAME) is None:
        return Recorded(False, frozenset(), {})
    with folder.open_reading(RECORD_NAME) as stream:
        entries = stream.read().split(b"\0")[:-1]  # after the last end is nothing, or an incomplete entry
    originals = {entry[:32]: os.fsdecode(entry[33:]) for entry in entries if len(entry) > 33}
    return Recorded(True, frozenset(entry[:32] for entry in entries), originals)


class _Removal:
    """The removal from a tree of everything that its record names."""

    def __init__(self, parent: str, record: Recorded, spare: tuple[str, ...], is_elsewhere: IsElsewhere) -> None:
        self._parent = parent
        self._record = record
        self._spare = spare
        self._is_elsewhere = is_elsewhere

    def empty(self, folder: OwnFolder, where: str, *, previews: bool = False) -> bool:
        """Remove what was made in a folder of the tree; return whether there was nothing else."""
        all_gone = True
        for name, status in folder.listing():
            if where or name not in self._spare:
                is_gone = False
                with suppress(OSError):  # what cannot be removed is kept
                    is_gone = self._remove(folder, Entry(name, status), f"{where}{name}", previews=previews)
                all_gone = all_gone and is_gone
        return all_gone

    def _remove(self, folder: OwnFolder, entry: Entry, place: str, *, previews: bool) -> bool:
        """Remove one thing with all that is in it if it was made; return whether it is gone."""
        name, status = entry
        if stat.S_ISDIR(status.st_mode):
            is_preview = previews or name == _PREVIEWS
            with folder.child(name) as inner:
                if not self.empty(inner, f"{place}/", previews=is_preview):
                    return False
            if not is_preview and self._record.is_there and key_of("folder", place) not in self._record.keys:
                return False
            folder.rmdir(name)
            return True
        if not self._was_made(folder, entry, place) and not is_litter(folder, name, previews=previews):
            return False
        folder.unlink(name)
        return True

    def _was_made(self, folder: OwnFolder, entry: Entry, place: str) -> bool:
        """Whether something is still what was made there, so that nothing is lost with it."""
        name, status = entry
        is_link, is_file = stat.S_ISLNK(status.st_mode), stat.S_ISREG(status.st_mode)
        if not self._record.is_there:
            return is_link or (is_file and folder.n_names(name) > 1)
        if is_link:
            return key_of("symlink", place, os.fsencode(folder.readlink(name))) in self._record.keys
        if not is_file:
            return False
        if key_of("hardlink", place) in self._record.keys:
            return folder.n_names(name) > 1  # the last name of a file is the file
        return is_unfinished(name) or self._is_spare(folder, name, place)

    def _is_spare(self, folder: OwnFolder, name: str, place: str) -> bool:
        """Whether a file was made by us and is as it was made, but is not the last copy of a picture."""
        try:
            with folder.open_reading(name) as stream:
                content = _content(stream)
        except (OSError, NotOursError):
            return False
        key = key_of("file", place, content)
        if key not in self._record.keys:
            return False
        original = self._record.originals.get(key)
        return original is None or os.path.exists(os.path.join(self._parent, original)) or self._is_elsewhere(content)


def is_litter(folder: OwnFolder, name: str, *, previews: bool = False) -> bool:
    """Whether a file manager made this file for itself or, in a folder of previews, a network drive."""
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
