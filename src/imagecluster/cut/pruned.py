"""The rest of a dendrogram when some leaves are hidden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.records import Dendrogram

__all__ = ["pruned"]


def pruned(dendrogram: Dendrogram, hidden: NDArray[np.int64]) -> tuple[Dendrogram, NDArray[np.int64]]:
    """A dendrogram without some of its leaves, and the remaining leaves.

    Every cut of the result is the cut of the dendrogram without these leaves. Its merges are made from `gap`, so that
    clusters that would be too wide join at an infinite height.

    Parameters
    ----------
    dendrogram : Dendrogram
    hidden : array of int64
        Leaves to leave out.

    Returns
    -------
    dendrogram : Dendrogram
        The pruned dendrogram, whose leaf i is leaf `rows[i]` of the given one.
    rows : array of int64, shape (n_left,)
        The remaining leaves, ascending.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> tree, rows = pruned(average_linkage(np.array([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0]])), np.array([1]))
    >>> tree.merges[:, [0, 1, 3]].tolist(), rows.tolist()
    ([[0.0, 1.0, 2.0]], [0, 2])

    """
    seen = np.ones(dendrogram.n_leaves, np.bool_)
    seen[hidden] = False
    places = np.flatnonzero(seen[dendrogram.order])
    rows = np.flatnonzero(seen)
    number = np.full(dendrogram.n_leaves, -1, np.int64)
    number[rows] = np.arange(len(rows))
    order = number[dendrogram.order[places]]
    # Two neighbours join at the highest gap between their places.
    gap = np.maximum.reduceat(dendrogram.gap, places[:-1]) if len(places) > 1 else np.empty(0)
    if len(places) > 1:
        gap[-1] = dendrogram.gap[places[-2] : places[-1]].max()
    return Dendrogram(_merges(order, gap), dendrogram.top, order, gap), rows


def _merges(order: NDArray[np.int64], gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linkage matrix, as in scipy, for a leaf order and the heights between neighbours, shape (n - 1, 4)."""
    n = len(order)
    node = order.tolist()  # the node of the run that begins or ends at a place
    first, last = list(range(n)), list(range(n))
    merges = np.empty((len(gap), 4))
    for i, place in enumerate(np.argsort(gap, kind="stable").tolist()):
        start, end = first[place], last[place + 1]
        pair = sorted((node[start], node[end]))
        merges[i] = (*pair, gap[place], end - start + 1)
        node[start] = node[end] = n + i
        last[start], first[end] = end, start
    return merges
