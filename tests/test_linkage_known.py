"""A linkage that goes on from an earlier one, and one that looks at part of the pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from imagecluster.errors import MemoryLimitError
from imagecluster.linkage import average_linkage, estimate, link, needed_bytes
from imagecluster.linkage.average import _link
from imagecluster.linkage.graph import GraphPlan
from imagecluster.linkage.planning import fitting_candidates
from imagecluster.neighbours import Columns, Farthest, Neighbours, approximate_neighbours, scan
from imagecluster.neighbours.cells import measured_recall
from imagecluster.records import Dendrogram
from imagecluster.system.cores import in_turn


def groups(n: int, d: int, seed: int) -> NDArray[np.float64]:
    """Vectors in groups, some of them twice."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, n // 6), d))
    X = centres[rng.integers(0, len(centres), n)] + 0.4 * rng.standard_normal((n, d))
    X[rng.random(n) < 0.05] = X[0]
    return X


def same_trees(first: Dendrogram, second: Dendrogram) -> None:
    """Two dendrograms say the same."""
    np.testing.assert_array_equal(first.merges[:, [0, 1, 3]], second.merges[:, [0, 1, 3]])
    np.testing.assert_allclose(first.merges[:, 2], second.merges[:, 2], atol=1e-14)
    np.testing.assert_array_equal(first.order, second.order)
    assert first.largest_distance == pytest.approx(second.largest_distance, abs=1e-14)


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 120), st.integers(2, 8), st.integers(1, 12), st.integers(0, 2**32), st.floats(0, 1))
def test_going_on_from_an_earlier_graph_gives_the_tree_of_a_new_start(
    n: int, d: int, k: int, seed: int, share: float
) -> None:
    """Whatever was added and removed, singly or at once."""
    X = groups(n, d, seed)
    rng = np.random.default_rng(seed)
    before, after = X[rng.random(n) < 0.5 + share / 2], X[rng.random(n) < 0.5 + share / 2]
    known = _link(before, GraphPlan(k=k, block_rows=16), run=in_turn).graph
    expected = _link(after, GraphPlan(k=k, block_rows=16), run=in_turn)
    found = _link(after, GraphPlan(k=k, block_rows=16), run=in_turn, known=known)
    same_trees(found.dendrogram, expected.dendrogram)
    again = _link(X, GraphPlan(k=k), run=in_turn, known=found.graph)
    same_trees(again.dendrogram, _link(X, GraphPlan(k=k), run=in_turn).dendrogram)


def test_only_new_rows_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a known graph no search of all pairs takes place; not even where the farthest picture has gone."""
    X = groups(400, 6, 0)
    known = link(X[:390]).graph

    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("imagecluster.linkage.graph.AllPairs", fail)
    same_trees(link(X[5:], known=known).dendrogram, average_linkage_of_a_new_start(X[5:], monkeypatch))


def average_linkage_of_a_new_start(X: NDArray[np.float64], monkeypatch: pytest.MonkeyPatch) -> Dendrogram:
    """The tree without a known graph."""
    monkeypatch.undo()
    return average_linkage(X)


def test_largest_distance_is_found_again_when_its_picture_has_gone() -> None:
    """The two least similar pictures decide the relative scale; one of them leaves."""
    X = groups(300, 5, 3)
    X[17] = -X[:17].mean(axis=0)
    known = link(X).graph
    rest = np.delete(X, 17, axis=0)
    same_trees(link(rest, known=known).dendrogram, average_linkage(rest))


def test_a_known_graph_of_other_pictures_is_of_no_use_and_does_no_harm() -> None:
    """Nothing in common, another length of lists, or an approximate one for an exact linkage."""
    X, other = groups(200, 5, 0), groups(200, 5, 1)
    expected = average_linkage(X)
    same_trees(link(X, known=link(other).graph).dendrogram, expected)
    same_trees(link(X, known=_link(X, GraphPlan(k=5), run=in_turn).graph).dendrogram, expected)
    rough = link(X, approximate=True).graph
    assert rough.recall is not None
    exact = link(X, known=rough)
    same_trees(exact.dendrogram, expected)
    assert exact.graph.recall is None
    assert link(X[:180], approximate=True, known=exact.graph).graph.recall is None


def unit(n: int, d: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors in groups, in no order, all different."""
    X = groups(n, d, seed) + 0.1 * np.random.default_rng(seed).standard_normal((n, d))
    return (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)


def test_recall_is_what_a_comparison_with_all_rows_gives() -> None:
    """The figures of a sample are those of the true lists of these rows."""
    X = unit(3000, 24, 0)
    lists, recall = approximate_neighbours(X, k=8, error=1e-6, wanted_recall=0.5)
    assert recall.n_sampled == 1000
    similarity = X[:1000] @ X.T
    similarity[np.arange(1000), np.arange(1000)] = -np.inf
    best = np.argsort(-similarity, axis=1)[:, :8]
    share = np.mean([len(np.intersect1d(a, b)) / 8 for a, b in zip(best, lists.index[:1000], strict=True)])
    assert recall.neighbours == pytest.approx(share, abs=1e-3)
    nearest = np.mean([a[0] in b for a, b in zip(best, lists.index[:1000], strict=True)])
    assert recall.nearest == pytest.approx(nearest, abs=2e-3)


def test_wanted_recall_is_reached() -> None:
    """More cells are probed until the sample shows what is wanted; all cells give everything."""
    X = unit(4000, 32, 1)
    assert approximate_neighbours(X, k=8, error=1e-6, wanted_recall=0.9)[1].neighbours >= 0.9
    few = unit(900, 8, 2)
    lists, recall = approximate_neighbours(few, k=5, error=1e-6, wanted_recall=1.0)
    assert recall.neighbours == recall.nearest == 1.0 and recall.mean_excess == 0.0
    exact = scan(few, np.arange(900), Columns(lambda ids: few[ids], np.arange(900)), k=5)
    np.testing.assert_allclose(np.sort(lists.similarity), np.sort(exact.similarity), atol=1e-6)


def test_recall_counts_what_was_missed() -> None:
    """Of four true neighbours two were found, the nearest of one row not."""
    truth = Neighbours(np.array([[1, 2], [0, 2]], np.int32), np.array([[0.9, 0.8], [0.9, 0.7]]), np.array([0.8, 0.7]))
    found = Neighbours(np.array([[1, 3], [2, 3]], np.int32), np.array([[0.9, 0.5], [0.7, 0.4]]), np.array([0.5, 0.4]))
    recall = measured_recall(found, truth, error=1e-6)
    assert (recall.neighbours, recall.nearest) == (0.5, 0.5)
    assert recall.mean_excess == pytest.approx(0.1)


def test_approximate_lists_do_not_depend_on_threads_or_order() -> None:
    """Two runs, in threads and shuffled, give the same tree."""
    X = unit(2500, 32, 5).astype(np.float64)
    alone = average_linkage(X, approximate=True, n_threads=1)
    together = link(np.ascontiguousarray(X[::-1]), approximate=True, n_threads=3).dendrogram
    np.testing.assert_allclose(alone.merges[:, 2], together.merges[:, 2], atol=1e-14)
    np.testing.assert_array_equal(alone.merges[:, 3], together.merges[:, 3])


def test_approximate_tree_is_nearly_the_exact_one() -> None:
    """At the cut with most clusters hardly a picture lies elsewhere, and the largest distance is found."""
    X = unit(3000, 32, 7)
    exact, rough = average_linkage(X), link(X, approximate=True)
    assert rough.graph.recall is not None and rough.graph.recall.neighbours > 0.9
    height = np.median(exact.merges[:, 2])
    labels = []
    for tree in (exact, rough.dendrogram):
        label = np.empty(len(X), np.int64)
        label[tree.order] = np.concatenate([[0], np.cumsum(tree.gap > height)])
        labels.append(label)
    assert adjusted_rand_score(*labels) > 0.97
    assert rough.dendrogram.largest_distance == pytest.approx(exact.largest_distance, abs=1e-12)


def test_hops_find_a_far_pair() -> None:
    """Two opposite rows among many are found without comparing all."""
    X = unit(3000, 16, 0)
    X[1234], X[77] = X[5], -X[5]
    exact = X.astype(np.float64)
    farthest = Farthest(
        error=1e-6, exact=lambda i, j: np.einsum("ij,ij->i", exact[i], exact[j]), exact_block=lambda i: exact[i]
    )
    assert farthest.hop(X).similarity == pytest.approx(-1.0, abs=1e-6)


def test_less_memory_means_shorter_lists_and_the_same_tree() -> None:
    """The limit is honoured as long as it can be; the result does not depend on it."""
    X = groups(500, 6, 0)
    least = needed_bytes(500, 6, k=4)
    same_trees(average_linkage(X, max_memory_bytes=least), average_linkage(X))
    assert fitting_candidates(10**6, 256, 10**12) == 16
    assert fitting_candidates(10**6, 256, needed_bytes(10**6, 256, k=8)) == 8
    with pytest.raises(MemoryLimitError, match=r"1,000,000 x 256 needs [\d,]+ MiB .* but 100 MiB are allowed"):
        fitting_candidates(10**6, 256, 100 << 20)


def test_estimates_grow_with_the_pairs() -> None:
    """Ten times as many pictures take about a hundred times as long when all pairs are compared."""
    small, large = estimate(50_000, 64, n_threads=1), estimate(500_000, 64, n_threads=1)
    assert 20 < large.exact_s / small.exact_s < 500
    assert large.approximate_s < large.exact_s and large.memory_bytes == needed_bytes(500_000, 64)
