"""The scikit-learn style estimator."""

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone, is_clusterer
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

import imagecluster
from imagecluster import ImageClusterer
from imagecluster.errors import ArgumentError


def blobs():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 16))
    y = np.repeat(np.arange(4), 10)
    return centres[y] + 0.05 * rng.standard_normal((40, 16)), y


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
