"""A cache of thumbnails in its own file, which may be deleted at any time."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from imagecluster.errors import NotOursError
from imagecluster.store.database import connect, connect_reader
from imagecluster.system.safe_files import OwnFolder

__all__ = ["Thumbnails"]

_log = logging.getLogger(__name__)

_TIMEOUT_S = 5.0

_TABLE = """CREATE TABLE IF NOT EXISTS thumbnails (
    hash BLOB NOT NULL,
    side_px INTEGER NOT NULL,
    image BLOB NOT NULL,
    PRIMARY KEY (hash, side_px)
)"""


class Thumbnails:
    """Encoded thumbnails by content hash and size.

    As a cache it never fails: what cannot be read counts as missing, what cannot be written is not kept, and a
    damaged file is replaced. Any thread and any process may use it, also beside a run that writes to the store.

    Parameters
    ----------
    path
        The file, created by the first `put`. The folder may be missing or read-only.
    follow
        Whether its folder may be a link. The file itself may not: a link is ignored.

    """

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self._path = path
        self._follow = follow
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_writable = False
        self._has_warned = False

    def get(self, content_hash: bytes, *, side_px: int) -> bytes | None:
        """The encoded thumbnail, or None."""
        with self._guard:
            try:
                connection = self._connected(write=False)
                if connection is None:
                    return None
                row = connection.execute(
                    "SELECT image FROM thumbnails WHERE hash = ? AND side_px = ?", (content_hash, side_px)
                ).fetchone()
            except (sqlite3.Error, OSError, NotOursError) as error:
                self._give_up(error)
                return None
            return row[0] if row and isinstance(row[0], bytes) else None

    def put(self, content_hash: bytes, image: bytes, *, side_px: int) -> None:
        """Keep an encoded thumbnail, if possible."""
        with self._guard:
            try:
                connection = self._connected(write=True)
                if connection is not None:
                    connection.execute(
                        "INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", (content_hash, side_px, image)
                    )
            except (sqlite3.Error, OSError, NotOursError) as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._guard:
            self._disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connected(self, *, write: bool) -> sqlite3.Connection | None:
        """An open connection, or None if there is nothing to read."""
        if self._connection is not None and (self._is_writable or not write):
            return self._connection
        self._disconnect()
        if not write and not self._path.parent.is_dir():
            return None
        with OwnFolder(self._path.parent, follow=self._follow) as folder:
            is_there = folder.status(self._path.name) is not None
            if write:
                if not is_there:
                    with contextlib.suppress(FileExistsError):
                        folder.create(self._path.name).close()
                self._connection = connect(folder, self._path.name, "rw", timeout_s=_TIMEOUT_S)
                self._is_writable = True
                self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
                self._connection.execute("PRAGMA synchronous = OFF")  # a power cut may cost the cache
                self._connection.execute(_TABLE)
            elif is_there:
                self._connection = connect_reader(folder, self._path.name)
                self._is_writable = False
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _give_up(self, error: Exception) -> None:
        """Continue without the file; a damaged one is removed, and the next `put` makes a new one."""
        level = logging.DEBUG if self._has_warned else logging.WARNING
        self._has_warned = True
        _log.log(level, "the thumbnail cache %s is not used: %s", self._path, error)
        self._disconnect()
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            with (
                contextlib.suppress(OSError, NotOursError),
                OwnFolder(self._path.parent, follow=self._follow) as folder,
            ):
                for suffix in ("", "-wal", "-shm"):
                    folder.remove(self._path.name + suffix)
