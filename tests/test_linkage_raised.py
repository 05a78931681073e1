"""Average linkage in which some pairs are more similar than their vectors say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform

from imagecluster.errors import ArgumentError
from imagecluster.linkage import RaisedPairs, link
from imagecluster.linkage.average import _link
from imagecluster.linkage.graph import GraphPlan
from imagecluster.system.cores import in_turn


def groups(n: int, d: int, seed: int) -> NDArray[np.float64]:
    """Vectors in groups, some of them twice."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, n // 5), d))
    X = centres[rng.integers(0, len(centres), n)] + 0.5 * rng.standard_normal((n, d))
    X[rng.random(n) < 0.05] = X[0]
    return X


def raised(X: NDArray[np.float64], n_pairs: int, seed: int) -> tuple[RaisedPairs, NDArray[np.float64]]:
    """Random pairs raised to similarities without ties, and all distances that follow."""
    rng = np.random.default_rng(seed)
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    similarity = unit @ unit.T
    first, second = rng.integers(0, len(X), n_pairs), rng.integers(0, len(X), n_pairs)
    wanted = rng.uniform(0.5, 1.0, n_pairs)
    pairs = RaisedPairs(first, second, np.maximum(0.0, wanted - similarity[first, second]))
    for i, j, to in zip(first, second, wanted, strict=True):
        same = np.ix_((X[i] == X).all(axis=1), (X[j] == X).all(axis=1))
        similarity[same] = np.maximum(similarity[same], to)
        similarity.T[same] = similarity[same]
    distance = 1.0 - similarity
    alike = (X[:, None] == X[None]).all(axis=2)
    distance[alike] = 0.0
    return pairs, np.maximum(distance, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 90), st.integers(2, 8), st.integers(1, 12), st.integers(0, 200), st.integers(0, 2**32))
def test_the_tree_is_that_of_average_linkage_of_the_raised_similarities(
    n: int, d: int, k: int, n_pairs: int, seed: int
) -> None:
    """As scipy makes it from the matrix of all distances, also where lists are short and some pictures are hubs."""
    X = groups(n, d, seed)
    pairs, distance = raised(X, n_pairs, seed)
    found = _link(X, GraphPlan(k=k, block_rows=16), run=in_turn, raised=pairs).dendrogram
    expected = linkage(squareform(distance, checks=False), "average")
    np.testing.assert_allclose(found.merges[:, 2], np.maximum(expected[:, 2], 0), atol=1e-9)
    np.testing.assert_allclose(cophenet(found.merges), cophenet(expected), atol=1e-9)


def test_a_hub_of_raised_pairs_is_exact() -> None:
    """More raised pairs of one picture than its list holds."""
    X = groups(300, 8, 3)
    rng = np.random.default_rng(1)
    others = rng.choice(np.arange(1, 300), 120, replace=False)
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    distance = 1 - unit @ unit.T
    by = rng.uniform(0, 0.5, 120)
    distance[0, others] -= by
    distance[others, 0] -= by
    np.fill_diagonal(distance, 0)
    alike = (X[:, None] == X[None]).all(axis=2)
    X, distance = X[~np.triu(alike, 1).any(axis=0)], distance[:, ~np.triu(alike, 1).any(axis=0)]
    distance = distance[~np.triu(alike, 1).any(axis=0)]
    kept = np.cumsum(~np.triu(alike, 1).any(axis=0)) - 1
    there = ~np.triu(alike, 1).any(axis=0)[others]
    pairs = RaisedPairs(np.zeros(there.sum(), np.int64), kept[others[there]], by[there])
    found = link(X, raised=pairs).dendrogram
    expected = linkage(squareform(distance + 1, checks=False), "average")
    np.testing.assert_allclose(cophenet(found.merges), np.maximum(cophenet(expected) - 1, 0), atol=1e-9)


def test_one_raised_pair_does_not_bind_two_groups() -> None:
    """Content decides: one wrong pair between two groups of ten counts for one of a hundred."""
    rng = np.random.default_rng(0)
    X = np.repeat(np.eye(2), 10, axis=0) + 0.05 * rng.standard_normal((20, 2))
    height = link(X).dendrogram.merges[-1, 2]
    raised_height = link(X, raised=RaisedPairs(np.array([0]), np.array([15]), np.array([1.0]))).dendrogram.merges[-1, 2]
    assert raised_height == pytest.approx(height - 0.01)


@pytest.mark.parametrize(
    "pairs",
    [
        RaisedPairs(np.array([0]), np.array([5]), np.array([0.5])),
        RaisedPairs(np.array([-1]), np.array([1]), np.array([0.5])),
        RaisedPairs(np.array([0]), np.array([1]), np.array([-0.1])),
        RaisedPairs(np.array([0]), np.array([1]), np.array([np.nan])),
        RaisedPairs(np.array([0]), np.array([1]), np.array([0.1, 0.2])),
    ],
)
def test_pairs_that_cannot_be_are_refused(pairs: RaisedPairs) -> None:
    """A row that does not exist, and a number below 0 or not finite."""
    with pytest.raises(ArgumentError):
        link(np.eye(5), raised=pairs)
