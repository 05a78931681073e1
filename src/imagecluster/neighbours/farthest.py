"""The exact pair of least similar rows, found along with other work on the same tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.bounds import CHECK, CHECK_EXACTLY, Bounds, Coordinates, Plan
from imagecluster.neighbours.lists import BLOCK_ROWS
from imagecluster.system.cores import Mapper, in_turn

_MOST_CANDIDATES = 4096
"""Largest number of exact products of single pairs in a tile; beyond it the exact product of the tile is faster."""

_FEW_ROWS = 4 * BLOCK_ROWS
"""Number of rows up to which products of all pairs take no longer than finding out which to leave out."""

_STARTS = 256
_MOST_HOPS = 8


class Pair(NamedTuple):
    """Two rows and their exact similarity."""

    similarity: float
    first: int
    second: int


NO_PAIR = Pair(1.0, -1, -1)
"""The least similar pair of fewer than two rows."""


class Farthest:
    """The least similar pair in all tiles that are shown to it.

    Parameters
    ----------
    error : float
        Largest error of a similarity in a tile.
    exact : callable
        Returns exact similarities of pairs of rows, `exact(i, j) -> float64 array`.
    exact_block : callable
        Returns exact vectors of some rows in float64, for tiles with too many candidates.

    """

    def __init__(
        self,
        *,
        error: float,
        exact: Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]],
        exact_block: Callable[[NDArray[Any]], NDArray[np.float64]],
    ) -> None:
        self.error = error
        self.exact = exact
        self.exact_block = exact_block
        self.pair = NO_PAIR

    def look(self, tile: NDArray[np.float32], rows: NDArray[Any], columns: NDArray[Any]) -> Pair:
        """Least similar pair of a tile, or `NO_PAIR` if it cannot be the least similar of all; changes nothing."""
        lowest = float(tile.min())
        if lowest > self.pair.similarity + self.error:
            return NO_PAIR
        limit = np.float32(min(self.pair.similarity + self.error, lowest + 2 * self.error))
        i, j = np.divmod(np.flatnonzero(tile <= limit), tile.shape[1])
        if len(i) <= _MOST_CANDIDATES:
            return self._least(rows[i], columns[j])
        product = self.exact_block(rows) @ self.exact_block(columns).T
        a, b = np.unravel_index(int(product.argmin()), product.shape)
        return Pair(float(product[a, b]), int(rows[a]), int(columns[b]))

    def take(self, *pairs: Pair) -> None:
        """Keep the least similar of the pairs."""
        self.pair = min(self.pair, *pairs)

    def search(self, vectors: NDArray[np.float32], *, run: Mapper = in_turn, most_products: float = np.inf) -> bool:
        """Look for the least similar pair of all unit vectors; return whether it is certain to be that.

        A few passes find a pair that is hardly more similar; then only pairs are examined that may be less similar by
        their coordinates along a few directions. If even that would take more than `most_products` multiplications, the
        pair from the passes is kept.
        """
        n, d = vectors.shape
        self.hop(vectors, run=run)
        bounds, plan = None, Plan(0, d)
        if n > _FEW_ROWS:
            bounds = Bounds(vectors)
            plan = bounds.plan(self.pair.similarity + self.error)
        if n * n / 2 * plan.cost > most_products:
            return False

        def product(rows: slice, columns: slice) -> Pair:
            tile = vectors[rows] @ vectors[columns].T
            return self.look(tile, np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop))

        if bounds is None or not plan.n_directions:
            self._all_tiles(n, product, run)
            return True
        fine = Coordinates.of(bounds, run=run)
        first, second = fine.factors(plan.n_directions)

        def look(rows: slice, columns: slice) -> Pair:
            limit = self.pair.similarity + self.error
            tile = first[rows] @ second[columns].T
            if tile.min() >= limit:
                return NO_PAIR
            i, j = np.divmod(np.flatnonzero(tile < limit), tile.shape[1])
            if len(i) * CHECK > tile.size * d:
                return product(rows, columns)
            i, j = i + rows.start, j + columns.start
            below = np.flatnonzero(fine.bounds(i, j) < limit)
            if len(below) * CHECK_EXACTLY > tile.size * d:
                return product(rows, columns)
            return self._least(i[below], j[below])

        self._all_tiles(n, look, run)
        return True

    def _all_tiles(self, n: int, look: Callable[[slice, slice], Pair], run: Mapper) -> None:
        """Keep the least similar pair that a function finds in any two blocks of rows."""
        blocks = [slice(start, min(start + BLOCK_ROWS, n)) for start in range(0, n, BLOCK_ROWS)]
        for first, rows in enumerate(blocks):
            self.take(*run(partial(look, rows), blocks[first:]))

    def _least(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> Pair:
        """The least similar of some pairs of rows."""
        if not len(i):
            return NO_PAIR
        similarity = self.exact(i, j)
        at = int(similarity.argmin())
        return Pair(float(similarity[at]), int(i[at]), int(j[at]))

    def hop(self, vectors: NDArray[np.float32], *, run: Mapper = in_turn) -> Pair:
        """A pair that is hardly more similar than the least similar one, from a few passes over the rows.

        It goes from the rows that are least like the mean, and a sample, to the row farthest from each, as long as that
        leads farther.
        """
        n = len(vectors)
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        odd = np.argsort(vectors @ mean, kind="stable")[:_STARTS]
        rows = np.unique(np.concatenate([odd, np.arange(min(n, _STARTS))]))
        for _ in range(_MOST_HOPS):
            before = self.pair.similarity
            blocks = run(partial(_least_similar, vectors, rows), range(0, n, 4 * BLOCK_ROWS))
            values = np.stack([value for value, _ in blocks])
            at = values.argmin(axis=0)
            ends = np.stack([end for _, end in blocks])[at, np.arange(len(rows))]
            self.take(self._least(rows, ends))
            if not self.pair.similarity < before:
                break
            rows = np.unique(ends)
        return self.pair


def _least_similar(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], start: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Similarity and number of the column from `start` on that is least similar to each row."""
    tile = vectors[rows] @ vectors[start : start + 4 * BLOCK_ROWS].T
    at = tile.argmin(axis=1)
    return tile[np.arange(len(rows)), at], at + start
