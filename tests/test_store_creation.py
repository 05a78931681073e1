"""Tests of a store whose creation was cut off: the next run takes it up, whatever was left."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from imagecluster.errors import OutputError, StoreError
from imagecluster.store import Store, database, layout, schema
from imagecluster.system.safe_files import OwnFolder
from pictures import draw_groups
from store_samples import MODEL, batch_of

UNFINISHED = f".{layout.STORE_MARKER}.0123456789abcdef.new"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The folder of a store that holds nothing yet."""
    folder = tmp_path / "imagecluster"
    folder.mkdir()
    return folder


def marker_text(directory: Path) -> bytes:
    """What a whole marker says."""
    other = directory.with_name("other")
    layout.claimed_folder(other, follow=False, version=schema.newest_format()).close()
    return (other / layout.STORE_MARKER).read_bytes()


def half_made(directory: Path, state: str) -> None:
    """Brings a folder to where a creation was cut off, by this version or an earlier one."""
    marker = marker_text(directory)
    path = directory / "imagecluster.db"
    if state == "empty marker":
        (directory / UNFINISHED).touch()
    elif state == "half a marker":
        (directory / UNFINISHED).write_bytes(marker[:100])
    elif state == "unnamed marker":
        (directory / UNFINISHED).write_bytes(marker)
    else:
        (directory / layout.STORE_MARKER).write_bytes(marker)
    if state in ("lock", "empty database"):
        (directory / "lock").touch()
        (directory / "lock-owner").write_text("process 1 on ")
    if state == "unnamed database":
        (directory / ".imagecluster.db.0123456789abcdef.new").write_bytes(b"SQLite format 3\0")
    if state == "empty database":
        path.touch()
    if state in ("no tables", "no root"):
        path.touch()
        with OwnFolder(directory) as folder:
            connection = database.connect_writer(folder, path.name)
        if state == "no root":
            schema.migrate(connection)
        connection.close()


STATES = (
    "empty marker", "half a marker", "unnamed marker", "marker", "lock", "unnamed database", "empty database",
    "no tables", "no root",
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_creation_that_was_cut_off_is_taken_up(directory, state):
    """Wherever it was cut off, a reader says that a run is needed, and a writer makes the store."""
    half_made(directory, state)
    with pytest.raises(StoreError, match="imagecluster run"):
        Store.open(directory, writable=False)
    with Store.open(directory, root=directory.parent) as store:
        store.commit(batch_of(directory.parent, [1]), model=MODEL)
    with Store.open(directory, writable=False) as store:
        assert store.root == directory.parent
        assert store.info().n_files == 1
    assert not (directory / UNFINISHED).exists()


@pytest.mark.parametrize("state", ["half a marker", "empty database", "no root"])
def test_one_plain_run_is_enough(tmp_path, directory, state):
    """The command line succeeds at once, and every command that looks at the folder before it says what to do."""
    draw_groups(tmp_path, (2, 1))
    half_made(directory, state)
    command = [sys.executable, "-m", "imagecluster"]
    looked = subprocess.run([*command, "info", str(tmp_path)], capture_output=True, text=True, check=False)
    assert looked.returncode == 1
    assert "imagecluster run" in looked.stderr
    run = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "3 fingerprinted" in run.stdout
    assert not list(directory.glob(".*.new"))


@pytest.mark.parametrize("what", ["other text", "more text", "link", "folder", "other name", "beside"])
def test_what_only_looks_like_an_unfinished_marker_is_a_strangers(directory, what):
    """A file that we did not write is refused and stays, whatever its name."""
    text = marker_text(directory)
    place = directory / ("." + layout.STORE_MARKER + ".backup.new" if what == "other name" else UNFINISHED)
    if what == "link":
        (directory.parent / "theirs").write_bytes(b"")
        place.symlink_to(directory.parent / "theirs")
    elif what == "folder":
        place.mkdir()
    else:
        place.write_bytes({"other text": b"thesis", "more text": text + b"thesis", "other name": b""}.get(what, text))
    if what == "beside":
        (directory / "thesis.txt").touch()
    before = sorted(directory.iterdir())
    with pytest.raises(OutputError, match="is not a database of imagecluster"):
        Store.open(directory, root=directory.parent)
    assert sorted(directory.iterdir()) == before


def test_the_database_is_whole_from_the_moment_that_it_is_there(directory, monkeypatch):
    """What fails on the way leaves no database, so that a reader never finds half of one."""

    def fails(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("imagecluster.store.opening.connect_writer", fails)
        with pytest.raises(StoreError, match="no space left"):
            Store.open(directory, root=directory.parent)
    with Store.open(directory, writable=False) as store:
        assert store.root == directory.parent
        assert store.info().n_files == 0


def test_a_log_without_its_database_is_not_applied_to_a_new_one(directory):
    """SQLite takes a log for its database's whatever it belonged to; a removed database's goes with it."""
    with Store.open(directory, root=directory.parent) as store:
        store.mark_present([])
        connection = store._connection
        assert connection is not None
        connection.execute("INSERT INTO settings VALUES ('left', 'over')")
        log = (directory / "imagecluster.db-wal").read_bytes()
    (directory / "imagecluster.db").unlink()
    (directory / "imagecluster.db-wal").write_bytes(log)
    with Store.open(directory, root=directory.parent) as store, store._reading() as connection:
        assert connection.execute("SELECT count(*) FROM settings WHERE name = 'left'").fetchone() == (0,)


def test_a_reader_takes_account_of_the_journal_of_a_killed_writer(directory, tmp_path):
    """Without a write-ahead log a killed writer leaves a journal; until it is rolled back the file alone is wrong."""
    path = tmp_path / "plain.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("CREATE TABLE numbers (x BLOB)")
    writer.executemany("INSERT INTO numbers VALUES (?)", [(bytes(1000),)] * 100)
    writer.execute("PRAGMA cache_size = 1")  # the change reaches the file before it is committed
    writer.execute("BEGIN")
    writer.execute("DELETE FROM numbers")
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("plain.db", "plain.db-journal"):
        shutil.copyfile(tmp_path / name, killed / name)
    writer.execute("ROLLBACK")
    writer.close()
    with OwnFolder(killed) as folder:
        reader = database.connect_reader(folder, "plain.db")
    assert reader.execute("SELECT count(*) FROM numbers").fetchone() == (100,)
    reader.close()


def test_a_database_is_the_same_without_sqlites_serialize():
    """Where Python's SQLite cannot give a database's bytes, a file does."""

    class Older(sqlite3.Connection):
        def __getattribute__(self, name: str) -> object:
            if name == "serialize":
                raise AttributeError(name)
            return super().__getattribute__(name)

    for kind in (Older, sqlite3.Connection):
        connection = sqlite3.connect(":memory:", isolation_level=None, factory=kind)
        schema.migrate(connection)
        content = database.serialized(connection)
        connection.close()
        assert content.startswith(b"SQLite format 3\0")
        again = sqlite3.connect(":memory:")
        again.deserialize(content)
        assert schema.format_of(again) == schema.newest_format()
        again.close()
