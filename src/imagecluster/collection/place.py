"""The place of a collection: its root, and the folder of its database and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from imagecluster.errors import ImageclusterError, InputError
from imagecluster.records import Scan
from imagecluster.scan import absolute
from imagecluster.store import Store, default_location
from imagecluster.system.safe_files import exists


class Place(NamedTuple):
    """The folders in which a run keeps its database and writes its outputs."""

    root: Path
    """The collection's folder, absolute."""
    directory: Path
    """Folder of the database, absolute."""
    beside: Path | None = None
    """Folder of the database of another collection, which would have been the place and is not changed."""
    follow: bool = False
    """Whether the folder of the database may be a link: where the user named it."""


def locate(path: Path | None = None, db: Path | None = None) -> Place:
    """The place of the collection of one folder, or of the working directory.

    The database is in `folder/imagecluster` (or in the user's data directory if the folder cannot be written to),
    unless `db` is given.
    """
    root = (Path.cwd() if path is None else Path(path)).absolute()
    if db is not None:
        return Place(root, Path(db).absolute(), follow=True)
    return Place(root, default_location(root))


def place_of(paths: Sequence[Path], db: Path | None = None) -> Place:
    """The place of a run on these folders and files.

    A single folder is its own root. Several folders, or files, have the working directory as theirs; if the collection
    there holds other pictures too, they become a collection of their own beside it, in the first of `imagecluster-2`,
    `imagecluster-3` ... that holds nothing else. Otherwise a run on a few files would remove all others from the
    outputs.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return locate(paths[0], db)
    first = locate(None, db)
    if db is not None:
        return first
    directory = next(place for place in _places(first.directory) if not _holds_others(place, paths))
    return Place(first.root, directory, None if directory == first.directory else first.directory)


def refuse_to_leave_out(store: Store, paths: Sequence[Path]) -> None:
    """Raise InputError if a collection holds pictures that a run on these folders and files would remove from it."""
    others = list(_others(store, paths))
    if others:
        raise InputError(
            f"the database in {store.directory} holds {len(others):,} other pictures, such as {others[0]}, which this"
            " run would remove from its outputs. Give their folders too, or another database with --db"
        )


FEW_GONE = 10
"""Fewer missing pictures than this need no confirmation, as long as others are there."""


def refuse_when_most_are_gone(store: Store, found: Scan) -> None:
    """Raise InputError if a scan misses most of the pictures that the latest one found, as when a drive is unplugged.

    A picture that exists but was not scanned (such as one in a subfolder that was left out) is not missing.
    """
    n_known = store.n_known_files()
    if len(found.files) >= (n_known + 1) // 2:
        return
    scanned = {file.path for file in found.files}
    n_gone = sum(path not in scanned and not exists(path) for path in store.known_files())
    if 2 * n_gone <= n_known or (n_gone < FEW_GONE and found.files):
        return
    raise InputError(
        f"{n_gone:,} of the {n_known:,} pictures of this collection are gone from {store.root}: a drive may be"
        " unplugged, or a folder moved or not readable. Nothing was changed, and the outputs still show them. If they"
        " are gone for good, use `imagecluster run --gone` (in Python: gone=True)"
    )


def _places(first: Path) -> Iterator[Path]:
    """Places for collections in one folder."""
    yield first
    for number in count(2):
        yield first.with_name(f"{first.name}-{number}")


def _holds_others(directory: Path, paths: Sequence[Path]) -> bool:
    """Whether a database has other pictures than these. False if it cannot be read, which the run will report."""
    try:
        if not Store.exists(directory):
            return False
        with Store.open(directory, writable=False) as store:
            return next(_others(store, paths), None) is not None
    except ImageclusterError:
        return False


def _others(store: Store, paths: Sequence[Path]) -> Iterator[Path]:
    """Pictures that the latest scan found, that still exist, and that are not in these folders and files."""
    given = {Path(absolute(path)) for path in paths}
    known = store.outside_root() if given == {store.root} else store.known_files()
    for path in known:
        if given.isdisjoint((path, *path.parents)) and exists(path):
            yield path
