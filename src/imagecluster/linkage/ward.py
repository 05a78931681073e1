"""Ward's method with centroids, in memory that grows with the vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.nearest import Tiles, nearest
from imagecluster.system.cores import Mapper, in_turn


def ward_merges(
    centroids: NDArray[np.float64],
    count: NDArray[np.int64],
    *,
    run: Mapper = in_turn,
    progress: Callable[[float], None] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Children and heights of the merges of points under Ward's method; both arguments are overwritten.

    The height of clusters of a and b points with centroids x and y is sqrt(2 a b / (a + b)) |x - y|, as in scipy. The
    method is reducible: a merge never brings the result nearer to another cluster than its parts were. So all pairs of
    mutual nearest neighbours can be merged at once, and only clusters whose nearest neighbour has merged look for
    another.

    Parameters
    ----------
    centroids : array of float64, shape (n, d)
    count : array of int64, shape (n,)
        Number of points for which each centroid stands.

    Returns
    -------
    tuple of arrays
        int64 of shape (n - 1, 2), where merge t makes node n + t from two nodes; and float64 of shape (n - 1,).

    """
    n = len(centroids)
    tiles = Tiles(lambda ids: centroids[ids], count @ centroids / max(1, count.sum()))
    active = stale = np.arange(n)
    near = np.full(n, -1, np.int64)
    squared = np.full(n, np.inf)
    height = np.zeros(n)
    node = np.arange(n)
    children: list[NDArray[np.int64]] = [np.empty((0, 2), np.int64)]
    heights: list[NDArray[np.float64]] = [np.empty(0)]
    while len(active) > 1:
        squared[stale], near[stale] = nearest(tiles, stale, active, count=count, run=run)
        kept = active[(near[near[active]] == active) & (active < near[active])]
        gone = near[kept]
        # A height below those of its parts comes from rounding, since the method is monotone.
        height[kept] = np.maximum.reduce([np.sqrt(2.0 * squared[kept]), height[kept], height[gone]])
        children.append(np.stack([node[kept], node[gone]], axis=1))
        heights.append(height[kept])
        node[kept] = 2 * n - len(active) + np.arange(len(kept))
        total = count[kept] + count[gone]
        share = (count[gone] / total)[:, None]
        centroids[kept] += share * (centroids[gone] - centroids[kept])
        count[kept] = total
        changed = np.zeros(n, bool)
        changed[kept] = changed[gone] = True
        alive = np.ones(n, bool)
        alive[gone] = False
        active = active[alive[active]]
        stale = active[changed[active] | changed[near[active]]]
        if progress is not None:
            progress(1.0 - (len(active) - 1) / max(1, n - 1))
    return np.concatenate(children), np.concatenate(heights)
