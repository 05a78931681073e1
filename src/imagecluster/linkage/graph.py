"""The neighbour graph of distinct vectors: from all pairs, from cells, or from an earlier graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.planning import N_CANDIDATES
from imagecluster.linkage.vectors import ClusterVectors, float32_error
from imagecluster.neighbours import (
    BLOCK_ROWS,
    AllPairs,
    Farthest,
    Neighbours,
    Pair,
    approximate_neighbours,
    updated_neighbours,
)
from imagecluster.records import NeighbourGraph
from imagecluster.system.cores import Mapper

_MOST_NEW = 0.25
"""Share of new vectors above which comparing all pairs takes no longer than comparing the new ones with all."""


class GraphPlan(NamedTuple):
    """The neighbours to look for, and the size of steps."""

    k: int = N_CANDIDATES
    """Length of the neighbour lists."""
    approximate: bool = False
    """Whether the lists may miss neighbours; if so, their recall is measured."""
    block_rows: int = BLOCK_ROWS
    """Number of rows in a block of all pairs."""


def neighbour_graph(
    vectors: ClusterVectors,
    digests: NDArray[np.uint64],
    plan: GraphPlan,
    *,
    known: NeighbourGraph | None = None,
    run: Mapper,
    progress: Callable[[float], None] | None = None,
) -> NeighbourGraph:
    """The nearest neighbours of vectors, which are ordered by their digests.

    Parameters
    ----------
    vectors : ClusterVectors
        At least two vectors, none merged yet.
    digests : array of uint64, shape (n, 2)
        Hash of each vector, ascending.
    plan : GraphPlan
        The plan; its lists must be shorter than the number of vectors.
    known : NeighbourGraph, optional
        Graph of an earlier set; vectors that are in both are not compared again.
    run : Mapper
    progress : callable, optional
        Called with the completed fraction.

    """
    means, error = vectors.means, float32_error(vectors.means.shape[1])
    farthest = Farthest(error=error, exact=vectors.similarities, exact_block=vectors.exact_means)
    recall = None
    if known is not None and (number := _new_numbers(known, digests, plan)) is not None:
        old = Neighbours(known.index, known.similarity, known.bound)
        lists = updated_neighbours(means, old, number, farthest=farthest, run=run)
        recall = known.recall
        _farthest_of_update(known, number, farthest, means, run=run)
    elif plan.approximate:
        lists, recall = approximate_neighbours(means, k=plan.k, error=error, run=run, progress=progress)
        farthest.hop(means, run=run)
    else:
        pairs = AllPairs(means, k=plan.k, farthest=farthest, block_rows=plan.block_rows)
        lists = pairs.search(run=run, progress=progress)
    pair = farthest.pair
    return NeighbourGraph(
        digests, lists.index, lists.similarity, lists.bound, (pair.first, pair.second), pair.similarity, recall
    )


def _new_numbers(known: NeighbourGraph, digests: NDArray[np.uint64], plan: GraphPlan) -> NDArray[np.int64] | None:
    """Row in `digests` of each known vector, or -1 if it is gone; None if the known graph cannot be used."""
    if known.index.shape[1] != plan.k or (known.recall is not None and not plan.approximate):
        return None
    number = np.full(len(known.digests), -1, np.int64)
    both = np.concatenate([known.digests, digests])
    order = np.lexsort((both[:, 1], both[:, 0]))
    same = (both[order[1:]] == both[order[:-1]]).all(axis=1)
    # The sort is stable, so of two equal digests the known one comes first.
    number[order[:-1][same]] = order[1:][same] - len(number)
    n_new = len(digests) - np.count_nonzero(same)
    return number if n_new <= _MOST_NEW * len(digests) else None


def _farthest_of_update(
    known: NeighbourGraph,
    number: NDArray[np.int64],
    farthest: Farthest,
    means: NDArray[np.float32],
    *,
    run: Mapper,
) -> None:
    """Find the least similar pair: the known one if both rows are still present, else by a search."""
    if not len(number) or known.farthest[0] < 0:
        return
    first, second = number[list(known.farthest)].tolist()
    if min(first, second) >= 0:
        farthest.take(Pair(known.smallest, first, second))
    elif known.recall is None:
        farthest.search(means, run=run)
    else:
        farthest.hop(means, run=run)
