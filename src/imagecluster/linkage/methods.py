"""Names of linkage methods and metrics, and their valid pairs. It imports nothing, so that a parser can use it."""

from __future__ import annotations

from imagecluster.errors import ArgumentError

METHODS = ("average", "centroid", "complete", "median", "single", "ward", "weighted")
"""Linkage methods, by their names in `scipy.cluster.hierarchy.linkage`."""

OF_CENTROIDS = ("centroid", "median", "ward")
"""Methods that are defined by centroids, and only for the Euclidean distance."""

EUCLIDEAN_METRICS = ("correlation", "cosine", "euclidean", "sqeuclidean")
"""Metrics that are a function of the Euclidean distance of suitable points."""

OWN_METRICS = tuple(sorted((*EUCLIDEAN_METRICS, "chebyshev", "cityblock")))
"""Metrics that do not need scipy."""

SCIPY_METRICS = (
    "braycurtis",
    "canberra",
    "dice",
    "hamming",
    "jaccard",
    "jensenshannon",
    "mahalanobis",
    "minkowski",
    "rogerstanimoto",
    "russellrao",
    "seuclidean",
    "sokalsneath",
    "yule",
)
"""Metrics of scipy, with its defaults."""

_OF_PRODUCTS = ("cosine", "euclidean", "sqeuclidean")
"""Metrics that do not depend on the axes, since only products of the coordinates of times have a meaning."""

METRICS = tuple(sorted((*OWN_METRICS, *SCIPY_METRICS)))
"""Metrics, by their names in `scipy.spatial.distance.pdist`."""

_OF_PRODUCTS = ("cosine", "euclidean", "sqeuclidean")
"""Metrics that do not depend on the axes, since only products of the coordinates of times have a meaning."""


def check_method(method: str, metric: str) -> None:
    """Raise ArgumentError if a method or a metric is unknown, or if they do not go together."""
    if method not in METHODS:
        raise ArgumentError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
    if metric not in METRICS:
        raise ArgumentError(f"metric is {metric!r}; it must be one of {', '.join(METRICS)}")
    if method in OF_CENTROIDS and metric != "euclidean":
        raise ArgumentError(
            f"{method} linkage is defined for the metric euclidean only, got {metric}; use euclidean, which orders "
            "pairs of unit vectors as cosine does"
        )


def check_time_metric(metric: str) -> None:
    """Raise ArgumentError if a metric has no meaning for vectors of content and time together."""
    if metric not in _OF_PRODUCTS:
        raise ArgumentError(f"metric is {metric!r}; where time counts it must be one of {', '.join(_OF_PRODUCTS)}")
