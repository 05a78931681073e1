"""Cuts against scipy's fcluster, and the numbering that every output shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster

from imagecluster import cut as cuts
from imagecluster.cut import central
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage
from imagecluster.records import Dendrogram


def vectors(n: int, seed: int, *, tied: bool = False) -> NDArray[np.float64]:
    """Random directions, or points of a small grid with many ties and copies."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 3, (n, 3)) + np.eye(1, 3) if tied else rng.standard_normal((n, 6))


def members(labels: NDArray[np.int64]) -> set[frozenset[int]]:
    """The partition of a labelling."""
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


many = settings(max_examples=120, deadline=None)
piles = st.builds(
    lambda n, seed, tied: vectors(n, seed, tied=tied), st.integers(2, 50), st.integers(0, 999), st.booleans()
)


@many
@given(piles, st.floats(-0.1, 2.1))
def test_flat_clusters_are_those_of_fcluster(X: NDArray[np.float64], height: float) -> None:
    """At any height, and exactly at every merge, the partition is scipy's."""
    tree = average_linkage(X)
    for at in [height, *tree.merges[:, 2], *np.nextafter(tree.merges[:, 2], -1.0)]:
        assert members(cuts.flat_clusters(tree, at)) == members(fcluster(tree.merges, at, "distance"))


@many
@given(piles)
def test_labels_count_from_zero_by_first_row(X: NDArray[np.float64]) -> None:
    """Row 0 is in cluster 0, and each new cluster has the next number."""
    tree = average_linkage(X)
    labels = cuts.cut(tree, sim=0.6)
    assert labels.dtype == np.int64
    _, first = np.unique(labels, return_index=True)
    assert first.tolist() == sorted(first.tolist())
    assert labels.max() == len(first) - 1


@many
@given(piles, st.integers(1, 60))
def test_number_of_clusters_is_that_of_fcluster(X: NDArray[np.float64], n_clusters: int) -> None:
    """A cut by number gives as many as asked for, or fewer where merges of equal height stand or fall together."""
    tree = average_linkage(X)
    labels = cuts.cut(tree, n_clusters=n_clusters)
    assert members(labels) == members(fcluster(tree.merges, n_clusters, "maxclust"))
    assert labels.max() + 1 <= n_clusters


@many
@given(piles, st.integers(1, 60))
def test_sim_for_a_number_of_clusters_cuts_there(X: NDArray[np.float64], n_clusters: int) -> None:
    """The index that belongs to a number of clusters gives the same clusters; identical ones always stay together."""
    tree = average_linkage(X)
    sim = cuts.sim_for_n_clusters(tree, n_clusters)
    assert 0.0 <= sim <= 1.0
    by_sim = cuts.cut(tree, sim=sim)
    height = max(0.0, cuts.height_for_n_clusters(tree, n_clusters))
    assert members(by_sim) == members(cuts.cut(tree, height=height))


@many
@given(piles)
def test_ends_of_the_scale(X: NDArray[np.float64]) -> None:
    """A sim of 0 puts all in one cluster; a sim of 1 only those together that meet at height 0."""
    tree = average_linkage(X)
    assert not cuts.cut(tree, sim=0.0).any()
    assert members(cuts.cut(tree, sim=1.0)) == members(fcluster(tree.merges, 0.0, "distance"))


def test_only_identical_pictures_are_together_at_the_top_of_the_scale() -> None:
    """Copies are one cluster at sim = 1, near copies are not."""
    X = np.array([[1.0, 0.1], [1.0, 0.2], [1.0, 0.1], [1.0, 0.1000001], [0.0, 1.0]])
    assert members(cuts.cut(average_linkage(X), sim=1.0)) == {
        frozenset({0, 2}), frozenset({1}), frozenset({3}), frozenset({4})
    }  # fmt: skip


def test_cut_height_is_relative_to_the_largest_distance() -> None:
    """The original's scale: largest pairwise distance x (1 - sim)."""
    tree = average_linkage(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]))
    assert cuts.cut_height(tree, sim=0.75) == 0.5
    assert cuts.cut_height(tree, sim=0) == 2.0


@pytest.mark.parametrize("sim", [-0.01, 1.01, float("nan"), float("inf")])
def test_sim_outside_its_range_is_refused(sim: float) -> None:
    """The message says what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=rf"sim is {sim}; it must be from 0 .* to 1"):
        cuts.cut(average_linkage(np.eye(3)), sim=sim)


def test_exactly_one_way_to_cut_is_taken() -> None:
    """None or several of sim, height and n_clusters are an error."""
    tree = average_linkage(np.eye(3))
    with pytest.raises(ArgumentError, match="got none of sim, height and n_clusters"):
        cuts.cut(tree)
    with pytest.raises(ArgumentError, match="got sim and height of"):
        cuts.cut(tree, sim=0.5, height=0.5)


def test_heights_and_numbers_outside_their_range_are_refused() -> None:
    """A height that is not a number, no clusters, and clusters of none are errors."""
    tree = average_linkage(np.eye(3))
    with pytest.raises(ArgumentError, match="height is not a number"):
        cuts.cut(tree, height=float("nan"))
    with pytest.raises(ArgumentError, match="n_clusters is 0"):
        cuts.cut(tree, n_clusters=0)
    with pytest.raises(ArgumentError, match="n_clusters is 0"):
        cuts.sim_for_n_clusters(tree, 0)
    with pytest.raises(ArgumentError, match="min_size is 0"):
        cuts.clusters(tree, np.eye(3), cuts.Cut(sim=0.5, min_size=0), path_order=range(3))
    with pytest.raises(ArgumentError, match="got 2 vectors for a dendrogram of 3 leaves"):
        cuts.clusters(tree, np.eye(2), cuts.Cut(sim=0.5), path_order=range(3))


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [1, 2, 3], [[0, 1, 2]], []])
def test_path_order_holds_each_row_once(order: list[int]) -> None:
    """A path order that is not a permutation is an error."""
    with pytest.raises(ArgumentError, match=r"path_order .* each row number from 0 to 2 exactly once"):
        cuts.clusters(average_linkage(np.eye(3)), np.eye(3), cuts.Cut(sim=0.5), path_order=order)


def empty_tree(n: int) -> Dendrogram:
    """Dendrogram of none or one."""
    return average_linkage(np.ones((n, 2)))


def test_none_and_one_picture() -> None:
    """The smallest piles can be cut."""
    for n in (0, 1):
        for how in ({"sim": 0.5}, {"height": 0.1}, {"n_clusters": 3}):
            assert cuts.cut(empty_tree(n), **how).tolist() == [0] * n
        assert cuts.sim_for_n_clusters(empty_tree(n), 1) == 1.0
        found = cuts.clusters(empty_tree(n), np.ones((n, 2)), cuts.Cut(sim=0.5), path_order=range(n))
        assert found.clusters == () and found.singles == tuple(range(n))


@many
@given(piles, st.floats(0.0, 1.0), st.integers(1, 4), st.integers(0, 99))
def test_clusters_are_numbered_by_size_and_first_path(
    X: NDArray[np.float64], sim: float, min_size: int, seed: int
) -> None:
    """Larger clusters first, then by the first member's path; members by path; the rest are singles."""
    tree = average_linkage(X)
    order = np.random.default_rng(seed).permutation(len(X))
    place = {row: at for at, row in enumerate(order.tolist())}
    found = cuts.clusters(tree, X, cuts.Cut(sim=sim, min_size=min_size), path_order=order)
    assert found.sim == sim and found.cut_height == cuts.cut_height(tree, sim=sim) and found.min_size == min_size
    expected = members(cuts.cut(tree, sim=sim))
    kept = [c.members for c in found.clusters]
    assert {frozenset(c) for c in kept} == {c for c in expected if len(c) >= min_size}
    assert [c.number for c in found.clusters] == list(range(1, len(kept) + 1))
    assert kept == sorted(kept, key=lambda c: (-len(c), place[c[0]]))
    for group in [*kept, found.singles]:
        assert list(group) == sorted(group, key=place.__getitem__)
    assert sorted([i for c in kept for i in c] + list(found.singles)) == list(range(len(X)))


@many
@given(piles, st.floats(0.0, 1.0))
def test_height_of_a_cluster_is_where_it_became_one(X: NDArray[np.float64], sim: float) -> None:
    """A cut just there keeps the cluster whole, and just below divides it."""
    tree = average_linkage(X)
    for cluster in cuts.clusters(tree, X, cuts.Cut(sim=sim, min_size=1), path_order=range(len(X))).clusters:
        rows = list(cluster.members)
        assert len(set(cuts.cut(tree, height=cluster.height)[rows])) == 1
        if len(rows) > 1:
            below = np.nextafter(cluster.height, -1.0)
            assert len(set(cuts.cut(tree, height=below)[rows])) > 1
        else:
            assert cluster.height == 0.0


@many
@given(piles, st.floats(0.0, 1.0), st.integers(0, 99))
def test_representative_is_the_most_central_member(X: NDArray[np.float64], sim: float, seed: int) -> None:
    """Its mean similarity to the others is the largest; the first path of equals, as in every pair."""
    tree = average_linkage(X)
    order = np.random.default_rng(seed).permutation(len(X))
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    for cluster in cuts.clusters(tree, X, cuts.Cut(sim=sim), path_order=order).clusters:
        rows = np.array(cluster.members)
        mean = (unit[rows] @ unit[rows].T).mean(axis=1)
        best = rows[mean >= mean.max() - 1e-12]
        assert cluster.representative == best[0]


def test_representative_of_a_large_cluster_is_found_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster larger than a piece of memory has the same representative."""
    X = 1.0 + 0.1 * vectors(100, 0)
    whole = cuts.clusters(average_linkage(X), X, cuts.Cut(sim=0.0), path_order=range(100))
    monkeypatch.setattr(central, "_CHUNK_BYTES", 8 * 6 * 7)
    pieces = cuts.clusters(average_linkage(X), X, cuts.Cut(sim=0.0), path_order=range(100))
    assert whole == pieces
