"""Rows as points in a space whose Euclidean distance gives the metric."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import VectorError
from imagecluster.linkage.vectors import inverse_norms
from imagecluster.system.cores import Mapper, in_turn

CHUNK_BYTES = 1 << 22
"""Size of the vectors that are processed at once; a few MiB stay in the processor's cache."""

_LONGEST = 1e100
"""Largest length whose square stays within float64."""


class Points:
    """Points whose squared Euclidean distance s gives the distance of rows.

    The distance is sqrt(s) for `euclidean` and s for `sqeuclidean`. It is s / 2 of the unit vectors for `cosine`, and
    of the unit vectors of the rows minus their mean for `correlation`, since 1 - u v = |u - v|^2 / 2. Differences do
    not lose digits if two rows are nearly equal, as 1 - u v would.

    Parameters
    ----------
    X : array of real numbers, shape (n, d)
        A memory map is read in pieces, except for `correlation`.
    metric : str
        One of `imagecluster.linkage.methods.EUCLIDEAN_METRICS`.

    Raises
    ------
    VectorError
        A row is not finite or, for cosine and correlation, has no direction.
    """

    def __init__(self, X: NDArray[Any], metric: str, *, run: Mapper = in_turn) -> None:
        self.metric = metric
        self.X = less_their_mean(X) if metric == "correlation" else X
        self.n, self.d = X.shape
        self._factor = inverse_norms(self.X, run=run) if metric in ("cosine", "correlation") else None
        if self._factor is None:
            check_finite(X)

    def rows(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """Points of some rows, shape (len(ids), d)."""
        block = np.asarray(self.X[ids], np.float64)
        return block if self._factor is None else np.asarray(block * self._factor[ids, None])

    def distance(self, squared: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of rows from the squared distance of their points."""
        if self.metric == "euclidean":
            return np.asarray(np.sqrt(squared))
        return squared if self.metric == "sqeuclidean" else np.asarray(squared / 2.0)

    def centre(self) -> NDArray[np.float64]:
        """Mean of all points, up to rounding; products of points relative to it lose the fewest digits."""
        chunk = max(1, CHUNK_BYTES // (8 * max(1, self.d)))
        total = np.zeros(self.d)
        for start in range(0, self.n, chunk):
            total += self.rows(np.arange(start, min(start + chunk, self.n))).sum(axis=0)
        return np.asarray(total / max(1, self.n))


def less_their_mean(X: NDArray[Any]) -> NDArray[np.float64]:
    """Rows minus their means, so that their cosine is the correlation of the rows.

    Raises
    ------
    VectorError
        All numbers of a row are equal, so that it has no correlation with others, or one of them is not finite.

    """
    check_finite(X)
    rows = np.asarray(X, np.float64)
    constant = np.flatnonzero((rows == rows[:, :1]).all(axis=1))
    if len(constant):
        raise VectorError(
            f"row {constant[0]} has equal numbers throughout and no correlation with others; leave it out "
            f"({len(constant)} such rows in total)",
            int(constant[0]),
        )
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def check_finite(X: NDArray[Any]) -> None:
    """Raise VectorError if a row holds NaN, infinity, or numbers whose squares do not fit into float64."""
    chunk = max(1, CHUNK_BYTES // (8 * max(1, X.shape[1])))
    for start in range(0, len(X), chunk):
        block = np.asarray(X[start : start + chunk], np.float64)
        bad = np.flatnonzero(~(np.abs(block) < _LONGEST).all(axis=1))
        if len(bad):
            what = "is too long" if np.isfinite(block[bad[0]]).all() else "is not finite (it holds NaN or infinity)"
            raise VectorError(f"row {start + bad[0]} {what}; leave it out", start + int(bad[0]))
