"""The cache of arrays: what comes back, what counts as absent, and what makes room."""

import os

import numpy as np
import pytest

from imagecluster.errors import NotOursError
from imagecluster.system.array_cache import ArrayCache, CacheKind, file_name
from imagecluster.system.safe_files import OwnFolder

KIND = CacheKind("things", "list of things", "imagecluster-things", version=1, n_keys=2)
ARRAYS = {"a": np.arange(3.0), "b": np.array([[1, 2]], np.uint8)}


@pytest.fixture
def folder(tmp_path):
    """A store's folder."""
    with OwnFolder(tmp_path) as held:
        yield held


def kept(cache, key):
    """Arrays and what was said of them."""
    return cache.load(key, lambda found: ({name: array.tolist() for name, array in found.arrays.items()}, found.info))


def test_arrays_come_back_with_what_was_said(folder):
    """By their names, under their key alone."""
    cache = ArrayCache(folder, KIND)
    assert "key" not in cache
    cache.save("key", ARRAYS, {"more": [1, None]})
    assert "key" in cache
    arrays, info = kept(cache, "key")
    assert arrays == {"a": [0.0, 1.0, 2.0], "b": [[1, 2]]}
    assert info["more"] == [1, None]
    assert kept(cache, "another key") is None
    cache.save("key", {"a": np.zeros(1)})
    assert kept(cache, "key")[0] == {"a": [0.0]}


def test_another_version_or_encoding_counts_as_absent(folder, caplog):
    """Without a word: a newer program writes its own."""
    ArrayCache(folder, KIND).save("key", ARRAYS)
    for other in (
        CacheKind("things", "", "imagecluster-things", version=2, n_keys=2),
        CacheKind("things", "", "else", version=1, n_keys=2),
    ):
        assert kept(ArrayCache(folder, other), "key") is None
    assert caplog.text == ""


def test_the_file_of_another_key_counts_as_absent(folder, tmp_path):
    """A file that was given another name is not believed."""
    cache = ArrayCache(folder, KIND)
    cache.save("key", ARRAYS)
    (tmp_path / "things" / file_name("key")).rename(tmp_path / "things" / file_name("other"))
    assert kept(cache, "other") is None


@pytest.mark.parametrize("damage", ["empty", "nonsense", "half", "foreign", "pickled"])
def test_a_damaged_or_foreign_file_counts_as_absent(folder, tmp_path, caplog, damage):
    """It is told, never unpickled, and replaced by the next save."""
    cache = ArrayCache(folder, KIND)
    cache.save("key", ARRAYS)
    file = tmp_path / "things" / file_name("key")
    whole = file.read_bytes()
    if damage == "foreign":
        np.savez(file, something=np.zeros(3))
    elif damage == "pickled":
        np.savez(file, header=np.array([{"a": 1}], dtype=object))
    else:
        file.write_bytes({"empty": b"", "nonsense": b"colours", "half": whole[: len(whole) // 2]}[damage])
    assert kept(cache, "key") is None
    assert "list of things" in caplog.text
    cache.save("key", ARRAYS)
    assert kept(cache, "key") is not None


def test_arrays_that_do_not_fit_count_as_absent(folder, caplog):
    """Whoever uses them says so with a ValueError; what is missing is a KeyError."""
    cache = ArrayCache(folder, KIND)
    cache.save("key", ARRAYS)
    assert cache.load("key", lambda found: found.arrays["c"]) is None
    assert cache.load("key", lambda found: found.arrays["a"].reshape(2, 2)) is None
    assert caplog.text.count("will be computed again") == 2


def test_the_newest_keys_stay(folder, tmp_path):
    """Old ones make room; files of other names are nobody's to remove."""
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "umap-0123.f32").write_bytes(b"of an earlier version")
    cache = ArrayCache(folder, KIND)
    for n in range(4):
        cache.save(f"key {n}", ARRAYS)
        os.utime(tmp_path / "things" / file_name(f"key {n}"), ns=(n, n))
    assert [f"key {n}" in cache for n in range(4)] == [False, False, True, True]
    assert (tmp_path / "things" / "umap-0123.f32").exists()


def test_a_save_that_fails_leaves_the_former_arrays(folder, tmp_path):
    """Arrays that cannot be written change nothing, and leave nothing."""
    cache = ArrayCache(folder, KIND)
    cache.save("key", ARRAYS)
    with pytest.raises(ValueError, match="pickle"):
        cache.save("key", {"a": np.array([{}], dtype=object)})
    assert kept(cache, "key")[0]["a"] == [0.0, 1.0, 2.0]
    assert [file.name for file in (tmp_path / "things").iterdir()] == [file_name("key")]


def test_a_link_in_the_place_of_a_file_is_refused(folder, tmp_path):
    """What it leads to is neither read nor changed."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"the user's")
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / file_name("key")).symlink_to(victim)
    cache = ArrayCache(folder, KIND)
    with pytest.raises(NotOursError):
        kept(cache, "key")
    with pytest.raises(NotOursError):
        cache.save("key", ARRAYS)
    assert victim.read_bytes() == b"the user's"
