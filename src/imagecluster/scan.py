"""Search for files that may be pictures."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from imagecluster.errors import InputError
from imagecluster.records import ImageFile, Scan, Skip

__all__ = [
    "PAGE_MARKER",
    "PICTURE_SUFFIXES",
    "RAW_SUFFIXES",
    "STORE_MARKER",
    "StrPath",
    "absolute",
    "as_paths",
    "read_path_list",
    "scan",
]

StrPath = str | os.PathLike[str]

STORE_MARKER = ".imagecluster-store"
"""Name of the file that marks a folder as our own database or output."""

PAGE_MARKER = ".imagecluster-page"
"""Name of the file that marks a folder as a copy of our page, with small pictures."""

# fmt: off
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw",
    ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))
"""Suffixes of cameras' raw files, lower case with the dot."""

PICTURE_SUFFIXES = RAW_SUFFIXES | frozenset((
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif",
    ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".pbm",
    ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".tga", ".tif", ".tiff", ".webp",
))
"""Suffixes of the files that are taken from a folder, lower case with the dot."""
# fmt: on

_SKIPPED_FOLDERS = frozenset(("@eaDir", "node_modules", "__MACOSX"))


def as_paths(paths: Iterable[StrPath] | StrPath) -> list[Path]:
    """A list of paths, from one path or several."""
    return [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]


def scan(paths: Sequence[Path], *, recursive: bool = True, exclude: Sequence[Path] = ()) -> Scan:
    """The files that may hold pictures in folders, together with files given by name.

    From a folder, files are taken by suffix (`PICTURE_SUFFIXES`); hidden names, `@eaDir`, `node_modules`,
    `__MACOSX`, the excluded folders, every folder with our marker and copies of our page in subfolders are
    ignored. A file given by name is taken whatever its suffix. Symbolic links are followed, each real folder
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


def read_path_list(stream: BinaryIO, *, base: Path, null_separated: bool = False) -> list[Path]:
    """The paths in a list, one per line (or each ending with NUL); relative paths start at `base`.

    Bytes that are not UTF-8 survive (`os.fsdecode`). Empty lines, a byte order mark and the carriage return
    of a Windows line end are dropped.

    Raises
    ------
    InputError
        A list of lines holds NUL bytes: it is NUL-separated, or UTF-16.

    """
    content = stream.read().removeprefix(b"\xef\xbb\xbf")
    if null_separated:
        names = content.split(b"\0")
    else:
        if b"\0" in content:
            msg = (
                "the list of files holds NUL bytes; expected one path per line in UTF-8. If the list is NUL-separated,"
                " as from `find -print0`, use --null (null_separated=True)"
            )
            raise InputError(msg)
        names = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    return [base / os.fsdecode(name) for name in names if name]


def absolute(path: Path) -> str:
    """Absolute path with symbolic links kept, except before a '..', which means what it means to the system.

    Raises InputError for a path with a NUL byte.
    """
    text = os.fspath(path)
    if "\0" in text:
        msg = f"not a path, because it holds a NUL byte: {text!r}"
        raise InputError(msg)
    if ".." not in path.parts:
        return os.path.abspath(text)  # noqa: PTH100 - also folds '.' and '//', which Path.absolute leaves
    parts = path.absolute().parts
    behind = len(parts) - parts[::-1].index("..")
    return os.path.join(os.path.realpath(os.path.join(*parts[:behind])), *parts[behind:])  # noqa: PTH118


def _suffix(name: str) -> str:
    """Lower-case suffix of a file name, with its dot; empty if there is none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _reason(error: OSError) -> str:
    """One line on why a file or folder could not be examined."""
    if isinstance(error, FileNotFoundError):
        return "the file is gone"
    return (error.strerror or type(error).__name__).lower()


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
        if folder not in self._arguments and any(entry.name == PAGE_MARKER for entry in entries):
            return
        for entry in entries:
            if not entry.name.startswith("."):
                self._take(entry)

    def _take(self, entry: os.DirEntry[str]) -> None:
        """Classify one entry of a folder: a folder to visit, a candidate, or a file to ignore."""
        suffix = _suffix(entry.name)
        try:
            if entry.is_dir():
                if self._recursive and entry.name not in _SKIPPED_FOLDERS:
                    (self._links if entry.is_symlink() else self._folders).append(entry.path)
                return
            if suffix not in PICTURE_SUFFIXES:
                self._ignored[suffix] += entry.path not in self._files
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
            ignored=MappingProxyType({suffix: n for suffix, n in sorted(self._ignored.items()) if n}),
        )
