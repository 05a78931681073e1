"""The scikit-learn style estimator."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils.estimator_checks import check_estimator

import imagecluster
from imagecluster import ImageClusterer
from imagecluster.errors import ArgumentError
from pictures import draw_groups


def blobs():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 16))
    y = np.repeat(np.arange(4), 10)
    return centres[y] + 0.05 * rng.standard_normal((40, 16)), y


@pytest.mark.parametrize("estimator", [ImageClusterer(), ImageClusterer(min_size=1, max_diameter=0.3)])
def test_scikit_learns_own_checks_pass(estimator):
    """All of them, of vectors; scikit-learn only remarks that the class is not derived from one of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Estimator ImageClusterer does not inherit from")
        warnings.filterwarnings("ignore", "no cut has")  # as many clusters as the checks set
        outcomes = check_estimator(estimator, on_skip=None)
    assert {outcome["status"] for outcome in outcomes} <= {"passed", "skipped"}
    # One check needs a setting of scipy's from before its import.
    assert sum(outcome["status"] == "skipped" for outcome in outcomes) <= 1
    assert len(outcomes) >= 40


def test_labels_are_the_groups():
    """fit, fit_predict and labels_ agree, and find well separated groups."""
    X, y = blobs()
    estimator = ImageClusterer(sim=0.7).fit(X)
    assert adjusted_rand_score(y, estimator.labels_) == 1
    np.testing.assert_array_equal(estimator.labels_, ImageClusterer(sim=0.7).fit_predict(X))
    assert estimator.n_features_in_ == 16


def test_a_cut_at_another_sim_equals_a_new_fit():
    """`cut` answers from the dendrogram."""
    X, _ = blobs()
    estimator = ImageClusterer(sim=0.5).fit(X)
    for sim in (0.0, 0.3, 0.95, 1.0):
        np.testing.assert_array_equal(estimator.cut(sim), ImageClusterer(sim=sim).fit(X).labels_)


def test_pictures_in_no_cluster_have_the_label_minus_one():
    """As in other clusterers that know noise; min_size decides."""
    X, _ = blobs()
    assert set(ImageClusterer(sim=1.0).fit_predict(X)) == {-1}
    assert set(ImageClusterer(sim=0.7, min_size=11).fit_predict(X)) == {-1}


def test_scikit_learn_takes_it_for_a_clusterer():
    """clone, pipelines, parameters and the representation follow the protocol."""
    X, y = blobs()
    estimator = ImageClusterer(sim=0.7, min_size=3)
    assert is_clusterer(estimator)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert repr(copy) == repr(estimator)
    labels = make_pipeline(Normalizer(), estimator).fit_predict(X)
    assert adjusted_rand_score(y, labels) == 1
    with pytest.raises(ArgumentError, match="no parameter 'eps'"):
        estimator.set_params(eps=1)


def test_method_metric_and_diameter_are_parameters():
    """They are cloned with the others, and reach the dendrogram and every cut."""
    X, y = blobs()
    estimator = clone(ImageClusterer(sim=0.7, method="ward", metric="euclidean", max_diameter=0.5))
    assert adjusted_rand_score(y, estimator.fit_predict(X)) == 1
    np.testing.assert_array_equal(
        estimator.dendrogram_.merges, imagecluster.dendrogram(X, method="ward", metric="euclidean").merges
    )
    assert adjusted_rand_score(y, estimator.cut(0.0)) == 1
    assert set(estimator.set_params(max_diameter=None).cut(0.0)) == {0}


def test_cut_before_fit_says_so():
    """The message names the cure."""
    with pytest.raises(ArgumentError, match="call fit first"):
        ImageClusterer().cut(0.5)


def test_paths_are_fingerprinted(tmp_path):
    """A list of files, or a folder, works in place of vectors."""
    for i in range(3):
        colours = np.random.default_rng(i).integers(0, 256, (4, 5, 3), np.uint8)
        for j in range(2):
            Image.fromarray(colours).resize((100 + j, 80), Image.Resampling.BICUBIC).save(tmp_path / f"{i}{j}.png")
    labels = ImageClusterer(sim=0.5, sim_scale="relative").fit_predict(sorted(tmp_path.iterdir()))
    assert adjusted_rand_score([0, 0, 1, 1, 2, 2], labels) == 1


def test_vectors_of_zeros_are_a_group_of_their_own():
    """They are equal to each other and at distance 1 from all others; new ones join them."""
    X = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.01], [0.0, 0.0], [0.0, 1.0]])
    estimator = ImageClusterer(sim=0.5).fit(X)
    assert estimator.labels_.tolist() == [0, 1, 0, 1, -1]
    assert estimator.n_features_in_ == 2
    assert estimator.predict([[0, 0], [3, 0], [0.0, 1.0]]).tolist() == [1, 0, -1]
    assert ImageClusterer(sim=0.5).fit(X[::2]).predict([[0, 0], [3, 0]]).tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.empty((0, 3)), r"0 sample\(s\)"),
        (np.empty((3, 0)), r"0 feature\(s\)"),
        (np.ones((2, 2), complex), "Complex data not supported"),
        (csr_array(np.eye(2)), "sparse input is not supported"),
        (np.array([["a", 1.0]], object), "not all real numbers"),
        ([1.0, 2.0], "Reshape your data"),
        ([[np.nan, 1.0]], "NaN|not finite"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(X, message):
    """By fit and by predict, each time with the reason."""
    with pytest.raises(ArgumentError, match=message):
        ImageClusterer().fit(X)
    fitted = ImageClusterer().fit(np.eye(2))
    with pytest.raises(ArgumentError, match=rf"{message}|expecting 2 features"):
        fitted.predict(X)


@given(st.integers(2, 25), st.integers(1, 12), st.floats(0, 1), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_new_vectors_go_to_the_cluster_nearest_by_mean_distance(n, n_new, sim, min_size, seed):
    """Or to none if that is farther away than the cut, as scipy's distances say."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((4, 5))
    X, new = (centres[rng.integers(4, size=m)] + 0.5 * rng.standard_normal((m, 5)) for m in (n, n_new))
    estimator = ImageClusterer(sim=sim, min_size=min_size).fit(X)
    height = (1 - sim) * estimator.dendrogram_.largest_distance if sim else np.inf
    distances = cdist(new, X, "cosine")
    clusters = range(estimator.labels_.max() + 1)
    means = np.array([distances[:, estimator.labels_ == cluster].mean(axis=1) for cluster in clusters]).T
    for label, row in zip(estimator.predict(new), means.reshape(n_new, -1), strict=True):
        nearest = row.min(initial=np.inf)
        if label < 0:
            assert not len(row) or nearest > height - 1e-6
        else:
            assert row[label] <= min(nearest, height) + 1e-6


def test_those_that_stand_alone_still_do():
    """Average linkage would have joined them; every other one finds its cluster again where clusters are compact."""
    X, _ = blobs()
    X = np.vstack([X, -X[:1]])
    estimator = ImageClusterer(sim=0.7).fit(X)
    np.testing.assert_array_equal(estimator.predict(X), estimator.labels_)
    np.testing.assert_array_equal(estimator.set_params(sim=0.0).predict(X), estimator.labels_)  # of the fit
    assert set(ImageClusterer(sim=0.0).fit(X).predict(-X)) == {0}


def test_clusters_that_were_divided_reach_less_far_than_their_neighbour():
    """With a largest diameter, a picture beyond the other part does not join."""
    angles = np.radians([0, 5, 30, 35])
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    estimator = ImageClusterer(sim=0.0, sim_scale="relative", max_diameter=0.01).fit(X)
    assert len(set(estimator.labels_)) == 2
    estimator = ImageClusterer(sim=0.01, sim_scale="relative", max_diameter=0.01).fit(X)
    found = estimator.predict([[np.cos(a), np.sin(a)] for a in np.radians([2, 33, 80, -30])])
    assert found.tolist() == [*estimator.labels_[[0, 2]], -1, -1]


def test_times_count_for_new_pictures_too():
    """The same two subjects on two days; without a time, the content decides."""
    X, days = np.array([[1.0, 0.0], [1.0, 0.2], [1.0, 0.1], [1.0, 0.3]]), np.array([0.0, 60.0, 86400.0, 86460.0])
    estimator = ImageClusterer(sim=0.5, time_weight=0.7).fit(X, times_s=days)
    first, second = estimator.labels_[[0, 2]]
    assert estimator.labels_.tolist() == [first, first, second, second]
    assert estimator.predict([[1.0, 0.1]] * 2, times_s=[30.0, 86400.0]).tolist() == [first, second]
    joint = ImageClusterer(sim=0.5, time_weight=0.7).fit(np.vstack([X, [[1.0, 0.1]]]), times_s=[*days, 30.0])
    assert joint.labels_[-1] == joint.labels_[0]
    assert estimator.predict([[1.0, 0.1]]).shape == (1,)
    with pytest.raises(ArgumentError, match="times of shape"):
        estimator.predict([[1.0, 0.1]], times_s=[1.0, 2.0])


def test_predict_says_what_it_needs():
    """A fit, the same kind of fingerprints, and a linkage whose heights are mean cosine distances."""
    X, _ = blobs()
    with pytest.raises(NotFittedError, match="call fit first"):
        ImageClusterer().predict(X)
    with pytest.raises(ArgumentError, match="call fit first"):
        ImageClusterer().predict(X)
    with pytest.raises(ArgumentError, match="X has 3 features, but ImageClusterer is expecting 16"):
        ImageClusterer().fit(X).predict(X[:, :3])
    with pytest.raises(ArgumentError, match="average linkage under cosine distance, but this is ward"):
        ImageClusterer(method="ward", metric="euclidean").fit(X).predict(X)
    one, other = (imagecluster.records.Fingerprints((), X.astype(np.float32), f"some@{i}") for i in (1, 2))
    with pytest.raises(ArgumentError, match="fingerprints of some@2, but those that were fitted are of some@1"):
        ImageClusterer(sim_scale="relative").fit(one).predict(other)


def test_an_error_before_fit_does_not_load_scikit_learn():
    """It is scikit-learn's own only where scikit-learn is in use."""
    code = (
        "import sys, imagecluster\n"
        "try: imagecluster.ImageClusterer().predict([[1.0]])\n"
        "except imagecluster.errors.ArgumentError: print('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_new_pictures_are_fingerprinted(tmp_path):
    """A list of files, or a folder, works in place of vectors here too."""
    folder = draw_groups(tmp_path / "pics", (3, 3, 3))
    estimator = ImageClusterer(sim=0.75).fit([folder / f"{i}_{j}.png" for i in range(2) for j in range(2)])
    first, second = estimator.labels_[[0, 2]]
    assert {first, second} == {0, 1}
    assert estimator.predict([folder / f"{i}_2.png" for i in range(3)]).tolist() == [first, second, -1]
