"""Flat clusters of any linkage matrix."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from imagecluster.original.labels import linkage_labels

METHODS = ("average", "single", "complete", "weighted", "ward", "centroid", "median")


def test_labels_are_the_numbers_of_scipy():
    """Also of trees whose heights fall, and where many heights are equal."""
    rng = np.random.default_rng(4)
    for case in range(300):
        n = rng.integers(2, 30)
        X = rng.standard_normal((n, 3))
        Z = linkage(np.round(X) if case % 3 == 0 else X, METHODS[case % 7])
        height = rng.choice(Z[:, 2]) * rng.choice([0.9, 1.0, 1.1])
        np.testing.assert_array_equal(linkage_labels(Z, height, n_leaves=n), fcluster(Z, height, "distance"))


def test_none_and_one_have_no_merge():
    """One leaf is cluster 1."""
    assert linkage_labels(np.empty((0, 4)), 1.0, n_leaves=0).tolist() == []
    assert linkage_labels(np.empty((0, 4)), 1.0, n_leaves=1).tolist() == [1]
