"""Links that somebody planted in the folder of a store are refused by name; nothing behind them changes."""

import numpy as np
import pytest

from imagecluster.errors import NotOursError
from imagecluster.records import Dendrogram
from imagecluster.store import Store, archives
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


@pytest.fixture
def victim(tmp_path):
    """A file of the user's elsewhere, alone in its folder; afterwards it is as it was."""
    file = tmp_path / "elsewhere" / "victim"
    file.parent.mkdir()
    file.write_bytes(b"the user's")
    before = file.stat()
    yield file
    after = file.stat()
    assert file.read_bytes() == b"the user's"
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert [path.name for path in file.parent.iterdir()] == ["victim"]


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


@pytest.mark.parametrize("name", ["dendrograms", f"dendrograms/{archives.file_name('key')}"])
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
