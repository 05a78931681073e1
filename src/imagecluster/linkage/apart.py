"""One dendrogram of several groups of rows that no cut puts together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imagecluster.records import Dendrogram

__all__ = ["joined_apart", "rows_of_groups"]


def rows_of_groups(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of each group, ascending; the groups in the order of their numbers, the one of negative numbers last.

    Parameters
    ----------
    groups : array of int64, shape (n,)
        Number of each row's group; all negative numbers are one group.

    Examples
    --------
    >>> [rows.tolist() for rows in rows_of_groups(np.array([7, -1, 2, 7]))]
    [[2], [0, 3], [1]]

    """
    numbers = np.where(groups < 0, np.iinfo(np.int64).max, groups)
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order])) + 1
    return np.split(order, starts) if len(order) else []


def joined_apart(parts: Sequence[tuple[NDArray[np.int64], Dendrogram]], *, least_height: float = 0.0) -> Dendrogram:
    """The dendrogram whose cuts are those of each part, side by side.

    Within a part nothing changes. Between parts `gap` is infinite, so that no cut joins them; the merges that join them
    come last, at a height just above everything else, in a balanced tree.

    Parameters
    ----------
    parts : sequence of (rows, dendrogram)
        Each part's rows among those of all parts, and its dendrogram; each row from 0 is in exactly one part.
    least_height : float
        Least height of the merges that join parts, such as the largest distance of the metric.

    Returns
    -------
    Dendrogram
        Its leaf order has the parts one after another; its largest distance is that of two rows of one part.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> halves = [np.array([0, 1]), np.array([2, 3])]
    >>> tree = joined_apart([(rows, average_linkage(X[rows])) for rows in halves], least_height=2.0)
    >>> tree.gap.round(3).tolist(), tree.merges[:, 2].round(3).tolist()
    ([1.0, inf, 0.293], [0.293, 1.0, 2.0])

    """
    sizes = [len(rows) for rows, _ in parts]
    n = sum(sizes)
    if not parts:
        return Dendrogram(np.empty((0, 4)), 0.0, np.empty(0, np.int64), np.empty(0))
    order = np.concatenate([rows[tree.order] for rows, tree in parts])
    gap = np.full(n - 1, np.inf)
    for start, (_, tree) in zip(np.cumsum([0, *sizes[:-1]]).tolist(), parts, strict=True):
        gap[start : start + len(tree.gap)] = tree.gap
    within, roots = _merges_within(parts, n)
    largest = max(tree.largest_distance for _, tree in parts)
    top = max([largest, *(tree.top for _, tree in parts)])
    between = _merges_between(roots, sizes, first=n + len(within), height=max(least_height, np.nextafter(top, np.inf)))
    return Dendrogram(np.concatenate([within, between]), largest, order, gap)


def _merges_within(
    parts: Sequence[tuple[NDArray[np.int64], Dendrogram]], n: int
) -> tuple[NDArray[np.float64], list[int]]:
    """The merges of all parts as those of one tree of n leaves, by height, and the node of each part's root."""
    merges = np.concatenate([np.empty((0, 4)), *(tree.merges for _, tree in parts)])
    firsts = np.cumsum([0, *(len(tree.merges) for _, tree in parts)])
    # With inversions, as centroid linkage has them, a merge can be lower than its parts: these keep their sequence.
    is_ordered = all((np.diff(tree.merges[:, 2]) >= 0.0).all() for _, tree in parts)
    sequence = np.argsort(merges[:, 2], kind="stable") if is_ordered else np.arange(len(merges))
    node = np.empty(len(merges), np.int64)
    node[sequence] = n + np.arange(len(merges))
    roots = []
    for (rows, tree), (first, end) in zip(parts, pairwise(firsts.tolist()), strict=True):
        numbers = np.concatenate([rows, node[first:end]])
        merges[first:end, :2] = np.sort(numbers[tree.merges[:, :2].astype(np.int64)], axis=1)
        roots.append(int(numbers[-1]))
    return merges[sequence], roots


def _merges_between(roots: Sequence[int], sizes: Sequence[int], *, first: int, height: float) -> NDArray[np.float64]:
    """Merges of neighbouring parts, of the results of these, and so on, shape (n_parts - 1, 4)."""
    merges: list[tuple[int, int, float, int]] = []
    level = list(zip(roots, sizes, strict=True))
    while len(level) > 1:
        above = []
        for (one, size), (other, other_size) in zip(level[::2], level[1::2], strict=False):
            merges.append((min(one, other), max(one, other), height, size + other_size))
            above.append((first + len(merges) - 1, size + other_size))
        level = above + level[len(level) & ~1 :]
    return np.array(merges, np.float64).reshape(-1, 4)
