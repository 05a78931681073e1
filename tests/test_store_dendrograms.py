"""Tests of dendrograms that are kept for the next run."""

import os

import numpy as np
import pytest

from imagecluster.records import Dendrogram
from imagecluster.store import Store, dendrograms
from imagecluster.system import array_cache

SMALL = Dendrogram(
    merges=np.array([[0, 1, 0.125, 2], [2, 3, 0.75, 3]], dtype=np.float64),
    largest_distance=0.8125,
    order=np.array([2, 0, 1]),
    gap=np.array([0.75, 0.125]),
)


@pytest.fixture
def store(tmp_path):
    """A store, open to write."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as opened:
        yield opened


def test_a_dendrogram_comes_back_exactly(store):
    """Arrays, the largest distance and what was said of it are those that were saved."""
    store.save_dendrogram("key", SMALL, {"recall": 0.995, "method": "exact"})
    saved = store.load_dendrogram("key")
    assert saved.info == {"recall": 0.995, "method": "exact"}
    for name in ("merges", "order", "gap"):
        kept, given = getattr(saved.dendrogram, name), getattr(SMALL, name)
        assert np.array_equal(kept, given)
        assert kept.dtype == given.dtype
    assert saved.dendrogram.largest_distance == SMALL.largest_distance
    assert store.load_dendrogram("another key") is None


@pytest.mark.parametrize("n_leaves", [0, 1])
def test_a_dendrogram_without_merges_is_kept(store, n_leaves):
    """Fewer than two pictures have a dendrogram too."""
    none = np.zeros(0)
    store.save_dendrogram("key", Dendrogram(np.zeros((0, 4)), 0.0, np.arange(n_leaves), none), {})
    assert store.load_dendrogram("key").dendrogram.n_leaves == n_leaves


def test_saving_again_replaces(store):
    """The latest dendrogram under a key counts."""
    store.save_dendrogram("key", SMALL, {"n": 1})
    store.save_dendrogram("key", SMALL, {"n": 2})
    assert store.load_dendrogram("key").info == {"n": 2}


def test_only_the_newest_stay(store):
    """Older dendrograms make room, so that playing with options does not fill the disk."""
    for n in range(dendrograms.KEPT + 3):
        store.save_dendrogram(f"key {n}", SMALL, {})
        path = store.directory / "dendrograms" / array_cache.file_name(f"key {n}")
        os.utime(path, ns=(n, n))
    found = [store.load_dendrogram(f"key {n}") is not None for n in range(dendrograms.KEPT + 3)]
    assert found == [False] * 3 + [True] * dendrograms.KEPT


def test_what_a_crash_left_is_removed(store):
    """A file that was half written when the power went is gone after the next save."""
    store.save_dendrogram("key", SMALL, {})
    folder = store.directory / "dendrograms"
    (folder / ".0123.npz.0123456789abcdef.new").write_bytes(b"half")
    store.save_dendrogram("key", SMALL, {})
    assert [file.suffix for file in folder.iterdir()] == [".npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", "half", "one bit"])
def test_a_damaged_dendrogram_is_passed_over(store, caplog, damage):
    """What cannot be read is logged and computed again; it is never unpickled, and never half believed."""
    store.save_dendrogram("key", SMALL, {})
    (path,) = (store.directory / "dendrograms").glob("*.npz")
    whole = bytearray(path.read_bytes())
    if damage == "one bit":
        whole[len(whole) // 3] ^= 1
    path.write_bytes(whole[: len(whole) // 2] if damage == "half" else whole if damage == "one bit" else damage)
    assert store.load_dendrogram("key") is None
    assert "will be computed again" in caplog.text


def test_no_flipped_bit_is_an_error_or_believed(store):
    """Whichever byte of the file is wrong, the dendrogram is the saved one or none."""
    store.save_dendrogram("key", SMALL, {"n": 1})
    path = store.directory / "dendrograms" / array_cache.file_name("key")
    whole = path.read_bytes()
    n_found = 0
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        if saved := store.load_dendrogram("key"):
            n_found += 1
            assert np.array_equal(saved.dendrogram.merges, SMALL.merges)
            assert np.array_equal(saved.dendrogram.gap, SMALL.gap)
            assert saved.info == {"n": 1}
    assert n_found < len(whole) / 2


def test_pickled_content_is_refused(store, caplog):
    """An array of objects in the place of a dendrogram is not loaded."""
    store.save_dendrogram("key", SMALL, {})
    (path,) = (store.directory / "dendrograms").glob("*.npz")
    np.savez(path, header=np.array([{"a": 1}], dtype=object))
    assert store.load_dendrogram("key") is None
    assert "allow_pickle" in caplog.text


def test_a_reader_may_load(store):
    """A store opened to read finds what the writer saved."""
    store.save_dendrogram("key", SMALL, {})
    with Store.open(store.directory, writable=False) as reader:
        assert reader.load_dendrogram("key").dendrogram.n_leaves == 3
