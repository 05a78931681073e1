"""The tables of the database, and the migration of older formats to the current one.

The format is SQLite's `user_version`. Each migration leads from one format to the next and is never changed once
released; a new one is appended. docs/file-formats.md describes the outcome for outsiders.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from imagecluster.errors import StoreDamagedError, StoreVersionError
from imagecluster.store.database import transaction
from imagecluster.store.layout import newer_format_message

__all__ = ["APPLICATION_ID", "MIGRATIONS", "check_format", "format_of", "migrate", "newest_format"]

APPLICATION_ID = 0x696D636C
"""Marks the file as ours for `file` and other tools: 'imcl'."""


def m001_first_tables(connection: sqlite3.Connection) -> None:
    """Collections, files, contents, fingerprints and runs."""
    for statement in (
        "CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            n_dimensions INTEGER NOT NULL CHECK (n_dimensions > 0),
            n_rows INTEGER NOT NULL CHECK (n_rows >= 0),
            matrix TEXT NOT NULL UNIQUE
        )""",
        """CREATE TABLE contents (
            hash BLOB PRIMARY KEY CHECK (length(hash) = 16),
            width_px INTEGER NOT NULL,
            height_px INTEGER NOT NULL,
            format TEXT NOT NULL,
            taken_s REAL,
            latitude_deg REAL,
            longitude_deg REAL
        ) WITHOUT ROWID""",
        # One row per path: a file has either a known content or a reason why it does not.
        """CREATE TABLE files (
            path BLOB PRIMARY KEY,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            hash BLOB,
            stage TEXT,
            reason TEXT,
            decoder TEXT,
            gone_s REAL,
            CHECK ((hash IS NULL) = (reason IS NOT NULL))
        ) WITHOUT ROWID""",
        # Leads from the contents that a search finds to their files without a pass over all files.
        "CREATE INDEX files_by_hash ON files (hash)",
        """CREATE TABLE fingerprints (
            model INTEGER NOT NULL REFERENCES models (id),
            row INTEGER NOT NULL CHECK (row >= 0),
            hash BLOB NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (model, row)
        ) WITHOUT ROWID""",
        "CREATE UNIQUE INDEX fingerprints_by_hash ON fingerprints (hash, model)",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started_s REAL NOT NULL,
            duration_s REAL NOT NULL,
            model TEXT NOT NULL,
            n_scanned INTEGER NOT NULL,
            n_fingerprinted INTEGER NOT NULL,
            n_reused INTEGER NOT NULL,
            n_skipped INTEGER NOT NULL,
            settings TEXT NOT NULL
        )""",
    ):
        connection.execute(statement)


def m002_notes(connection: sqlite3.Connection) -> None:
    """Notes on what is missing from a partly read picture; an index finds the few that have one."""
    connection.execute("ALTER TABLE contents ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE INDEX contents_with_note ON contents (hash) WHERE note != ''")


def m003_pixels_and_dates(connection: sqlite3.Connection) -> None:
    """Digests of pixels, times of change, other names of files, and the sources of dates and places."""
    _add_pixels(connection)
    _add_times_of_change(connection)
    _add_other_names(connection)
    _add_dates(connection)


def _add_pixels(connection: sqlite3.Connection) -> None:
    """Digests of pixels, and the contents that files had before they changed; NULL until a file is read again."""
    connection.execute("ALTER TABLE contents ADD COLUMN pixels BLOB")
    connection.execute("ALTER TABLE contents ADD COLUMN shown BLOB")
    connection.execute(
        """CREATE TABLE former (
            hash BLOB NOT NULL,
            path BLOB NOT NULL,
            pixels BLOB,
            PRIMARY KEY (hash, path)
        ) WITHOUT ROWID"""
    )


def _add_times_of_change(connection: sqlite3.Connection) -> None:
    """The time at which the system says that a file was changed; NULL or 0 if it is not known."""
    connection.execute("ALTER TABLE files ADD COLUMN ctime_ns INTEGER")


def _add_other_names(connection: sqlite3.Connection) -> None:
    """Hard and symbolic links to a file of `files`."""
    connection.execute("CREATE TABLE other_names (path BLOB PRIMARY KEY, file BLOB NOT NULL) WITHOUT ROWID")


def _add_dates(connection: sqlite3.Connection) -> None:
    """Where a picture's date and place are from, the offset from UTC, the camera; what lies beside the files.

    Version 0 of what pictures say has them read again.
    """
    for column in (
        "offset_s INTEGER",
        "precision TEXT NOT NULL DEFAULT ''",
        "taken_from TEXT NOT NULL DEFAULT ''",
        "offset_from TEXT NOT NULL DEFAULT ''",
        "place_from TEXT NOT NULL DEFAULT ''",
        "camera TEXT NOT NULL DEFAULT ''",
        "metadata_version INTEGER NOT NULL DEFAULT 0",
    ):
        connection.execute(f"ALTER TABLE contents ADD COLUMN {column}")
    connection.execute(
        "UPDATE contents SET precision = 'second', taken_from = 'EXIF DateTimeOriginal' WHERE taken_s IS NOT NULL"
    )
    connection.execute("UPDATE contents SET place_from = 'EXIF' WHERE latitude_deg IS NOT NULL")
    connection.execute(
        """CREATE TABLE beside (
            path BLOB PRIMARY KEY,
            sidecars TEXT NOT NULL,
            taken_s REAL,
            offset_s INTEGER,
            precision TEXT NOT NULL,
            taken_from TEXT NOT NULL,
            offset_from TEXT NOT NULL,
            latitude_deg REAL,
            longitude_deg REAL,
            place_from TEXT NOT NULL
        ) WITHOUT ROWID"""
    )


def m004_signs(connection: sqlite3.Connection) -> None:
    """Hashes of what pictures look like; NULL until a search for copies needs them of contents of an older format."""
    connection.execute("ALTER TABLE contents ADD COLUMN signs BLOB CHECK (signs IS NULL OR length(signs) = 32)")


def m005_exposures(connection: sqlite3.Connection) -> None:
    """How pictures were exposed; a newer version of what pictures say has them read again."""
    for column in ("exposure_s", "iso", "f_number", "focus_m"):
        connection.execute(f"ALTER TABLE contents ADD COLUMN {column} REAL")


Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: tuple[Migration, ...] = (
    m001_first_tables,
    m002_notes,
    m003_pixels_and_dates,
    m004_signs,
    m005_exposures,
)
"""The migration at index i leads from format i to format i + 1; format 0 is an empty database."""


def newest_format() -> int:
    """The format that this program writes."""
    return len(MIGRATIONS)


def format_of(connection: sqlite3.Connection) -> int:
    """The format of a database; 0 if it is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_format(connection: sqlite3.Connection, directory: Path) -> int:
    """The format of a database, if this program can read or migrate it.

    Raises
    ------
    StoreVersionError
        The format is newer than this program.
    StoreDamagedError
        The database belongs to another program.

    """
    found = format_of(connection)
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    n_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and (found or n_tables):
        msg = (
            f"the database in {directory} is not imagecluster's: its application id is {application:#x},"
            f" expected {APPLICATION_ID:#x}. Nothing was changed: move the folder away and run again"
        )
        raise StoreDamagedError(msg)
    if found > newest_format():
        raise StoreVersionError(newer_format_message(directory, found, newest_format()))
    return found


def migrate(connection: sqlite3.Connection) -> int:
    """Bring a database to the newest format, each step in its own transaction; returns the old format."""
    before = format_of(connection)
    for version, step in enumerate(MIGRATIONS[before:], start=before + 1):
        with transaction(connection):
            step(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version}")
    return before
