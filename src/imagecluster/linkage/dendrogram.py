"""From merges in any order to scipy's linkage matrix and a leaf order in which every cluster is one run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.duplicates import Unique
from imagecluster.records import Dendrogram


def dendrogram(
    n_leaves: int,
    children: NDArray[np.int64],
    heights: NDArray[np.float64],
    *,
    largest_distance: float,
) -> Dendrogram:
    """Dendrogram of merges, each of which comes after its children.

    Parameters
    ----------
    n_leaves : int
    children : array of int64, shape (n_leaves - 1, 2)
        Merge t makes node n_leaves + t from these two nodes, which are leaves or made before.
    heights : array of float64, shape (n_leaves - 1,)
        Heights of the merges, not lower than those of their children.
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
    return Dendrogram(merges, largest_distance, order, gap)


def dendrogram_of_unique(
    unique: Unique, children: NDArray[np.int64], heights: NDArray[np.float64], *, largest_distance: float
) -> Dendrogram:
    """Dendrogram of all rows: identical ones at height 0, then merges of the distinct ones.

    Parameters
    ----------
    unique : Unique
    children : array of int64, shape (n_unique - 1, 2)
        As for `dendrogram`, but of the distinct rows only.
    heights : array of float64, shape (n_unique - 1,)
    largest_distance : float

    """
    n_same = len(unique.children)
    n = len(unique.leaf) + n_same
    node = np.concatenate([unique.node, n + n_same + np.arange(len(children))])
    return dendrogram(
        n,
        np.concatenate([unique.children, node[children]]),
        np.concatenate([np.zeros(n_same), heights]),
        largest_distance=largest_distance,
    )


def dendrogram_of_merges(merges: NDArray[np.float64], *, largest_distance: float) -> Dendrogram:
    """Dendrogram of scipy's linkage matrix Z, shape (n - 1, 4), of at least two leaves.

    Heights may be lower than those of the parts (inversions), as in centroid and median linkage. `gap` then holds the
    largest height inside the first cluster that two neighbours share, which ``fcluster(criterion="distance")`` compares
    with the height of the cut.
    """
    pairs = np.sort(merges[:, :2].astype(np.int64), axis=1)
    n_leaves = len(merges) + 1
    _, order, gap = _layout(n_leaves, pairs, largest_heights(pairs, merges[:, 2]))
    return Dendrogram(merges, largest_distance, order, gap)


def largest_heights(pairs: NDArray[np.int64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest height inside the cluster that each merge makes, shape (n - 1,)."""
    if (np.diff(heights) >= 0).all():
        return heights
    n_leaves = len(pairs) + 1
    largest = [-np.inf] * n_leaves
    for (i, j), height in zip(pairs.tolist(), heights.tolist(), strict=True):
        largest.append(max(height, largest[i], largest[j]))
    return np.array(largest[n_leaves:])


def _layout(
    n_leaves: int, pairs: NDArray[np.int64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Sizes of all nodes, the leaf order, and the heights at which neighbours in this order first meet."""
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
