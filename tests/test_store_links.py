"""Links that somebody planted in the folder of a store are refused by name; nothing behind them changes."""

import pytest

from imagecluster.errors import NotOursError
from imagecluster.store import Store
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
