"""Checks of the paths that a run was given, before it makes anything."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.opening import refuse_unreadable
from imagecluster.cli.text import printable
from imagecluster.errors import DecodeError, InputError

if TYPE_CHECKING:
    from imagecluster.records import Scan

__all__ = ["refuse_wrong_paths"]

_MOST_TRIED = 8
"""So many files that are given by name are tried at most; mostly the first one is a picture."""

_SHOWN_SUFFIXES = 4


def refuse_wrong_paths(arguments: argparse.Namespace) -> None:
    """Raise InputError if a path of `run` cannot be scanned, or if there is no picture for a first run.

    With other paths beside it, a missing picture is a skip, which the run reports.
    """
    from imagecluster.scan import PICTURE_SUFFIXES

    paths: list[Path] = arguments.paths
    is_there = [os.path.lexists(path) for path in paths]
    for i, path in enumerate(paths):
        if not is_there[i] and path.suffix.lower() in PICTURE_SUFFIXES and any(is_there):
            continue
        if not is_there[i]:
            _refuse_torn_name(paths, i)
        refuse_unreadable(path, is_word=i == 0 and getattr(arguments, "is_word", False))
        if arguments.db is None:
            _refuse_own_links(path)
        elif is_there[i] and os.path.exists(arguments.db) and os.path.samefile(path, arguments.db):  # noqa: PTH110, PTH121
            raise InputError(
                f"{str(path)!r} is the folder of pictures and --db too; name another folder for the database, such as"
                f" {os.fspath(path / 'imagecluster')!r}"
            )
    if not paths or arguments.files_from is not None:
        return
    if not all(map(os.path.isfile, paths)):
        _refuse_empty_folders(paths, arguments.db, recursive=not arguments.no_recursive)
    elif len(paths) <= _MOST_TRIED:
        _refuse_other_files(paths)


def _refuse_torn_name(paths: Sequence[Path], i: int) -> None:
    """Raise InputError if a missing path and one beside it are one name with a space that stood in no quotes."""
    for first, end in ((i, i + 2), (max(i - 1, 0), i + 1)):
        whole = " ".join(map(str, paths[first:end]))
        if whole != str(paths[i]) and os.path.lexists(whole):
            raise InputError(f"there is no {str(paths[i])!r}; put a name with spaces in quotes: {whole!r}")


def _refuse_own_links(path: Path) -> None:
    """Raise InputError for a folder in a tree of links: a database in it would not outlast the next run."""
    from imagecluster.present.links import LINKS_MARKER

    whole = path.absolute()
    tree = next((folder for folder in (whole, *whole.parents[:2]) if os.path.lexists(folder / LINKS_MARKER)), None)
    if tree is not None and os.path.isdir(path):  # noqa: PTH112 - a Path may raise
        raise InputError(
            f"{str(path)!r} is one of the folders that imagecluster makes anew at each run; name the folder of the"
            " pictures themselves, or a place for another database with --db"
        )


def _refuse_other_files(paths: list[Path]) -> None:
    """Raise InputError if none of these files can be read as a picture."""
    from imagecluster.decode import decode, read_bytes

    reason = ""
    for path in paths:
        try:
            decode(read_bytes(path), short_side_px=16, suffix=path.suffix)
        except DecodeError as error:
            reason = reason or str(error)
        else:
            return
    which = repr(str(paths[0])) if len(paths) == 1 else f"none of these {len(paths)} files"
    what = "is not a picture that can be read" if len(paths) == 1 else "is a picture that can be read"
    raise InputError(f"{which} {what} ({reason}); name pictures, or their folder")


def _refuse_empty_folders(paths: Sequence[Path], db: Path | None, *, recursive: bool) -> None:
    """Raise InputError if a collection without a database has no picture. What had pictures is left to the run."""
    from imagecluster.collection import place_of
    from imagecluster.scan import PICTURE_SUFFIXES, scan
    from imagecluster.store import Store

    if any(os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES for name in _names(paths)):  # noqa: PTH122
        return
    place = place_of(paths, db)
    if Store.exists(place.directory):
        return
    found = scan(paths, recursive=recursive, exclude=[place.directory])
    if not found.files and not found.skips:
        raise InputError(_nothing_found(paths[0] if len(paths) == 1 else place.root, found, recursive=recursive))


def _names(paths: Sequence[Path]) -> Iterator[str]:
    """Names of the files below folders, from the top."""
    for path in paths:
        yield path.name
        for _, _, names in os.walk(path):
            yield from names


def _nothing_found(where: Path, found: Scan, *, recursive: bool) -> str:
    """A sentence for a first scan without a picture: what is there instead, and what to do."""
    most = sorted(found.ignored.items(), key=lambda item: -item[1])
    others = ", ".join(f"{count:,} {suffix or 'without a suffix'}" for suffix, count in most[:_SHOWN_SUFFIXES])
    more = ", ..." if len(most) > _SHOWN_SUFFIXES else ""
    there = f"there are only files of other kinds ({others}{more})" if others else "it is empty"
    deeper = "" if recursive else ", or leave out --no-recursive"
    return (
        f"no pictures were found in {printable(where)}: {there}; name a folder with pictures, such as .jpg, .png or"
        f" .heic{deeper}"
    )
