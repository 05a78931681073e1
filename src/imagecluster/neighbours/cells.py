"""Approximate nearest neighbours: each row is compared with those in the cells whose centres are nearest to it.

This is the inverted file of Jegou, Douze & Schmid (2011, PAMI 33), the index with the best recall for its time on
fingerprints, as blocked matrix products. Cells are probed by rank: all rows probe their nearest cell first, then all
their second nearest. Within a rank no two cells share a row, so that they are probed in threads, and the result does
not depend on the number of threads. More cells are probed until a sample, compared with all rows, has the desired
recall.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.neighbours.lists import BLOCK_ROWS, Neighbours
from imagecluster.neighbours.scanning import Columns, scan
from imagecluster.records import Recall
from imagecluster.system.cores import Mapper, in_turn

_CELLS_A_ROOT = 4
"""Number of cells per square root of the number of rows; of 1,000,000 rows, each cell then holds 250 on average."""

_SAMPLE_A_CELL = 32
_ITERATIONS = 6

_RANKS = (16, 32, 48, 64, 96, 128)
"""Numbers of probed cells per row after which the recall is measured."""

WANTED_RECALL = 0.98
N_SAMPLED = 1000


def approximate_neighbours(
    vectors: NDArray[np.float32],
    *,
    k: int,
    error: float,
    wanted_recall: float = WANTED_RECALL,
    run: Mapper = in_turn,
    progress: Callable[[float], None] | None = None,
) -> tuple[Neighbours, Recall]:
    """Neighbour lists of all rows, mostly right, and their recall.

    Parameters
    ----------
    vectors : array of float32, shape (n, d)
        Unit vectors in an order that is unrelated to their contents, since the first ones serve as a sample.
    k : int
        Length of the neighbour lists.
    error : float
        Largest error of a product in this precision.
    wanted_recall : float
        Share of the true neighbours at which probing stops, unless the largest number of cells is reached first.
    run : Mapper
        Spreads the work over threads.
    progress : callable, optional
        Called with the completed fraction.

    Returns
    -------
    Neighbours
        The lists; `bound` refers to the rows that were examined.
    Recall

    """
    n = len(vectors)
    sample = np.arange(min(n, N_SAMPLED))
    truth = scan(vectors[sample], sample, Columns(lambda ids: vectors[ids], np.arange(n)), k=k, run=run)
    centres = _centres(vectors, min(n, math.ceil(_CELLS_A_ROOT * math.sqrt(n))), run=run)
    lists = Neighbours.empty(n, k, vectors.dtype)
    ranks = [0, *sorted({min(rank, len(centres)) for rank in _RANKS})]
    home: NDArray[np.uint16] | None = None
    for first, last in pairwise(ranks):
        cells = _nearest_cells(vectors, centres, first, last, run=run)
        home = cells[:, 0].copy() if home is None else home
        members = _members(home, len(centres))
        for rank in range(first, last):
            _probe(vectors, lists, cells[:, rank - first], members, fresh=rank == 0, run=run)
            if progress is not None:
                progress((rank + 1) / ranks[-1])
        recall = measured_recall(lists[sample], truth, error=error)
        if recall.neighbours >= wanted_recall:
            break
    return lists, recall


def measured_recall(found: Neighbours, truth: Neighbours, *, error: float) -> Recall:
    """Agreement of lists with exact ones of the same rows; equally similar neighbours are interchangeable."""
    wanted = np.count_nonzero(truth.index >= 0, axis=1)
    least = np.where(truth.index >= 0, truth.similarity, np.inf).min(axis=1) - 2 * error
    hits = np.minimum(np.count_nonzero(found.similarity >= least[:, None], axis=1), wanted)
    missed = truth.similarity.max(axis=1) - found.similarity.max(axis=1)
    wrong = missed > 2 * error
    return Recall(
        n_sampled=len(hits),
        neighbours=float(hits.sum() / max(1, wanted.sum())),
        nearest=float(1.0 - wrong.mean()) if len(wrong) else 1.0,
        mean_excess=float(np.where(wrong, missed, 0.0).mean()) if len(wrong) else 0.0,
    )


def _centres(vectors: NDArray[np.float32], n_cells: int, *, run: Mapper) -> NDArray[np.float32]:
    """Centres of cells, by spherical k-means on the first rows, which are a sample; shape (n_cells, d)."""
    sample = vectors[: n_cells * _SAMPLE_A_CELL]
    centres = sample[:n_cells].copy()
    for _ in range(_ITERATIONS):
        cell = _nearest_cells(sample, centres, 0, 1, run=run)[:, 0]
        order = np.argsort(cell, kind="stable")
        counts = np.bincount(cell, minlength=n_cells)
        starts = np.cumsum(counts) - counts

        def mean(
            number: int, order: NDArray[np.int64] = order, starts: Any = starts, counts: Any = counts
        ) -> NDArray[np.float32]:
            return np.asarray(sample[order[starts[number] : starts[number] + counts[number]]].mean(axis=0))

        filled = np.flatnonzero(counts)
        centres[filled] = np.stack(run(mean, filled.tolist()))
        length = np.linalg.norm(centres, axis=1, keepdims=True)
        centres /= np.where(length > 0, length, 1)
    return centres


def _nearest_cells(
    vectors: NDArray[np.float32], centres: NDArray[np.float32], first: int, last: int, *, run: Mapper
) -> NDArray[np.uint16]:
    """Cells of each row with ranks from `first` to before `last`, nearest first; shape (n, last - first)."""
    result = np.empty((len(vectors), last - first), np.uint16)

    def one(start: int) -> None:
        similarity = vectors[start : start + BLOCK_ROWS] @ centres.T
        if last == 1:
            result[start : start + BLOCK_ROWS, 0] = similarity.argmax(axis=1)
            return
        best = np.argpartition(similarity, len(centres) - last, axis=1)[:, -last:]
        order = np.argsort(-np.take_along_axis(similarity, best, axis=1), axis=1, kind="stable")
        result[start : start + BLOCK_ROWS] = np.take_along_axis(best, order[:, first:], axis=1)

    run(one, range(0, len(vectors), BLOCK_ROWS))
    return result


def _members(cell: NDArray[np.uint16], n_cells: int) -> list[NDArray[np.int32]]:
    """Rows of each cell, ascending."""
    order = np.argsort(cell, kind="stable").astype(np.int32)
    return np.split(order, np.cumsum(np.bincount(cell, minlength=n_cells))[:-1])


def _probe(
    vectors: NDArray[np.float32],
    lists: Neighbours,
    cell: NDArray[np.uint16],
    members: list[NDArray[np.int32]],
    *,
    fresh: bool,
    run: Mapper,
) -> None:
    """Compare each row with the members of one cell; `fresh` lists have no entries yet."""
    visitors = _members(cell, len(members))

    def one(number: int) -> None:
        for start in range(0, len(visitors[number]), BLOCK_ROWS):
            rows = visitors[number][start : start + BLOCK_ROWS]
            part = lists[rows]
            queries = vectors[rows]
            for at in range(0, len(members[number]), 4 * BLOCK_ROWS):
                columns = members[number][at : at + 4 * BLOCK_ROWS]
                tile = queries @ vectors[columns].T
                own = np.minimum(np.searchsorted(columns, rows), len(columns) - 1)
                here = np.flatnonzero(columns[own] == rows)
                tile[here, own[here]] = -np.inf
                if fresh and at == 0:
                    part.fill(tile, columns)
                else:
                    part.insert_better(tile, columns)
            lists[rows] = part

    largest_first = sorted(range(len(members)), key=lambda c: -len(members[c]) * len(visitors[c]))
    run(one, [c for c in largest_first if len(members[c]) and len(visitors[c])])
