"""Every method and metric against scipy, and against the definition where ties leave several right answers."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.cluster.hierarchy import fcluster, is_valid_linkage
from scipy.spatial.distance import pdist

import imagecluster
from conftest import read_manifest
from imagecluster import cut as cuts
from imagecluster.errors import ArgumentError, MemoryLimitError
from imagecluster.linkage import linkage
from imagecluster.linkage.dispatch import needed_bytes
from imagecluster.linkage.methods import METHODS, METRICS
from imagecluster.records import Dendrogram
from linkage_samples import TIE_FREE, TIED, clear_heights, cuts_of_scipy, partition, replay, sample

METRICS_HERE = ("cosine", "euclidean", "sqeuclidean", "correlation", "cityblock", "chebyshev", "canberra")
EVERY = [
    (method, metric)
    for method in METHODS
    for metric in METRICS_HERE
    if method not in ("centroid", "median", "ward") or metric == "euclidean"
]

N_EXAMPLES = int(os.environ.get("IMAGECLUSTER_TEST_EXAMPLES", "150"))
"""Of each property; a few thousand take minutes."""

some = settings(max_examples=N_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def piles(kinds: tuple[str, ...]) -> st.SearchStrategy[NDArray[np.float64]]:
    """Samples of some kinds, of 3 dimensions or more: in fewer all correlations are equal."""
    return st.builds(
        lambda kind, n, d, seed: sample(kind, n, d, np.random.default_rng(seed)),
        st.sampled_from(kinds),
        st.integers(2, 24),
        st.integers(3, 10),
        st.integers(0, 2**32),
    )


def check_cuts(tree: Dendrogram) -> None:
    """Cuts by height, number and sim are those of `fcluster` on the same merges, at and around every merge too."""
    Z = tree.merges
    heights = np.unique(np.concatenate([Z[:, 2], np.nextafter(Z[:, 2], -1.0), clear_heights(Z)]))
    for height in heights:
        assert partition(cuts.cut(tree, height=height)) == partition(fcluster(Z, height, "distance"))
    for n_clusters in range(1, tree.n_leaves + 2):
        expected = partition(fcluster(Z, n_clusters, "maxclust"))
        assert partition(cuts.cut(tree, n_clusters=n_clusters)) == expected
        sim = cuts.sim_for_n_clusters(tree, n_clusters)
        height = max(0.0, cuts.height_for_n_clusters(tree, n_clusters))
        # Between two indices that float64 tells apart lies a little more than a rounding error of heights.
        assert 0.0 <= cuts.cut_height(tree, sim=sim) - height <= 4e-16 * tree.top
    for sim in np.linspace(0.0, 1.0, 11):
        assert partition(cuts.cut(tree, sim=sim)) == partition(fcluster(Z, tree.top * (1.0 - sim), "distance"))
    assert not cuts.cut(tree, sim=0.0).any()


@some
@given(piles(TIE_FREE), st.sampled_from(EVERY))
def test_equals_scipy_where_no_two_pairs_tie(X: NDArray[np.float64], how: tuple[str, str]) -> None:
    """Without ties there is one right answer: scipy's Z, its clusters at every height and for every number of them."""
    method, metric = how
    distances = pdist(X, metric)
    scale = distances.max()
    Z = hierarchy.linkage(distances, method)
    merged_at = np.sort(Z[:, 2])
    assume((np.diff(merged_at) > 1e-7 * scale).all() and merged_at[0] > 1e-7 * scale)
    tree = linkage(X, method=method, metric=metric)
    np.testing.assert_array_equal(tree.merges[:, [0, 1, 3]], Z[:, [0, 1, 3]])
    np.testing.assert_allclose(tree.merges[:, 2], Z[:, 2], rtol=0, atol=1e-9 * scale)
    assert abs(tree.largest_distance - scale) < 1e-12 * max(1.0, scale)
    heights = clear_heights(Z, gap=1e-8 * scale)
    assert [partition(cuts.cut(tree, height=height)) for height in heights] == cuts_of_scipy(Z, heights)
    for n_clusters in range(1, len(X) + 1):
        assert partition(cuts.cut(tree, n_clusters=n_clusters)) == partition(fcluster(Z, n_clusters, "maxclust"))
    check_cuts(tree)


@some
@given(piles(TIED), st.sampled_from(EVERY))
def test_is_the_method_by_definition_where_pairs_tie(X: NDArray[np.float64], how: tuple[str, str]) -> None:
    """Among ties scipy's answer is one of several: every merge is of a nearest pair, at its distance."""
    method, metric = how
    tree = linkage(X, method=method, metric=metric)
    distances = pdist(X, metric)
    scale = max(1.0, distances.max())
    assert is_valid_linkage(tree.merges)
    merged_at, smallest = replay(tree.merges, distances, method).T
    # Squared distances of centroids cancel: what is left of 1e-15 is 3e-8 after the square root.
    error = (1e-7 if method in ("centroid", "median", "ward") else 1e-12) * scale
    assert np.abs(tree.merges[:, 2] - merged_at).max() <= error
    assert (tree.merges[:, 2] <= smallest + error).all()
    check_cuts(tree)


@some
@given(piles((*TIE_FREE, *TIED)), st.sampled_from(METRICS_HERE))
def test_single_linkage_has_one_answer_even_among_ties(X: NDArray[np.float64], metric: str) -> None:
    """Its clusters at a height are the components of a graph, whichever of equal pairs merge first."""
    Z = hierarchy.linkage(pdist(X, metric), "single")
    tree = linkage(X, method="single", metric=metric)
    np.testing.assert_allclose(tree.merges[:, 2], Z[:, 2], rtol=0, atol=1e-12 * max(1.0, Z[-1, 2]))
    heights = clear_heights(Z)
    assert [partition(cuts.cut(tree, height=height)) for height in heights] == cuts_of_scipy(Z, heights)


@some
@given(piles((*TIE_FREE, *TIED)), st.sampled_from(["single", "ward"]), st.integers(0, 99))
def test_order_of_rows_does_not_matter(X: NDArray[np.float64], method: str, seed: int) -> None:
    """Rows in another order give the same clusters, among ties too."""
    shuffled = np.random.default_rng(seed).permutation(len(X))
    first, second = (linkage(rows, method=method, metric="euclidean") for rows in (X, X[shuffled]))
    np.testing.assert_allclose(first.merges[:, 2], second.merges[:, 2], rtol=0, atol=1e-9)
    for height in clear_heights(first.merges):
        labels = cuts.cut(first, height=height)[shuffled]
        assert partition(labels) == partition(cuts.cut(second, height=height))


def test_an_inversion_is_cut_as_scipy_cuts_it() -> None:
    """The third corner of an equilateral triangle is nearer to the middle of two than these are to each other."""
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.9], [9.0, 9.0]])
    tree = linkage(X, method="centroid", metric="euclidean")
    assert tree.merges[1, 2] < tree.merges[0, 2]
    assert partition(cuts.cut(tree, height=0.95)) == (0, 1, 2, 3)
    assert partition(cuts.cut(tree, n_clusters=3)) == partition(fcluster(tree.merges, 3, "maxclust"))
    check_cuts(tree)


@pytest.mark.parametrize("method", METHODS)
def test_none_one_two_and_equal_rows(method: str) -> None:
    """The smallest piles, and piles of one picture, have dendrograms by every method."""
    for n in (0, 1):
        tree = linkage(np.ones((n, 3)), method=method, metric="euclidean")
        assert tree.n_leaves == n and tree.merges.shape == (0, 4)
        assert tree.largest_distance == tree.top == 0.0
        assert cuts.cut(tree, n_clusters=1).tolist() == [0] * n
    two = linkage(np.array([[0.0, 3.0], [4.0, 0.0]]), method=method, metric="euclidean")
    assert two.merges.tolist() == [[0.0, 1.0, 5.0, 2.0]]
    assert two.largest_distance == 5.0
    equal = linkage(np.tile([1.0, 2.0, 3.0], (50, 1)), method=method, metric="euclidean")
    assert is_valid_linkage(equal.merges) and not equal.merges[:, 2].any()


@pytest.mark.parametrize("how", [("single", "cosine"), ("single", "euclidean"), ("ward", "euclidean")])
@pytest.mark.parametrize("kind", ["mixture", "binary", "duplicates"])
def test_equals_scipy_on_more_rows_than_a_block(how: tuple[str, str], kind: str) -> None:
    """With several blocks, threads and many ties, heights are scipy's."""
    method, metric = how
    X = sample(kind, 1500, 12, np.random.default_rng(5)).astype(np.float32)
    tree = linkage(X, method=method, metric=metric, n_threads=2)
    distances = pdist(X.astype(np.float64), metric)
    if method == "ward" and kind == "binary":  # which of thousands of equal pairs merge first changes what comes later
        assert is_valid_linkage(tree.merges)
    else:
        Z = hierarchy.linkage(distances, method)
        np.testing.assert_allclose(tree.merges[:, 2], Z[:, 2], rtol=0, atol=1e-7)
        heights = clear_heights(Z, gap=1e-5)[::40]
        assert [partition(cuts.cut(tree, height=height)) for height in heights] == cuts_of_scipy(Z, heights)
    assert abs(tree.largest_distance - distances.max()) < 1e-12
    alone = linkage(X, method=method, metric=metric, n_threads=1)
    np.testing.assert_array_equal(alone.merges, tree.merges)


def test_nearly_equal_rows_keep_their_digits() -> None:
    """Distances of 1e-9 among vectors of length 1 are right to 7 digits, where 1 - cosine would give noise."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal(20) + 1e-9 * rng.standard_normal((40, 20))
    Z = hierarchy.linkage(pdist(X), "single")
    for method in ("single", "complete", "ward", "centroid"):
        tree = linkage(X, method=method, metric="euclidean")
        assert tree.merges[0, 2] == pytest.approx(Z[0, 2], rel=1e-7)
    np.testing.assert_allclose(
        linkage(X, method="single", metric="euclidean").merges[:, 2], Z[:, 2], rtol=1e-7, atol=0.0
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [1e-60, 1e60])
def test_any_unit_will_do(method: str, unit: float) -> None:
    """Very long and very short vectors have the same dendrogram, its heights in their unit."""
    X = np.random.default_rng(0).standard_normal((60, 5))
    expected, found = (linkage(rows, method=method, metric="euclidean") for rows in (X, X * unit))
    np.testing.assert_array_equal(found.merges[:, :2], expected.merges[:, :2])
    np.testing.assert_allclose(found.merges[:, 2], expected.merges[:, 2] * unit, rtol=1e-9)
    assert found.largest_distance == pytest.approx(expected.largest_distance * unit, rel=1e-12, abs=0.0)


def test_unknown_names_and_pairs_that_do_not_fit_are_refused() -> None:
    """The message says what was got, what is allowed, and what to do."""
    X = np.eye(3)
    with pytest.raises(ArgumentError, match=r"method is 'wart'; it must be one of average, centroid, .*, ward"):
        linkage(X, method="wart")
    with pytest.raises(ArgumentError, match=r"metric is 'cos'; it must be one of .*chebyshev"):
        linkage(X, metric="cos")
    with pytest.raises(ArgumentError, match="ward linkage is defined for the metric euclidean only, got cosine"):
        linkage(X, method="ward")
    with pytest.raises(ArgumentError, match="n_threads is 0"):
        linkage(X, method="single", n_threads=0)
    with pytest.raises(ArgumentError, match=r"shape \(3,\)"):
        linkage(np.ones(3), method="single")


@pytest.mark.parametrize("how", EVERY)
def test_rows_without_a_distance_are_refused(how: tuple[str, str]) -> None:
    """NaN and infinity are refused by the number of their row, by every method and metric."""
    method, metric = how
    for wrong in (np.nan, np.inf):
        X = np.random.default_rng(0).standard_normal((5, 4))
        X[3, 1] = wrong
        with pytest.raises(ArgumentError, match="row 3 is not finite"):
            linkage(X, method=method, metric=metric)
    X[3] = 0.0
    if metric == "cosine":
        with pytest.raises(ArgumentError, match="row 3 is zero"):
            linkage(X, method=method, metric=metric)
    if metric == "correlation":
        with pytest.raises(ArgumentError, match="row 3 has equal numbers throughout"):
            linkage(X, method=method, metric=metric)


def test_all_pairs_that_do_not_fit_are_refused_with_the_figures() -> None:
    """100,000 pictures need 37 GiB by complete linkage; the message says so, and what works instead."""
    X = np.broadcast_to(np.float32(1.0), (100_000, 4))
    with pytest.raises(
        MemoryLimitError, match=r"complete linkage of 100000 rows .* needs 37\.\d+ GiB .* limit is 8\.00 GiB .*single"
    ):
        linkage(X, method="complete", max_memory_bytes=8 << 30)
    with pytest.raises(MemoryLimitError, match=r"single linkage of 100000 rows .* needs 0.1. GiB .* allow more"):
        linkage(X, method="single", max_memory_bytes=1 << 20)


def test_the_default_limit_is_a_share_of_the_available_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit all pairs may take three quarters of what there is."""
    X = np.random.default_rng(0).standard_normal((300, 3))
    needed = needed_bytes(300, 3, "complete", "cosine")
    monkeypatch.setattr("imagecluster.linkage.dispatch.available_bytes", lambda: needed * 4 // 3 + 4)
    linkage(X, method="complete")
    monkeypatch.setattr("imagecluster.linkage.dispatch.available_bytes", lambda: needed)
    with pytest.raises(MemoryLimitError, match=r"75% of the 0\.1 GiB available"):
        linkage(X, method="complete")


@pytest.mark.parametrize(
    "how", [("single", "cosine"), ("ward", "euclidean"), ("median", "euclidean"), ("complete", "cosine")]
)
def test_progress_runs_from_0_to_1_in_each_stage(how: tuple[str, str]) -> None:
    """Fractions rise within a stage and end at 1."""
    seen: dict[str, list[float]] = {}
    linkage(
        np.random.default_rng(0).standard_normal((700, 8)),
        method=how[0],
        metric=how[1],
        progress=lambda now: seen.setdefault(now.stage, []).append(now.done),
    )
    assert seen
    for fractions in seen.values():
        assert fractions == sorted(fractions) and fractions[0] >= 0.0 and fractions[-1] == 1.0


def test_the_metrics_are_scipys() -> None:
    """Each name is one that pdist knows; booleans are what it makes of the numbers."""
    X = np.random.default_rng(0).random((12, 5)) + 0.1
    for metric in METRICS:
        Z = hierarchy.linkage(pdist(X, metric), "complete")
        np.testing.assert_allclose(linkage(X, method="complete", metric=metric).merges[:, 2], Z[:, 2], atol=1e-12)


LABELLED = (
    "albums_pigallery", "categories_clothing", "copies_clothing", "copies_ukbench", "exif_orientation", "exif_samples",
    "many_flowers", "many_landscapes", "objects_ukbench", "scenes_sfm",
)  # fmt: skip
N_PICTURES = int(os.environ.get("IMAGECLUSTER_TEST_PICTURES", "20"))


@pytest.mark.photos
@pytest.mark.parametrize("folder", LABELLED)
def test_equals_scipy_on_real_fingerprints(photos: Path, folder: str) -> None:
    """Pictures of every labelled set: each method gives scipy's clusters at every height."""
    rows = [row for row in read_manifest(photos / folder) if row["opens_in_pillow"] == "1" and row["group"]]
    chosen = [photos / folder / row["path"] for row in rows[:: max(1, len(rows) // N_PICTURES)]][:N_PICTURES]
    X = imagecluster.fingerprint(chosen).vectors
    for method, metric in EVERY:
        distances = pdist(X.astype(np.float64), metric)
        Z = hierarchy.linkage(distances, method)
        tree = linkage(X, method=method, metric=metric)
        np.testing.assert_allclose(tree.merges[:, 2], Z[:, 2], rtol=0, atol=1e-7 * distances.max())
        heights = clear_heights(Z, gap=1e-6 * distances.max())
        assert [partition(cuts.cut(tree, height=height)) for height in heights] == cuts_of_scipy(Z, heights)
