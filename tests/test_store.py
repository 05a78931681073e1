"""Tests of what a store remembers."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imagecluster.store
from imagecluster.errors import ArgumentError, StoreDamagedError, StoreError
from imagecluster.records import ImageFile, Skip
from imagecluster.store import Batch, HashedFile, KnownFile, Run, SkippedFile, Store
from imagecluster.store.tables import signed64
from store_samples import (
    MODEL,
    N_DIMENSIONS,
    batch_of,
    file_of,
    hash_of,
    metadata_of,
    vector_of,
    vectors_of,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A collection's folder."""
    folder = tmp_path / "Pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path):
    """A store inside the collection's folder, open to write."""
    with Store.open(root / "imagecluster", root=root) as opened:
        yield opened


def reopened(store: Store) -> Store:
    """The same store, opened anew."""
    store.close()
    return Store.open(store.directory)


def test_public_surface_is_this():
    """The package exports these names, sorted, and no others."""
    assert imagecluster.store.__all__ == [
        "COPIES_NAME",
        "DATABASE_NAME",
        "GREYS_NAME",
        "HASH_BYTES",
        "INSETS_NAME",
        "OCCASIONS_NAME",
        "THUMBNAILS_NAME",
        "TRACES_NAME",
        "Batch",
        "Beside",
        "CopyResults",
        "HashedFile",
        "KnownFile",
        "Leaves",
        "MappedFingerprints",
        "ModelInfo",
        "PairResults",
        "Recognised",
        "Run",
        "SavedDendrogram",
        "SkippedFile",
        "Store",
        "StoreInfo",
        "StoredContent",
        "Thumbnails",
        "default_location",
        "known_file",
    ]


def test_what_is_committed_is_there_after_reopening(store, root):
    """Files, metadata and fingerprints come back as they were, and know their place."""
    store.commit(batch_of(root, range(30)), model=MODEL)
    store.commit(batch_of(root, range(30, 64)), model=MODEL)
    with reopened(store) as again:
        hashes = [hash_of(n) for n in range(64)]
        assert np.array_equal(again.vectors(MODEL, hashes), vectors_of(range(64)))
        assert again.metadata(hashes) == {hash_of(n): metadata_of(n) for n in range(64)}
        assert again.rows(MODEL) == {hash_of(n): n for n in range(64)}
        assert again.known_files() == {
            file_of(root, n).path: KnownFile(1000 + n, 10**18 + n, hash_of(n), gone=False) for n in range(64)
        }
        assert again.root == root
        assert again.directory == root / "imagecluster"
        assert again.format_version == 5
        assert again.writable


def test_float16_rounding_is_the_only_loss(store, root):
    """A kept number is the float16 nearest to the given one."""
    vector = np.linspace(-1, 1, N_DIMENSIONS, dtype=np.float32) / 3
    batch = Batch(metadata={hash_of(0): metadata_of(0)}, vectors={hash_of(0): vector})
    store.commit(batch, model=MODEL)
    assert np.array_equal(store.vectors(MODEL, [hash_of(0)])[0], vector.astype(np.float16).astype(np.float32))


def test_vectors_follow_the_order_asked_for(store, root):
    """Rows may be asked for in any order and more than once, few or many."""
    store.commit(batch_of(root, range(1500)), model=MODEL)
    order = np.random.default_rng(1).integers(0, 1500, size=6000).tolist()
    for numbers in (order[:7], order):
        assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in numbers]), vectors_of(numbers))
    assert store.vectors(MODEL, []).shape == (0, N_DIMENSIONS)


def test_fingerprints_have_unit_length(store, root):
    """For clustering, fingerprints of files are scaled to unit length; zeros stay zeros."""
    batch = batch_of(root, range(3))
    batch.vectors[hash_of(1)] = vector_of(1) * 7
    batch.vectors[hash_of(2)] = np.zeros(N_DIMENSIONS)
    store.commit(batch, model=MODEL)
    paths = [file_of(root, n).path for n in (2, 1, 0)]
    fingerprints = store.fingerprints(MODEL, paths)
    assert fingerprints.paths == tuple(paths)
    assert fingerprints.model == MODEL
    assert np.allclose(np.linalg.norm(fingerprints.vectors, axis=1), [0, 1, 1], atol=1e-6)


def test_copies_share_one_fingerprint(store, root):
    """Two files of one content take one row of the matrix."""
    batch = batch_of(root, [5])
    copy = ImageFile(root / "copy.jpg", 1005, 1)
    both = Batch((*batch.files, HashedFile(copy, hash_of(5))), batch.metadata, batch.vectors)
    store.commit(both, model=MODEL)
    found = store.fingerprints(MODEL, [copy.path, file_of(root, 5).path])
    assert np.array_equal(found.vectors[0], found.vectors[1])
    assert store.info().models[0].n_fingerprints == 1


def test_a_fingerprint_stays_as_first_committed(store, root):
    """Committing a content again neither replaces its fingerprint nor takes another row."""
    store.commit(batch_of(root, range(4)), model=MODEL)
    again = batch_of(root, [3, 4])
    again.vectors[hash_of(3)] = vector_of(99)
    store.commit(again, model=MODEL)
    assert np.array_equal(store.vectors(MODEL, [hash_of(3), hash_of(4)]), vectors_of([3, 4]))
    assert store.rows(MODEL)[hash_of(4)] == 4


def test_models_are_kept_apart(store, root):
    """Each model has fingerprints of its own, of its own length, and metadata is shared."""
    store.commit(batch_of(root, range(3)), model=MODEL)
    only_vectors = Batch(vectors={hash_of(n): vector_of(n + 50, n_dimensions=7) for n in range(3)})
    store.commit(only_vectors, model="Lite0@1")
    assert store.vectors("Lite0@1", [hash_of(2)]).shape == (1, 7)
    assert np.array_equal(store.vectors(MODEL, [hash_of(2)]), vectors_of([2]))
    assert [m.model for m in store.info().models] == [MODEL, "Lite0@1"]
    assert store.rows("unknown@1") == {}


def test_unchanged_files_are_recognised(store, root):
    """A file is known by path, size and time; whatever differs makes it unknown."""
    store.commit(batch_of(root, range(4)), model=MODEL)
    same, longer, touched, new = (file_of(root, n) for n in (0, 1, 2, 9))
    longer = ImageFile(longer.path, longer.size_bytes + 1, longer.mtime_ns)
    touched = ImageFile(touched.path, touched.size_bytes, touched.mtime_ns + 1)
    found = store.recognise([new, touched, same, longer], decoder="d1")
    assert found.files == (HashedFile(same, hash_of(0)),)
    assert found.unknown == (new, touched, longer)
    assert found.skips == ()


def test_a_broken_file_is_not_tried_again(store, root):
    """A skip is believed as long as the file and the decoder stay the same, and goes once the file is read."""
    file = file_of(root, 1)
    store.commit(Batch(skips=(SkippedFile(file, "decode", "truncated"),), decoder="d1"), model=MODEL)
    assert store.recognise([file], decoder="d1").skips == (Skip(file.path, "decode", "truncated"),)
    assert store.known_skips() == (Skip(file.path, "decode", "truncated"),)
    assert store.recognise([file], decoder="d2").unknown == (file,)
    changed = ImageFile(file.path, file.size_bytes, file.mtime_ns + 1)
    assert store.recognise([changed], decoder="d1").unknown == (changed,)
    store.commit(batch_of(root, [1]), model=MODEL)
    assert store.recognise([file], decoder="d1").files == (HashedFile(file, hash_of(1)),)
    assert store.known_skips() == ()


def test_a_file_that_broke_is_a_skip_and_its_fingerprint_stays(store, root):
    """When a known file turns unreadable its old content is still known, for the day it is restored."""
    store.commit(batch_of(root, [1]), model=MODEL)
    store.commit(Batch(skips=(SkippedFile(file_of(root, 1), "decode", "truncated"),)), model=MODEL)
    assert store.known_files() == {}
    assert list(store.rows(MODEL)) == [hash_of(1)]


def test_gone_files_come_back_at_no_cost(store, root):
    """Files that a scan did not find are gone, keep their fingerprints, and return with the next scan."""
    store.commit(batch_of(root, range(6)), model=MODEL)
    files = [file_of(root, n) for n in range(6)]
    paths = [file.path for file in files]
    assert store.mark_present(paths[:4]) == 2
    assert store.mark_present(paths[:4]) == 0
    assert list(store.known_files()) == paths[:4]
    assert [known.gone for known in store.known_files(gone=True).values()] == [False] * 4 + [True] * 2
    assert (store.info().n_files, store.info().n_gone) == (4, 2)
    assert len(store.recognise(files, decoder="").files) == 6
    assert store.mark_present(paths) == 0
    assert list(store.known_files()) == paths


def test_committing_a_gone_file_brings_it_back(store, root):
    """A file that is read again is no longer gone."""
    store.commit(batch_of(root, range(2)), model=MODEL)
    store.mark_present([])
    store.commit(batch_of(root, [1]), model=MODEL)
    assert list(store.known_files()) == [file_of(root, 1).path]


def test_forgetting_gone_files_closes_the_gaps(store, root):
    """Forgotten files leave no row in any matrix; the others keep order and numbers; later commits go on."""
    store.commit(batch_of(root, range(9)), model=MODEL)
    store.commit(Batch(vectors={hash_of(n): vector_of(n) for n in (0, 8)}), model="other@2")
    store.mark_present([file_of(root, n).path for n in (1, 2, 8)])
    assert store.forget_gone() == 6
    assert store.forget_gone() == 0
    assert store.rows(MODEL) == {hash_of(1): 0, hash_of(2): 1, hash_of(8): 2}
    assert store.rows("other@2") == {hash_of(8): 0}
    store.commit(batch_of(root, range(9)), model=MODEL)
    with reopened(store) as again:
        hashes = [hash_of(n) for n in range(9)]
        assert np.array_equal(again.vectors(MODEL, hashes), vectors_of(range(9)))
        assert np.array_equal(again.vectors("other@2", [hash_of(8)]), vectors_of([8]))
        assert again.info().models[0].size_bytes == 9 * N_DIMENSIONS * 2
        assert len(list((again.directory / "fingerprints").iterdir())) == 2


def test_a_reader_survives_a_matrix_being_replaced(store, root):
    """A reader that is open while gone files are forgotten reads the new matrix."""
    store.commit(batch_of(root, range(9)), model=MODEL)
    with Store.open(store.directory, writable=False) as reader:
        assert len(reader.vectors(MODEL, [hash_of(8)])) == 1
        store.mark_present([file_of(root, 8).path])
        store.forget_gone()
        assert np.array_equal(reader.vectors(MODEL, [hash_of(8)]), vectors_of([8]))


def test_a_copy_of_a_forgotten_file_keeps_the_fingerprint(store, root):
    """A content that another file still has is not forgotten."""
    batch = batch_of(root, [1, 2])
    copy = HashedFile(ImageFile(root / "copy.jpg", 1001, 1), hash_of(1))
    store.commit(Batch((*batch.files, copy), batch.metadata, batch.vectors), model=MODEL)
    store.mark_present([copy.file.path])
    assert store.forget_gone() == 2
    assert np.array_equal(store.fingerprints(MODEL, [copy.file.path]).paths, [copy.file.path])
    assert list(store.rows(MODEL)) == [hash_of(1)]


def test_runs_are_remembered_in_order(store):
    """Runs come back with their settings, the oldest first."""
    runs = [
        Run(time.time(), 1.5, MODEL, 10, 7, 2, 1, {"sim": 0.5, "folder": "Bücher"}),
        Run(time.time(), 0.1, MODEL, 10, 0, 9, 1),
    ]
    for run in runs:
        store.record_run(run)
    assert store.runs() == tuple(runs)
    assert store.info().n_runs == 2


def test_info_counts_everything(store, root):
    """Counts and sizes are those of what was committed."""
    store.commit(batch_of(root, range(3)), model=MODEL)
    store.commit(Batch(skips=(SkippedFile(file_of(root, 7), "embed", "?"),)), model=MODEL)
    info = store.info()
    assert (info.n_files, info.n_gone, info.n_skipped, info.n_contents) == (3, 0, 1, 3)
    assert (info.root, info.directory, info.format_version) == (root, store.directory, 5)
    (model,) = info.models
    assert (model.model, model.n_dimensions, model.n_fingerprints) == (MODEL, N_DIMENSIONS, 3)
    assert model.size_bytes == 3 * N_DIMENSIONS * 2
    assert info.size_bytes > model.size_bytes


def test_a_batch_with_an_unknown_content_is_refused_whole(store, root):
    """A hash without metadata is an error that names it, and nothing of the batch is kept."""
    batch = batch_of(root, range(3))
    del batch.metadata[hash_of(1)]
    with pytest.raises(ArgumentError, match=hash_of(1).hex()):
        store.commit(batch, model=MODEL)
    assert store.info().n_files == store.info().n_contents == 0
    assert store.rows(MODEL) == {}
    store.commit(batch_of(root, range(3)), model=MODEL)
    assert np.array_equal(store.vectors(MODEL, [hash_of(0)]), vectors_of([0]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e6])
def test_a_vector_that_float16_cannot_hold_is_refused_whole(store, root, bad):
    """NaN, infinity and numbers beyond 65504 are errors, and nothing of the batch is kept."""
    batch = batch_of(root, range(3))
    batch.vectors[hash_of(2)] = np.full(N_DIMENSIONS, bad)
    with pytest.raises(ArgumentError, match=r"1 of 3 fingerprints.*float16"):
        store.commit(batch, model=MODEL)
    assert store.info().n_files == 0


def test_another_number_of_dimensions_under_the_same_name_is_refused(store, root):
    """Two networks that carry one name are told apart by the length of their fingerprints."""
    store.commit(batch_of(root, range(3)), model=MODEL)
    with pytest.raises(StoreDamagedError, match=r"have 7 dimensions.*24.*another version"):
        store.commit(batch_of(root, range(3, 5), n_dimensions=7), model=MODEL)
    store.commit(batch_of(root, range(3, 5)), model=MODEL)
    assert np.array_equal(store.vectors(MODEL, [hash_of(4)]), vectors_of([4]))


@pytest.mark.parametrize("model", ["lite0", "@1", "lite0@", "a\n@1", "x" * 300 + "@1"])
def test_a_malformed_model_name_is_refused(store, root, model):
    """A model is `name@version`, short enough for a file's name."""
    with pytest.raises(ArgumentError, match=r"name"):
        store.commit(batch_of(root, [1]), model=model)


def test_a_hash_of_another_length_is_refused():
    """A content hash has 16 bytes."""
    with pytest.raises(ArgumentError, match="3 bytes, expected 16"):
        Batch(metadata={b"abc": metadata_of(1)})


def test_missing_fingerprints_are_counted(store, root):
    """Asking for what is not there tells how much is missing and what to do."""
    store.commit(batch_of(root, range(3)), model=MODEL)
    with pytest.raises(StoreError, match=r"1 of 2 pictures have no fingerprint of lite0@1.*imagecluster run"):
        store.vectors(MODEL, [hash_of(0), hash_of(77)])
    with pytest.raises(StoreError, match=r"3 of 3 pictures .* other@1"):
        store.vectors("other@1", [hash_of(n) for n in range(3)])
    with pytest.raises(StoreError, match=r"1 of 1 files are not in the database.*00077.jpg"):
        store.fingerprints(MODEL, [file_of(root, 77).path])


def test_a_closed_store_says_so(store):
    """Use after close is an error of ours; closing twice is fine."""
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.info()


def test_a_reader_cannot_write(store, root):
    """Writing to a store that was opened to read is refused."""
    with Store.open(store.directory, writable=False) as reader:
        assert not reader.writable
        with pytest.raises(StoreError, match="writable=True"):
            reader.commit(batch_of(root, [1]), model=MODEL)


@pytest.mark.skipif(os.name == "nt", reason="names are not bytes there")
def test_names_that_are_not_utf8_survive(store, root):
    """Any name that the file system has comes back as the same path, also in a reason."""
    path = root / os.fsdecode(b"f\xfcnf | \xe2\x82\xac'.jpg")
    file = ImageFile(path, 1, 2)
    store.commit(Batch((HashedFile(file, hash_of(1)),), {hash_of(1): metadata_of(1)}), model=MODEL)
    other = ImageFile(path.with_suffix(".png"), 1, 2)
    store.commit(Batch(skips=(SkippedFile(other, "decode", f"cannot read {other.path}"),)), model=MODEL)
    with reopened(store) as again:
        assert list(again.known_files()) == [path]
        found = again.recognise([file, other], decoder="")
        assert found.files == (HashedFile(file, hash_of(1)),)
        assert "f\\udcfcnf" in found.skips[0].reason


def test_times_beyond_sqlite_are_recognised(store, root):
    """A file's time beyond the year 2262 does not fit SQLite's integers, and is known all the same."""
    file = ImageFile(root / "future.jpg", 1, 2**63 + 5)
    store.commit(Batch((HashedFile(file, hash_of(1)),), {hash_of(1): metadata_of(1)}), model=MODEL)
    assert store.recognise([file], decoder="").files == (HashedFile(file, hash_of(1)),)


@given(st.integers(-(2**70), 2**70))
def test_signed64_keeps_what_fits_and_wraps_the_rest(number):
    """Every integer becomes one that SQLite holds, itself where possible, equal in its low 64 bits."""
    kept = signed64(number)
    assert -(2**63) <= kept < 2**63
    assert (kept - number) % 2**64 == 0
    if -(2**63) <= number < 2**63:
        assert kept == number


@settings(max_examples=20, deadline=None)
@given(batches=st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=8))
def test_any_sequence_of_batches_keeps_every_vector_once(tmp_path_factory, batches):
    """Whatever overlaps, each content has one row, numbered in the order of first commits, and its own vector."""
    root = tmp_path_factory.mktemp("any")
    with Store.open(root / "imagecluster", root=root) as store:
        for numbers in batches:
            store.commit(batch_of(root, numbers), model=MODEL)
        first_seen = list(dict.fromkeys(n for numbers in batches for n in numbers))
        assert store.rows(MODEL) == {hash_of(n): row for row, n in enumerate(first_seen)}
        if first_seen:
            assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in first_seen]), vectors_of(first_seen))
