"""Tests of the format's versions."""

import contextlib
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from imagecluster.errors import StoreError, StoreVersionError
from imagecluster.records import Metadata, Place, Taken
from imagecluster.store import Batch, HashedFile, Recognised, Store, schema
from store_samples import MODEL, batch_of, file_of, hash_of, vectors_of

NOW = schema.newest_format()


def m999_ratings(connection):
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
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m999_ratings))
        with pytest.raises(StoreError, match=rf"format {NOW}, .* format {NOW + 1}.*imagecluster run"):
            Store.open(old_store, writable=False)
        with Store.open(old_store) as store:
            assert store.format_version == store.info().format_version == NOW + 1
            assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in range(5)]), vectors_of(range(5)))
            with store._reading() as connection:
                assert connection.execute("SELECT DISTINCT rating FROM files").fetchall() == [(3,)]
        assert f"format: {NOW + 1}" in (old_store / ".imagecluster-store").read_text()
        with Store.open(old_store, writable=False) as reader:
            assert reader.format_version == NOW + 1
    with pytest.raises(StoreVersionError, match=f"format {NOW + 1}"):
        Store.open(old_store)


def test_a_migration_that_fails_changes_nothing(old_store, monkeypatch):
    """A migration is one transaction: interrupted, it is done anew the next time."""

    def m999_interrupted(connection):
        m999_ratings(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m999_interrupted))
        with pytest.raises(KeyboardInterrupt):
            Store.open(old_store)
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, m999_ratings))
        with Store.open(old_store) as store:
            assert store.format_version == NOW + 1
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


def test_format_1_is_brought_to_the_newest(tmp_path, monkeypatch, caplog):
    """What a store of format 1 holds stays, and its pictures have no note; one line says that they are read again."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    row = (hash_of(1), 640, 480, "JPEG", None, None, None)
    with contextlib.closing(sqlite3.connect(tmp_path / "imagecluster" / "imagecluster.db")) as old, old:
        old.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    with Store.open(tmp_path / "imagecluster") as store:
        assert store.format_version == schema.newest_format()
        assert store.metadata([hash_of(1)]) == {hash_of(1): Metadata(640, 480, "JPEG")}
        assert store.notes() == {}
    (record,) = caplog.records
    assert (
        record.levelname == "WARNING" and "from format 1 to 5; its pictures are read once more" in record.getMessage()
    )


def test_pictures_of_an_older_format_are_recognised_and_still_to_be_read(tmp_path, monkeypatch):
    """They keep their content, and count as unread until the digest of their pixels is known."""
    file = file_of(tmp_path, 1)
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    key = f"album 0/{file.path.name}".encode()
    with contextlib.closing(sqlite3.connect(tmp_path / "imagecluster" / "imagecluster.db")) as old, old:
        old.execute("INSERT INTO contents VALUES (?, 640, 480, 'JPEG', NULL, NULL, NULL, '')", (hash_of(1),))
        row = (key, file.size_bytes, file.mtime_ns, hash_of(1))
        old.execute("INSERT INTO files VALUES (?, ?, ?, ?, NULL, NULL, NULL, NULL)", row)
    file = replace(file, ctime_ns=5)
    with Store.open(tmp_path / "imagecluster") as store:
        found = store.recognise([file], decoder="")
        assert (found.files, found.unread) == ((HashedFile(file, hash_of(1)),), {file})
        store.commit(Batch(files=(HashedFile(file, hash_of(1)),), pixels={hash_of(1): bytes(16)}), model=MODEL)
        assert store.recognise([file], decoder="") == Recognised((HashedFile(file, hash_of(1)),), (), ())


def test_format_2_is_brought_to_the_sources_of_dates(tmp_path, monkeypatch):
    """Dates and places of a store of format 2 stay, and are known to have been read by an older version."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        Store.open(tmp_path / "imagecluster", root=tmp_path).close()
    rows = [(hash_of(1), 640, 480, "JPEG", 1.5e9, 48.25, -11.5, ""), (hash_of(2), 64, 48, "PNG", None, None, None, "")]
    with contextlib.closing(sqlite3.connect(tmp_path / "imagecluster" / "imagecluster.db")) as old, old:
        old.executemany("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    with Store.open(tmp_path / "imagecluster") as store:
        found = store.metadata([hash_of(1), hash_of(2)])
        assert found[hash_of(1)].taken == Taken(1.5e9, None, "second", "EXIF DateTimeOriginal")
        assert found[hash_of(1)].place == Place(48.25, -11.5, "EXIF")
        assert (found[hash_of(2)].taken, found[hash_of(2)].place) == (None, None)
        assert store.read_before() == {hash_of(1), hash_of(2)}
        store.put_said({hash_of(1): Metadata(0, 0, "", camera="Canon X"), hash_of(2): None})
        assert store.read_before() == set()
        assert store.metadata([hash_of(1)])[hash_of(1)] == Metadata(640, 480, "JPEG", camera="Canon X")
