"""Every linkage method and metric of scipy, each on the path that needs the least memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import MemoryLimitError
from imagecluster.linkage.average import average_linkage
from imagecluster.linkage.condensed import condensed, condensed_bytes
from imagecluster.linkage.dendrogram import dendrogram, dendrogram_of_merges, dendrogram_of_unique
from imagecluster.linkage.duplicates import identical_rows
from imagecluster.linkage.input_check import checked
from imagecluster.linkage.methods import EUCLIDEAN_METRICS, OF_CENTROIDS, check_method
from imagecluster.linkage.nearest import Tiles, largest_squared
from imagecluster.linkage.points import Points, less_their_mean
from imagecluster.linkage.spanning import N_CANDIDATES, merges_of_tree, spanning_tree
from imagecluster.linkage.ward import ward_merges
from imagecluster.records import Dendrogram
from imagecluster.system.cores import Mapper, threads
from imagecluster.system.memory import available_bytes
from imagecluster.system.progress import OnProgress, shares, silent

_SHARE = 0.75
"""Share of the available memory that is used if no limit is given."""


def linkage(
    X: NDArray[Any],
    *,
    method: str = "average",
    metric: str = "cosine",
    n_threads: int | None = None,
    max_memory_bytes: int | None = None,
    progress: OnProgress = silent,
) -> Dendrogram:
    """Dendrogram of vectors, as `scipy.cluster.hierarchy.linkage` defines its methods.

    Average linkage under cosine or correlation, single linkage under these, euclidean and sqeuclidean, and ward,
    centroid and median linkage need memory for the vectors only. All others need all pairs, 4 n (n - 1) bytes.

    Parameters
    ----------
    X : array of real numbers, shape (n_images, n_dimensions)
    method : str
        One of `imagecluster.linkage.methods.METHODS`. For ward, centroid and median the metric must be euclidean;
        centroid and median can have inversions.
    metric : str
        One of `imagecluster.linkage.methods.METRICS`.
    n_threads : int, optional
        Number of threads; default: as many as this process may use. Merging by centroid or median, or with all pairs,
        uses one.
    max_memory_bytes : int, optional
        Limit on the memory needed in addition to `X`. Default: no limit if the vectors are enough, else three quarters
        of the available memory.
    progress : callable
        Called from this thread with the completed share of each stage.

    Returns
    -------
    Dendrogram
        The dendrogram; `largest_distance` is in the metric. Heights of ward can be larger.

    Raises
    ------
    ArgumentError
        The method or metric is unknown, or they do not go together.
    VectorError
        A row has no distance to other rows in the metric.
    MemoryLimitError
        More memory is needed than allowed.
    MissingExtraError
        The metric needs scipy, which is not installed.

    Examples
    --------
    >>> tree = linkage(np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]]), method="ward", metric="euclidean")
    >>> tree.merges.round(3).tolist()
    [[0.0, 2.0, 1.0, 2.0], [1.0, 3.0, 4.655, 3.0]]

    """
    check_method(method, metric)
    X = checked(X)
    if method == "average" and metric in ("cosine", "correlation"):
        if metric == "correlation":
            X = less_their_mean(X)
            max_memory_bytes = None if max_memory_bytes is None else max_memory_bytes - X.nbytes
        return average_linkage(X, n_threads=n_threads, max_memory_bytes=max_memory_bytes, progress=progress)
    _check_memory(X, method, metric, max_memory_bytes)
    with threads(X, n_threads) as run:
        if method in OF_CENTROIDS or (method == "single" and metric in EUCLIDEAN_METRICS):
            points = Points(X, metric, run=run)
            if points.n < 2:
                return _without_merges(points.n)
            paths = {"single": _single, "ward": _ward}
            if method in paths:
                return paths[method](points, run, progress)
            return _by_centroids(points, method, run, progress)
        return _with_all_pairs(X, method, metric, run, progress)


def needed_bytes(n: int, d: int, method: str, metric: str) -> int:
    """Largest memory in bytes that a method needs in addition to the vectors; for average linkage see there."""
    if method in ("centroid", "median"):
        return n * (24 * d + 400) + (64 << 20)
    if method == "ward":
        return n * (8 * d + 400) + (64 << 20)
    if method == "single" and metric in EUCLIDEAN_METRICS:
        return n * ((16 if metric == "correlation" else 8) * d + 28 * N_CANDIDATES + 400) + (64 << 20)
    return condensed_bytes(n, d) + 400 * n


def _check_memory(X: NDArray[Any], method: str, metric: str, allowed: int | None) -> None:
    """Raise MemoryLimitError if a method needs more memory than allowed."""
    n, d = X.shape
    needed = needed_bytes(n, d, method, metric)
    source = "allowed"
    all_pairs = needed >= condensed_bytes(n, d)
    if allowed is None and all_pairs:
        available = available_bytes()
        allowed, source = int(_SHARE * available), f"{_SHARE:.0%} of the {available / 2**30:.1f} GiB available"
    if allowed is None or needed <= allowed:
        return
    cure = (
        "single linkage, average linkage under cosine, and ward under euclidean need only the vectors"
        if all_pairs
        else "allow more, or use fewer rows"
    )
    raise MemoryLimitError(
        f"{method} linkage of {n} rows under {metric} needs {needed / 2**30:.2f} GiB in addition to the vectors"
        f"{' for the distances of all pairs' if all_pairs else ''}; the limit is {allowed / 2**30:.2f} GiB ({source}): "
        f"{cure}"
    )


def _without_merges(n: int) -> Dendrogram:
    """Dendrogram of no leaf or one leaf."""
    return dendrogram(n, np.empty((0, 2), np.int64), np.empty(0), largest_distance=0.0)


def _largest(points: Points, tiles: Tiles, run: Mapper, progress: OnProgress) -> float:
    """Largest distance of two rows."""
    squared = largest_squared(tiles, points.n, run=run, progress=shares(progress, "farthest"))
    return float(points.distance(np.array(squared)))


def _single(points: Points, run: Mapper, progress: OnProgress) -> Dendrogram:
    """Single linkage from a minimum spanning tree."""
    unique = identical_rows(points.X)
    tiles = Tiles(lambda ids: points.rows(unique.leaf[ids]), points.centre())
    edges, squared = spanning_tree(tiles, len(unique.leaf), run=run, progress=shares(progress, "pairs"))
    return dendrogram_of_unique(
        unique,
        merges_of_tree(len(unique.leaf), edges),
        points.distance(squared),
        largest_distance=_largest(points, Tiles(points.rows, tiles.centre), run, progress),
    )


def _ward(points: Points, run: Mapper, progress: OnProgress) -> Dendrogram:
    """Ward's method from centroids."""
    unique = identical_rows(points.X)
    children, heights = ward_merges(
        points.rows(unique.leaf), unique.count, run=run, progress=shares(progress, "merging")
    )
    largest = _largest(points, Tiles(points.rows, points.centre()), run, progress)
    return dendrogram_of_unique(unique, children, heights, largest_distance=largest)


def _by_centroids(points: Points, method: str, run: Mapper, progress: OnProgress) -> Dendrogram:
    """Centroid or median linkage by fastcluster, from vectors, since all pairs would cancel near height 0."""
    import fastcluster

    largest = _largest(points, Tiles(points.rows, points.centre()), run, progress)
    merging = shares(progress, "merging")
    merging(0.0)
    merges = fastcluster.linkage_vector(np.asarray(points.X, np.float64), method, "euclidean")
    merging(1.0)
    return dendrogram_of_merges(merges, largest_distance=largest)


def _with_all_pairs(X: NDArray[Any], method: str, metric: str, run: Mapper, progress: OnProgress) -> Dendrogram:
    """A method that takes all distances, by fastcluster."""
    import fastcluster

    distances = condensed(X, metric, run=run, progress=shares(progress, "pairs"))
    if len(X) < 2:
        return _without_merges(len(X))
    largest = float(distances.max())
    merging = shares(progress, "merging")
    merging(0.0)
    merges = fastcluster.linkage(distances, method, preserve_input=False)
    merging(1.0)
    return dendrogram_of_merges(merges, largest_distance=largest)
