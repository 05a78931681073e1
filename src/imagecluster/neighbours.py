"""Exact nearest neighbours among all pairs, by blocked matrix products, in memory that grows with the rows only.

The bare product of the symmetric half is the physical limit of this work. What is done beside it, per tile of the
product, is one comparison with each row's k-th best so far: after a few tiles hardly an entry survives it.
"""

from __future__ import annotations

import threading
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


_Found = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]
"""Row within a block, column, similarity."""

_MOST_CANDIDATES = 4096
"""Exact products of single pairs in a tile; from about here on the exact product of the whole tile takes less time."""


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


def _insert(lists: Neighbours, row: NDArray[Any], column: NDArray[np.int32], similarity: NDArray[Any]) -> None:
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


def _fill(lists: Neighbours, similarity: NDArray[Any], numbers: NDArray[np.int32]) -> None:
    """Start empty lists with the best k entries of a full tile (-inf marks an entry that does not count)."""
    k = lists.index.shape[1]
    width = min(k, similarity.shape[1])
    best = np.argpartition(similarity, similarity.shape[1] - width, axis=1)[:, -width:]
    values = np.take_along_axis(similarity, best, axis=1)
    lists.similarity[:, :width] = values
    lists.index[:, :width] = np.where(values == -np.inf, -1, numbers[best])


def _jitter(size: float, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.float64]:
    """Random-looking numbers in [0, size), the same for the same row and column."""
    table = np.random.default_rng(0).random(4096) * size
    mixed = rows[:, None].astype(np.int64) * 2654435761 + columns.astype(np.int64) * 40503
    return np.asarray(table[(mixed >> 5) & 4095])


def scan(
    rows: NDArray[Any],
    ids: NDArray[Any],
    columns: Callable[[NDArray[Any]], NDArray[Any]],
    column_ids: NDArray[Any],
    *,
    k: int,
    jitter: float = 0.0,
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
    jitter : float
        Added to each similarity: a fixed, random-looking number between 0 and this. Among many equal columns different
        rows then get different ones.
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

        def one(
            start: int,
            block: NDArray[Any] = block,
            numbers: NDArray[np.int32] = numbers,
            fresh: bool = first == 0,
        ) -> None:
            chosen = slice(start, start + BLOCK_ROWS)
            part = Neighbours(lists.index[chosen], lists.similarity[chosen])
            tile = rows[chosen] @ block.T
            at = np.minimum(np.searchsorted(numbers, ids[chosen]), len(numbers) - 1)
            own = np.flatnonzero(numbers[at] == ids[chosen])
            tile[own, at[own]] = -np.inf
            if jitter:
                tile += _jitter(jitter, ids[chosen], numbers)
            if fresh:
                _fill(part, tile, numbers)
                return
            flat = np.flatnonzero(tile > part.bound()[:, None])
            row, column = np.divmod(flat, len(numbers))
            _insert(part, row, numbers[column], tile.ravel()[flat])

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
        self.bound = np.full(len(vectors), -np.inf, vectors.dtype)
        self.smallest = 1.0
        self._waiting: list[list[_Found]] = [[] for _ in range(self.n_blocks)]
        self._scratch = threading.local()

    def _rows(self, block: int) -> slice:
        return slice(block * self.block_rows, min((block + 1) * self.block_rows, len(self.vectors)))

    def _part(self, block: int) -> Neighbours:
        rows = self._rows(block)
        return Neighbours(self.lists.index[rows], self.lists.similarity[rows])

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
        """Memory of this thread, used again for every tile: fresh memory would cost a page fault for every 4 KiB."""
        flat = getattr(self._scratch, name, None)
        if flat is None:
            flat = np.empty(self.block_rows * self.block_rows, dtype)
            setattr(self._scratch, name, flat)
        return np.asarray(flat[: shape[0] * shape[1]].reshape(shape))

    def _product(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Similarities of two blocks, in this thread's memory."""
        tile = self._buffer("tile", (rows.stop - rows.start, columns.stop - columns.start), np.float32)
        return np.asarray(np.matmul(self.vectors[rows], self.vectors[columns].T, out=tile))

    def _smallest(self, tile: NDArray[np.float32], rows: slice, columns: slice) -> float:
        """Smallest exact similarity of a tile, or 1 where it cannot be the smallest of all."""
        lowest = float(tile.min())
        if lowest > self.smallest + self.error:
            return 1.0
        limit = np.float32(min(self.smallest + self.error, lowest + 2 * self.error))
        row, column = np.divmod(np.flatnonzero(tile <= limit), tile.shape[1])
        if len(row) <= _MOST_CANDIDATES:
            return float(self.exact(row + rows.start, column + columns.start).min())
        first, second = (self.exact_block(np.arange(s.start, s.stop)) for s in (rows, columns))
        return float((first @ second.T).min())

    def _diagonal(self, block: int) -> float:
        """Lists of a block among its own rows; smallest similarity there."""
        rows = self._rows(block)
        tile = self._product(rows, rows)
        smallest = self._smallest(tile, rows, rows)
        np.fill_diagonal(tile, -np.inf)
        part = self._part(block)
        _fill(part, tile, np.arange(rows.start, rows.stop, dtype=np.int32))
        self.bound[rows] = part.bound()
        return smallest

    def _tile(self, pair: tuple[int, int]) -> tuple[float, _Found, _Found]:
        """Smallest similarity of a tile, and its entries better than the k-th best of their row or column."""
        rows, columns = self._rows(pair[0]), self._rows(pair[1])
        tile = self._product(rows, columns)
        smallest = self._smallest(tile, rows, columns)
        by_row, by_column = self.bound[rows], self.bound[columns]
        better = np.greater(tile, by_row[:, None], out=self._buffer("row", tile.shape, np.bool_))
        better |= np.greater(tile, by_column, out=self._buffer("column", tile.shape, np.bool_))
        flat = np.flatnonzero(better)
        row, column = np.divmod(flat, tile.shape[1])
        value = tile.ravel()[flat]
        down, across = value > by_row[row], value > by_column[column]
        return (
            smallest,
            (row[down], (column[down] + columns.start).astype(np.int32), value[down]),
            (column[across], (row[across] + rows.start).astype(np.int32), value[across]),
        )

    def _insert_waiting(self, block: int) -> None:
        """Put the entries that were found for a block into its lists."""
        part = self._part(block)
        _insert(part, *(np.concatenate(found) for found in zip(*self._waiting[block], strict=True)))
        self._waiting[block] = []
        self.bound[self._rows(block)] = part.bound()

    def search(
        self, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None
    ) -> tuple[Neighbours, float]:
        """Neighbour lists of all rows, and the smallest similarity of any two (1 for fewer than two)."""
        n = self.n_blocks
        self.smallest = min(run(self._diagonal, range(n)), default=1.0)
        last = n // 2
        for step in range(1, last + 1):
            pairs = [(b, (b + step) % n) for b in range(n // 2 if 2 * step == n else n)]
            for pair, (smallest, *found) in zip(pairs, run(self._tile, pairs), strict=True):
                self.smallest = min(self.smallest, smallest)
                for block, entries in zip(pair, found, strict=True):
                    self._waiting[block].append(entries)
            # Few entries wait until more have come: the bounds hardly change by them.
            enough = 0 if step == last else self.block_rows
            waiting = [sum(len(found[0]) for found in entries) for entries in self._waiting]
            run(self._insert_waiting, [b for b in range(n) if waiting[b] > enough])
            if progress is not None:
                progress(step / last)
        return self.lists, self.smallest
