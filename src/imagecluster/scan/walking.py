"""The walk through folders."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from imagecluster.errors import InputError
from imagecluster.records import ImageFile, Scan, Skip
from imagecluster.scan.kinds import PICTURE_SUFFIXES, begins_like_a_picture, may_be_a_picture
from imagecluster.scan.known_folders import (
    HIDDEN_FOLDERS,
    STORE_MARKER,
    hidden_reason,
    is_output,
    left_out_reason,
    library_reason,
)
from imagecluster.scan.paths import absolute

__all__ = ["scan"]

_MOST_LOOKED_AT = 2_000
"""Largest number of files of other kinds whose first bytes are read; on a network drive each takes milliseconds."""

_START_BYTES = 32


def scan(paths: Sequence[Path], *, recursive: bool = True, exclude: Sequence[Path] = ()) -> Scan:
    """The files that may hold pictures in folders, together with files given by name.

    From a folder, files are taken by suffix (`PICTURE_SUFFIXES`). Hidden names, the trash, previews and snapshots of
    other programs, the excluded folders, databases of ours, and in subfolders also our trees of links and copies of
    the page are left out; of a library of photographs only the originals are taken. A file given by name is taken
    whatever its suffix. Symbolic links are followed, each real folder
    once (real folders come before links to them, so that a file is known by its real place if both are scanned). A file
    with several names (hard links, symbolic links, two paths to one folder) is taken once, under a name that is not a
    symbolic link if it has one, then the first; its other names are listed.

    Parameters
    ----------
    paths
        Folders and files. Relative paths start at the working directory.
    recursive
        Whether subfolders are scanned too.
    exclude
        Folders that are left out with everything in them. Those that do not exist have no effect.

    Returns
    -------
    Scan
        Absolute paths, in the order of their bytes, each once. A picture file that cannot be examined, a
        folder that cannot be listed, and a missing file with a picture's suffix are skips.

    Raises
    ------
    InputError
        An argument is neither a folder nor a file, cannot be listed, is excluded, or is our own database.

    """
    walk = _Walk(recursive=recursive, exclude=exclude)
    for path in paths:
        walk.add_argument(absolute(path))
    walk.run()
    return walk.result()


def _suffix(name: str) -> str:
    """Lower-case suffix of a file name, with its dot; empty if there is none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _reason(error: OSError) -> str:
    """One line on why a file or folder could not be examined."""
    if isinstance(error, FileNotFoundError):
        return "the file is gone"
    return (error.strerror or type(error).__name__).lower()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # `_take` says so
        return False


def _counts(counter: Counter[str]) -> MappingProxyType[str, int]:
    """The counts above 0, in the order of their names."""
    return MappingProxyType({name: n for name, n in sorted(counter.items()) if n})


def _identity(status: os.stat_result) -> tuple[int, ...] | None:
    """What two paths of one file have in common; None where the file system does not number its files."""
    if not status.st_ino:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _changed_ns(status: os.stat_result) -> int:
    """Time of the last change of content or metadata; 0 on Windows, where this is the time of creation."""
    return 0 if os.name == "nt" else status.st_ctime_ns


class _Walk:
    """The state of one scan."""

    def __init__(self, *, recursive: bool, exclude: Iterable[Path]) -> None:
        self._recursive = recursive
        self._files: dict[str, os.stat_result] = {}
        self._linked: set[str] = set()
        self._skips: dict[str, str] = {}
        self._ignored: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._look_alikes: Counter[str] = Counter()
        self._n_looked_at = 0
        self._folders: list[str] = []
        self._links: list[str] = []
        self._arguments: set[str] = set()
        self._seen: set[tuple[int, int]] = set()
        self._excluded: set[tuple[int, int]] = set()
        for path in exclude:
            try:
                status = os.stat(absolute(path))  # noqa: PTH116
            except OSError:
                continue
            self._excluded.add((status.st_dev, status.st_ino))

    def add_argument(self, path: str) -> None:
        """Add a folder or file that was given by name."""
        try:
            status = os.stat(path)  # noqa: PTH116 - text, since a Path costs more than the call
        except OSError as error:
            if _suffix(os.path.basename(path)) in PICTURE_SUFFIXES:  # noqa: PTH119
                self._skips[path] = _reason(error)
                return
            msg = f"cannot scan {path!r}: {(error.strerror or 'it cannot be examined').lower()}"
            raise InputError(msg) from error
        if stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in self._excluded:
                msg = f"cannot scan {path!r}: it is also excluded (is the database in it?)"
                raise InputError(msg)
            self._arguments.add(path)
            (self._links if os.path.islink(path) else self._folders).append(path)  # noqa: PTH114
        elif not stat.S_ISREG(status.st_mode):
            msg = f"cannot scan {path!r}: it is neither a folder nor a regular file"
            raise InputError(msg)
        elif not os.access(path, os.R_OK):
            self._skips[path] = "permission denied"
        else:
            self._files[path] = status
            self._linked.add(path)

    def run(self) -> None:
        """Visit every folder; links to folders only when no real folder is left."""
        while self._folders or self._links:
            if not self._folders:
                self._links.sort(key=os.fsencode, reverse=True)
                self._folders.append(self._links.pop())
            folder = self._folders.pop()
            try:
                self._visit(folder)
            except OSError as error:
                if folder in self._arguments:
                    msg = f"cannot scan {folder!r}: {(error.strerror or type(error).__name__).lower()}"
                    raise InputError(msg) from error
                self._skips[folder] = f"folder cannot be listed: {_reason(error)}"

    def _visit(self, folder: str) -> None:
        """List one folder, once, unless it is excluded or our own."""
        status = os.stat(folder)  # noqa: PTH116
        identity = (status.st_dev, status.st_ino)
        if identity in self._seen or identity in self._excluded:
            return
        self._seen.add(identity)
        with os.scandir(folder) as listing:
            entries = list(listing)
        if any(entry.name == STORE_MARKER for entry in entries):
            if folder in self._arguments:
                msg = f"cannot scan {folder!r}: it is a database of imagecluster, not a folder of pictures"
                raise InputError(msg)
            return
        if folder not in self._arguments and is_output(folder, {entry.name for entry in entries}):
            self._left_out["outputs of imagecluster"] += 1
            return
        for entry in entries:
            if self._recursive and _is_folder(entry):
                reason = library_reason(folder, entry.name) or left_out_reason(entry.name)
                if reason:
                    self._left_out[reason] += 1
                    continue
            if entry.name.startswith("."):
                self._note_hidden(entry)
            else:
                self._take(entry)

    def _note_hidden(self, entry: os.DirEntry[str]) -> None:
        """Count a hidden folder, or a hidden file that may be a picture."""
        if self._recursive and _is_folder(entry):
            self._left_out[HIDDEN_FOLDERS] += 1
            return
        if _suffix(entry.name) in PICTURE_SUFFIXES:
            reason = hidden_reason(entry.name)
            self._left_out[reason] += bool(reason)

    def _take(self, entry: os.DirEntry[str]) -> None:
        """Classify one entry of a folder: a folder to visit, a candidate, or a file to ignore."""
        suffix = _suffix(entry.name)
        try:
            if entry.is_dir():
                if self._recursive:
                    (self._links if entry.is_symlink() else self._folders).append(entry.path)
                return
            if suffix not in PICTURE_SUFFIXES:
                if entry.path not in self._files:
                    self._ignore(entry, suffix)
                return
            status = entry.stat()
        except OSError as error:
            leads_nowhere = entry.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP)
            if leads_nowhere and suffix not in PICTURE_SUFFIXES:
                self._ignored[suffix] += 1
                return
            self._skips[entry.path] = "a broken symbolic link" if leads_nowhere else _reason(error)
            return
        if stat.S_ISREG(status.st_mode):
            self._files[entry.path] = status
            if status.st_nlink > 1 or entry.is_symlink():
                self._linked.add(entry.path)
        else:
            self._skips[entry.path] = "not a regular file"

    def _ignore(self, entry: os.DirEntry[str], suffix: str) -> None:
        """Count a file of another kind, after a look at its first bytes where its name says too little."""
        self._ignored[suffix] += 1
        if self._n_looked_at < _MOST_LOOKED_AT and may_be_a_picture(entry.name, suffix) and entry.is_file():
            self._n_looked_at += 1
            with suppress(OSError), open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - text
                self._look_alikes[suffix] += begins_like_a_picture(file.read(_START_BYTES))

    def _other_names(self) -> dict[str, list[str]]:
        """Sorted further paths of files that have several, by the one under which a file is known.

        Only links and paths that were given are compared, in case a file system has the same number for several files.
        """
        if not self._linked:
            return {}
        identities = {_identity(self._files[path]) for path in self._linked} - {None}
        same: dict[tuple[int, ...], list[str]] = {}
        for path, status in self._files.items():
            identity = _identity(status)
            if identity is not None and identity in identities:
                same.setdefault(identity, []).append(path)
        found = {}
        for paths in same.values():
            if len(paths) > 1:
                first, *others = sorted(paths, key=lambda path: (os.path.islink(path), os.fsencode(path)))  # noqa: PTH114
                found[first] = sorted(others, key=os.fsencode)
        return found

    def result(self) -> Scan:
        """The files and skips, in the order of the paths' bytes."""
        other_names = self._other_names()
        others = {name for names in other_names.values() for name in names}
        folders: dict[str, Path] = {}
        files: list[ImageFile] = []
        for path in sorted(self._files.keys() - others, key=os.fsencode):
            folder, _, name = path.rpartition(os.sep)
            if folder not in folders:
                folders[folder] = Path(folder + os.sep)
            # Joining a name to its folder is a third cheaper than parsing the whole path again.
            status = self._files[path]
            files.append(ImageFile(folders[folder] / name, status.st_size, status.st_mtime_ns, _changed_ns(status)))
        return Scan(
            files=tuple(files),
            other_names=MappingProxyType({Path(path): tuple(map(Path, names)) for path, names in other_names.items()}),
            skips=tuple(Skip(Path(path), "scan", self._skips[path]) for path in sorted(self._skips, key=os.fsencode)),
            ignored=_counts(self._ignored),
            left_out=_counts(self._left_out),
            look_alikes=_counts(self._look_alikes),
        )
