"""Links that somebody planted in the folder of a store are refused by name; nothing behind them changes."""

import contextlib
import sqlite3

import numpy as np
import pytest

from imagecluster.errors import ImageclusterError, NotOursError
from imagecluster.records import Dendrogram
from imagecluster.store import Store, Thumbnails
from imagecluster.store.database import connect
from imagecluster.system import array_cache
from imagecluster.system.safe_files import OwnFolder
from store_samples import MODEL, batch_of

MAKES = {
    "symlink": lambda place, victim: place.symlink_to(victim),
    "dangling symlink": lambda place, victim: place.symlink_to(victim.with_name("not there")),
    "symlink to a folder": lambda place, victim: place.symlink_to(victim.parent),
    "hard link": lambda place, victim: place.hardlink_to(victim),
}

pytestmark = pytest.mark.parametrize("make", MAKES)


@pytest.fixture
def root(tmp_path):
    """A collection with a store that holds a batch."""
    folder = tmp_path / "collection"
    folder.mkdir()
    with Store.open(folder / "imagecluster", root=folder) as store:
        store.commit(batch_of(folder, range(5)), model=MODEL)
    return folder


def plant(place, make, victim):
    """Puts a link in the place of a file."""
    if place.is_dir():
        place.rename(place.with_name("moved away"))
    place.unlink(missing_ok=True)
    MAKES[make](place, victim)


@pytest.mark.parametrize("name", ["lock", "lock-owner"])
def test_a_writer_refuses_links(root, victim, make, name):
    """By name, before anything is written."""
    place = root / "imagecluster" / name
    plant(place, make, victim)
    with pytest.raises(NotOursError) as refused:
        Store.open(root / "imagecluster", root=root)
    assert str(place) in str(refused.value)


@pytest.mark.parametrize("name", ["fingerprints", f"fingerprints/{MODEL}.f16"])
def test_fingerprints_are_no_links(root, victim, make, name):
    """Neither appended to nor read: the matrix, and the folder around it, empty or not."""
    place = root / "imagecluster" / name
    plant(place, make, victim)
    for writable in (True, False):
        with pytest.raises(NotOursError) as refused:
            Store.open(root / "imagecluster", root=root, writable=writable)
        assert str(place) in str(refused.value)


@pytest.mark.parametrize("name", ["fingerprints", f"fingerprints/{MODEL}.f16"])
def test_the_first_fingerprints_are_not_written_through_links(tmp_path, victim, make, name):
    """Of a database that holds none yet, and of one that is open while the link is put there."""
    with Store.open(tmp_path / "db", root=tmp_path) as store:
        (tmp_path / "db" / "fingerprints").mkdir()
        plant(tmp_path / "db" / name, make, victim)
        with pytest.raises(NotOursError) as refused:
            store.commit(batch_of(tmp_path, range(5)), model=MODEL)
        assert str(tmp_path / "db" / name) in str(refused.value)


@pytest.mark.parametrize("name", ["dendrograms", f"dendrograms/{array_cache.file_name('key')}"])
def test_what_can_be_computed_again_is_not_kept_behind_links(root, victim, make, name):
    """Neither read nor written, and nothing in the folder that a link leads to is removed to make room."""
    (victim.with_name("0" * 32 + ".npz")).hardlink_to(victim)
    (victim.with_name(".x.0123456789abcdef.new")).hardlink_to(victim)
    place = root / "imagecluster" / name
    with Store.open(root / "imagecluster", root=root) as store:
        dendrogram = Dendrogram(np.zeros((0, 4)), 0.0, np.arange(1), np.zeros(0))
        store.save_dendrogram("key", dendrogram, {})
        plant(place, make, victim)
        for use in (store.load_dendrogram, lambda key: store.save_dendrogram(key, dendrogram, {})):
            with pytest.raises(NotOursError) as refused:
                use("key")
            assert str(place) in str(refused.value)
    (victim.with_name("0" * 32 + ".npz")).unlink()
    (victim.with_name(".x.0123456789abcdef.new")).unlink()


def test_a_file_of_the_users_among_ours_stays(root, victim, make):
    """Only names that we give are removed to make room: `mine.npz` and `.mine.new` are the user's."""
    with Store.open(root / "imagecluster", root=root) as store:
        dendrogram = Dendrogram(np.zeros((0, 4)), 0.0, np.arange(1), np.zeros(0))
        store.save_dendrogram("0", dendrogram, {})
        folder = root / "imagecluster" / "dendrograms"
        (folder / "mine.npz").write_bytes(b"x")
        (folder / ".mine.new").write_bytes(b"x")
        (folder / ".mine.0123456789abcdef.new").mkdir()
        MAKES[make](folder / ("0" * 32 + ".npz"), victim)
        for n in range(10):
            store.save_dendrogram(str(n), dendrogram, {})
    kept = {path.name for path in folder.iterdir() if path.name != "0" * 32 + ".npz"}
    assert kept >= {"mine.npz", ".mine.new", ".mine.0123456789abcdef.new"}
    assert len(kept) == 3 + 4


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_thumbnails_behind_a_link_are_passed_over(tmp_path, victim, caplog, make, ending):
    """With a line in the log that names the link; being a cache, it ends nothing."""
    place = tmp_path / f"thumbnails.db{ending}"
    with Thumbnails(tmp_path / "thumbnails.db") as cache:
        cache.put(b"0" * 16, b"small", side_px=192)
    plant(place, make, victim)
    with Thumbnails(tmp_path / "thumbnails.db") as cache:
        cache.put(b"1" * 16, b"small", side_px=192)
        cache.get(b"0" * 16, side_px=192)
    assert str(place) in caplog.text


def test_a_database_that_is_exchanged_for_another_is_refused(tmp_path, make, monkeypatch):
    """A link that is put there after the look, and gone again after SQLite has opened what it leads to."""
    if make not in ("symlink", "hard link"):
        pytest.skip("leads to no database")
    other, place = tmp_path / "other.db", tmp_path / "thumbnails.db"
    for file in (other, place):
        with contextlib.closing(sqlite3.connect(file)) as made:
            made.execute("CREATE TABLE t (x)")
    before = (other.read_bytes(), other.stat().st_mtime_ns)
    real = sqlite3.connect

    def connect_elsewhere(*arguments, **options):
        place.rename(tmp_path / "away")
        MAKES[make](place, other)
        try:
            return real(*arguments, **options)
        finally:
            place.unlink()
            (tmp_path / "away").rename(place)

    monkeypatch.setattr(sqlite3, "connect", connect_elsewhere)
    with OwnFolder(tmp_path) as folder, pytest.raises(NotOursError, match="replaced"):
        connect(folder, "thumbnails.db", "rw")
    assert (other.read_bytes(), other.stat().st_mtime_ns) == before


OF_THE_DATABASE = (
    ".imagecluster-store", "imagecluster.db", "imagecluster.db-wal", "imagecluster.db-shm", "imagecluster.db-journal",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_THE_DATABASE)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_database_behind_a_link_is_refused(root, victim, make, name, is_new):
    """By name, for writers and readers, in a folder that was sorted before and in one that carries the marker alone."""
    directory = root / "imagecluster"
    if is_new:
        (directory / "imagecluster.db").unlink()
        (directory / "fingerprints").rename(root / "moved away")
    plant(directory / name, make, victim)
    for writable in (True, False):
        with pytest.raises(NotOursError if writable or not is_new else ImageclusterError) as refused:
            Store.open(directory, root=root, writable=writable)
        assert not writable or str(directory / name) in str(refused.value)
