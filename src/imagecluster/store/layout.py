"""The place of a store, the marker that makes it ours, and the form of paths inside it."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from imagecluster.errors import NotOursError, OutputError, StoreDamagedError, StoreVersionError
from imagecluster.scan import STORE_MARKER
from imagecluster.system.safe_files import Entry, OwnFolder, is_link, is_unfinished, sync_folder

__all__ = [
    "COPIES_NAME",
    "DATABASE_NAME",
    "DENDROGRAMS_NAME",
    "FINGERPRINTS_NAME",
    "GREYS_NAME",
    "INSETS_NAME",
    "LOCK_NAME",
    "OCCASIONS_NAME",
    "THUMBNAILS_NAME",
    "TRACES_NAME",
    "PathKeys",
    "check_marker",
    "claim",
    "claimed_folder",
    "default_location",
    "is_store",
    "newer_format_message",
    "own_files",
    "restored_root",
    "size_on_disk",
    "stored_root",
]

DATABASE_NAME = "imagecluster.db"
FINGERPRINTS_NAME = "fingerprints"
DENDROGRAMS_NAME = "dendrograms"
GRAPHS_NAME = "neighbours"
LEAVES_NAME = "leaves"
CENTRES_NAME = "centres"
BRANCHES_NAME = "branches"
PAIRS_NAME = "pairs"
COPIES_NAME = "copies"
TRACES_NAME = "traces"
GREYS_NAME = "greys"
INSETS_NAME = "insets"
OCCASIONS_NAME = "occasions"
_CACHES = (
    DENDROGRAMS_NAME, GRAPHS_NAME, LEAVES_NAME, CENTRES_NAME, BRANCHES_NAME, PAIRS_NAME, COPIES_NAME, TRACES_NAME,
    GREYS_NAME, INSETS_NAME, OCCASIONS_NAME,
)  # fmt: skip
THUMBNAILS_NAME = "thumbnails.db"
LOCK_NAME = "lock"

_OF_THE_ORIGINAL = frozenset(("clusters", "fingerprints.pk", "images.pk"))
"""What may lie in a folder that becomes a store: left by the original imagecluster, or a tree of links."""

_MARKER_TEXT = """\
This folder is a database of imagecluster. It belongs to that program, which may change or rebuild it.
Removing the folder loses the fingerprints, which can be computed again, and edits.jsonl if there is one: the
corrections that were made in the viewer, which cannot.
format: {version}
"""


def default_location(root: Path) -> Path:
    """The folder in which the store of a collection belongs.

    This is `root/imagecluster` if a store is already there or `root` can be written to. Otherwise it is a
    folder in the user's own data directory whose name is derived from the absolute path of `root`.

    Raises
    ------
    NotOursError
        `root/imagecluster` is a link: one that somebody planted would lead anywhere.

    """
    beside = root / "imagecluster"
    if is_link(beside):
        raise NotOursError(
            f"{beside} is a link and was not followed. If it leads to your database, name it: --db {beside}; if not,"
            " remove it, and run again"
        )
    if is_store(beside) or _is_writable(root):
        return beside
    import platformdirs
    import xxhash

    resolved = root.resolve()
    name = re.sub(r"[^\w.-]+", "_", resolved.name) or "root"
    digest = xxhash.xxh3_64_hexdigest(os.fsencode(resolved))
    return Path(platformdirs.user_data_dir("imagecluster", appauthor=False)) / f"{name[:40]}-{digest}"


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be made inside `folder`."""
    if os.name != "nt":
        return os.access(folder, os.W_OK | os.X_OK)
    try:  # os.access does not look at Windows' access lists
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def is_store(directory: Path) -> bool:
    """Whether a folder has our marker; False also if that cannot be seen."""
    return os.path.isfile(directory / STORE_MARKER)  # noqa: PTH113 - a Path raises if the folder may not be read


def check_marker(folder: OwnFolder, *, newest: int) -> None:
    """Refuse a store whose marker names a format above `newest`.

    Raises
    ------
    StoreVersionError
        The format is newer than this program.
    StoreDamagedError
        The marker does not name a format.

    """
    with folder.open_reading(STORE_MARKER) as marker:
        found = re.search(rb"^format: (\d+)\s*$", marker.read(), re.MULTILINE)
    if found is None:
        msg = (
            f"{folder.path / STORE_MARKER} does not name the format of the database, expected a line like"
            f" 'format: {newest}'. Nothing was changed: restore the folder from a backup, or move it away and run again"
        )
        raise StoreDamagedError(msg)
    if int(found[1]) > newest:
        raise StoreVersionError(newer_format_message(folder.path, int(found[1]), newest))


def newer_format_message(directory: Path, found: int, newest: int) -> str:
    """Message for a store of a format above `newest`."""
    return (
        f"the database in {directory} has format {found}, but this imagecluster reads formats up to {newest}:"
        " install a newer imagecluster, or give another place with --db"
    )


def claimed_folder(directory: Path, *, follow: bool, version: int) -> OwnFolder:
    """Open a folder that has our marker and hold it open; make it if it is missing.

    Raises
    ------
    OutputError
        As for `claim`, or the folder cannot be made.

    """
    try:
        folder = OwnFolder(directory, follow=follow, create=True)
    except OSError as error:
        msg = f"cannot make the database folder {directory}: {error.strerror}. Give another place with --db"
        raise OutputError(msg) from error
    try:
        claim(folder, version=version)
    except BaseException:
        folder.close()
        raise
    return folder


def claim(folder: OwnFolder, *, version: int) -> None:
    """Put our marker with `version` into a folder.

    Raises
    ------
    OutputError
        The folder holds something and no marker, so that it is not ours, or it cannot be written to. What the original
        imagecluster left (`clusters`, `fingerprints.pk`, `images.pk`) is left alone; a marker that an interrupted
        call did not finish is removed.

    """
    directory = folder.path
    try:
        if folder.status(STORE_MARKER) is None:
            others = [entry for entry in folder.listing() if entry.name not in _OF_THE_ORIGINAL]
            unfinished = [entry.name for entry in folder.entries() if _is_unfinished_marker(folder, entry)]
            stranger = next((entry.name for entry in others if entry.name not in unfinished), None)
            if stranger is not None:
                msg = (
                    f"{directory} is not a database of imagecluster: it holds {stranger!r} and no"
                    f" {STORE_MARKER}. Move or rename it, or give another place with --db"
                )
                raise OutputError(msg)
            for name in unfinished:
                folder.remove(name)
        text = _MARKER_TEXT.format(version=version).encode()
        if not _holds(folder, text):
            with folder.replacing(STORE_MARKER) as stream:
                stream.write(text)
            with contextlib.suppress(OSError):  # some network drives sync no folders
                sync_folder(directory.parent)
    except OSError as error:
        msg = f"cannot make the database folder {directory}: {error.strerror}. Give another place with --db"
        raise OutputError(msg) from error


def _holds(folder: OwnFolder, text: bytes) -> bool:
    """Whether the marker exists and contains this text."""
    try:
        with folder.open_reading(STORE_MARKER) as marker:
            return marker.read() == text
    except FileNotFoundError:
        return False


def _is_unfinished_marker(folder: OwnFolder, entry: Entry) -> bool:
    """Whether a file is one that `claim` was writing when it was killed, judging by its name and content."""
    if not (entry.name.startswith(f".{STORE_MARKER}.") and is_unfinished(entry.name)):
        return False
    before, after = (part.encode() for part in _MARKER_TEXT.split("{version}"))
    with folder.open_reading(entry.name) as file:
        content = file.read(len(before) + 100)
    return before.startswith(content) or bool(
        re.fullmatch(re.escape(before) + rb"\d+(?:" + re.escape(after) + rb")?", content)
    )


def own_files(directory: Path) -> list[Path]:
    """The files of a store that take space; other files in its folder are not counted."""
    database = [directory / (name + end) for name in (DATABASE_NAME, THUMBNAILS_NAME) for end in ("", "-wal")]
    matrices = (directory / FINGERPRINTS_NAME).glob("*.f16")
    kept = [file for name in _CACHES for file in (directory / name).glob("*.npz")]
    return [*database, *matrices, *kept]


def size_on_disk(files: Iterable[Path]) -> int:
    """Size of files in bytes; missing ones count as 0."""
    return sum(file.stat().st_size for file in files if file.is_file())


class PathKeys:
    """Converts paths to the form that the database keeps: bytes, '/' between names, relative to a root.

    A path outside the root stays absolute. Bytes are used because a file name need not be UTF-8.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        text = os.fspath(root)
        self._prefix = text if text.endswith(os.sep) else text + os.sep

    def key(self, path: Path) -> bytes:
        """The key of an absolute path."""
        text = os.fspath(path).removeprefix(self._prefix)
        return os.fsencode(text if os.sep == "/" else text.replace(os.sep, "/"))

    def path(self, key: bytes) -> Path:
        """The absolute path of a key."""
        try:
            text = os.fsdecode(key)
        except UnicodeDecodeError:  # Windows, on a name that another system wrote
            text = key.decode("utf-8", "replace")
        return self.root / text  # an absolute text replaces the root

    def paths(self, keys: list[bytes]) -> list[Path]:
        """The absolute paths of many keys; joining names to known folders takes a third less time than parsing."""
        folders: dict[bytes, Path] = {}
        paths = []
        for key in keys:
            folder, slash, name = key.rpartition(b"/")
            parent = folders.get(folder)
            if parent is None:
                parent = folders[folder] = self.path(folder + slash) if slash else self.root
            paths.append(parent / os.fsdecode(name))
        return paths


def stored_root(root: Path, directory: Path) -> bytes:
    """The root in the form that is stored: relative to the store if the store lies inside it, else absolute."""
    real_root, real_directory = root.resolve(), directory.resolve()
    if real_directory.is_relative_to(real_root):
        return os.fsencode(Path(os.path.relpath(real_root, real_directory)).as_posix())
    return os.fsencode(root.as_posix())


def restored_root(stored: bytes, directory: Path) -> Path:
    """The absolute root from what `stored_root` gave, seen from where the store lies now."""
    text = os.fsdecode(stored)
    if os.name == "nt" and PureWindowsPath(text).drive:
        return Path(text)
    # Lexically: a store reached through a symbolic link belongs to the folder that the link was given in.
    return Path(os.path.normpath(directory / text))
