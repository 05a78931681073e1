"""What the viewer works out of a dendrogram and of fingerprints, against brute force."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, squareform

from imagecluster import cut
from imagecluster.cut.curve import cluster_counts
from imagecluster.cut.diameter import bounded as bounded_tree
from imagecluster.cut.sim_scale import relative
from imagecluster.explore import exact_index, similar
from imagecluster.explore.colours import UNKNOWN, Colours
from imagecluster.explore.projection import keep_map, kept_map, principal_map
from imagecluster.explore.similar import extreme_pairs, nearest, nearest_outside
from imagecluster.linkage import average_linkage, linkage
from report_samples import sample_thumbnail
from store_samples import hash_of
from web_snapshots import random_vectors, sample_snapshot

sizes = st.integers(1, 24)
seeds = st.integers(0, 2**32)


def distances(X):
    return np.maximum(cdist(X.astype(float), X.astype(float), "cosine"), 0)


@given(sizes, seeds)
def test_the_curve_counts_the_clusters_of_each_cut(n, seed):
    """Clusters of two and more, and pictures in them, as a cut at that similarity gives them."""
    dendrogram = average_linkage(random_vectors(n, seed).astype(np.float32))
    curve = cluster_counts(dendrogram, relative(dendrogram.top), n_steps=17)
    assert curve.sim[0] == 0
    assert curve.sim[-1] == 1
    for sim, n_clusters, n_grouped in zip(*curve, strict=True):
        counts = np.bincount(cut.cut(dendrogram, sim=sim))
        assert (np.count_nonzero(counts >= 2), counts[counts >= 2].sum()) == (n_clusters, n_grouped)


@given(sizes, seeds, st.integers(1, 30))
def test_neighbours_are_the_nearest(n, seed, k):
    """As many as asked for, without the picture itself, nearest first, at their distances."""
    snapshot, X = sample_snapshot(n, seed)
    found = nearest(snapshot, n // 2, k=k)
    others = np.delete(distances(X)[n // 2], n // 2)
    assert len(found) == min(k, n - 1)
    assert n // 2 not in [near.picture for near in found]
    assert np.allclose([near.distance for near in found], np.sort(others)[: len(found)], atol=1e-6)
    assert np.allclose(
        [near.distance for near in found], [distances(X)[n // 2, near.picture] for near in found], atol=1e-6
    )


def run_of(dendrogram, data):
    """A cluster of some cut, as a run of the leaf order."""
    height = data.draw(st.sampled_from([0.0, *dendrogram.gap.tolist()]))
    edges = np.concatenate([[0], np.flatnonzero(dendrogram.gap > height) + 1, [dendrogram.n_leaves]]).tolist()
    return data.draw(st.sampled_from([*itertools.pairwise(edges)]))


@given(st.integers(2, 24), seeds, st.data())
def test_what_is_nearest_outside(n, seed, data):
    """Of any set of pictures, however the products are cut into blocks."""
    snapshot, X = sample_snapshot(n, seed)
    members = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact_index, "_MOST_QUERIES", data.draw(st.sampled_from([1, 3, 256])))
        outside = nearest_outside(snapshot, members)
    rest = np.setdiff1d(np.arange(n), members)
    if len(rest):
        near, exact = outside
        assert exact
        assert near.picture in rest
        assert np.isclose(near.distance, distances(X)[np.ix_(members, rest)].min(), atol=1e-6)
    else:
        assert outside is None


@given(
    st.integers(2, 30), seeds, st.booleans(), st.sampled_from(["average", "complete", "single", "weighted"]), st.data()
)
def test_the_closest_two_of_a_cluster_are_those_of_its_lowest_merge(n, seed, tied, method, data):
    """Whatever the method, among equal distances too, and where nothing may be multiplied."""
    snapshot, X = sample_snapshot(n, seed, n_dimensions=4)
    if tied:
        X = np.random.default_rng(seed).integers(1, 3, X.shape).astype(np.float16)
        snapshot.vectors[snapshot.leaves.rows] = X
    tree = linkage(X.astype(np.float32), method=method)
    first, end = run_of(tree, data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(similar, "_MOST_FOR_PAIRS", 0)
        pairs = extreme_pairs(dataclasses.replace(snapshot, dendrogram=tree, of_cosines=True), first, end)
    if end - first < 2:
        assert pairs is None
        return
    closest, farthest = pairs
    members = tree.order[first:end]
    inner = squareform(distances(X)[np.ix_(members, members)], checks=False)
    assert closest.exact
    assert closest.first != closest.second
    assert {closest.first, closest.second} <= set(members.tolist())
    assert np.isclose(closest.distance, inner.min(), atol=1e-9)
    assert np.isclose(closest.distance, distances(X)[closest.first, closest.second], atol=1e-12)
    assert farthest.distance <= inner.max() + 1e-9
    assert not farthest.exact or np.isclose(farthest.distance, inner.max(), atol=1e-9)


@given(st.integers(2, 24), seeds, st.booleans(), st.booleans(), st.integers(0, 600), st.data())
def test_a_pair_that_is_said_to_be_exact_is(n, seed, of_cosines, bounded, most_products, data):
    """Of any run of the leaf order, whether it is a cluster or not, and with clusters that are too wide at infinity."""
    snapshot, X = sample_snapshot(n, seed)
    tree = snapshot.dendrogram
    if bounded:
        tree = bounded_tree(tree, X.astype(np.float32), max_diameter=0.3)
    first = data.draw(st.integers(0, n - 2))
    end = data.draw(st.integers(first + 2, n))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(similar, "_MOST_FOR_PAIRS", most_products)
        pairs = extreme_pairs(dataclasses.replace(snapshot, dendrogram=tree, of_cosines=of_cosines), first, end)
    members = tree.order[first:end]
    inner = squareform(distances(X)[np.ix_(members, members)], checks=False)
    affordable = len(members) ** 2 / 2 * X.shape[1] <= most_products
    for pair, best in zip(pairs, (inner.min(), inner.max()), strict=True):
        assert {pair.first, pair.second} <= set(members.tolist())
        assert pair.first != pair.second
        assert np.isclose(pair.distance, distances(X)[pair.first, pair.second], atol=1e-12)
        assert pair.exact or not affordable
        assert not pair.exact or np.isclose(pair.distance, best, atol=1e-9)


def test_of_very_many_pictures_some_are_looked_at(monkeypatch):
    """Evenly spread ones, and the answer says so."""
    snapshot, X = sample_snapshot(20, 1)
    monkeypatch.setattr(similar, "_MOST_ROWS", 5)
    _, farthest = extreme_pairs(snapshot, 0, 19)
    assert not farthest.exact
    seen = snapshot.dendrogram.order[[0, 4, 9, 13, 18]]
    assert np.isclose(farthest.distance, distances(X)[np.ix_(seen, seen)].max(), atol=1e-9)


def test_too_much_work_is_not_begun(monkeypatch):
    """For neighbours of a large cluster some of its members are asked, and that is said."""
    snapshot, X = sample_snapshot(20, 1)
    monkeypatch.setattr(similar, "_MOST_PRODUCTS", 600)
    near, exact = nearest_outside(snapshot, np.arange(15))
    assert not exact
    assert near.picture >= 15
    assert near.distance >= distances(X)[:15, 15:].min() - 1e-6


@pytest.mark.parametrize(("n", "n_dimensions"), [(0, 3), (1, 3), (2, 1), (5, 8), (40, 8), (3000, 4)])
def test_the_map_shows_the_axes_of_largest_variance(n, n_dimensions):
    """Within [-1, 1], the same every time; the first axis spreads at least as widely as any coordinate."""
    snapshot, X = sample_snapshot(n, 5, n_dimensions=n_dimensions)
    places = principal_map(snapshot)
    assert places.shape == (n, 2)
    assert places.dtype == np.float32
    assert np.array_equal(places, principal_map(snapshot))
    assert np.all(np.abs(places) <= 1)
    if n > 2:
        unit = X.astype(float) / np.linalg.norm(X.astype(float), axis=1, keepdims=True)
        exact = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
        theirs = exact[0][:, :2] * exact[1][:2]
        theirs -= (theirs.min(axis=0) + theirs.max(axis=0)) / 2
        assert np.allclose(np.abs(places), np.abs(theirs / np.abs(theirs).max()), atol=1e-4)


def test_maps_are_kept_for_the_same_fingerprints_alone(tmp_path):
    """And only the newest few."""
    snapshot, _ = sample_snapshot(12, 2)
    other, _ = sample_snapshot(13, 2)
    places = principal_map(snapshot)
    keep_map(tmp_path, snapshot, places, method="umap")
    assert np.array_equal(kept_map(tmp_path, snapshot, method="umap"), places)
    assert kept_map(tmp_path, other, method="umap") is None
    assert kept_map(tmp_path, snapshot, method="else") is None
    for n in range(20, 30):
        many, _ = sample_snapshot(n, 2)
        keep_map(tmp_path, many, principal_map(many), method="umap")
    assert 1 <= len(list((tmp_path / "maps").iterdir())) <= 5
    keep_map(tmp_path / "nowhere", snapshot, places, method="umap")
    assert not (tmp_path / "nowhere").exists()


class FakeThumbnails:
    """Thumbnails of one colour each, of even numbers alone."""

    def __init__(self, n):
        self.of = {hash_of(i): sample_thumbnail(i) for i in range(0, n, 2)}
        self.asked = 0

    def get(self, content_hash, *, side_px):
        """As the store's cache."""
        self.asked += 1
        return self.of.get(content_hash)


def test_colours_come_from_thumbnails_and_are_kept(tmp_path):
    """What has no thumbnail stays unknown; what is known is not worked out again."""
    hashes = [hash_of(i) for i in range(6)]
    cache = FakeThumbnails(6)
    colours = Colours(cache, tmp_path, keep=True)
    assert colours.of(hashes)[1] == 6
    told = []
    colours.complete(hashes, side_px=192, tell=told.append, ended=lambda: False)
    found, n_unknown = colours.of(hashes)
    assert (told, n_unknown) == ([3], 3)
    assert [found[i] == UNKNOWN for i in range(6)] == [False, True] * 3
    for i in (0, 2, 4):
        expected = (i * 47 % 256, i * 91 % 256, i * 13 % 256)
        assert np.allclose([found[i] >> 16 & 255, found[i] >> 8 & 255, found[i] & 255], expected, atol=4)
    again = Colours(cache, tmp_path, keep=True)
    assert np.array_equal(again.of(hashes)[0], found)
    cache.asked = 0
    again.complete(hashes, side_px=192, tell=told.append, ended=lambda: False)
    assert cache.asked == 3
    (file,) = (tmp_path / "colours").iterdir()
    file.write_bytes(b"damaged")
    assert Colours(cache, tmp_path, keep=True).of(hashes)[1] == 6


def test_a_damaged_thumbnail_costs_a_colour_and_nothing_is_kept_where_nothing_may_be(tmp_path):
    """No error, no file."""
    cache = FakeThumbnails(2)
    cache.of[hash_of(0)] = b"\xff\xd8 no picture"
    colours = Colours(cache, tmp_path, keep=False)
    colours.complete([hash_of(0)], side_px=192, tell=lambda n: None, ended=lambda: False)
    assert colours.of([hash_of(0)])[1] == 1
    assert not (tmp_path / "colours").exists()
