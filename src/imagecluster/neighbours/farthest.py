"""The two rows that are least similar, exact, found beside other work on the same tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.lists import BLOCK_ROWS, Mapper, in_turn

_MOST_CANDIDATES = 4096
"""Exact products of single pairs in a tile; from about here on the exact product of the whole tile takes less time."""

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
    """Keeps the least similar pair of the tiles that it is shown.

    Parameters
    ----------
    error : float
        How far a similarity in a tile can be from the true one.
    exact : callable
        Exact similarities of pairs of rows, `exact(i, j) -> float64 array`.
    exact_block : callable
        Exact vectors of some rows in float64, for tiles with too many candidates.

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
        """Least similar pair of a tile, or `NO_PAIR` where it cannot be the least similar of all. Changes nothing."""
        lowest = float(tile.min())
        if lowest > self.pair.similarity + self.error:
            return NO_PAIR
        limit = np.float32(min(self.pair.similarity + self.error, lowest + 2 * self.error))
        i, j = np.divmod(np.flatnonzero(tile <= limit), tile.shape[1])
        if len(i) <= _MOST_CANDIDATES:
            similarity = self.exact(rows[i], columns[j])
            at = int(similarity.argmin())
            return Pair(float(similarity[at]), int(rows[i[at]]), int(columns[j[at]]))
        product = self.exact_block(rows) @ self.exact_block(columns).T
        a, b = np.unravel_index(int(product.argmin()), product.shape)
        return Pair(float(product[a, b]), int(rows[a]), int(columns[b]))

    def take(self, *pairs: Pair) -> None:
        """Keep the least similar of the pairs."""
        self.pair = min(self.pair, *pairs)

    def search(self, vectors: NDArray[np.float32], *, run: Mapper = in_turn) -> Pair:
        """The least similar pair of all rows, by the bare product of all pairs."""
        starts = range(0, len(vectors), BLOCK_ROWS)

        def one(pair: tuple[int, int]) -> Pair:
            rows, columns = (np.arange(s, min(s + BLOCK_ROWS, len(vectors))) for s in pair)
            tile = vectors[rows[0] : rows[-1] + 1] @ vectors[columns[0] : columns[-1] + 1].T
            return self.look(tile, rows, columns)

        for first in starts:
            self.take(*run(one, [(first, second) for second in starts if second >= first]))
        return self.pair

    def hop(self, vectors: NDArray[np.float32], *, run: Mapper = in_turn) -> Pair:
        """A pair that is hardly more similar than the least similar one, in a few passes over the rows.

        From the rows least like the mean, and a sample, to the row farthest from each, again and again while that
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
            similarity = self.exact(rows, ends)
            best = int(similarity.argmin())
            self.take(Pair(float(similarity[best]), int(rows[best]), int(ends[best])))
            if not self.pair.similarity < before:
                break
            rows = np.unique(ends)
        return self.pair


def _least_similar(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], start: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Of the columns from `start` on, the one least similar to each row: similarity and number."""
    tile = vectors[rows] @ vectors[start : start + 4 * BLOCK_ROWS].T
    at = tile.argmin(axis=1)
    return tile[np.arange(len(rows)), at], at + start
