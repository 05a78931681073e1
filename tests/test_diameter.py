"""Clusters of a bounded diameter against the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from imagecluster import cut as cuts
from imagecluster.cut import diameter
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage, linkage
from imagecluster.linkage.methods import METHODS
from imagecluster.records import Dendrogram
from linkage_samples import TIE_FREE, TIED, partition, sample


def divided(tree: Dendrogram, X: np.ndarray, height: float, max_diameter: float) -> np.ndarray:
    """Labels by the definition: from the root down, the first clusters that are neither too high nor too wide."""
    n = tree.n_leaves
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    distance = 1.0 - unit @ unit.T
    rows, tops = [[i] for i in range(n)], [-np.inf] * n
    for i, j, at, _ in tree.merges:
        rows.append(rows[int(i)] + rows[int(j)])
        tops.append(max(at, tops[int(i)], tops[int(j)]))
    labels = np.zeros(n, np.int64)
    waiting = [len(rows) - 1]
    while waiting:
        node = waiting.pop()
        members = rows[node]
        wide = distance[np.ix_(members, members)].max() > max_diameter + 1e-12
        if len(members) > 1 and (tops[node] > height or wide):
            waiting += tree.merges[node - n, :2].astype(int).tolist()
        else:
            labels[members] = node
    return labels


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from((*TIE_FREE, *TIED)), st.integers(1, 60), st.integers(2, 8), st.integers(0, 2**32),
    st.sampled_from(METHODS), st.floats(0.0, 1.0), st.floats(0.0, 2.0) | st.sampled_from([0.0, 1e-6, 0.01, 0.1]),
)  # fmt: skip
def test_is_the_definition(
    kind: str, n: int, d: int, seed: int, method: str, share: float, max_diameter: float
) -> None:
    """On each branch the largest clusters that are narrow enough, for every method, inversions and ties included."""
    X = sample(kind, n, d, np.random.default_rng(seed))
    tree = linkage(X, method=method, metric="euclidean")
    height = share * tree.top
    labels = cuts.split_wide(tree, X, height, max_diameter=max_diameter)
    assert partition(labels) == partition(divided(tree, X, height, max_diameter))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((*TIE_FREE, *TIED)), st.integers(1, 60), st.integers(2, 8), st.integers(0, 2**32),
    st.sampled_from(METHODS), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4), st.floats(0.0, 2.0),
)  # fmt: skip
def test_every_cut_of_a_bounded_dendrogram_is_narrow(
    kind: str, n: int, d: int, seed: int, method: str, shares: list[float], max_diameter: float
) -> None:
    """It is the cut of the dendrogram itself with its wide clusters divided; the scale of sim stays."""
    X = sample(kind, n, d, np.random.default_rng(seed))
    tree = linkage(X, method=method, metric="euclidean")
    narrow = diameter.bounded(tree, X, max_diameter=max_diameter)
    assert narrow.top == tree.top
    for share in shares:
        found = cuts.flat_clusters(narrow, share * tree.top)
        assert partition(found) == partition(cuts.split_wide(tree, X, share * tree.top, max_diameter=max_diameter))


def test_at_the_diameter_itself_nothing_is_divided() -> None:
    """The given distance is allowed; a little less is not."""
    X = np.random.default_rng(0).standard_normal((50, 8)) + 2.0
    tree = average_linkage(X)
    widest = pdist(X, "cosine").max()
    assert not cuts.split_wide(tree, X, np.inf, max_diameter=widest).any()
    assert cuts.split_wide(tree, X, np.inf, max_diameter=widest - 1e-9).any()


@pytest.mark.parametrize("method", ["single", "average", "complete"])
def test_a_chain_is_divided_and_no_part_is_wide(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that drift from one thing to another are one cluster by single linkage; the guard divides them."""
    monkeypatch.setattr(diameter, "_CHUNK_ROWS", 16)
    angle = np.cumsum(np.random.default_rng(1).uniform(0.001, 0.003, 800))
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    tree = linkage(X, method=method)
    labels = cuts.split_wide(tree, X, np.inf, max_diameter=0.05)
    assert partition(labels) == partition(divided(tree, X, np.inf, 0.05))
    assert 4 <= labels.max() < 100
    for label in range(labels.max() + 1):
        assert pdist(X[labels == label], "cosine").max(initial=0.0) <= 0.05 + 1e-12


def test_clusters_are_those_of_the_divided_cut() -> None:
    """`clusters` numbers the parts like all others, and gives each its own height and the limit."""
    X = np.random.default_rng(0).standard_normal((60, 4)) + 1.0
    tree = average_linkage(X)
    found = cuts.clusters(tree, X, cuts.Cut(sim=0.2, min_size=1, max_diameter=0.1), path_order=range(60))
    labels = cuts.split_wide(tree, X, cuts.cut_height(tree, sim=0.2), max_diameter=0.1)
    assert found.max_diameter == 0.1
    assert {c.members for c in found.clusters} == {
        tuple(np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)
    }
    assert len(found.clusters) > len(
        cuts.clusters(tree, X, cuts.Cut(sim=0.2, min_size=1), path_order=range(60)).clusters
    )
    for cluster in found.clusters:
        assert (cluster.height > 0.0) == (len(cluster.members) > 1)
        assert cluster.height <= 0.1


@pytest.mark.parametrize("wrong", [-0.1, float("nan")])
def test_a_diameter_that_is_none_is_refused(wrong: float) -> None:
    """The message says what was got and what is allowed."""
    with pytest.raises(ArgumentError, match=rf"max_diameter is {wrong}; it must be a cosine distance, 0 or more"):
        cuts.split_wide(average_linkage(np.eye(3)), np.eye(3), 1.0, max_diameter=wrong)


def test_vectors_that_do_not_fit_are_refused() -> None:
    """Other rows than the dendrogram's, and rows without a direction, are errors."""
    tree = linkage(np.eye(3), metric="euclidean")
    with pytest.raises(ArgumentError, match="got 2 vectors for a dendrogram of 3 leaves"):
        cuts.split_wide(tree, np.eye(2), 1.0, max_diameter=0.5)
    with pytest.raises(ArgumentError, match="row 1 is zero"):
        cuts.split_wide(tree, np.diag([1.0, 0.0, 1.0]), 1.0, max_diameter=0.5)


def test_none_and_one_row() -> None:
    """The smallest piles can be cut so too."""
    for n in (0, 1):
        X = np.ones((n, 2))
        assert cuts.split_wide(average_linkage(X), X, 1.0, max_diameter=0.0).tolist() == [0] * n
