"""Tests of the format's versions."""

import contextlib
import sqlite3

import numpy as np
import pytest

from imagecluster.errors import StoreError, StoreVersionError
from imagecluster.records import Metadata
from imagecluster.store import Store, schema
from store_samples import MODEL, batch_of, hash_of, vectors_of


def m003_ratings(connection):
    """A migration as a later version might bring."""
    connection.execute("ALTER TABLE files ADD COLUMN rating INTEGER")
    connection.execute("CREATE TABLE notes (path BLOB PRIMARY KEY, note TEXT NOT NULL)")
    connection.execute("UPDATE files SET rating = 3")


@pytest.fixture
def old_store(tmp_path):
    """The folder of a store of the present format."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(5)), model=MODEL)
    return tmp_path / "imagecluster"


def test_migrations_are_numbered_in_order():
    """The name of each migration tells the format that it leads to."""
    assert [int(step.__name__[1:4]) for step in schema.MIGRATIONS] == list(range(1, schema.newest_format() + 1))
    assert all(step.__doc__ for step in schema.MIGRATIONS)


def test_an_older_format_is_migrated_with_all_it_holds(old_store, monkeypatch):
    """A writer brings a store to the newest format; an older program then refuses it."""
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m003_ratings))
        with pytest.raises(StoreError, match=r"format 2, .* format 3.*imagecluster run"):
            Store.open(old_store, writable=False)
        with Store.open(old_store) as store:
            assert store.format_version == store.info().format_version == 3
            assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in range(5)]), vectors_of(range(5)))
            with store._reading() as connection:
                assert connection.execute("SELECT DISTINCT rating FROM files").fetchall() == [(3,)]
        assert "format: 3" in (old_store / ".imagecluster-store").read_text()
        with Store.open(old_store, writable=False) as reader:
            assert reader.format_version == 3
    with pytest.raises(StoreVersionError, match="format 3"):
        Store.open(old_store)


def test_a_migration_that_fails_changes_nothing(old_store, monkeypatch):
    """A migration is one transaction: interrupted, it is done anew the next time."""

    def m003_interrupted(connection):
        m003_ratings(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m003_interrupted))
        with pytest.raises(KeyboardInterrupt):
            Store.open(old_store)
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m003_ratings))
        with Store.open(old_store) as store:
            assert store.format_version == 3
            assert len(store.known_files()) == 5


def test_the_first_format_stays_as_released():
    """Tables and columns of format 1."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        schema.m001_first_tables(connection)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    assert columns == {
        "settings": ["name", "value"],
        "models": ["id", "identity", "n_dimensions", "n_rows", "matrix"],
        "contents": ["hash", "width_px", "height_px", "format", "taken_s", "latitude_deg", "longitude_deg"],
        "files": ["path", "size_bytes", "mtime_ns", "hash", "stage", "reason", "decoder", "gone_s"],
        "fingerprints": ["model", "row", "hash", "checksum"],
        "runs": [
            "id",
            "started_s",
            "duration_s",
            "model",
            "n_scanned",
            "n_fingerprinted",
            "n_reused",
            "n_skipped",
            "settings",
        ],
    }


def test_format_1_is_brought_to_the_notes_of_format_2(tmp_path, monkeypatch):
    """What a store of format 1 holds stays, and its pictures have no note."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    row = (hash_of(1), 640, 480, "JPEG", None, None, None)
    with contextlib.closing(sqlite3.connect(tmp_path / "imagecluster" / "imagecluster.db")) as old, old:
        old.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    with Store.open(tmp_path / "imagecluster") as store:
        assert store.format_version == 2
        assert store.metadata([hash_of(1)]) == {hash_of(1): Metadata(640, 480, "JPEG")}
        assert store.notes() == {}
