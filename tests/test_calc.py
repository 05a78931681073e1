"""The original's calculations: fingerprints, principal components, clusters."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA

from imagecluster import calc
from imagecluster.errors import ArgumentError, MemoryLimitError
from imagecluster.original import calc as original_calc
from original_samples import MeanColours

N_CASES = int(os.environ.get("IMAGECLUSTER_CALC_CASES", "150"))
METHODS = ("average", "single", "complete", "weighted", "ward", "centroid", "median")
METRICS = (
    "euclidean", "cosine", "cityblock", "sqeuclidean", "chebyshev", "correlation", "canberra", "braycurtis",
    "minkowski", "seuclidean",
)  # fmt: skip
DIRECTIONS = ("cosine", "correlation")


def names_of(n):
    return [f"p/{i}.jpg" for i in range(n)]


def table(X):
    return dict(zip(names_of(len(X)), X, strict=True))


def recipe(X, sim, times, alpha, method, metric):
    """The original's rule in scipy's words: labels of the rows."""
    d = pdist(X, metric)
    if times is not None:
        d_time = pdist(np.array(times)[:, None], "euclidean" if metric in DIRECTIONS else metric)
        d = (1 - alpha) * d / d.max() + alpha * d_time / d_time.max()
    return fcluster(scipy_linkage(d, method), d.max() * (1 - sim), "distance"), d


def partition(labels):
    groups = {}
    for i, label in enumerate(labels):
        groups.setdefault(label, []).append(i)
    return sorted(groups.values())


@pytest.mark.parametrize("part", range(5))
def test_clusters_are_those_of_scipy(part):
    """The same partition as pdist, linkage and fcluster give, with and without times, by all methods and metrics."""
    rng = np.random.default_rng(100 + part)
    for case in range(part, N_CASES, 5):
        n, d = rng.integers(2, 40), rng.integers(3, 24)  # two numbers always correlate by 1 or -1
        centres = rng.standard_normal((rng.integers(1, 6), d)) * 3
        X = centres[rng.integers(0, len(centres), n)] + rng.standard_normal((n, d))
        times = rng.uniform(0, 1e6, n).tolist() if case % 2 else None
        method, metric = METHODS[case % 7], METRICS[case % 10]
        sim, alpha = rng.uniform(), rng.uniform()
        labels, d_expected = recipe(X, sim, times, alpha, method, metric)
        clusters, extra = calc.cluster(
            table(X), sim, None if times is None else table(times), alpha, method, metric,
            extra_out=True, print_stats=False, min_csize=1,
        )  # fmt: skip
        context = f"case {case}: {n} x {d}, {method}, {metric}, sim {sim}, alpha {alpha}"
        assert partition(extra["cut"]) == partition(labels), context
        np.testing.assert_allclose(extra["dfps"], d_expected, rtol=1e-9, atol=1e-12, err_msg=context)
        index = {name: i for i, name in enumerate(names_of(n))}
        found = sorted([index[name] for name in cluster] for group in clusters.values() for cluster in group)
        assert found == partition(labels), context


def test_clusters_come_by_their_size():
    """Keys are sizes, values lists of clusters, each a list of names in the order of the fingerprints."""
    X = [[0, 0], [5, 5], [0, 0.1], [5, 5.1], [5, 5.2], [20, 0]]
    assert calc.cluster(table(X), sim=0.9, print_stats=False) == {
        2: [["p/0.jpg", "p/2.jpg"]],
        3: [["p/1.jpg", "p/3.jpg", "p/4.jpg"]],
    }
    assert calc.cluster(table(X), sim=0.9, print_stats=False, min_csize=3) == {3: [["p/1.jpg", "p/3.jpg", "p/4.jpg"]]}
    assert calc.cluster(table(X), sim=0.9, print_stats=False, min_csize=1)[1] == [["p/5.jpg"]]


def test_the_extra_output_is_what_the_original_gave():
    """Z, condensed distances, cluster numbers from 1, and names by number."""
    X = np.random.default_rng(0).standard_normal((9, 4))
    _, extra = calc.cluster(table(X), sim=0.6, extra_out=True, print_stats=False)
    assert set(extra) == {"Z", "dfps", "cluster_dct", "cut"}
    assert extra["Z"].shape == (8, 4)
    assert extra["dfps"].shape == (36,)
    assert (
        extra["cut"].tolist() == fcluster(scipy_linkage(X, "average"), extra["dfps"].max() * 0.4, "distance").tolist()
    )
    for number, names in extra["cluster_dct"].items():
        assert names == [name for name, label in zip(names_of(9), extra["cut"], strict=True) if label == number]


@pytest.mark.parametrize("times", [None, {}])
def test_no_picture_gives_no_cluster(times):
    """And nothing fails."""
    assert calc.cluster({}, timestamps=times, print_stats=False, min_csize=1) == {}
    _, extra = calc.cluster({}, timestamps=times, print_stats=False, extra_out=True)
    assert (extra["Z"].shape, extra["dfps"].shape, extra["cut"].shape, extra["cluster_dct"]) == ((0, 4), (0,), (0,), {})


def test_one_picture_is_one_cluster():
    """At any sim; with the default smallest size it is left out."""
    assert calc.cluster({"a": [1.0, 2.0]}, timestamps={"a": 5.0}, print_stats=False, min_csize=1) == {1: [["a"]]}
    assert calc.cluster({"a": [1.0, 2.0]}, sim=0, print_stats=False) == {}


@pytest.mark.parametrize(("sim", "expected"), [(0, {2: [["a", "b"]]}), (0.01, {}), (1, {})])
def test_two_pictures_are_together_at_sim_0_alone(sim, expected):
    """Their distance is the largest."""
    assert calc.cluster({"a": [0.0, 1.0], "b": [1.0, 0.0]}, sim=sim, print_stats=False) == expected


@pytest.mark.parametrize("method", ["average", "weighted", "complete", "single"])
def test_equal_distances_are_all_merged_at_sim_0(method):
    """Their means come out larger than they are, in the last digit."""
    for n in range(2, 40, 3):
        for scale in (0.1, 0.7, 3.3):
            clusters = calc.cluster(table(np.eye(n) * scale), 0, method=method, print_stats=False)
            assert list(clusters) == [n]
            assert calc.cluster(table(np.eye(n) * scale), 0.01, method=method, print_stats=False) == {}


def test_identical_pictures_are_together_at_sim_1():
    """The largest distance being zero divides nothing."""
    found = calc.cluster({"a": [1.0, 0], "b": [1.0, 0]}, sim=1, timestamps={"a": 1.0, "b": 1.0}, print_stats=False)
    assert found == {2: [["a", "b"]]}


def test_equal_times_leave_content_alone():
    """The original divided by zero. The distances are smaller by 1 - alpha, and so is the cut."""
    X = np.random.default_rng(1).standard_normal((20, 5))
    times = table([1e9] * 20)
    assert calc.cluster(table(X), 0.6, times, print_stats=False) == calc.cluster(table(X), 0.6, print_stats=False)


def test_time_separates_what_content_does_not():
    """With all weight on time, pictures of two days are two clusters."""
    X = table(np.random.default_rng(2).standard_normal((6, 3)))
    times = table([0.0, 100, 200, 86_400, 86_500, 86_600])
    found = calc.cluster(X, 0.5, times, alpha=1, print_stats=False)
    assert found == {3: [["p/0.jpg", "p/1.jpg", "p/2.jpg"], ["p/3.jpg", "p/4.jpg", "p/5.jpg"]]}


def test_times_are_compared_by_difference_under_metrics_of_directions():
    """Two positive numbers have the same direction: cosine would see no time at all."""
    X = table(np.random.default_rng(3).standard_normal((4, 3)))
    found = calc.cluster(X, 0.5, table([1.0, 2, 1001, 1002]), alpha=1, metric="cosine", print_stats=False)
    assert found == {2: [["p/0.jpg", "p/1.jpg"], ["p/2.jpg", "p/3.jpg"]]}


def test_times_of_other_files_are_passed_over_and_missing_ones_named():
    """Unreadable pictures have a time and no fingerprint."""
    X = table([[0.0, 1], [0, 2], [9, 9]])
    times = {**table([1.0, 2, 3]), "p/broken.jpg": 4.0}
    assert calc.cluster(X, 0.5, times, print_stats=False) == {2: [["p/0.jpg", "p/1.jpg"]]}
    with pytest.raises(ArgumentError, match=r"1 of 3 fingerprints have no timestamp, such as 'p/2\.jpg'"):
        calc.cluster(X, 0.5, table([1.0, 2]), print_stats=False)
    with pytest.raises(ArgumentError, match=r"timestamp of p/2\.jpg is nan"):
        calc.cluster(X, 0.5, table([1.0, 2, float("nan")]), print_stats=False)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"sim": -0.1}, "sim is -0.1"),
        ({"sim": 1.5}, "sim is 1.5"),
        ({"sim": float("nan")}, "sim is nan"),
        ({"alpha": 2}, "alpha is 2"),
        ({"min_csize": 0}, "min_csize is 0"),
        ({"method": "upgma"}, "upgma"),
        ({"metric": "manhattan"}, "manhattan"),
    ],
)
def test_arguments_outside_their_range_are_refused(keywords, message):
    """By name, value and range, not by an assertion."""
    with pytest.raises(ArgumentError, match=message):
        calc.cluster(table([[0.0, 1], [1, 0], [1, 1]]), print_stats=False, **keywords)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"a": [1.0, 2.0], "b": [1.0]}, "b has 1 numbers and the first one 2"),
        ({"a": [[1.0]], "b": [[1.0]]}, "shape"),
        ({"a": ["x"], "b": ["y"]}, "real numbers"),
        ({"a": [1.0, float("inf")], "b": [1.0, 2.0]}, "not finite"),
    ],
)
def test_fingerprints_that_are_no_table_are_refused(rows, message):
    """The name of the first wrong one is given."""
    with pytest.raises(ArgumentError, match=message):
        calc.cluster(rows, print_stats=False)
    with pytest.raises(ArgumentError, match=message):
        calc.pca(rows)


def test_a_fingerprint_without_a_direction_is_named():
    """A cosine distance to zero does not exist."""
    with pytest.raises(ArgumentError, match=r"p/1\.jpg"):
        calc.cluster(table([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), metric="cosine", print_stats=False)


def test_more_pairs_than_fit_are_refused(monkeypatch):
    """With both figures, before they are computed."""
    monkeypatch.setattr("imagecluster.original.calc.available_bytes", lambda: 1 << 20)
    with pytest.raises(MemoryLimitError, match=r"3 fingerprints need .* GiB, but only 0\.0 GiB are available"):
        calc.cluster(table(np.eye(3)), print_stats=False)


def test_statistics_are_sorted_and_printed(capsys):
    """`cluster size : ncluster`, a line for each size, and how many pictures are in clusters."""
    clusters = {4: [["a", "b", "c", "d"]], 2: [["e", "f"], ["g", "h"]]}
    assert calc.cluster_stats(clusters).tolist() == [[2, 2], [4, 1]]
    assert calc.cluster_stats({}).shape == (0, 2)
    calc.print_cluster_stats(clusters)
    assert capsys.readouterr().out.splitlines() == [
        "cluster size : ncluster", "2 : 2", "4 : 1", "#images in clusters total:  8",
    ]  # fmt: skip
    calc.cluster({"a": [0.0], "b": [0.0]}, sim=1)
    assert "2 : 1" in capsys.readouterr().out


def test_fingerprints_go_through_the_model_in_batches():
    """By name, the same as one by one."""
    rng = np.random.default_rng(0)
    images = {f"{i}.png": rng.integers(0, 256, (8, 6, 3), np.uint8) for i in range(2 * original_calc.BATCH + 3)}
    model = MeanColours()
    found = calc.fingerprints(images, model)
    assert list(found) == list(images)
    for name, image in images.items():
        assert found[name].shape == (12,)
        np.testing.assert_array_equal(found[name], calc.fingerprint(image, model))
    assert calc.fingerprints({}, model) == {}


def test_grey_pictures_are_repeated_to_three_channels():
    """(h, w, 1), as Keras makes them, and (h, w)."""
    grey = np.random.default_rng(0).integers(0, 256, (8, 6), np.uint8)
    expected = calc.fingerprint(np.dstack([grey] * 3), MeanColours())
    for image in (grey, grey[:, :, None], grey.astype(np.int64), grey.astype(np.float32)):
        np.testing.assert_array_equal(calc.fingerprint(image, MeanColours()), expected)


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 6, 4), np.uint8), np.zeros(8, np.uint8), np.full((8, 6, 3), 0.5), np.full((8, 6, 3), 300),
     np.full((8, 6, 3), -1), np.zeros((8, 6, 3), complex), np.full((8, 6, 3), np.nan), np.zeros((0, 6, 3), np.uint8)],
)  # fmt: skip
def test_what_is_no_picture_is_refused(image):
    """Pixels from 0 to 1 would pass for black pictures."""
    with pytest.raises(ArgumentError, match="the picture"):
        calc.fingerprint(image, MeanColours())


def test_pictures_of_several_sizes_are_refused():
    """With the sizes."""
    images = {"a": np.zeros((8, 6, 3), np.uint8), "b": np.zeros((8, 8, 3), np.uint8)}
    with pytest.raises(ArgumentError, match="6 x 8, 8 x 8"):
        calc.fingerprints(images, MeanColours())


@given(
    st.integers(2, 30),
    st.integers(1, 20),
    st.one_of(st.floats(0.05, 0.99), st.integers(1, 4)),
    st.integers(0, 2**32 - 1),
)
def test_principal_components_are_those_of_scikit_learn(n, d, wanted, seed):
    """Up to the sign of a component: as many components, and the same distances."""
    X = np.random.default_rng(seed).standard_normal((n, d)) * np.linspace(1, 3, d)
    if isinstance(wanted, int):
        wanted = min(wanted, n, d)
    expected = PCA(wanted, svd_solver="full").fit_transform(X)
    found = np.array(list(calc.pca(table(X), wanted).values()))
    assert found.shape == expected.shape
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)


def test_principal_components_have_one_sign_whatever_the_order():
    """The largest weight of a component is positive: reversed fingerprints give the same numbers."""
    X = np.random.default_rng(5).standard_normal((12, 7))
    found, reversed_ = calc.pca(table(X), 3), calc.pca(dict(reversed(table(X).items())), 3)
    for name, row in found.items():
        np.testing.assert_allclose(row, reversed_[name], atol=1e-10)
    axes = np.linalg.lstsq(np.array(list(found.values())), X - X.mean(axis=0), rcond=None)[0]
    assert (axes[np.arange(3), np.abs(axes).argmax(axis=1)] > 0).all()


def test_principal_components_of_little_are_zero():
    """One picture, and equal pictures, have no variance."""
    assert calc.pca({}) == {}
    assert calc.pca({"a": [1.0, 2.0]})["a"].tolist() == [0.0]
    assert [row.tolist() for row in calc.pca({"a": [1.0, 2.0], "b": [1.0, 2.0]}).values()] == [[0.0], [0.0]]
    assert calc.pca(table(np.eye(4)), None)["p/0.jpg"].shape == (4,)


@pytest.mark.parametrize("wanted", [0, 4, -1, 1.5, 0.0, float("nan"), True])
def test_impossible_numbers_of_components_are_refused(wanted):
    """Three pictures of five numbers have one to three."""
    with pytest.raises(ArgumentError, match="n_components"):
        calc.pca(table(np.random.default_rng(0).standard_normal((3, 5))), wanted)
