"""Assignment of new pictures to the clusters of a cut, as average linkage compares a picture with a cluster."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.central import unit_rows
from imagecluster.records import Dendrogram

__all__ = ["ClusterMeans", "mean_time_similarity", "reaches"]

_ROUNDING = 1e-9
"""Distances that exceed a reach by less count as equal to it: fingerprints are rounded to 16 or 32 bits."""

_CHUNK_BYTES = 1 << 24


def reaches(dendrogram: Dendrogram, labels: NDArray[np.int64], height: float) -> NDArray[np.float64]:
    """Largest mean distance at which each cluster takes another picture in, shape (n_clusters,).

    It is the height of the cut. A cluster whose own height is larger reaches as far as that, and a cluster that the
    cut keeps apart from its neighbour below that height reaches less far than the neighbour.

    Parameters
    ----------
    dendrogram : Dendrogram
        The dendrogram of the distances, which are compared with it.
    labels : array of int64, shape (n_leaves,)
        Cluster of each leaf, from 0; -1 for none. Each cluster is a run of the leaf order.
    height : float
        Distance of the cut.

    """
    by_place = labels[dendrogram.order]
    places = np.flatnonzero(by_place >= 0)
    n_clusters = int(labels.max(initial=-1)) + 1
    first, last = np.full(n_clusters, len(labels)), np.zeros(n_clusters, np.int64)
    np.minimum.at(first, by_place[places], places)
    np.maximum.at(last, by_place[places], places)
    gap = np.concatenate([[np.inf], dendrogram.gap, [np.inf]])  # gap[p] lies before place p
    found = np.empty(n_clusters)
    for cluster, (start, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        own = gap[start + 1 : end + 1].max(initial=0.0)
        neighbour = min(gap[start], gap[end + 1])
        found[cluster] = min(max(height, own), np.nextafter(neighbour, -np.inf))
    return found


class ClusterMeans:
    """Mean vectors of clusters, with which the mean cosine of a picture and all members is one product.

    Parameters
    ----------
    X : array, shape (n_leaves, n_dimensions)
        The vectors, of any length.
    labels : array of int64, shape (n_leaves,)
        Cluster of each row, from 0; -1 for none.
    weight : array of float64, shape (n_leaves,), optional
        Factor of each row's cosines; default: 1.

    """

    def __init__(self, X: NDArray[Any], labels: NDArray[np.int64], weight: NDArray[np.float64] | None = None) -> None:
        self.means = np.empty((int(labels.max(initial=-1)) + 1, X.shape[1]))
        chunk = max(1, _CHUNK_BYTES // (8 * max(1, X.shape[1])))
        by_label = np.argsort(labels, kind="stable")
        bounds = np.searchsorted(labels[by_label], np.arange(len(self.means) + 1))
        for cluster, (start, end) in enumerate(pairwise(bounds.tolist())):
            total = np.zeros(X.shape[1])
            for at in range(start, end, chunk):
                rows = by_label[at : min(at + chunk, end)]
                unit = unit_rows(X, rows)
                total += unit.sum(axis=0) if weight is None else weight[rows] @ unit
            self.means[cluster] = total / (end - start)

    def assigned(
        self,
        queries: NDArray[Any],
        reach: NDArray[np.float64],
        further: Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]] | None = None,
    ) -> NDArray[np.int64]:
        """Nearest cluster of each query, shape (n,); -1 for one that is farther from it than its reach.

        Parameters
        ----------
        queries : array, shape (n, n_dimensions)
            Vectors of any length; a zero row is at distance 1 from everything.
        reach : array of float64, shape (n_clusters,)
            See `reaches`.
        further : function, optional
            From the row numbers of some queries and their mean cosines, shape (m, n_clusters), to the similarities to
            use instead.

        """
        found = np.full(len(queries), -1, np.int64)
        if not len(self.means):
            return found
        chunk = max(1, _CHUNK_BYTES // (8 * max(self.means.shape)))
        for start in range(0, len(queries), chunk):
            rows = np.arange(start, min(start + chunk, len(queries)))
            similarity = unit_rows(queries, rows) @ self.means.T
            if further is not None:
                similarity = further(rows, similarity)
            nearest = similarity.argmax(axis=1)
            distance = 1.0 - similarity[np.arange(len(rows)), nearest]
            found[rows] = np.where(distance <= reach[nearest] + _ROUNDING, nearest, -1)
        return found


def mean_time_similarity(
    times_s: NDArray[np.float64], members_s: NDArray[np.float64], labels: NDArray[np.int64], *, scale_s: float
) -> NDArray[np.float64]:
    """Mean of exp(-|t - t'| / scale_s) over each cluster, shape (len(times_s), n_clusters); 0 where a time is NaN.

    Parameters
    ----------
    times_s : array of float64, shape (n,)
        Times of the new pictures, in seconds; NaN for none.
    members_s : array of float64, shape (n_leaves,)
        Times of the clustered pictures.
    labels : array of int64, shape (n_leaves,)
        Cluster of each of them, from 0; -1 for none.
    scale_s : float
        Time after which the similarity has fallen to 1/e.

    """
    n_clusters = int(labels.max(initial=-1)) + 1
    found = np.zeros((len(times_s), n_clusters))
    by_label = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[by_label], np.arange(n_clusters + 1)).tolist()
    for cluster, (start, end) in enumerate(pairwise(bounds)):
        members = members_s[by_label[start:end]]
        for row in np.flatnonzero(~np.isnan(times_s)):
            found[row, cluster] = np.nansum(np.exp(-np.abs(times_s[row] - members) / scale_s)) / len(members)
    return found
