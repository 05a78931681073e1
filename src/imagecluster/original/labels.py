"""Flat clusters of any linkage matrix, under the numbers that scipy gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["linkage_labels"]


def linkage_labels(Z: NDArray[np.float64], height: float, *, n_leaves: int) -> NDArray[np.int32]:
    """Cluster label of each leaf, shape (n_leaves,), the very numbers of scipy's ``fcluster(Z, height, "distance")``.

    Takes any linkage matrix, also one whose heights fall (centroid, median): a cluster counts as high as the highest
    merge inside it. Labels count from 1 in the order in which scipy visits the tree: left before right, and of a
    merge's own leaves after the merges below it.

    Parameters
    ----------
    Z : array, shape (n_leaves - 1, 4)
    height : float
    n_leaves : int
        0 and 1 have no merge.
    """
    labels = np.ones(n_leaves, np.int32)
    children = Z[:, :2].astype(np.int64).tolist()
    highest = Z[:, 2].tolist()
    for i, pair in enumerate(children):
        highest[i] = max([highest[i], *(highest[child - n_leaves] for child in pair if child >= n_leaves)])
    n_clusters = 0
    # Each entry: a merge, the cluster it lies in (0: above the cut), and whether the merges below it are done.
    stack = [(len(children) - 1, 0, False)] if children else []
    while stack:
        i, inside, below_done = stack.pop()
        if not inside and highest[i] <= height:
            n_clusters += 1
            inside = n_clusters
        if not below_done:
            stack.append((i, inside, True))
            stack += [(child - n_leaves, inside, False) for child in reversed(children[i]) if child >= n_leaves]
            continue
        for child in children[i]:
            if child < n_leaves:
                n_clusters += not inside
                labels[child] = inside or n_clusters
    return labels
