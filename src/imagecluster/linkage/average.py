"""Average linkage under cosine distance, in memory that grows with the vectors, not with their pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.dendrogram import dendrogram_of_unique
from imagecluster.linkage.duplicates import Unique, identical_rows
from imagecluster.linkage.graph import GraphPlan, neighbour_graph
from imagecluster.linkage.input_check import checked
from imagecluster.linkage.planning import fitting_candidates
from imagecluster.linkage.raised import RaisedPairs, sums_of_unique
from imagecluster.linkage.reciprocal_merges import ReciprocalMerger
from imagecluster.linkage.vectors import ClusterVectors, inverse_norms
from imagecluster.neighbours import Neighbours
from imagecluster.records import Dendrogram, NeighbourGraph
from imagecluster.system.cores import Mapper, threads
from imagecluster.system.progress import OnProgress, shares, silent

__all__ = ["Linkage", "average_linkage", "link", "neighbours_of"]


@dataclass(frozen=True, slots=True)
class Linkage:
    """A dendrogram, and the neighbours from which it was made."""

    dendrogram: Dendrogram
    graph: NeighbourGraph
    """Neighbours of the distinct rows, with which the next `link` of similar rows need not compare all pairs."""


def average_linkage(
    X: NDArray[Any],
    *,
    approximate: bool = False,
    n_threads: int | None = None,
    max_memory_bytes: int | None = None,
    progress: OnProgress = silent,
) -> Dendrogram:
    """Dendrogram of vectors under cosine distance and average linkage (UPGMA), by default exact.

    It has the heights and clusters of ``scipy.cluster.hierarchy.linkage(pdist(X, "cosine"), "average")``, but needs no
    matrix of all pairs. Identical rows meet at height 0. Which of several equally near pairs merges first depends on
    the vectors alone, not on the order of the rows or the number of threads.

    Parameters
    ----------
    X : array of float32 or float64, shape (n_images, n_dimensions)
        Vectors of any length; a memory map is read in pieces.
    approximate : bool
        Whether neighbours may be missed, which pays from some 100,000 rows on; see `link`.
    n_threads : int, optional
        Number of threads; default: as many as this process may use.
    max_memory_bytes : int, optional
        Limit on the memory needed in addition to `X`.
    progress : callable
        Called from this thread with the completed share of each stage.

    Returns
    -------
    Dendrogram

    Raises
    ------
    ArgumentError
        `X` is not a table of numbers.
    VectorError
        A row is zero or not finite.
    MemoryLimitError
        More memory is needed than `max_memory_bytes`.

    Notes
    -----
    It takes O(n d) memory: 4 n d bytes and about 900 n. The time is a little more than that of half the product of all
    pairs.

    Examples
    --------
    >>> tree = average_linkage(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))
    >>> tree.merges.round(6).tolist()
    [[0.0, 2.0, 0.0, 2.0], [1.0, 3.0, 1.0, 3.0]]

    """
    return link(
        X, approximate=approximate, n_threads=n_threads, max_memory_bytes=max_memory_bytes, progress=progress
    ).dendrogram


def link(  # noqa: PLR0913  # all but the first are options
    X: NDArray[Any],
    *,
    approximate: bool = False,
    known: NeighbourGraph | None = None,
    raised: RaisedPairs | None = None,
    n_threads: int | None = None,
    max_memory_bytes: int | None = None,
    progress: OnProgress = silent,
) -> Linkage:
    """Dendrogram and neighbour graph of vectors; arguments and errors are as for `average_linkage`.

    Parameters
    ----------
    X : array of float32 or float64, shape (n_images, n_dimensions)
    approximate : bool
        Whether to look for each row's neighbours in part of the rows only. The dendrogram is then exact except for
        neighbours that the lists miss, whose share is given by `graph.recall`, and the largest distance is the largest
        one found.
    known : NeighbourGraph, optional
        Graph of an earlier call, of any rows; rows that are still present are not compared with each other again. The
        result is exact unless that graph is approximate, which only an approximate call accepts.
    raised : RaisedPairs, optional
        Pairs of rows that are more similar than their vectors say. The dendrogram is that of average linkage of these
        similarities, just as exact; the graph and the largest distance are those of the vectors.
    n_threads, max_memory_bytes, progress
        As in `average_linkage`.

    """
    X = checked(X)
    k = fitting_candidates(len(X), X.shape[1], max_memory_bytes)
    with threads(X, n_threads) as run:
        return _link(X, GraphPlan(k, approximate), known=known, raised=raised, run=run, progress=progress)


def neighbours_of(
    X: NDArray[Any],
    *,
    approximate: bool = False,
    known: NeighbourGraph | None = None,
    n_threads: int | None = None,
    progress: OnProgress = silent,
) -> NeighbourGraph:
    """Neighbour graph of vectors, the same as `link` gives with the same arguments, without the dendrogram."""
    X = checked(X)
    plan = GraphPlan(fitting_candidates(len(X), X.shape[1], None), approximate)
    with threads(X, n_threads) as run:
        unique = identical_rows(X)
        if len(unique.leaf) < 2:
            return _no_neighbours(unique.digests, plan.k)
        vectors = ClusterVectors(X, inverse_norms(X, run=run), unique.leaf, unique.count, run=run)
        return _graph(vectors, unique, plan, known=known, run=run, progress=progress)


def _link(
    X: NDArray[Any],
    plan: GraphPlan = GraphPlan(),  # noqa: B008  # a frozen value
    *,
    run: Mapper,
    known: NeighbourGraph | None = None,
    raised: RaisedPairs | None = None,
    progress: OnProgress = silent,
) -> Linkage:
    """Like `link`, with the sizes open to tests."""
    inverse_norm = inverse_norms(X, run=run)
    unique = identical_rows(X)
    if len(unique.leaf) < 2:
        tree = dendrogram_of_unique(unique, np.empty((0, 2), np.int64), np.empty(0), largest_distance=0.0)
        return Linkage(tree, _no_neighbours(unique.digests, plan.k))
    vectors = ClusterVectors(X, inverse_norm, unique.leaf, unique.count, run=run)
    graph = _graph(vectors, unique, plan, known=known, run=run, progress=progress)
    sums = None
    if raised is not None and len(raised.first):
        sums = sums_of_unique(raised, unique.row_of_leaf, unique.count, n_leaves=len(X))
    merger = ReciprocalMerger(vectors, Neighbours(graph.index, graph.similarity, graph.bound), run=run, raised=sums)
    children, heights = merger.merge_all(progress=shares(progress, "merging"))
    largest_distance = max(0.0, 1.0 - graph.smallest)
    tree = dendrogram_of_unique(unique, children, np.maximum(heights, 0.0), largest_distance=largest_distance)
    return Linkage(tree, graph)


def _graph(
    vectors: ClusterVectors,
    unique: Unique,
    plan: GraphPlan,
    *,
    known: NeighbourGraph | None,
    run: Mapper,
    progress: OnProgress,
) -> NeighbourGraph:
    """Neighbour graph of at least two distinct vectors."""
    return neighbour_graph(
        vectors,
        unique.digests,
        plan._replace(k=min(plan.k, len(unique.leaf) - 1)),
        known=known,
        run=run,
        progress=shares(progress, "neighbours" if plan.approximate else "pairs"),
    )


def _no_neighbours(digests: NDArray[np.uint64], k: int) -> NeighbourGraph:
    """Graph of fewer than two distinct rows."""
    lists = Neighbours.empty(len(digests), k, np.float32)
    return NeighbourGraph(digests, lists.index, lists.similarity, lists.bound, (-1, -1), 1.0, None)
