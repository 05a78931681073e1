"""Average linkage against scipy, and against the definition where ties leave several right answers."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, is_valid_linkage, linkage
from scipy.spatial.distance import pdist, squareform

from imagecluster.errors import ArgumentError, MemoryLimitError
from imagecluster.linkage import average_linkage, needed_bytes
from imagecluster.linkage.average import _link
from imagecluster.linkage.duplicates import identical_rows
from imagecluster.linkage.graph import GraphPlan, neighbour_graph
from imagecluster.linkage.reciprocal_merges import ReciprocalMerger
from imagecluster.linkage.vectors import ClusterVectors, inverse_norms
from imagecluster.neighbours import Neighbours
from imagecluster.records import Dendrogram
from imagecluster.system.cores import in_turn
from imagecluster.system.progress import Progress

KINDS = ("isotropic", "mixture", "grid", "binary", "duplicates", "blob", "chain", "power", "axes", "scaled", "line")
CONTINUOUS = ("isotropic", "mixture", "blob", "chain", "power", "scaled")


def sample(kind: str, n: int, d: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Vectors of a kind that is hard on linkage in its own way."""
    if kind == "mixture":
        centres = rng.standard_normal((max(1, n // 5), d))
        return centres[rng.integers(0, len(centres), n)] + 0.3 * rng.standard_normal((n, d))
    if kind == "grid":
        return rng.integers(-1, 3, (n, d)) + np.eye(1, d) * 5.0
    if kind == "binary":
        return (rng.random((n, d)) < 0.4) + np.eye(1, d)
    if kind == "duplicates":
        few = rng.standard_normal((max(1, n // 4), d))
        return few[rng.integers(0, len(few), n)]
    if kind == "blob":
        return 1.0 + 10.0 ** rng.uniform(-7, -2) * rng.standard_normal((n, d))
    if kind == "chain":
        angle = np.cumsum(rng.random(n) ** 3 * 10.0 ** rng.uniform(-6, -1))
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    if kind == "power":
        vectors = rng.standard_normal((n, d)) * rng.pareto(0.7, n)[:, None]
        vectors[:, 0] += 3.0
        return vectors
    if kind == "axes":
        return np.eye(d)[rng.integers(0, d, n)] * rng.choice([1.0, 2.0, 0.3], n)[:, None]
    if kind == "line":
        return np.stack([np.ones(n), rng.integers(0, 50, n) / 10.0], axis=1)
    vectors = rng.standard_normal((n, d))
    return vectors * 10.0 ** rng.uniform(-30, 30, (n, 1)) if kind == "scaled" else vectors


def samples(n_most: int = 45) -> st.SearchStrategy[NDArray[np.float64]]:
    """Samples of all kinds and sizes."""
    return st.builds(
        lambda kind, n, d, seed: sample(kind, n, d, np.random.default_rng(seed)),
        st.sampled_from(KINDS),
        st.integers(2, n_most),
        st.integers(1, 12),
        st.integers(0, 2**32),
    )


def cosine_distances(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Condensed cosine distances, from unit vectors in float64."""
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    return pdist(unit, "cosine")


def replay(merges: NDArray[np.float64], condensed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance merged at, smallest distance then, and the next larger one, for each merge; shape (n - 1, 3)."""
    n = len(merges) + 1
    distance = squareform(condensed)
    np.fill_diagonal(distance, np.inf)
    row, size, seen = list(range(n)), [1] * n, []
    for i, j, _, count in merges:
        a, b = row[int(i)], row[int(j)]
        lowest = np.partition(distance.ravel(), 2)[[0, 2]] if n > 2 else distance[0, 1].repeat(2)
        seen.append((distance[a, b], *lowest))
        joined = (size[int(i)] * distance[a] + size[int(j)] * distance[b]) / count
        distance[a], distance[:, a] = joined, joined
        distance[a, a] = np.inf
        distance[b], distance[:, b] = np.inf, np.inf
        row.append(a)
        size.append(int(count))
    return np.array(seen)


def check_is_average_linkage(tree: Dendrogram, condensed: NDArray[np.float64]) -> None:
    """Every merge joins two clusters of which no two are nearer, at their mean distance: the definition itself."""
    assert tree.merges.shape == (tree.n_leaves - 1, 4)
    assert is_valid_linkage(tree.merges)
    heights = tree.merges[:, 2]
    assert (np.diff(heights) >= 0).all() and (heights >= 0).all()
    merged_at, smallest, _ = replay(tree.merges, condensed).T
    assert np.abs(heights - merged_at).max() < 1e-12
    assert (heights <= smallest + 1e-12).all()


def same_partition(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    """Whether two labellings put the same rows together."""
    pairs = len(set(zip(first.tolist(), second.tolist(), strict=True)))
    return pairs == len(set(first.tolist())) == len(set(second.tolist()))


def check_equals_scipy(tree: Dendrogram, Z: NDArray[np.float64], gap: float = 1e-9) -> None:
    """Heights within 1e-12, and the same partition in every clear gap between two heights."""
    assert np.abs(tree.merges[:, 2] - Z[:, 2]).max() < 1e-12
    heights = np.append(Z[:, 2], Z[-1, 2] + 1.0)
    for low, high in pairwise(heights):
        if high - low > gap:
            cut = (low + high) / 2
            ours, theirs = (fcluster(z, cut, "distance") for z in (tree.merges, Z))
            assert same_partition(ours, theirs)


@settings(max_examples=500, deadline=None)
@given(samples(), st.sampled_from([1, 2, 3, 16]), st.sampled_from([3, 8, 1024]))
def test_is_average_linkage_by_definition(X: NDArray[np.float64], k: int, block_rows: int) -> None:
    """Whatever the vectors, ties and duplicates included, every merge is of a nearest pair at its mean distance."""
    tree = _link(X, GraphPlan(k=k, block_rows=block_rows), run=in_turn).dendrogram
    condensed = cosine_distances(X)
    check_is_average_linkage(tree, condensed)
    assert abs(tree.largest_distance - condensed.max()) < 1e-12


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(2, 60), st.integers(2, 20), st.sampled_from(CONTINUOUS), st.integers(0, 2**32))
def test_equals_scipy_where_no_two_pairs_tie(n: int, d: int, kind: str, seed: int) -> None:
    """Without ties there is one right answer, and it is scipy's."""
    X = sample(kind, n, d, np.random.default_rng(seed))
    condensed = cosine_distances(X)
    Z = linkage(condensed, "average")
    _, smallest, next_larger = replay(Z, condensed).T
    assume((next_larger[:-1] > smallest[:-1] + 1e-11).all())
    check_equals_scipy(_link(X, GraphPlan(k=4, block_rows=32), run=in_turn).dendrogram, Z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["isotropic", "mixture", "blob", "chain", "power"])
def test_equals_scipy_on_thousands(kind: str, dtype: type) -> None:
    """With the real block and list sizes, and threads, heights and clusters are scipy's."""
    X = sample(kind, 2100, 24, np.random.default_rng(1)).astype(dtype)
    tree = average_linkage(X, n_threads=2)
    condensed = cosine_distances(X.astype(np.float64))
    Z = linkage(condensed, "average")
    assert np.abs(tree.merges[:, 2] - Z[:, 2]).max() < 1e-12
    for n_clusters in (2, 10, 100, 700, 1500):
        low, high = Z[-n_clusters, 2], Z[-n_clusters + 1, 2]
        if high - low > 1e-12:
            cut = (low + high) / 2
            assert same_partition(fcluster(tree.merges, cut, "distance"), fcluster(Z, cut, "distance"))
    assert abs(tree.largest_distance - condensed.max()) < 1e-12


@settings(max_examples=150, deadline=None)
@given(samples(60), st.integers(0, 2**32))
def test_order_of_rows_does_not_matter(X: NDArray[np.float64], seed: int) -> None:
    """Rows in another order give the same heights and clusters, to the last bit, even among ties."""
    shuffled = np.random.default_rng(seed).permutation(len(X))
    first = _link(X, GraphPlan(k=3, block_rows=16), run=in_turn).dendrogram
    second = _link(X[shuffled], GraphPlan(k=3, block_rows=16), run=in_turn).dendrogram
    np.testing.assert_array_equal(first.merges[:, 2:], second.merges[:, 2:])
    assert first.largest_distance == second.largest_distance
    for height in np.unique(first.merges[:, 2]):
        ours = fcluster(first.merges, height, "distance")[shuffled]
        assert same_partition(ours, fcluster(second.merges, height, "distance"))


@pytest.mark.parametrize("kind", ["mixture", "grid", "blob", "axes"])
def test_number_of_threads_does_not_matter(kind: str) -> None:
    """One thread and several give the same dendrogram to the last bit, even among ties."""
    X = sample(kind, 900, 16, np.random.default_rng(3))
    alone = _link(X, GraphPlan(block_rows=64), run=in_turn).dendrogram
    with ThreadPoolExecutor(4) as pool:
        together = _link(X, GraphPlan(block_rows=64), run=lambda f, xs: list(pool.map(f, xs))).dendrogram
    np.testing.assert_array_equal(alone.merges, together.merges)
    assert alone.largest_distance == together.largest_distance


def test_identical_rows_meet_at_exactly_zero() -> None:
    """Copies of one vector meet at height 0, not at a rounding error, and count in the means above."""
    rng = np.random.default_rng(0)
    few = rng.standard_normal((30, 50))
    which = np.concatenate([np.arange(30), rng.integers(0, 30, 4000)])
    X = few[which]
    X[5, 3] = 0.0
    X[which == 5, 3] = -0.0
    tree = average_linkage(X)
    assert (tree.merges[:4000, 2] == 0.0).all() and (tree.merges[4000:, 2] > 0.0).all()
    assert same_partition(fcluster(tree.merges, 0.0, "distance"), which)
    check_equals_scipy(tree, linkage(cosine_distances(X), "average"))


def test_all_rows_identical() -> None:
    """A pile of one picture has a dendrogram of height 0."""
    tree = average_linkage(np.ones((500, 3)))
    assert is_valid_linkage(tree.merges)
    assert not tree.merges[:, 2].any()
    assert tree.largest_distance == 0.0


def test_none_one_and_two_rows() -> None:
    """The smallest piles have dendrograms too."""
    none = average_linkage(np.empty((0, 4)))
    assert none.merges.shape == (0, 4) and none.n_leaves == 0 and none.largest_distance == 0.0
    one = average_linkage(np.ones((1, 4)))
    assert one.merges.shape == (0, 4) and one.order.tolist() == [0] and one.gap.shape == (0,)
    two = average_linkage(np.array([[1.0, 0.0], [-3.0, 0.0]]))
    assert two.merges.tolist() == [[0.0, 1.0, 2.0, 2.0]]
    assert two.largest_distance == 2.0


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.0, "row 7 is zero"), (np.nan, "row 7 is not finite"), (np.inf, "row 7 is not finite")],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_without_a_direction_are_refused(value: float, message: str, dtype: type) -> None:
    """A zero or non-finite row is an error that names it."""
    X = np.ones((20, 3), dtype)
    X[7] = value
    X[9] = value
    with pytest.raises(ArgumentError, match=message):
        average_linkage(X)


def test_lengths_that_float64_cannot_square_are_refused() -> None:
    """A row of an absurd length is an error and not a wrong height."""
    X = np.ones((3, 2))
    X[1] = 1e-200
    with pytest.raises(ArgumentError, match=r"row 1 has length 1\.4e-200"):
        average_linkage(X)


@pytest.mark.parametrize("X", [np.ones(3), np.ones((2, 2, 2)), np.array([["a", "b"]]), np.ones((2, 2), complex)])
def test_only_tables_of_real_numbers_are_taken(X: NDArray[np.generic]) -> None:
    """Other shapes and types are errors that say what was got."""
    with pytest.raises(ArgumentError, match="n_images, n_dimensions"):
        average_linkage(X)


def test_number_of_threads_is_checked() -> None:
    """At least one thread is needed."""
    with pytest.raises(ArgumentError, match="n_threads is 0"):
        average_linkage(np.eye(3), n_threads=0)


def test_memory_limit_is_kept() -> None:
    """More memory than allowed is an error that gives both figures, before anything is computed."""
    with pytest.raises(MemoryLimitError, match=r"5 x 4 needs \d+ MiB in addition .* but 1 MiB are allowed"):
        average_linkage(np.full((5, 4), np.nan), max_memory_bytes=1 << 20)
    average_linkage(np.eye(4), max_memory_bytes=needed_bytes(4, 4))


def test_memory_maps_and_views_are_read(tmp_path: Path) -> None:
    """A memory map, a strided view, and half precision give what the plain array gives."""
    X = np.random.default_rng(0).standard_normal((200, 6)).astype(np.float16).astype(np.float32)
    expected = average_linkage(X).merges
    mapped = np.memmap(tmp_path / "x.f32", np.float32, "w+", shape=X.shape)
    mapped[:] = X
    wide = np.repeat(np.repeat(X, 2, axis=0), 2, axis=1).astype(np.float64)
    for other in (mapped, wide[::2, ::2], X.astype(np.float16), np.asfortranarray(X)):
        np.testing.assert_array_equal(average_linkage(other).merges, expected)


def test_argument_is_not_changed() -> None:
    """The caller's vectors stay as they were."""
    X = np.random.default_rng(0).standard_normal((50, 6))
    before = X.copy()
    X.flags.writeable = False
    average_linkage(X)
    np.testing.assert_array_equal(X, before)


def test_progress_goes_from_nothing_to_all() -> None:
    """Each stage's fraction rises to 1."""
    seen: list[Progress] = []
    X = np.random.default_rng(0).standard_normal((3000, 4))
    average_linkage(X, progress=seen.append)
    for stage in ("pairs", "merging"):
        fractions = [now.done for now in seen if now.stage == stage]
        assert fractions == sorted(fractions) and fractions[-1] == 1.0 and fractions[0] > 0.0


@settings(max_examples=150, deadline=None)
@given(samples())
def test_every_cluster_of_every_cut_is_a_run_of_the_leaf_order(X: NDArray[np.float64]) -> None:
    """`order` and `gap` say where a cut divides, at any height."""
    tree = _link(X, run=in_turn).dendrogram
    assert sorted(tree.order.tolist()) == list(range(len(X)))
    for height in [-1.0, *np.unique(tree.merges[:, 2])]:
        runs = np.empty(len(X), np.int64)
        runs[tree.order] = np.concatenate([[0], np.cumsum(tree.gap > height)])
        assert same_partition(runs, fcluster(tree.merges, height, "distance"))


def merger_of(X: NDArray[np.float64]) -> ReciprocalMerger:
    """The finished state of a linkage of different rows."""
    unique = identical_rows(X)
    vectors = ClusterVectors(X, inverse_norms(X, run=in_turn), unique.leaf, unique.count, run=in_turn)
    graph = neighbour_graph(vectors, unique.digests, GraphPlan(16), run=in_turn)
    merger = ReciprocalMerger(vectors, Neighbours(graph.index, graph.similarity, graph.bound), run=in_turn)
    merger.merge_all()
    return merger


def test_many_equal_distances_take_few_rounds() -> None:
    """Where all pairs are equally far, a round merges many of them and not one."""
    assert merger_of(np.eye(600)).n_rounds < 120


def test_clear_groups_take_few_scans() -> None:
    """Where pictures come in clear groups, most clusters never look beyond their first candidates."""
    X = sample("mixture", 1500, 40, np.random.default_rng(0))
    assert merger_of(X).n_rescanned < 1500


@settings(max_examples=60, deadline=None)
@given(samples())
def test_hash_collisions_keep_rows_apart(X: NDArray[np.float64]) -> None:
    """Rows are put together because they are equal, not because their hashes are."""
    unique = identical_rows(X)
    expected, counts = np.unique(X, axis=0, return_counts=True)
    assert len(unique.leaf) == len(expected)
    order = np.lexsort(X[unique.leaf].T[::-1])
    np.testing.assert_array_equal(X[unique.leaf][order], expected)
    np.testing.assert_array_equal(unique.count[order], counts)
