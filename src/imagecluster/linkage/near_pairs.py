"""Pairs of near pictures, from a graph of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.duplicates import identical_rows
from imagecluster.records import NeighbourGraph

__all__ = ["near_pairs", "nearest_rows"]

_ROUNDING = 1e-5
"""Similarities are rounded to this step, so that the last bits of float32 products do not choose the pairs."""


def near_pairs(
    X: NDArray[Any], graph: NeighbourGraph, *, k: int, beyond: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each row with its nearest few, of those that are farther than a distance.

    Parameters
    ----------
    X : array of float32 or float64, shape (n, d)
        Vectors, of which identical ones are represented by the first.
    graph : NeighbourGraph
        The graph of exactly these vectors, from `link`.
    k : int
        Largest number of neighbours of a row; its list in the graph may hold fewer.
    beyond : float
        Cosine distance above which a neighbour counts.

    Returns
    -------
    tuple of arrays of int64, shape (n_pairs,)
        Rows of `X`; each pair once, the smaller row first, in ascending order.

    """
    unique = identical_rows(X)
    if len(unique.leaf) != len(graph.digests):
        raise ValueError(f"a graph of {len(graph.digests)} vectors for {len(unique.leaf)}")
    similarity = np.round(graph.similarity.astype(np.float64) / _ROUNDING) * _ROUNDING
    counts = (graph.index >= 0) & (1.0 - similarity > beyond)
    similarity = np.where(counts, similarity, -np.inf)
    order = np.lexsort((graph.index, -similarity), axis=1)[:, :k]
    row = np.repeat(np.arange(len(order)), order.shape[1])
    chosen = np.take_along_axis(counts, order, axis=1).ravel()
    first = unique.leaf[row[chosen]]
    second = unique.leaf[np.take_along_axis(graph.index, order, axis=1).ravel()[chosen]]
    code = np.unique(np.minimum(first, second) * len(X) + np.maximum(first, second))
    low, high = np.divmod(code, max(1, len(X)))
    return low, high


def nearest_rows(X: NDArray[Any], graph: NeighbourGraph, *, k: int) -> NDArray[np.int64]:
    """The nearest few rows of each row.

    Parameters
    ----------
    X : array of float32 or float64, shape (n, d)
        Vectors.
    graph : NeighbourGraph
        The graph of exactly these vectors, from `link` or `neighbours_of`.
    k : int
        Number of neighbours; the list of a row in the graph may hold fewer.

    Returns
    -------
    array of int64, shape (n, k)
        Rows of `X`, the nearest first; -1 where there is none. Of identical vectors all but the first one have this one
        as their nearest; no row but these has them as a neighbour.

    """
    unique = identical_rows(X)
    if len(unique.leaf) != len(graph.digests):
        raise ValueError(f"a graph of {len(graph.digests)} vectors for {len(unique.leaf)}")
    similarity = np.round(graph.similarity.astype(np.float64) / _ROUNDING) * _ROUNDING
    similarity = np.where(graph.index >= 0, similarity, -np.inf)
    order = np.lexsort((graph.index, -similarity), axis=1)[:, :k]
    index = np.take_along_axis(graph.index, order, axis=1).astype(np.int64)
    of_unique = np.full((len(unique.leaf), k), -1, np.int64)
    of_unique[:, : index.shape[1]] = np.where(index >= 0, unique.leaf[index], -1)
    found = of_unique[unique.row_of_leaf]
    first = unique.leaf[unique.row_of_leaf]
    later = np.flatnonzero(first != np.arange(len(X)))
    found[later, 1:] = found[later, :-1]
    found[later, 0] = first[later]
    return found
