"""Nearest points of other groups, spanning trees and the farthest pair, against all pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from imagecluster.linkage import nearest as module
from imagecluster.linkage import spanning
from imagecluster.linkage.nearest import Tiles, largest_squared, nearest
from imagecluster.linkage.points import Points
from imagecluster.linkage.spanning import spanning_tree
from linkage_samples import TIE_FREE, TIED, sample

piles = st.builds(
    lambda kind, n, d, seed: sample(kind, n, d, np.random.default_rng(seed)),
    st.sampled_from((*TIE_FREE, *TIED)),
    st.integers(1, 40),
    st.integers(1, 8),
    st.integers(0, 2**32),
)
some = settings(max_examples=100, deadline=None)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that end within a pile, and lists that are used up."""
    monkeypatch.setattr(module, "BLOCK_ROWS", 5)
    monkeypatch.setattr(module, "BLOCK_COLUMNS", 7)
    monkeypatch.setattr(spanning, "N_CANDIDATES", 3)
    monkeypatch.setattr(spanning, "_ROWS_AT_ONCE", 9)


def tiles_of(X: np.ndarray) -> Tiles:
    points = Points(X, "euclidean")
    return Tiles(points.rows, points.centre())


@some
@given(piles, st.integers(1, 5), st.integers(0, 99))
def test_nearest_of_another_group(X: np.ndarray, n_groups: int, seed: int) -> None:
    """The distance is the smallest to a column of another group, infinite where there is none."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, len(X))
    ids = np.flatnonzero(rng.random(len(X)) < 0.7)
    columns = np.flatnonzero(rng.random(len(X)) < 0.7)
    squared, found = nearest(tiles_of(X), ids, columns, group=group)
    distance = cdist(X, X, "sqeuclidean")
    distance[group[:, None] == group] = np.inf
    expected = distance[np.ix_(ids, columns)].min(axis=1, initial=np.inf)
    np.testing.assert_allclose(squared, expected, rtol=1e-12, atol=1e-14)
    has = np.isfinite(expected)
    assert (found[~has] == -1).all()
    np.testing.assert_allclose(distance[ids[has], found[has]], expected[has], rtol=1e-12, atol=1e-14)


@some
@given(piles, st.integers(0, 99))
def test_nearest_cluster_as_ward_weighs_it(X: np.ndarray, seed: int) -> None:
    """Squared distances count times a b / (a + b); a point is not its own neighbour."""
    count = np.random.default_rng(seed).integers(1, 100, len(X))
    everyone = np.arange(len(X))
    squared, _ = nearest(tiles_of(X), everyone, everyone, count=count)
    weighted = cdist(X, X, "sqeuclidean") * count[:, None] * count / (count[:, None] + count)
    np.fill_diagonal(weighted, np.inf)
    np.testing.assert_allclose(squared, weighted.min(axis=1, initial=np.inf), rtol=1e-12, atol=1e-12)


@some
@given(piles)
def test_farthest_pair(X: np.ndarray) -> None:
    """The largest squared distance of all pairs; 0 for one point."""
    expected = cdist(X, X, "sqeuclidean").max()
    assert largest_squared(tiles_of(X), len(X)) == pytest.approx(expected, rel=1e-12, abs=0)


@some
@given(piles)
def test_spanning_tree_is_minimal(X: np.ndarray) -> None:
    """A tree, whose edges have the lengths of scipy's minimum spanning tree, shortest first."""
    edges, squared = spanning_tree(tiles_of(X), len(X))
    assert (np.diff(squared) >= 0).all()
    distance = cdist(X, X)
    np.testing.assert_allclose(np.sqrt(squared), distance[edges[:, 0], edges[:, 1]], atol=1e-12)
    # scipy takes 0 for no edge.
    expected = minimum_spanning_tree(distance + 1.0 - np.eye(len(X))).data - 1.0
    np.testing.assert_allclose(np.sqrt(squared), np.sort(expected), rtol=0, atol=1e-12)
    label = np.arange(len(X))
    for first, second in edges:
        assert label[first] != label[second]
        label[label == label[first]] = label[second]
