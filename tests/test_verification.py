"""Verified pairs in a collection: which are compared, what is kept, and how they change the dendrogram."""

import os
import sys

import numpy as np
import pytest
import xxhash
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import squareform

from imagecluster import cli
from imagecluster.collection import Settings, is_of_cosines, open_latest, trees, verification, verified_pairs
from imagecluster.errors import ArgumentError, MissingExtraError
from imagecluster.functions.running import run
from imagecluster.records import ImageFile, KernelError, Metadata, TimeTerm, Within
from imagecluster.store import Batch, HashedFile, PairResults, Store
from imagecluster.verify import features as features_module
from imagecluster.verify import pairs as pairs_module
from test_verify import coded, seen, textured, turned

MODEL = "test@1"


def near(degrees: float) -> np.ndarray:
    """A unit vector at an angle to the first axis."""
    a = np.deg2rad(degrees)
    return np.array([np.cos(a), np.sin(a), 0, 0], np.float32)


ANGLES = {"thing.jpg": 0, "thing, turned.jpg": 70, "other.jpg": 60, "else.jpg": 150}
"""By content, the turned picture is nearer to another one (10 degrees) than to the first (70 degrees)."""


@pytest.fixture
def store(tmp_path):
    """A store of four pictures, two of which show the same thing, with vectors that put one of them elsewhere."""
    images = {
        "thing.jpg": textured(1),
        "thing, turned.jpg": seen(textured(1), turned(25, 0.9, (8, 3))),
        "other.jpg": textured(5),
        "else.jpg": textured(6),
    }
    files = []
    for name, image in images.items():
        (tmp_path / name).write_bytes(coded(image))
        data = (tmp_path / name).read_bytes()
        files.append(HashedFile(ImageFile(tmp_path / name, len(data), 1), xxhash.xxh3_128_digest(data)))
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as opened:
        opened.commit(
            Batch(
                files=files,
                metadata={file.content_hash: Metadata(400, 300, "JPEG") for file in files},
                vectors={f.content_hash: near(ANGLES[f.file.path.name]) for f in files},
                skips=[],
                decoder="test",
            ),
            model=MODEL,
        )
        yield opened


def tree(store, **options):
    """The dendrogram of the store's pictures, with verification."""
    given = {name: options.pop(name) for name in ("time", "bounds", "only_kept") if name in options}
    settings = Settings(verify=options.pop("verify", True), **options)
    leaves = store.leaves(MODEL)
    return trees.tree_of(leaves, store, MODEL, settings, progress=lambda *_: None, **{"time": None, **given})


def distances(store, made):
    """Cophenetic distances of the pictures by their names."""
    names = [os.fsdecode(key) for key in store.leaves(MODEL).keys]
    table = squareform(cophenet(made.dendrogram.merges))
    return {(a, b): table[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}


def test_a_verified_pair_counts_as_near_and_average_linkage_does_the_rest(store):
    """The pair that is sure joins at 0.3 of the largest distance; other distances stay as they were."""
    plain, verified = tree(store, verify=False), tree(store)
    largest = plain.dendrogram.largest_distance
    before, found = distances(store, plain), distances(store, verified)
    raised_to = 0.3 * largest
    ten, sixty, seventy = (1 - np.cos(np.deg2rad(angle)) for angle in (10, 60, 70))
    assert seventy > raised_to > ten
    assert before["thing, turned.jpg", "other.jpg"] == pytest.approx(ten, abs=1e-3)
    assert found["thing, turned.jpg", "other.jpg"] == pytest.approx(ten, abs=1e-3)
    assert found["thing.jpg", "thing, turned.jpg"] == pytest.approx((sixty + raised_to) / 2, abs=1e-3)
    assert verified.dendrogram.largest_distance == largest
    assert (verified.verification.n_verified, verified.verification.n_unread) == (1, 0)
    assert not is_of_cosines(verified.key)
    assert verified.key != plain.key


def test_a_second_run_compares_nothing_and_a_new_picture_only_its_own_pairs(store, tmp_path, monkeypatch):
    """Results are kept by content, also when the dendrogram is not."""
    first = tree(store)
    read = []
    load = verification.read_bytes
    monkeypatch.setattr(verification, "read_bytes", lambda path: read.append(path.name) or load(path))
    assert tree(store).verification == first.verification
    assert not read
    monkeypatch.setattr(store, "load_dendrogram", lambda key: None)
    again = tree(store)
    np.testing.assert_array_equal(again.dendrogram.merges, first.dendrogram.merges)
    assert not read
    (tmp_path / "new.jpg").write_bytes(coded(textured(9)))
    data = (tmp_path / "new.jpg").read_bytes()
    file = HashedFile(ImageFile(tmp_path / "new.jpg", len(data), 1), xxhash.xxh3_128_digest(data))
    store.commit(
        Batch(
            files=[file], metadata={file.content_hash: Metadata(4, 3, "JPEG")}, vectors={file.content_hash: near(100)}
        ),
        model=MODEL,
    )
    made = tree(store)
    assert made.verification.n_pairs > first.verification.n_pairs
    assert "new.jpg" in read
    assert len(read) == len(set(read))


def test_verified_pairs_are_evidence_with_their_points(store):
    """The numbers of agreeing points, by the leaves of a collection."""
    leaves = store.leaves(MODEL)
    assert len(verified_pairs(leaves, store).first) == 0
    tree(store)
    found = verified_pairs(leaves, store)
    names = {leaves.keys[found.first[0]], leaves.keys[found.second[0]]}
    assert names == {b"thing.jpg", b"thing, turned.jpg"}
    assert found.n_points[0] >= 8


@pytest.mark.parametrize("together", [True, False])
def test_within_events_only_pairs_of_one_event_are_compared(store, together):
    """A pair that is sure counts in its event; of two events none is compared."""
    leaves = store.leaves(MODEL)
    things = [leaves.keys.index(name) for name in (b"thing.jpg", b"thing, turned.jpg")]
    labels = np.zeros(4, np.int64)
    labels[things if together else things[:1]] = 1
    bounds = Within("event", labels)
    found = tree(store, bounds=bounds, within="event")
    plain = tree(store, bounds=bounds, within="event", verify=False)
    pairs = verified_pairs(leaves, store)
    assert (len(pairs.first) == 1) == together
    assert found.verification.n_verified == int(together)
    same = np.allclose(found.dendrogram.merges, plain.dendrogram.merges)
    assert same != together
    assert found.dendrogram.n_leaves == 4
    assert np.isinf(found.dendrogram.gap).sum() == 1


def test_time_keeps_its_own_part(store):
    """A verified pair is as near as verified by content, and as far as it is by time."""
    leaves = store.leaves(MODEL)
    times_s = np.where([key == b"thing.jpg" for key in leaves.keys], 0.0, 1e9)
    time = TimeTerm(0.5, 3600.0, "exif", times_s, ("exif",) * 4, KernelError(0.0, 0.0))
    plain = distances(store, tree(store, verify=False, time_weight=0.5, time_scale_s=3600.0, time=time))
    verified = distances(store, tree(store, time_weight=0.5, time_scale_s=3600.0, time=time))
    assert plain["thing.jpg", "thing, turned.jpg"] > verified["thing.jpg", "thing, turned.jpg"] > 0.5


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_picture_that_is_gone_or_changed_is_not_compared_and_nothing_is_kept_of_it(store, tmp_path, how):
    """The pairs count as unread, and the next run tries them again."""
    data = (tmp_path / "thing.jpg").read_bytes()
    if how == "gone":
        (tmp_path / "thing.jpg").unlink()
    else:
        (tmp_path / "thing.jpg").write_bytes(coded(textured(8)))
    made = tree(store)
    assert made.verification.n_unread > 0
    assert made.verification.n_verified == 0
    (tmp_path / "thing.jpg").write_bytes(data)
    assert tree(store).verification.n_verified == 1


def test_what_was_compared_is_kept_when_a_run_is_interrupted(store, monkeypatch):
    """Up to the last run of pairs."""

    def stopped(*arguments, **options):
        for number, found in enumerate(real(*arguments, **{**options, "at_a_time": 2})):
            if number == 2:
                raise KeyboardInterrupt
            yield found

    real = pairs_module.match_pairs
    monkeypatch.setattr("imagecluster.verify.match_pairs", stopped)
    with pytest.raises(KeyboardInterrupt):
        tree(store)
    assert len(store.load_pairs("sift-affine/1")) == 2


def test_only_kept_results_count_where_no_picture_may_be_read(store, tmp_path):
    """As for a plot of a collection that has lost a picture: nothing is compared."""
    made = tree(store, only_kept=True)
    assert made.verification.n_verified == 0
    assert made.verification.n_unread == made.verification.n_pairs
    assert tree(store).verification.n_verified == 1


def test_results_of_contents_that_are_forgotten_are_dropped() -> None:
    """Pairs are kept once, whatever the order of their contents."""
    a, b, c, d = (bytes([i]) * 16 for i in range(4))
    results = PairResults.none().joined(
        [a, b, c], np.array([0, 2]), np.array([1, 0]), np.array([5, 9]), still={a, b, c}
    )
    results = results.joined([c, a, d], np.array([0, 1]), np.array([2, 0]), np.array([70_000, 1]), still={a, c, d})
    first, second, points = results.at([d, c, a, c])
    found = {(i, j): n for i, j, n in zip(first.tolist(), second.tolist(), points.tolist(), strict=True)}
    assert {tuple(sorted(pair)): n for pair, n in found.items()} == {(1, 2): 9, (0, 1): 65_535}


def test_verification_is_for_average_linkage_under_cosine() -> None:
    """The message names what was asked for."""
    with pytest.raises(ArgumentError, match="single linkage under cosine"):
        Settings(verify=True, method="single")


@pytest.fixture
def without_opencv(monkeypatch):
    """OpenCV cannot be imported."""
    features_module.opencv.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    yield
    features_module.opencv.cache_clear()


def test_without_the_extra_a_run_ends_before_it_begins(tmp_path, without_opencv, capsys):
    """Nothing is scanned, and the message names the cure."""
    (tmp_path / "a.jpg").write_bytes(coded(textured(1)))
    with pytest.raises(MissingExtraError, match="verification needs OpenCV, which is not installed: "):
        run(tmp_path, Settings(verify=True))
    assert not (tmp_path / "imagecluster").exists()
    assert cli.main([str(tmp_path), "--verify", "-q"]) != 0
    assert "verification needs OpenCV, which is not installed: " in capsys.readouterr().err


def test_the_command_says_how_many_pairs_are_verified_and_remembers_the_setting(tmp_path, capsys):
    """From the pictures to the clusters; what the latest run left is opened again without reading a picture."""
    for number in range(3):
        image = textured(30 + number)
        (tmp_path / f"{number} a.jpg").write_bytes(coded(image))
        (tmp_path / f"{number} b.jpg").write_bytes(coded(seen(image, turned(150, 0.7, (20, 10)))))
    assert cli.main([str(tmp_path), "--verify", "--links", "none"]) == 0
    said = capsys.readouterr().out
    assert "of near pictures show the same thing" in said
    with Store.open(tmp_path / "imagecluster", writable=False) as store:
        collection = open_latest(store)
        assert collection.settings.verify
        assert collection.tree.verification.n_verified >= 1
        assert f"verify:  {collection.tree.verification.n_verified} of" in said
