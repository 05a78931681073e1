"""Clusters as vectors: for unit vectors, the mean cosine similarity of two clusters is the product of their means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import VectorError
from imagecluster.system.cores import Mapper, in_turn

_CHUNK_BYTES = 1 << 22
"""Size of the gathered vectors of a chunk of products; a few MiB stay in the processor's cache."""

_SHORTEST = 1e-100
"""Shortest length for which products of vectors, up to its inverse, stay within float64."""


def float32_error(n_dimensions: int) -> float:
    """Largest error of a float32 product of two vectors of length at most 1.

    Both factors are rounded (2 x 2^-24), and each addition of the sum rounds once (Higham 2002, 3.1).
    """
    return (n_dimensions + 4) * 2.0**-24


class ClusterVectors:
    """Mean vectors of clusters: in float32 for the search, and to 48 bits for the result.

    A cluster has the row number of one of its members. A mean is kept as a float32 row and a float32 row of the
    remainder, for which the row of the cluster that was merged into it is free, so that clusters need no memory beyond
    the initial rows. Single rows are exact in the caller's array.

    Parameters
    ----------
    X : array of float32 or float64, shape (n_leaves, d)
        The caller's vectors, of any length.
    inverse_norm : array of float64, shape (n_leaves,)
        1 / length of each vector.
    leaf : array of int, shape (n,)
        Row of `X` for each row here.
    count : array of int64, shape (n,)
        Number of identical leaves for which each row stands.
    run : Mapper
        Spreads the work over threads.
    """

    def __init__(
        self,
        X: NDArray[Any],
        inverse_norm: NDArray[np.float64],
        leaf: NDArray[np.int64],
        count: NDArray[np.int64],
        *,
        run: Mapper = in_turn,
    ) -> None:
        n, d = len(leaf), X.shape[1]
        self.X = X
        self.leaf = leaf
        self.count = count.copy()
        self.factor = inverse_norm[leaf]
        self.rest = np.full(n, -1, np.int64)
        self.chunk = max(1, _CHUNK_BYTES // (8 * d))
        self.means = np.empty((n, d), np.float32)

        def normalise(start: int) -> None:
            rows = np.arange(start, min(start + self.chunk, n))
            self.means[rows] = self.exact_means(rows)

        run(normalise, range(0, n, self.chunk))

    def _raw(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Vectors in the direction of the clusters' means; multiplied by `factor` they are the means."""
        rest = self.rest[rows]
        single = rest < 0
        if single.all():
            return np.asarray(self.X[self.leaf[rows]], np.float64)
        raw = self.means[rows].astype(np.float64)
        raw += self.means[rest]
        if single.any():
            raw[single] = self.X[self.leaf[rows[single]]]
        return np.asarray(raw)

    def exact_means(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Mean vectors in float64, shape (len(rows), d)."""
        return np.asarray(self._raw(rows) * self.factor[rows, None])

    def similarities(self, first: NDArray[Any], second: NDArray[Any], *, run: Mapper = in_turn) -> NDArray[np.float64]:
        """Mean cosine similarity of pairs of clusters, in float64 and symmetric to the last bit."""
        result = np.empty(len(first))

        def one(start: int) -> None:
            part = slice(start, start + self.chunk)
            i, j = first[part], second[part]
            product = np.einsum("ij,ij->i", self._raw(i), self._raw(j))
            result[part] = product * (self.factor[i] * self.factor[j])

        run(one, range(0, len(first), self.chunk))
        return result

    def merge(self, kept: NDArray[np.int64], gone: NDArray[np.int64], *, run: Mapper = in_turn) -> None:
        """Merge clusters `gone` into clusters `kept`, pair by pair; all rows must be distinct."""
        total = self.count[kept] + self.count[gone]
        share = self.count[kept] / total

        def one(start: int) -> None:
            part = slice(start, start + self.chunk)
            i, j, weight = kept[part], gone[part], share[part]
            mean = self._raw(i) * (self.factor[i] * weight)[:, None]
            mean += self._raw(j) * (self.factor[j] * (1.0 - weight))[:, None]
            self.means[i] = mean
            self.means[j] = mean - self.means[i]

        run(one, range(0, len(kept), self.chunk))
        self.rest[kept] = gone
        self.factor[kept] = 1.0
        self.count[kept] = total


def inverse_norms(X: NDArray[Any], *, run: Mapper = in_turn) -> NDArray[np.float64]:
    """1 / length of each row, in float64.

    Raises
    ------
    VectorError
        A row is zero or not finite; the message gives its number.

    """
    n, d = X.shape
    chunk = max(1, _CHUNK_BYTES // (8 * max(1, d)))
    squares = np.empty(n)

    def one(start: int) -> None:
        block = np.asarray(X[start : start + chunk], np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            squares[start : start + chunk] = np.einsum("ij,ij->i", block, block)

    run(one, range(0, n, chunk))
    bad = np.flatnonzero(~((squares > _SHORTEST**2) & (squares < 1.0 / _SHORTEST**2)))
    if len(bad):
        what = _what_is_wrong(np.asarray(X[bad[0]], np.float64))
        raise VectorError(f"row {bad[0]} {what}; leave it out ({len(bad)} such rows in total)", int(bad[0]))
    return np.asarray(1.0 / np.sqrt(squares))


def _what_is_wrong(row: NDArray[np.float64]) -> str:
    """Why a row has no usable direction."""
    if not np.isfinite(row).all():
        return "is not finite (it holds NaN or infinity)"
    if not row.any():
        return "is zero and has no direction"
    largest = float(np.abs(row).max())
    length = largest * float(np.linalg.norm(row / largest))
    return f"has length {length:.2g}, outside {_SHORTEST:g} to {1 / _SHORTEST:g}"
