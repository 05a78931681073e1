"""The steps of opening a store in a folder."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

from imagecluster.errors import StoreDamagedError, StoreError
from imagecluster.scan import STORE_MARKER
from imagecluster.store import layout, schema, tables
from imagecluster.store.database import (
    SIDE_FILES,
    connect_reader,
    connect_writer,
    explained,
    serialized,
    transaction,
)
from imagecluster.store.lock import WriterLock
from imagecluster.system.safe_files import OwnFolder

__all__ = ["claimed", "connected", "held", "prepared", "settled_root"]

_log = logging.getLogger(__name__)

_ROOT = "root"

_FIRST_WITH_EXPOSURES = 5
"""Format from which on a run need not read the pictures of an older database once more."""


def held(directory: Path, *, follow: bool) -> OwnFolder:
    """Open the folder of a store for reading, and hold it open.

    Raises
    ------
    StoreError
        There is none.
    NotOursError
        It is a link, which is not to be followed.

    """
    with explained(directory):
        try:
            return OwnFolder(directory, follow=follow)
        except FileNotFoundError:
            raise StoreError(_no_store(directory)) from None


def claimed(directory: Path, *, has_root: bool, follow: bool) -> tuple[OwnFolder, WriterLock]:
    """Open a folder, put our marker into it, and take the right to write to it.

    Raises
    ------
    OutputError
        The folder holds something else, or cannot be made or written to.
    StoreError
        There is no store, and without a root none can be made.
    NotOursError, StoreVersionError, StoreLockedError, StoreDamagedError
        As for `Store.open`.

    """
    if not has_root and not layout.is_store(directory):
        raise StoreError(_no_store(directory))
    newest = schema.newest_format()
    if layout.is_store(directory):
        folder = held(directory, follow=follow)
    else:
        folder = layout.claimed_folder(directory, follow=follow, version=newest)
    try:
        with explained(directory):
            layout.check_marker(folder, newest=newest)
        lock = WriterLock(folder)
        lock.acquire()
    except BaseException:
        folder.close()
        raise
    return folder, lock


def connected(folder: OwnFolder, root: Path | None, *, writable: bool) -> sqlite3.Connection:
    """Connect to the database in a folder; a writer with a root makes a missing one.

    Raises
    ------
    StoreError
        There is no database to read, or no root for a new one.
    StoreDamagedError
        There is no database, but there are fingerprints that belong to one: a new one would overwrite them.

    """
    status = folder.status(layout.DATABASE_NAME)
    if status is None or not status.st_size:
        if _has_fingerprints(folder):
            msg = (
                f"{folder.path / layout.DATABASE_NAME} is missing or empty, but there are fingerprints in"
                f" {folder.path / layout.FINGERPRINTS_NAME} that belong to it. Nothing was changed: restore the"
                " database from a backup, or move the folder away and run again, which computes the fingerprints anew"
            )
            raise StoreDamagedError(msg)
        if not writable or root is None:
            raise StoreError(_no_store(folder.path))
        _create(folder, root)
    if writable:
        return connect_writer(folder, layout.DATABASE_NAME)
    if folder.status(STORE_MARKER) is None:
        raise StoreError(_no_store(folder.path))
    layout.check_marker(folder, newest=schema.newest_format())
    return connect_reader(folder, layout.DATABASE_NAME)


def _has_fingerprints(folder: OwnFolder) -> bool:
    try:
        with folder.child(layout.FINGERPRINTS_NAME) as matrices:
            return any(file.name.endswith(".f16") and file.status.st_size for file in matrices.entries())
    except FileNotFoundError:
        return False


def _create(folder: OwnFolder, root: Path) -> None:
    """Make a database that has its tables and its root from the moment it exists."""
    layout.claim(folder, version=schema.newest_format())  # the marker first, as in `prepared`
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        schema.migrate(fresh)
        _keep_root(fresh, folder.path, root)
        content = serialized(fresh)
    for ending in SIDE_FILES:  # of a database that somebody removed: SQLite would apply them to this one
        folder.remove(layout.DATABASE_NAME + ending)
    with folder.replacing(layout.DATABASE_NAME) as stream:
        stream.write(content)


def _no_store(directory: Path) -> str:
    return f"there is no database of imagecluster in {directory}; `imagecluster run` on a folder makes one"


def prepared(connection: sqlite3.Connection, folder: OwnFolder, *, writable: bool) -> int:
    """The format of a database, after migrating an older one if it may be written to.

    Raises
    ------
    StoreError
        A reader cannot migrate it.
    StoreVersionError, StoreDamagedError
        As for `schema.check_format`.

    """
    found = schema.check_format(connection, folder.path)
    newest = schema.newest_format()
    if found == newest:
        return found
    if not writable:
        msg = (
            f"the database in {folder.path} has format {found}, but this imagecluster reads format {newest}:"
            " `imagecluster run` on the collection upgrades it"
        )
        raise StoreError(msg)
    # The marker first: an older program must not come in between.
    layout.claim(folder, version=newest)
    schema.migrate(connection)
    if found:
        again = "its pictures are read once more, and " if found < _FIRST_WITH_EXPOSURES else ""
        _log.warning(
            "the database in %s was upgraded from format %d to %d; %stheir fingerprints are kept",
            folder.path, found, newest, again,
        )  # fmt: skip
    return newest


def settled_root(connection: sqlite3.Connection, directory: Path, root: Path | None, *, writable: bool) -> Path:
    """The collection's folder: the one that the store knows, unless that no longer exists and another one is given.

    Raises
    ------
    StoreError
        The store does not know a folder, and none is given.

    """
    stored = tables.read_setting(connection, _ROOT)
    if stored is None:
        if root is None:
            msg = f"the database in {directory} was never filled; run `imagecluster run` on its collection"
            raise StoreError(msg)
        if writable:
            _keep_root(connection, directory, root)
        return root
    kept = layout.restored_root(stored, directory)
    if root is None or root == kept:
        return kept
    # The store may itself be a link: '..' is then the parent of the link or of its target.
    places = (kept, layout.restored_root(stored, directory.resolve()))
    if any(_is_same(root, place) for place in places):
        return root
    if kept.exists():
        return kept
    _log.info("the collection of the database in %s has moved from %s to %s", directory, kept, root)
    if writable:
        _keep_root(connection, directory, root)
    return root


def _is_same(first: Path, second: Path) -> bool:
    with contextlib.suppress(OSError):
        return first.samefile(second)
    return False


def _keep_root(connection: sqlite3.Connection, directory: Path, root: Path) -> None:
    with transaction(connection):
        tables.write_setting(connection, _ROOT, layout.stored_root(root, directory))
