"""Single linkage from a minimum spanning tree, in memory that grows with the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.nearest import Tiles, nearest, squared_distances
from imagecluster.linkage.points import CHUNK_BYTES
from imagecluster.linkage.reciprocal_merges import pair_hash
from imagecluster.neighbours import BLOCK_ROWS, Columns, Neighbours, scan
from imagecluster.system.cores import Mapper, in_turn

N_CANDIDATES = 12
"""Number of neighbours kept per point, so that the next is at hand when the nearest joins the point's own group."""

_ROWS_AT_ONCE = 32 * BLOCK_ROWS
"""Number of rows between two reports of progress, with blocks for all threads."""


def spanning_tree(
    tiles: Tiles, n: int, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Edges of a minimum spanning tree of n points in the order of their lengths, and their squared lengths.

    In each of Borůvka's rounds, the shortest edge that leaves a group of points belongs to the tree. The nearest point
    outside a point's group remains so until it joins the group, and later ones are not nearer. So after one comparison
    of all pairs, which gives a short list of candidates and a bound on all others, only points are compared again whose
    list is used up and that could still have their group's shortest edge. Only the smaller half of the groups looks for
    edges in a round; the largest group, which most others join, never has to.

    Returns
    -------
    tuple of arrays
        int64 of shape (n - 1, 2), and float64 of shape (n - 1,).

    """
    group = np.arange(n)
    lists = _Lists(tiles, n, run=run, progress=progress)
    squared, near = lists.squared, lists.near
    edges: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.float64]] = []
    while (n_groups := int(group.max(initial=0)) + 1) > 1:
        size = np.bincount(group)
        small = size[group] <= np.partition(size, (n_groups - 1) // 2)[(n_groups - 1) // 2]
        lists.renew(np.flatnonzero(small), group, run=run)
        known = np.flatnonzero(small & lists.known & (group[near] != group))
        order = known[np.lexsort((pair_hash(known, near[known]), squared[known], group[known]))]
        chosen = order[np.append(True, group[order[1:]] != group[order[:-1]])]
        chosen, group = _join(chosen, near, group)
        edges.append(np.stack([chosen, near[chosen]], axis=1))
        lengths.append(squared[chosen])
    edge = np.concatenate([np.empty((0, 2), np.int64), *edges])
    length = np.concatenate([np.empty(0), *lengths])
    order = np.lexsort((pair_hash(edge[:, 0], edge[:, 1]), length))
    return edge[order], length[order]


class _Lists:
    """The nearest point outside each point's group, or a bound on its distance, and further candidates.

    Attributes
    ----------
    squared : array of float64, shape (n,)
        Squared distance to the nearest point if it is `known`, else a lower bound on it.
    near : array of int64, shape (n,)
        The nearest point.
    known : array of bool, shape (n,)
    """

    def __init__(self, tiles: Tiles, n: int, *, run: Mapper, progress: Callable[[float], None] | None) -> None:
        self.tiles = tiles
        k = min(N_CANDIDATES, n - 1)
        left, right, squares, error = _float32_factors(tiles, n)
        everyone = np.arange(n)
        parts: list[Neighbours] = []
        for start in range(0, n, _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            columns = Columns(lambda ids: right[ids], everyone)
            parts.append(scan(left[part], everyone[part], columns, k=max(1, k), run=run))
            if progress is not None:
                progress(min(1.0, (start + _ROWS_AT_ONCE) / n))
        similarity = np.concatenate([part.bound for part in parts]).astype(np.float64) + error
        self.bound = np.maximum(0.0, squares - 2.0 * similarity * (squares.max() or 1.0))
        self.index = np.concatenate([part.index for part in parts]).astype(np.int64)
        self.distance = np.full(self.index.shape, np.inf)
        chunk = max(1, CHUNK_BYTES // (8 * max(1, len(tiles.centre)) * max(1, k)))

        def one(start: int) -> None:
            index = self.index[start : start + chunk]
            i, j = np.nonzero(index >= 0)
            points = tiles.rows(np.arange(start, min(start + chunk, n)))
            others = tiles.rows(index[i, j])
            self.distance[start + i, j] = squared_distances(points, others, i, np.arange(len(i)))

        run(one, range(0, n, chunk))
        self.squared = np.zeros(n)
        self.near = np.arange(n)
        self.known = np.zeros(n, bool)

    def renew(self, rows: NDArray[np.int64], group: NDArray[np.int64], *, run: Mapper) -> None:
        """Update the rows that could have the shortest edge of their group."""
        lost = rows[group[self.near[rows]] == group[rows]]
        self._from_lists(lost, group)
        shortest = np.full(int(group.max()) + 1, np.inf)
        known = rows[self.known[rows]]
        np.minimum.at(shortest, group[known], self.squared[known])
        again = rows[~self.known[rows]]
        again = again[self.squared[again] <= shortest[group[again]]]
        if len(again):
            everyone = np.arange(len(group))
            self.squared[again], self.near[again] = nearest(self.tiles, again, everyone, group=group, run=run)
            self.known[again] = True

    def _from_lists(self, rows: NDArray[np.int64], group: NDArray[np.int64]) -> None:
        """Take the next candidate if it is nearer than all points outside the list."""
        index = self.index[rows]
        distance = np.where(group[index] == group[rows, None], np.inf, self.distance[rows])
        least = distance.min(axis=1, initial=np.inf)
        # Among equally near candidates the order of all edges decides, as everywhere.
        value = np.where(distance == least[:, None], pair_hash(rows[:, None], index), np.iinfo(np.uint64).max)
        column = value.argmin(axis=1)
        known = (least < self.bound[rows]) & (least < np.inf)
        self.near[rows] = np.where(known, index[np.arange(len(rows)), column], rows)
        self.squared[rows] = np.where(known, least, np.maximum(self.squared[rows], np.minimum(least, self.bound[rows])))
        self.known[rows] = known


def _float32_factors(
    tiles: Tiles, n: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], float]:
    """Factors whose product x y - y y / 2 is largest for the nearest y; squares of x; and the error of the product.

    Points are scaled by the longest one, and squares by its square, so that any data fit into float32.
    """
    d = len(tiles.centre)
    left = np.ones((n, d + 1), np.float32)
    right = np.empty((n, d + 1), np.float32)
    squares = np.empty(n)
    chunk = max(1, CHUNK_BYTES // (8 * max(1, d)))
    parts = [slice(start, min(start + chunk, n)) for start in range(0, n, chunk)]
    for part in parts:
        short = tiles.rows(np.arange(part.start, part.stop)) - tiles.centre
        squares[part] = np.einsum("ij,ij->i", short, short)
    longest = float(np.sqrt(squares.max(initial=0.0))) or 1.0
    for part in parts:
        left[part, :d] = (tiles.rows(np.arange(part.start, part.stop)) - tiles.centre) / longest
        right[part, :d] = left[part, :d]
        right[part, d] = -squares[part] / longest**2 / 2.0
    # Both factors are rounded, and each of the d + 1 products and sums rounds once (Higham 2002, 3.1).
    return left, right, squares, 1.5 * (d + 8) * 2.0**-24


def _join(
    chosen: NDArray[np.int64], near: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The chosen edges that join two groups, each pair once; and the groups afterwards, counted from 0."""
    parent = list(range(int(group.max()) + 1))
    kept = []
    pairs = zip(group[chosen].tolist(), group[near[chosen]].tolist(), strict=True)
    for row, pair in zip(chosen.tolist(), pairs, strict=True):
        first, second = (_root(parent, g) for g in pair)
        if first != second:
            parent[first] = second
            kept.append(row)
    root = np.array([_root(parent, g) for g in range(len(parent))])
    return np.array(kept, np.int64), np.unique(root, return_inverse=True)[1][group]


def _root(parent: list[int], node: int) -> int:
    """The representative of a node's tree, with path halving."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def merges_of_tree(n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Children of each merge, shape (n - 1, 2), when the edges of a tree are taken in order."""
    parent = list(range(n))
    node = list(range(n))
    children = np.empty((len(edges), 2), np.int64)
    for t, edge in enumerate(edges.tolist()):
        first, second = (_root(parent, point) for point in edge)
        children[t] = node[first], node[second]
        parent[first] = second
        node[second] = n + t
    return children
