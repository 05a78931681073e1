"""The list of pictures in a file: what the tables say, or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imagecluster.records import ImageFile
from imagecluster.store import Batch, HashedFile, Store, kept_leaves, reading
from store_samples import MODEL, batch_of, file_of, hash_of


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A writer on a store of ten pictures, every number of which is worth a file."""
    monkeypatch.setattr(kept_leaves, "LEAST_PICTURES", 1)
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(10)), model=MODEL)
        yield store


def same(one, other):
    """Whether two lists of pictures are the same."""
    assert one.keys == other.keys
    assert one.hashes == other.hashes
    assert one.n_with_place == other.n_with_place
    for name in ("rows", "size_bytes", "width_px", "height_px", "taken_s"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def kept(store, model=MODEL):
    """What the file gives."""
    with store._reading() as connection:
        return kept_leaves.load(connection, store.folder, model)


def files(store):
    """Names of the files."""
    return sorted(file.name for file in (store.directory / "leaves").glob("*"))


def test_a_reader_takes_the_list_from_the_file(store, monkeypatch):
    """It equals that of the tables, which are not read."""
    before = store.leaves(MODEL)
    store.keep_leaves(MODEL)
    same(kept(store), before)
    monkeypatch.setattr(reading, "read_leaves", lambda *_: pytest.fail("the tables were read"))
    with Store.open(store.directory, writable=False) as reader:
        same(reader.leaves(MODEL), before)


@pytest.mark.parametrize("change", ["commit", "skip", "gone", "back", "forget"])
def test_after_a_change_the_file_is_not_used(store, change, tmp_path):
    """Until the list is kept anew; then the file is one more, of which few stay."""
    present = [file_of(tmp_path, n).path for n in range(10)]
    if change in ("back", "forget"):
        store.mark_present(present[1:])
    store.keep_leaves(MODEL)
    if change == "commit":
        store.commit(batch_of(tmp_path, [11]), model=MODEL)
    elif change == "skip":
        file = file_of(tmp_path, 3)
        store.commit(Batch(files=(HashedFile(ImageFile(file.path, 7, 7), hash_of(4)),)), model=MODEL)
    elif change == "forget":
        store.forget_gone()
    else:
        store.mark_present(present[1:] if change == "gone" else present)
    assert kept(store) is None
    with Store.open(store.directory, writable=False) as reader:
        expected = reader.leaves(MODEL)
    store.keep_leaves(MODEL)
    same(kept(store), expected)


def test_a_scan_that_finds_the_same_changes_nothing(store, tmp_path):
    """The file stays as it is."""
    store.keep_leaves(MODEL)
    before = files(store)
    store.mark_present([file_of(tmp_path, n).path for n in range(10)])
    assert kept(store) is not None
    store.keep_leaves(MODEL)
    assert files(store) == before


def test_few_models_are_kept(store, tmp_path):
    """The newest two."""
    for version in range(4):
        store.commit(batch_of(tmp_path, range(10)), model=f"net@{version}")
        store.keep_leaves(f"net@{version}")
    assert len(files(store)) == 2
    assert kept(store, "net@3") is not None


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_a_damaged_file_is_passed_over(store, content, caplog):
    """With a line in the log."""
    before = store.leaves(MODEL)
    store.keep_leaves(MODEL)
    (store.directory / "leaves" / files(store)[0]).write_bytes(content)
    same(store.leaves(MODEL), before)
    assert "list of pictures" in caplog.text


def test_pictures_outside_of_the_root_are_not_kept(store):
    """Their order depends on where the root is."""
    outside = HashedFile(ImageFile(Path("/elsewhere/a.png").absolute(), 1, 1), hash_of(3))
    store.commit(Batch(files=(outside,)), model=MODEL)
    store.keep_leaves(MODEL)
    assert files(store) == []


def test_few_pictures_are_not_kept(store, monkeypatch):
    """The tables give them as fast."""
    monkeypatch.setattr(kept_leaves, "LEAST_PICTURES", 11)
    store.keep_leaves(MODEL)
    assert files(store) == []


def test_a_database_without_a_mark_gets_one(store):
    """One that is older than the file."""
    with store._writing() as connection:
        connection.execute("DELETE FROM settings WHERE name = 'pictures'")
    assert kept(store) is None
    store.keep_leaves(MODEL)
    same(kept(store), store.leaves(MODEL))
