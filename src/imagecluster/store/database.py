"""Connections to SQLite, and what its errors mean."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from imagecluster.errors import ImageclusterError, NotOursError, StoreDamagedError, StoreError, StoreLockedError
from imagecluster.system.safe_files import OwnFolder, is_open_here

__all__ = [
    "BUSY_TIMEOUT_S",
    "SIDE_FILES",
    "believed",
    "connect",
    "connect_reader",
    "connect_writer",
    "explained",
    "serialized",
    "sync_file",
    "transaction",
]

BUSY_TIMEOUT_S = 30.0
"""Seconds that a connection waits for another one's lock."""

SIDE_FILES = ("-wal", "-shm", "-journal")
"""Name endings of the files that SQLite keeps beside a database."""

_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG)) if os.name != "nt" else frozenset((errno.ENOSPC,))


def connect_writer(folder: OwnFolder, name: str) -> sqlite3.Connection:
    """Open a connection that reads and writes, with a write-ahead log if the file system supports one.

    `synchronous=FULL` makes a commit survive a power cut. NORMAL would only keep the database consistent: the
    log is then synced every thousand pages, and some batches before the cut are computed again. The price is
    one more fsync per batch, which took a good part of a second to compute.
    """
    connection = connect(folder, name, "rw")
    try:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            if _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
                raise
            # A file system without shared memory. An exclusive connection needs none, and can leave the mode.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("PRAGMA locking_mode = NORMAL")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: through the drive's cache; no effect elsewhere
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(folder: OwnFolder, name: str) -> sqlite3.Connection:
    """Open a connection that only reads, also beside a writer and on read-only media."""
    connection = connect(folder, name, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if _primary_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    else:
        return connection
    # The log's companion file cannot be made here, or the journal of a killed run waits for a writer to roll it back.
    # Without log and journal, the database alone is complete.
    waiting = [name + ending for ending in SIDE_FILES if ending != "-shm" and _size(folder, name + ending)]
    return _connect_copy(folder, name, waiting) if waiting else connect(folder, name, "ro&immutable=1")


def _size(folder: OwnFolder, name: str) -> int:
    """Size of a file in bytes, 0 if there is none."""
    status = folder.status(name)
    return 0 if status is None else status.st_size


def _connect_copy(folder: OwnFolder, name: str, waiting: Sequence[str]) -> sqlite3.Connection:
    """Open a connection to a copy in memory, to which the log or journal of an interrupted run was applied."""
    with tempfile.TemporaryDirectory(prefix="imagecluster-") as place:
        for file in (name, *waiting):
            with folder.open_reading(file) as source, Path(place, file).open("wb") as copy:
                shutil.copyfileobj(source, copy)
        on_disk = _connect(Path(place, name), "rw")
        in_memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with contextlib.closing(on_disk):
            on_disk.backup(in_memory)
    return in_memory


def serialized(connection: sqlite3.Connection) -> bytes:
    """The bytes of a database's file."""
    if hasattr(connection, "serialize"):  # missing where Python was built with an SQLite from before 2021
        return connection.serialize()
    with tempfile.TemporaryDirectory(prefix="imagecluster-") as folder:
        copy = Path(folder, "database")
        connection.execute("VACUUM INTO ?", (str(copy),))
        return copy.read_bytes()


def connect(folder: OwnFolder, name: str, mode: str, *, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open a connection to a database of ours, all of whose files are checked before SQLite opens it.

    SQLite opens files by path. Therefore its file is then looked for among those that this process has open: a link
    that came in between is refused before the first statement.

    Raises
    ------
    NotOursError
        One of the files is a link or not ours.
    FileNotFoundError
        There is no database.

    """
    looked_at = folder.status(name)
    for ending in SIDE_FILES:
        folder.status(name + ending)
    path = folder.path / name
    if looked_at is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    connection = _connect(path, mode, timeout_s=timeout_s)
    if not is_open_here(looked_at):
        connection.close()
        raise NotOursError(f"{path} was replaced while it was being opened; nothing was changed. Run again")
    return connection


def _connect(path: Path, mode: str, *, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open a connection without implicit transactions, which may be handed from thread to thread."""
    return sqlite3.connect(
        _address(path, mode), uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False
    )


def _address(path: Path, mode: str) -> str:
    """SQLite's address of a file, with the mode to open it in."""
    uri = path.absolute().as_uri()
    if not uri.startswith("file:///"):  # a Windows share; SQLite takes no host, but two more slashes
        uri = "file:////" + uri.removeprefix("file://")
    return f"{uri}?mode={mode}"


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A block whose changes are committed together, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, a full disk among them.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def explained(directory: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into ours, which say what to do."""
    try:
        yield
    except ImageclusterError:
        raise
    except sqlite3.Error as error:
        raise _sqlite_meaning(error, directory) from error
    except OSError as error:
        if error.errno in _FULL:
            raise StoreError(_full_message(directory)) from error
        msg = f"cannot use the database in {directory}: {error.strerror or error}"
        raise StoreError(msg) from error


@contextlib.contextmanager
def believed(directory: Path) -> Iterator[None]:
    """Turn errors raised by values that we never wrote into StoreDamagedError: SQLite keeps any value in any column."""
    try:
        yield
    except ImageclusterError:
        raise
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
        what = f"it holds values that imagecluster never writes: {type(error).__name__}: {error}"
        raise StoreDamagedError(_damaged_message(directory, what)) from error


def _damaged_message(directory: Path, what: object) -> str:
    """Message for a database that cannot be read."""
    return (
        f"the database in {directory} is damaged ({what}). Nothing was changed: restore the folder from a"
        " backup, or move it away and run again, which computes the fingerprints anew"
    )


def _primary_code(error: sqlite3.Error) -> int:
    """SQLite's error code without its details; 0 if the module itself raised the error."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _full_message(directory: Path) -> str:
    """Message for a full disk."""
    return (
        f"no space left for the database in {directory}: make room, or give another place with --db, and run"
        " again. What was committed before is kept"
    )


def _sqlite_meaning(error: sqlite3.Error, directory: Path) -> StoreError:
    """Our error for an error of SQLite."""
    code = _primary_code(error)
    if code in _DAMAGED:
        return StoreDamagedError(_damaged_message(directory, error))
    if code == sqlite3.SQLITE_FULL:
        return StoreError(_full_message(directory))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreLockedError(
            f"the database in {directory} has been busy for {BUSY_TIMEOUT_S:.0f} s: close other programs that"
            " use it and run again"
        )
    if code == sqlite3.SQLITE_READONLY:
        return StoreError(f"the database in {directory} cannot be written to; give another place with --db")
    return StoreError(f"cannot use the database in {directory}: {error}")


def sync_file(descriptor: int) -> None:
    """Make a file's bytes survive a power cut."""
    if sys.platform == "darwin":  # fsync leaves them in the drive's cache there
        import fcntl

        with contextlib.suppress(OSError):  # file systems that do not know it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
