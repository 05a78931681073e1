"""Exact nearest neighbours among all pairs by blocked matrix products, in memory that grows only with the rows.

The product of the symmetric half is the lower limit of this work. The only addition per tile of the product is one
comparison with each row's k-th best so far, which after a few tiles hardly any entry exceeds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.farthest import NO_PAIR, Farthest, Pair
from imagecluster.neighbours.lists import BLOCK_ROWS, Neighbours
from imagecluster.system.cores import Mapper, in_turn

_Found = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]
"""Row within a block, column, similarity."""


class AllPairs:
    """A search of all pairs of rows, which visits each tile of the symmetric half once.

    Tiles are visited in rounds in which every block of rows takes part at most twice, as in a tournament. Tiles of a
    round do not depend on each other, so the result does not depend on the number of threads; between rounds, the k-th
    best of every row rises, so that of n pairs per row only about k log n are ever inserted.

    Parameters
    ----------
    vectors : array of float32, shape (n, d)
        Unit vectors.
    k : int
        Length of the neighbour lists.
    farthest : Farthest
        Object that is shown every tile.
    block_rows : int
        Number of rows in a block.

    """

    def __init__(
        self,
        vectors: NDArray[np.float32],
        *,
        k: int,
        farthest: Farthest,
        block_rows: int = BLOCK_ROWS,
    ) -> None:
        self.vectors = vectors
        self.k = k
        self.farthest = farthest
        self.block_rows = block_rows
        self.n_blocks = -(-len(vectors) // block_rows)
        self.lists = Neighbours.empty(len(vectors), k, vectors.dtype)
        self._waiting: list[list[_Found]] = [[] for _ in range(self.n_blocks)]
        self._scratch = threading.local()

    def _rows(self, block: int) -> slice:
        return slice(block * self.block_rows, min((block + 1) * self.block_rows, len(self.vectors)))

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
        """Memory of this thread, reused for every tile; fresh memory would cost a page fault per 4 KiB."""
        flat = getattr(self._scratch, name, None)
        if flat is None:
            flat = np.empty(self.block_rows * self.block_rows, dtype)
            setattr(self._scratch, name, flat)
        return np.asarray(flat[: shape[0] * shape[1]].reshape(shape))

    def _product(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Similarities of two blocks, in this thread's memory."""
        tile = self._buffer("tile", (rows.stop - rows.start, columns.stop - columns.start), np.float32)
        return np.asarray(np.matmul(self.vectors[rows], self.vectors[columns].T, out=tile))

    def _look(self, tile: NDArray[np.float32], rows: slice, columns: slice) -> Pair:
        """The tile's least similar pair."""
        return self.farthest.look(tile, np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop))

    def _diagonal(self, block: int) -> Pair:
        """Fill the lists of a block from its own rows, and return the least similar pair."""
        rows = self._rows(block)
        tile = self._product(rows, rows)
        pair = self._look(tile, rows, rows)
        np.fill_diagonal(tile, -np.inf)
        self.lists[rows].fill(tile, np.arange(rows.start, rows.stop, dtype=np.int32))
        return pair

    def _tile(self, blocks: tuple[int, int]) -> tuple[Pair, _Found, _Found]:
        """Least similar pair of a tile, and entries that are better than the k-th best of their row or column."""
        rows, columns = self._rows(blocks[0]), self._rows(blocks[1])
        tile = self._product(rows, columns)
        pair = self._look(tile, rows, columns)
        by_row, by_column = self.lists.bound[rows], self.lists.bound[columns]
        better = np.greater(tile, by_row[:, None], out=self._buffer("row", tile.shape, np.bool_))
        better |= np.greater(tile, by_column, out=self._buffer("column", tile.shape, np.bool_))
        flat = np.flatnonzero(better)
        row, column = np.divmod(flat, tile.shape[1])
        value = tile.ravel()[flat]
        down, across = value > by_row[row], value > by_column[column]
        return (
            pair,
            (row[down], (column[down] + columns.start).astype(np.int32), value[down]),
            (column[across], (row[across] + rows.start).astype(np.int32), value[across]),
        )

    def _insert_waiting(self, block: int) -> None:
        """Insert the entries found for a block into its lists."""
        lists = self.lists[self._rows(block)]
        lists.insert(*(np.concatenate(found) for found in zip(*self._waiting[block], strict=True)))
        self._waiting[block] = []

    def search(self, *, run: Mapper = in_turn, progress: Callable[[float], None] | None = None) -> Neighbours:
        """Neighbour lists of all rows; afterwards, `farthest` has been shown all pairs."""
        n = self.n_blocks
        self.farthest.take(NO_PAIR, *run(self._diagonal, range(n)))
        last = n // 2
        for step in range(1, last + 1):
            pairs = [(b, (b + step) % n) for b in range(n // 2 if 2 * step == n else n)]
            for blocks, (farthest, *found) in zip(pairs, run(self._tile, pairs), strict=True):
                self.farthest.take(farthest)
                for block, entries in zip(blocks, found, strict=True):
                    self._waiting[block].append(entries)
            # A few entries wait for more, since they hardly change the bounds.
            enough = 0 if step == last else self.block_rows
            waiting = [sum(len(found[0]) for found in entries) for entries in self._waiting]
            run(self._insert_waiting, [b for b in range(n) if waiting[b] > enough])
            if progress is not None:
                progress(step / last)
        return self.lists
