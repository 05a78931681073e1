"""Pairs whose similarity is raised above that of their vectors, as sparse sums that follow the merges of clusters.

Average linkage takes any similarity of pairs: that of two clusters is the product of their mean vectors plus the sum of
what was added to the pairs between them, divided by the number of these pairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError

__all__ = ["RaisedPairs", "RaisedSums", "sums_of_unique"]


class RaisedPairs(NamedTuple):
    """Pairs of rows that are more similar than their vectors say."""

    first: NDArray[np.int64]
    """Shape (n_pairs,): row of one picture."""
    second: NDArray[np.int64]
    by: NDArray[np.float64]
    """Shape (n_pairs,): what is added to the cosine similarity, 0 or more."""


class RaisedSums:
    """What is added to the pairs between any two clusters, in sum; clusters are known by their row numbers.

    Parameters
    ----------
    n : int
        Number of rows.
    first, second : array of int64, shape (n_pairs,)
        Rows; a pair may occur several times.
    total : array of float64, shape (n_pairs,)
        Sum over all pairs of pictures between the two rows.

    """

    def __init__(self, n: int, first: NDArray[np.int64], second: NDArray[np.int64], total: NDArray[np.float64]) -> None:
        self.n = n
        self._take(first, second, total)

    def __len__(self) -> int:
        return len(self.code)

    def _take(self, first: NDArray[np.int64], second: NDArray[np.int64], total: NDArray[np.float64]) -> None:
        """Sort the pairs by their smaller row, and add up equal ones; pairs within a cluster no longer count."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        apart = low != high
        code, total = low[apart] * self.n + high[apart], total[apart]
        order = np.argsort(code, kind="stable")
        code, total = code[order], total[order]
        starts = np.flatnonzero(np.diff(code, prepend=-1))
        self.code = code[starts]
        self.total = np.add.reduceat(total, starts) if len(starts) else total
        self.low, self.high = np.divmod(self.code, self.n)
        self.touched = np.zeros(self.n, bool)
        self.touched[self.low] = self.touched[self.high] = True

    def of(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
        """Sums of pairs of clusters, 0 for most; symmetric to the last bit."""
        found = np.zeros(len(first))
        if len(self.code):
            some = np.flatnonzero(self.touched[first] & self.touched[second])
            low = np.minimum(first[some], second[some]).astype(np.int64)
            code = low * self.n + np.maximum(first[some], second[some])
            at = np.minimum(np.searchsorted(self.code, code), len(self.code) - 1)
            found[some] = np.where(self.code[at] == code, self.total[at], 0.0)
        return found

    def partners(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Clusters that some clusters have a sum with: positions in `rows`, ascending, and the other clusters."""
        place = np.full(self.n, -1, np.int64)
        place[rows] = np.arange(len(rows))
        one, other = place[self.low], place[self.high]
        position = np.concatenate([one[one >= 0], other[other >= 0]])
        partner = np.concatenate([self.high[one >= 0], self.low[other >= 0]])
        order = np.lexsort((partner, position))
        return position[order], partner[order]

    def merge(self, kept: NDArray[np.int64], gone: NDArray[np.int64]) -> None:
        """Merge clusters `gone` into clusters `kept`, pair by pair."""
        if not self.touched[gone].any():
            return
        now = np.arange(self.n)
        now[gone] = kept
        self._take(now[self.low], now[self.high], self.total)


def sums_of_unique(
    pairs: RaisedPairs, row_of_leaf: NDArray[np.int64], count: NDArray[np.int64], *, n_leaves: int
) -> RaisedSums:
    """Sums of rows that each stand for identical leaves: what holds for one of these holds for all.

    Parameters
    ----------
    pairs : RaisedPairs
        Pairs of leaves.
    row_of_leaf : array of int64, shape (n_leaves,)
    count : array of int64, shape (n_rows,)
        Number of leaves of each row.
    n_leaves : int

    Raises
    ------
    ArgumentError
        A leaf does not exist, or something is not raised by a number of 0 or more.

    """
    first, second = np.asarray(pairs.first, np.int64), np.asarray(pairs.second, np.int64)
    by = np.asarray(pairs.by, np.float64)
    if not first.shape == second.shape == by.shape or first.ndim != 1:
        raise ArgumentError(f"raised pairs of shapes {first.shape}, {second.shape} and {by.shape}; they must be equal")
    if len(first) and not 0 <= min(first.min(), second.min()) <= max(first.max(), second.max()) < n_leaves:
        raise ArgumentError(f"a raised pair has a row outside 0 to {n_leaves - 1}")
    if not (by >= 0).all() or not np.isfinite(by).all():
        raise ArgumentError("a pair is raised by less than 0, or by no finite number")
    one, other = row_of_leaf[first], row_of_leaf[second]
    low, high = np.minimum(one, other), np.maximum(one, other)
    # Of several pairs of the same two rows the one that says most counts, once.
    order = np.lexsort((-by, high, low))
    low, high, by = low[order], high[order], by[order]
    new = np.ones(len(low), bool)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, by = low[new], high[new], by[new]
    return RaisedSums(len(count), low, high, by * (count[low] * count[high]))
