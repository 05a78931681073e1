"""Exact nearest neighbours among all pairs, by blocked matrix products, in memory that grows with the rows only.

The bare product of the symmetric half is the physical limit of this work. What is done beside it, per tile of the
product, is one comparison with each row's k-th best so far: after a few tiles hardly an entry survives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

BLOCK_ROWS = 1024
"""Rows of a block: a tile of 1024 x 1024 float32 stays near the processor, and its product is as fast as any larger."""


class Mapper(Protocol):
    """Applies a function to items, perhaps in threads, and gives the results in the order of the items."""

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> list[_Result]:
        """Results in the order of `items`."""


def in_turn(function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> list[_Result]:
    """Results of `function` on each item, one after the other in this thread."""
    return [function(item) for item in items]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The most similar columns of each row, as floating point of the scanned vectors gave them."""

    index: NDArray[np.int32]
    """Shape (n_rows, k), in no order; -1 where there are fewer than k columns."""
    similarity: NDArray[Any]
    """Shape (n_rows, k), dtype of the vectors; -inf where `index` is -1."""

    def bound(self) -> NDArray[Any]:
        """Shape (n_rows,): no column outside a row's list is more similar than this; -inf where none is outside."""
        return np.asarray(self.similarity.min(axis=1))


def _empty(n_rows: int, k: int, dtype: np.dtype[Any]) -> Neighbours:
    """Lists without entries."""
    return Neighbours(np.full((n_rows, k), -1, np.int32), np.full((n_rows, k), -np.inf, dtype))


def _insert(
    lists: Neighbours, row: NDArray[Any], column: NDArray[np.int32], similarity: NDArray[Any]
) -> None:
    """Put entries into the lists of their rows, and keep each row's best k."""
    if not len(row):
        return
    k = lists.index.shape[1]
    # Radix sort: NumPy has it for 16 bits only, and a block has fewer rows than that.
    order = np.argsort(row.astype(np.uint16), kind="stable")
    row, column, similarity = row[order], column[order], similarity[order]
    counts = np.bincount(row, minlength=len(lists.index))
    touched = np.flatnonzero(counts)
    place = np.cumsum(counts > 0)[row] - 1
    offset = k + np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
    values = np.full((len(touched), k + int(counts.max())), -np.inf, lists.similarity.dtype)
    indices = np.full(values.shape, -1, np.int32)
    values[:, :k], indices[:, :k] = lists.similarity[touched], lists.index[touched]
    values[place, offset], indices[place, offset] = similarity, column
    best = np.argpartition(values, values.shape[1] - k, axis=1)[:, -k:]
    lists.similarity[touched] = np.take_along_axis(values, best, axis=1)
    lists.index[touched] = np.take_along_axis(indices, best, axis=1)


def _fill(lists: Neighbours, similarity: NDArray[Any], first_column: int) -> None:
    """Start empty lists with the best k entries of a full tile (-inf marks an entry that does not count)."""
    k = lists.index.shape[1]
    width = min(k, similarity.shape[1])
    best = np.argpartition(similarity, similarity.shape[1] - width, axis=1)[:, -width:]
    values = np.take_along_axis(similarity, best, axis=1)
    lists.similarity[:, :width] = values
    lists.index[:, :width] = np.where(values == -np.inf, -1, best + first_column)


def scan(
    rows: NDArray[Any],
    ids: NDArray[Any],
    columns: Callable[[NDArray[Any]], NDArray[Any]],
    column_ids: NDArray[Any],
    *,
    k: int,
    run: Mapper = in_turn,
) -> Neighbours:
    """Most similar columns of some rows.

    Parameters
    ----------
    rows : array of shape (n_rows, d)
        Vectors to find neighbours for.
    ids : array of int, shape (n_rows,)
        Their numbers: a row is not its own neighbour.
    columns : callable
        Gives the vectors of some column numbers, shape (n, d), same dtype as `rows`.
    column_ids : array of int, shape (n_columns,)
        Numbers of the columns, ascending.
    k : int
        Length of the lists.
    run : Mapper
        Spreads the row blocks over threads.

    Returns
    -------
    Neighbours
        `index` holds column numbers.

    """
    lists = _empty(len(rows), k, rows.dtype)
    starts = range(0, len(rows), BLOCK_ROWS)
    for first in range(0, len(column_ids), BLOCK_ROWS):
        numbers = np.asarray(column_ids[first : first + BLOCK_ROWS], np.int32)
        block = columns(numbers)

        def one(start: int, block: NDArray[Any] = block, numbers: NDArray[np.int32] = numbers) -> None:
            chosen = slice(start, start + BLOCK_ROWS)
            part = Neighbours(lists.index[chosen], lists.similarity[chosen])
            tile = rows[chosen] @ block.T
            at = np.minimum(np.searchsorted(numbers, ids[chosen]), len(numbers) - 1)
            own = np.flatnonzero(numbers[at] == ids[chosen])
            tile[own, at[own]] = -np.inf
            row, column = np.divmod(np.flatnonzero(tile > part.bound()[:, None]), len(numbers))
            _insert(part, row, numbers[column], tile[row, column])

        run(one, starts)
    return lists


class AllPairs:
    """All pairs of rows, each tile of the symmetric half once.

    The tiles go in rounds in which every block of rows takes part at most twice, as in a tournament. Within a round
    nothing depends on the other tiles, so the result does not depend on the number of threads; between rounds every
    row's k-th best rises, so that of n pairs a row only about k log n are ever looked at.

    Parameters
    ----------
    vectors : array of float32, shape (n, d)
        Unit vectors.
    k : int
        Length of the neighbour lists.
    error : float
        How far a product in this precision can be from the true one.
    exact : callable
        Exact similarities of pairs of rows, `exact(i, j) -> float64 array`.
    exact_block : callable
        Exact vectors of some rows in float64, for tiles with too many candidates.
    block_rows : int
        Rows of a block.

    """

    def __init__(
        self,
        vectors: NDArray[np.float32],
        *,
        k: int,
        error: float,
        exact: Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]],
        exact_block: Callable[[NDArray[Any]], NDArray[np.float64]],
        block_rows: int = BLOCK_ROWS,
    ) -> None:
        self.vectors = vectors
        self.k = k
        self.error = error
        self.exact = exact
        self.exact_block = exact_block
        self.block_rows = block_rows
        self.n_blocks = -(-len(vectors) // block_rows)
        self.lists = _empty(len(vectors), k, vectors.dtype)
        self.smallest = 1.0

    def _rows(self, block: int) -> slice:
        return slice(block * self.block_rows, min((block + 1) * self.block_rows, len(self.vectors)))

    def _part(self, block: int) -> Neighbours:
        rows = self._rows(block)
        return Neighbours(self.lists.index[rows], self.lists.similarity[rows])

    def _smallest(self, tile: NDArray[np.float32], rows: slice, columns: slice) -> float:
        """Smallest exact similarity of a tile, or 1 where it cannot be the smallest of all."""
        limit = np.float32(min(self.smallest + self.error, float(tile.min()) + 2 * self.error))
        row, column = np.divmod(np.flatnonzero(tile <= limit), tile.shape[1])
        if not len(row):
            return 1.0
        if len(row) <= 4 * BLOCK_ROWS:
            return float(self.exact(row + rows.start, column + columns.start).min())
        first, second = (self.exact_block(np.arange(s.start, s.stop)) for s in (rows, columns))
        return float((first @ second.T).min())

    def _diagonal(self, block: int) -> float:
        """Lists of a block among its own rows; smallest similarity there."""
        rows = self._rows(block)
        tile = self.vectors[rows] @ self.vectors[rows].T
        smallest = self._smallest(tile, rows, rows)
        np.fill_diagonal(tile, -np.inf)
        _fill(self._part(block), tile, rows.start)
        return smallest

    def _tile(self, pair: tuple[int, int]) -> tuple[float, list[tuple[int, Any, Any, Any]]]:
        """Entries of a tile that are better than the k-th best of their row or column, and the smallest."""
        rows, columns = self._rows(pair[0]), self._rows(pair[1])
        tile = self.vectors[rows] @ self.vectors[columns].T
        smallest = self._smallest(tile, rows, columns)
        by_row, by_column = (self._part(block).bound() for block in pair)
        better = tile > by_row[:, None]
        better |= tile > by_column
        flat = np.flatnonzero(better)
        row, column = np.divmod(flat, tile.shape[1])
        value = tile.ravel()[flat]
        kept = []
        for block, here, there, offset, bound in (
            (pair[0], row, column, columns.start, by_row),
            (pair[1], column, row, rows.start, by_column),
        ):
            passed = value > bound[here]
            kept.append((block, here[passed], (there[passed] + offset).astype(np.int32), value[passed]))
        return smallest, kept

    def search(
        self, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None
    ) -> tuple[Neighbours, float]:
        """Neighbour lists of all rows, and the smallest similarity of any two (1 for fewer than two)."""
        n = self.n_blocks
        self.smallest = min(run(self._diagonal, range(n)), default=1.0)
        for step in range(1, n // 2 + 1):
            blocks = range(n // 2 if 2 * step == n else n)
            found = run(self._tile, [(b, (b + step) % n) for b in blocks])
            self.smallest = min(self.smallest, *(smallest for smallest, _ in found))
            entries: list[list[tuple[Any, Any, Any]]] = [[] for _ in range(n)]
            for _, kept in found:
                for block, *entry in kept:
                    entries[block].append((entry[0], entry[1], entry[2]))

            def insert(block: int, entries: list[list[tuple[Any, Any, Any]]] = entries) -> None:
                joined = (np.concatenate(part) for part in zip(*entries[block], strict=True))
                _insert(self._part(block), *joined)

            run(insert, [b for b in range(n) if entries[b]])
            if progress is not None:
                progress(2 * step / n)
        return self.lists, self.smallest
