"""All pairwise distances, as in scipy's `pdist`, for methods that need every one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.linkage.methods import EUCLIDEAN_METRICS, OWN_METRICS
from imagecluster.linkage.nearest import BLOCK_COLUMNS, BLOCK_ROWS, Tiles, run_in_batches, squared_distances
from imagecluster.linkage.points import Points, check_finite
from imagecluster.system.cores import Mapper, in_turn
from imagecluster.system.extras import missing_extra

_Block = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


def condensed_bytes(n: int, d: int) -> int:
    """Memory in bytes that `condensed` needs in addition to its argument, including its result."""
    return 4 * n * (n - 1) + 8 * n * d + (64 << 20)


def condensed(
    X: NDArray[Any], metric: str, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None
) -> NDArray[np.float64]:
    """Distances of all pairs of rows, shape (n (n - 1) / 2,), in the order of `scipy.spatial.distance.pdist`.

    Parameters
    ----------
    X : array of real numbers, shape (n, d)
    metric : str
        One of `imagecluster.linkage.methods.METRICS`; those that are not in `OWN_METRICS` need scipy.

    Raises
    ------
    ArgumentError
        A row is not finite, or has no distance to another row in this metric.
    MissingExtraError
        The metric needs scipy, which is not installed.

    """
    if metric not in OWN_METRICS:
        return _of_scipy(X, metric)
    block = _euclidean(Points(X, metric, run=run)) if metric in EUCLIDEAN_METRICS else _by_coordinates(X, metric)
    n = len(X)
    result = np.empty(n * (n - 1) // 2)
    begin = _begin(n)

    def one(start: int) -> None:
        rows = np.arange(start, min(start + BLOCK_ROWS, n))
        for first in range(start, n, BLOCK_COLUMNS):
            columns = np.arange(first, min(first + BLOCK_COLUMNS, n))
            tile = block(rows, columns)
            for row, distances in zip(rows.tolist(), tile, strict=True):
                if row == n - 1:
                    continue
                skipped = max(0, row + 1 - first)
                at = int(begin[row]) + first + skipped - row - 1
                result[at : at + len(distances) - skipped] = distances[skipped:]

    # A block has one tile for itself and for each block after it.
    shares = None if progress is None else lambda done: progress(1.0 - (1.0 - done) ** 2)
    run_in_batches(one, range(0, n, BLOCK_ROWS), run=run, progress=shares)
    return result


def _begin(n: int) -> NDArray[np.int64]:
    """Start of the distances of row i to later rows, which follow those of all rows before it, shape (n - 1,)."""
    row = np.arange(max(0, n - 1), dtype=np.int64)
    return np.asarray(row * n - row * (row + 1) // 2)


def _euclidean(points: Points) -> _Block:
    """Distances of two blocks from one matrix product, or from differences where the product would cancel."""
    tiles = Tiles(points.rows, points.centre())

    def block(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        first, second = points.rows(rows), points.rows(columns)
        (left, longest), (right, longest_other) = tiles.left(first), tiles.right(second)
        tile = left @ right.T
        # For pairs nearer than half the radius of all, the product has lost more than two bits.
        i, j = np.nonzero(tile <= (longest + longest_other) ** 2 / 16.0)
        tile[i, j] = squared_distances(first, second, i, j)
        return points.distance(tile)

    return block


def _by_coordinates(X: NDArray[Any], metric: str) -> _Block:
    """Sum (cityblock) or maximum (chebyshev) of the differences of coordinates."""
    check_finite(X)

    def block(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        second = np.asarray(X[columns], np.float64)
        difference = np.empty_like(second)
        tile = np.empty((len(rows), len(columns)))
        for row, distances in zip(np.asarray(X[rows], np.float64), tile, strict=True):
            np.abs(np.subtract(second, row, out=difference), out=difference)
            if metric == "cityblock":
                difference.sum(axis=1, out=distances)
            else:
                difference.max(axis=1, initial=0.0, out=distances)
        return tile

    return block


def _of_scipy(X: NDArray[Any], metric: str) -> NDArray[np.float64]:
    """Distances of all pairs, computed by scipy."""
    check_finite(X)
    try:
        from scipy.spatial.distance import pdist
    except ImportError:
        raise missing_extra(
            f"the metric {metric!r} needs scipy", "metrics", otherwise=f"use one of {', '.join(OWN_METRICS)}"
        ) from None
    try:
        with np.errstate(all="ignore"):
            distances = np.asarray(pdist(np.asarray(X, np.float64), metric), np.float64)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ArgumentError(f"scipy has no distances in the metric {metric!r} for these rows: {error}") from None
    bad = np.flatnonzero(~np.isfinite(distances))
    if len(bad):
        begin = _begin(len(X))
        i = int(np.searchsorted(begin, bad[0], "right")) - 1
        j = int(bad[0] - begin[i]) + i + 1
        raise ArgumentError(
            f"rows {i} and {j} have no distance in the metric {metric!r} ({len(bad)} such pairs in total)"
        )
    return distances
