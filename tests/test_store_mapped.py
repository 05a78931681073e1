"""The matrix as a memory map, and the pictures of its rows."""

import os
from dataclasses import replace

import numpy as np
import pytest

from imagecluster.errors import StoreDamagedError, StoreError
from imagecluster.store import Batch, HashedFile, KnownFile, MappedFingerprints, Store, known_file
from store_samples import MODEL, batch_of, file_of, hash_of, vector_of


@pytest.fixture
def store(tmp_path):
    root = tmp_path / "Pictures"
    root.mkdir()
    with Store.open(root / "imagecluster", root=root) as opened:
        opened.commit(batch_of(root, range(30)), model=MODEL)
        yield opened


def test_rows_are_those_that_were_committed(store):
    """All of them, read only, with their hashes and files."""
    mapped = MappedFingerprints(store, MODEL)
    assert mapped.rows.shape == (30, 24)
    assert not mapped.rows.flags.writeable
    found = mapped.contents([5, 3])
    assert [content.content_hash for content in found] == [hash_of(5), hash_of(3)]
    assert [content.paths for content in found] == [(file_of(store.root, n).path,) for n in (5, 3)]
    np.testing.assert_array_equal(found[0].vector, vector_of(5))
    np.testing.assert_array_equal(mapped.rows[5].astype(np.float32), vector_of(5))
    assert mapped.row_of(hash_of(7)) == 7
    assert mapped.row_of(hash_of(99)) is None


def test_more_rows_than_a_statement_takes(store):
    """Asked for in parts."""
    store.commit(batch_of(store.root, range(30, 1300)), model=MODEL)
    found = MappedFingerprints(store, MODEL).contents(range(1300))
    assert [content.content_hash for content in found] == [hash_of(n) for n in range(1300)]
    assert all(len(content.paths) == 1 for content in found)


def test_files_that_are_gone_are_left_out_and_copies_are_sorted(store):
    """A content may have no file any more, or several."""
    other = replace(file_of(store.root, 3), path=store.root / "a copy.jpg")
    store.commit(Batch((HashedFile(other, hash_of(3)),)), model=MODEL)
    store.mark_present([other.path, *(file_of(store.root, n).path for n in range(30) if n != 4)])
    three, four = MappedFingerprints(store, MODEL).contents([3, 4])
    assert three.paths == (other.path, file_of(store.root, 3).path)
    assert four.paths == ()


def test_what_a_writer_did_meanwhile_is_noticed(store):
    """New rows make the map out of date; moved rows are not named from it."""
    mapped = MappedFingerprints(store, MODEL)
    assert mapped.is_current()
    store.commit(batch_of(store.root, range(30, 35)), model=MODEL)
    assert not mapped.is_current()
    assert mapped.contents([2])[0].content_hash == hash_of(2)
    store.mark_present(file_of(store.root, n).path for n in range(1, 35))
    store.forget_gone()
    assert mapped.contents([2]) is None
    again = MappedFingerprints(store, MODEL)
    assert again.rows.shape == (34, 24)
    assert again.contents([again.row_of(hash_of(2))])[0].content_hash == hash_of(2)


def test_a_damaged_row_is_named_when_it_is_found(store):
    """Its checksum is compared before it is given out."""
    mapped = MappedFingerprints(store, MODEL)
    (file,) = (store.directory / "fingerprints").glob("*.f16")
    with file.open("r+b") as stream:
        stream.seek(3 * 24 * 2)
        stream.write(os.urandom(24))
    assert mapped.contents([2]) is not None
    with pytest.raises(StoreDamagedError, match="row 3"):
        mapped.contents([3])


def test_an_unknown_model_has_no_rows(store):
    """The message says how to get some."""
    with pytest.raises(StoreError, match="run `imagecluster run`"):
        MappedFingerprints(store, "other@1")


def test_one_file_is_known_by_its_path(store):
    """Not when it is gone, unreadable or a stranger."""
    path = file_of(store.root, 1).path
    assert known_file(store, path) == KnownFile(1001, 10**18 + 1, hash_of(1), gone=False)
    assert known_file(store, store.root / "nothing.jpg") is None
    store.mark_present([])
    assert known_file(store, path) is None
