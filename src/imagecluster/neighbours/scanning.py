"""The exact most similar columns of some rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.lists import BLOCK_ROWS, Neighbours
from imagecluster.system.cores import Mapper, in_turn


def _jitter(size: float, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.float64]:
    """Random-looking numbers in [0, size) that depend only on the row and column."""
    table = np.random.default_rng(0).random(4096) * size
    mixed = rows[:, None].astype(np.int64) * 2654435761 + columns.astype(np.int64) * 40503
    return np.asarray(table[(mixed >> 5) & 4095])


class Columns(NamedTuple):
    """Vectors to search among."""

    vectors: Callable[[NDArray[Any]], NDArray[Any]]
    """Returns the vectors with some numbers, shape (n, d), of the same type as the rows."""
    ids: NDArray[Any]
    """Their numbers, ascending, shape (n_columns,)."""


def scan(
    rows: NDArray[Any],
    ids: NDArray[Any],
    columns: Columns,
    *,
    k: int,
    jitter: float = 0.0,
    run: Mapper = in_turn,
) -> Neighbours:
    """Most similar columns of some rows.

    Parameters
    ----------
    rows : array of shape (n_rows, d)
        Vectors for which to find neighbours.
    ids : array of int, shape (n_rows,)
        Their numbers, since a row is not its own neighbour.
    columns : Columns
        Vectors to search.
    k : int
        Length of the lists.
    jitter : float
        Upper limit of a fixed, random-looking number that is added to each similarity, so that different rows get
        different ones of many equal columns.
    run : Mapper
        Spreads the row blocks over threads.

    Returns
    -------
    Neighbours
        The lists; `index` holds column numbers.

    """
    lists = Neighbours.empty(len(rows), k, rows.dtype)
    starts = range(0, len(rows), BLOCK_ROWS)
    for first in range(0, len(columns.ids), BLOCK_ROWS):
        numbers = np.asarray(columns.ids[first : first + BLOCK_ROWS], np.int32)
        block = columns.vectors(numbers)

        def one(
            start: int,
            block: NDArray[Any] = block,
            numbers: NDArray[np.int32] = numbers,
            fresh: bool = first == 0,
        ) -> None:
            chosen = slice(start, start + BLOCK_ROWS)
            tile = rows[chosen] @ block.T
            at = np.minimum(np.searchsorted(numbers, ids[chosen]), len(numbers) - 1)
            own = np.flatnonzero(numbers[at] == ids[chosen])
            tile[own, at[own]] = -np.inf
            if jitter:
                tile += _jitter(jitter, ids[chosen], numbers)
            if fresh:
                lists[chosen].fill(tile, numbers)
            else:
                lists[chosen].insert_better(tile, numbers)

        run(one, starts)
    return lists
