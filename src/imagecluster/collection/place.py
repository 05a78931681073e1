"""Where a collection belongs: its root, and the folder of its database and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from imagecluster.errors import ImageclusterError, InputError
from imagecluster.records import Scan
from imagecluster.scan import absolute
from imagecluster.store import Store, default_location


class Place(NamedTuple):
    """Where a run puts what it knows and what it writes."""

    root: Path
    """The collection's folder, absolute."""
    directory: Path
    """Folder of the database, absolute."""
    beside: Path | None = None
    """Folder of another collection's database that would have been the place, and is left as it is."""


def locate(path: Path | None = None, db: Path | None = None) -> Place:
    """Place of the collection of one folder, or of the working directory.

    Its database is `folder/imagecluster` (in the user's data directory where the folder cannot be written to), unless
    `db` says otherwise.
    """
    root = (Path.cwd() if path is None else Path(path)).absolute()
    return Place(root, Path(db).absolute() if db is not None else default_location(root))


def place_of(paths: Sequence[Path], db: Path | None = None) -> Place:
    """Place of a run on these folders and files.

    One folder is its own root. Several folders, or files, belong to the working directory; where the collection there
    holds other pictures too, they become a collection of their own beside it: `imagecluster-2`, `imagecluster-3` ...,
    the first one that holds nothing else. Otherwise a run on a few files would take all others out of the outputs.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return locate(paths[0], db)
    first = locate(None, db)
    if db is not None:
        return first
    directory = next(place for place in _places(first.directory) if not _holds_others(place, paths))
    return Place(first.root, directory, None if directory == first.directory else first.directory)


def refuse_to_leave_out(store: Store, paths: Sequence[Path]) -> None:
    """InputError if a collection holds pictures that a run on these folders and files would take out of it."""
    others = list(_others(store, paths))
    if others:
        raise InputError(
            f"the database in {store.directory} holds {len(others):,} other pictures, such as {others[0]}, which this"
            " run would take out of its outputs. Name their folders too, or another database with --db"
        )


FEW_GONE = 10
"""So many pictures may be missing without a question, as long as others are there."""


def refuse_when_most_are_gone(store: Store, found: Scan) -> None:
    """InputError if a scan misses most of the pictures that the latest one found, as where a drive is not plugged in.

    A picture that is there but was not asked for (as without folders inside folders) is not missing.
    """
    n_known = store.n_known_files()
    if len(found.files) >= (n_known + 1) // 2:
        return
    scanned = {file.path for file in found.files}
    n_gone = sum(path not in scanned and not path.exists() for path in store.known_files())
    if 2 * n_gone <= n_known or (n_gone < FEW_GONE and found.files):
        return
    raise InputError(
        f"{n_gone:,} of the {n_known:,} pictures of this collection are gone from {store.root}: is a drive not plugged"
        " in, or was a folder moved? Nothing was changed, and the outputs still show them. If they are gone for good,"
        " run again with --gone (in Python: gone=True)"
    )


def _places(first: Path) -> Iterator[Path]:
    """Places for collections of one folder."""
    yield first
    for number in count(2):
        yield first.with_name(f"{first.name}-{number}")


def _holds_others(directory: Path, paths: Sequence[Path]) -> bool:
    """Whether a database has other pictures than these; none if it cannot be read, which the run will explain."""
    try:
        if not Store.exists(directory):
            return False
        with Store.open(directory, writable=False) as store:
            return next(_others(store, paths), None) is not None
    except ImageclusterError:
        return False


def _others(store: Store, paths: Sequence[Path]) -> Iterator[Path]:
    """Pictures that the latest scan found, that are still there, and that lie outside these folders and files."""
    given = {Path(absolute(path)) for path in paths}
    known = store.outside_root() if given == {store.root} else store.known_files()
    for path in known:
        if given.isdisjoint((path, *path.parents)) and path.exists():
            yield path
