"""Nearest points of other groups, by blocked products that only select the distances to compute exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.points import CHUNK_BYTES
from imagecluster.linkage.reciprocal_merges import pair_hash
from imagecluster.system.cores import Mapper, in_turn

Result = TypeVar("Result")

Rows = Callable[[NDArray[Any]], NDArray[np.float64]]
"""Returns the points with some numbers, shape (n, d)."""

BLOCK_ROWS = 256
BLOCK_COLUMNS = 1024
"""A tile of 256 x 1024 float64 takes 2 MiB."""

_LEAST_BATCH = 32
"""Least number of blocks between two reports of progress, so that all threads have work."""


class Tiles:
    """Squared distances of two blocks of points from one matrix product, and a bound on their error.

    Parameters
    ----------
    rows : callable
    centre : array of float64, shape (d,)
        Subtracted from all points, since the product is more accurate for shorter vectors.
    """

    def __init__(self, rows: Rows, centre: NDArray[np.float64]) -> None:
        self.rows = rows
        self.centre = centre
        self.unit = 2.0 * (len(centre) + 6) * 2.0**-53

    def left(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """First factor, and the length of its longest point."""
        short = points - self.centre
        squares = np.einsum("ij,ij->i", short, short)
        factor = np.column_stack([-2.0 * short, squares, np.ones(len(short))])
        return factor, float(np.sqrt(squares.max(initial=0.0)))

    def right(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Second factor, and the length of its longest point."""
        short = points - self.centre
        squares = np.einsum("ij,ij->i", short, short)
        factor = np.column_stack([short, np.ones(len(short)), squares])
        return factor, float(np.sqrt(squares.max(initial=0.0)))

    def error(self, longest: float, longest_other: float) -> float:
        """Bound on the error of a tile's entries (Higham 2002, 3.1: each of d + 2 products and sums rounds once)."""
        return self.unit * (longest + longest_other) ** 2


def squared_distances(
    first: NDArray[np.float64], second: NDArray[np.float64], i: NDArray[Any], j: NDArray[Any]
) -> NDArray[np.float64]:
    """Squared distances of pairs of points from their differences; symmetric to the last bit."""
    result = np.empty(len(i))
    chunk = max(1, CHUNK_BYTES // (8 * max(1, first.shape[1])))
    for start in range(0, len(i), chunk):
        part = slice(start, start + chunk)
        difference = first[i[part]] - second[j[part]]
        result[part] = np.einsum("ij,ij->i", difference, difference)
    return result


def nearest(
    tiles: Tiles,
    ids: NDArray[np.int64],
    columns: NDArray[np.int64],
    *,
    group: NDArray[np.int64] | None = None,
    count: NDArray[np.int64] | None = None,
    run: Mapper = in_turn,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Nearest columns of some points, exact to float64; of equally near ones the one with the smallest `pair_hash`.

    Parameters
    ----------
    tiles : Tiles
    ids : array of int64, shape (n_rows,)
        Numbers of the points for which to find neighbours.
    columns : array of int64, shape (n_columns,)
        Numbers of the points to search, ascending.
    group : array of int64, shape (n,), optional
        If given, only points of another group count; otherwise all except the point itself.
    count : array of int64, shape (n,), optional
        Sizes of clusters, by which squared distances are weighted with a b / (a + b), as in Ward's method.

    Returns
    -------
    tuple of arrays, each of shape (n_rows,)
        Squared distance (weighted), infinite if there is no other point; and number of the column, or -1.

    """
    squared = np.full(len(ids), np.inf)
    found = np.full(len(ids), -1, np.int64)

    def one(start: int) -> None:
        part = slice(start, start + BLOCK_ROWS)
        squared[part], found[part] = _scan(tiles, ids[part], columns, group=group, count=count)

    run(one, range(0, len(ids), BLOCK_ROWS))
    return squared, found


def _scan(
    tiles: Tiles,
    ids: NDArray[np.int64],
    columns: NDArray[np.int64],
    *,
    group: NDArray[np.int64] | None,
    count: NDArray[np.int64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Compare one block of rows with all columns."""
    best = np.full(len(ids), np.inf)
    found = np.full(len(ids), -1, np.int64)
    points = tiles.rows(ids)
    left, longest = tiles.left(points)
    for first in range(0, len(columns), BLOCK_COLUMNS):
        numbers = columns[first : first + BLOCK_COLUMNS]
        others = tiles.rows(numbers)
        right, longest_other = tiles.right(others)
        tile = left @ right.T
        error = np.full(len(ids), tiles.error(longest, longest_other))
        if count is not None:
            tile *= _weight(count[ids, None], count[numbers])
            error *= count[ids]  # a b / (a + b) < a
        _leave_out(tile, ids, numbers, group)
        least = tile.min(axis=1)
        row = np.flatnonzero((least <= best + error) & (least < np.inf))
        if not len(row):
            continue
        limit = np.minimum(least + 2.0 * error, best + error)[row]
        i, j = np.nonzero(tile[row] <= limit[:, None])
        i = row[i]
        exact = squared_distances(points, others, i, j)
        if count is not None:
            exact *= _weight(count[ids[i]], count[numbers[j]])
        _keep_best(best, found, ids, i, numbers[j], exact)
    return best, found


def _weight(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weight a b / (a + b), symmetric to the last bit."""
    return np.asarray(first * second / (first + second))


def _leave_out(
    tile: NDArray[np.float64], ids: NDArray[np.int64], numbers: NDArray[np.int64], group: NDArray[np.int64] | None
) -> None:
    """Set distances that do not count to infinity."""
    if group is not None:
        tile[group[ids, None] == group[numbers]] = np.inf
        return
    at = np.minimum(np.searchsorted(numbers, ids), len(numbers) - 1)
    own = np.flatnonzero(numbers[at] == ids)
    tile[own, at[own]] = np.inf


def _keep_best(
    best: NDArray[np.float64],
    found: NDArray[np.int64],
    ids: NDArray[np.int64],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    squared: NDArray[np.float64],
) -> None:
    """Take candidates that are nearer than their rows' best so far; of equal ones the one with the smallest hash."""
    known = np.unique(row)
    known = known[found[known] >= 0]
    row = np.concatenate([row, known])
    column = np.concatenate([column, found[known]])
    squared = np.concatenate([squared, best[known]])
    order = np.lexsort((pair_hash(ids[row], column), squared, row))
    row = row[order]
    first = order[np.append(True, row[1:] != row[:-1])]
    row = np.unique(row)
    best[row], found[row] = squared[first], column[first]


def largest_squared(
    tiles: Tiles, n: int, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None
) -> float:
    """Largest squared distance of two of n points; 0 for fewer than two."""
    most = 4096  # of many equal distances a few are enough

    def one(start: int) -> float:
        points = tiles.rows(np.arange(start, min(start + BLOCK_COLUMNS, n)))
        left, longest = tiles.left(points)
        largest = 0.0
        for first in range(start, n, BLOCK_COLUMNS):
            others = tiles.rows(np.arange(first, min(first + BLOCK_COLUMNS, n)))
            right, longest_other = tiles.right(others)
            tile = left @ right.T
            error = tiles.error(longest, longest_other)
            highest = float(tile.max())
            if highest + error > largest:
                i, j = np.nonzero(tile >= highest - 2.0 * error)
                exact = squared_distances(points, others, i[:most], j[:most])
                largest = max(largest, float(exact.max()))
        return largest

    # A block has as many tiles as there are blocks from it on.
    shares = None if progress is None else lambda done: progress(1.0 - (1.0 - done) ** 2)
    return max(run_in_batches(one, range(0, n, BLOCK_COLUMNS), run=run, progress=shares), default=0.0)


def run_in_batches(
    function: Callable[[int], Result],
    items: range,
    *,
    run: Mapper,
    progress: Callable[[float], None] | None,
) -> list[Result]:
    """Results of a function for all items, with reports of progress between batches."""
    results: list[Result] = []
    batch = max(_LEAST_BATCH, len(items) // 50)
    for at in range(0, len(items), batch):
        results += run(function, items[at : at + batch])
        if progress is not None:
            progress(len(results) / len(items))
    return results
