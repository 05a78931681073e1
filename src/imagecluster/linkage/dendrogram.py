"""From merges in any order to scipy's linkage matrix, and the leaf order in which every cluster is one run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.records import Dendrogram


def dendrogram(
    n_leaves: int,
    children: NDArray[np.int64],
    heights: NDArray[np.float64],
    *,
    largest_distance: float,
) -> Dendrogram:
    """Dendrogram of merges that are listed children first.

    Parameters
    ----------
    n_leaves : int
    children : array of int64, shape (n_leaves - 1, 2)
        Merge t makes node n_leaves + t of these two nodes; both are leaves or made before.
    heights : array of float64, shape (n_leaves - 1,)
        No lower than those of the children.
    largest_distance : float
        Largest distance between two leaves.

    """
    n_merges = len(children)
    by_height = np.argsort(heights, kind="stable")
    number = np.empty(n_leaves + n_merges, np.int64)
    number[:n_leaves] = np.arange(n_leaves)
    number[n_leaves + by_height] = n_leaves + np.arange(n_merges)
    merges = np.empty((n_merges, 4))
    pairs = np.sort(number[children[by_height]], axis=1)
    merges[:, :2] = pairs
    merges[:, 2] = heights[by_height]
    sizes, order, gap = _layout(n_leaves, pairs, merges[:, 2])
    merges[:, 3] = sizes[n_leaves:]
    root = float(merges[-1, 2]) if n_merges else 0.0
    return Dendrogram(merges, max(largest_distance, root), order, gap)


def _layout(
    n_leaves: int, pairs: NDArray[np.int64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Sizes of all nodes, leaf order, and the height at which neighbours of that order first meet."""
    left, right = pairs[:, 0].tolist(), pairs[:, 1].tolist()
    size = [1] * n_leaves
    for i, j in zip(left, right, strict=True):
        size.append(size[i] + size[j])
    start = [0] * len(size)
    boundary = [0] * len(left)
    for t in range(len(left) - 1, -1, -1):
        first = start[n_leaves + t]
        start[left[t]] = first
        start[right[t]] = second = first + size[left[t]]
        boundary[t] = second - 1
    gap = np.empty(len(left))
    gap[boundary] = heights
    order = np.empty(n_leaves, np.int64)
    order[start[:n_leaves]] = np.arange(n_leaves)
    return np.array(size, np.int64), order, gap
