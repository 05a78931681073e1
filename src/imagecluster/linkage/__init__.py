"""Exact average linkage under cosine distance, in memory that grows with the vectors and not with their pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.cores import n_cores
from imagecluster.errors import ArgumentError, MemoryLimitError
from imagecluster.linkage.dendrogram import dendrogram
from imagecluster.linkage.duplicates import identical_rows
from imagecluster.linkage.rounds import Rounds
from imagecluster.linkage.vectors import ClusterVectors, float32_error, inverse_norms
from imagecluster.neighbours import BLOCK_ROWS, AllPairs, Mapper, in_turn
from imagecluster.records import Dendrogram

__all__ = ["average_linkage"]

Progress = Callable[[float, str], None]

_N_CANDIDATES = 16
"""Neighbours kept for each row. More cost memory and time in every round, fewer need more rescans."""

_SMALL = 1 << 22
"""Numbers in the vectors below which starting threads takes longer than the work."""


def average_linkage(
    X: NDArray[Any],
    *,
    n_threads: int | None = None,
    max_memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> Dendrogram:
    """Dendrogram of vectors under cosine distance and average linkage (UPGMA), exact.

    The same heights and clusters as ``scipy.cluster.hierarchy.linkage(pdist(X, "cosine"), "average")``, without the
    matrix of all pairs. Identical rows meet at height 0. Where several pairs are equally near, which of them merges
    first depends on the vectors alone, not on the order of the rows nor on the number of threads.

    Parameters
    ----------
    X : array of float32 or float64, shape (n_images, n_dimensions)
        Vectors of any length; a memory map is read in pieces.
    n_threads : int, optional
        Default: as many as this process may use.
    max_memory_bytes : int, optional
        Limit for what is needed beyond `X`.
    progress : callable, optional
        Called as ``progress(fraction, stage)`` with a fraction of the stage, from this thread.

    Returns
    -------
    Dendrogram

    Raises
    ------
    ArgumentError
        `X` is not a table of numbers, or a row is zero or not finite.
    MemoryLimitError
        More memory is needed than `max_memory_bytes`.

    Notes
    -----
    Takes O(n d) memory: 4 n d bytes and about 700 n. The time is that of half the product of all pairs, and a little.

    Examples
    --------
    >>> tree = average_linkage(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))
    >>> tree.merges.round(6).tolist()
    [[0.0, 2.0, 0.0, 2.0], [1.0, 3.0, 1.0, 3.0]]

    """
    X = _checked(X)
    if n_threads is not None and n_threads < 1:
        raise ArgumentError(f"n_threads is {n_threads}; it must be at least 1, or None for all")
    n, d = X.shape
    if max_memory_bytes is not None and needed_bytes(n, d) > max_memory_bytes:
        raise MemoryLimitError(
            f"average linkage of {n} x {d} needs {needed_bytes(n, d) / 2**20:.0f} MiB beside the vectors, "
            f"allowed are {max_memory_bytes / 2**20:.0f} MiB"
        )
    with _threads(1 if X.size < _SMALL else n_threads) as run:
        return _linkage(X, run=run, progress=progress)


def needed_bytes(n_images: int, n_dimensions: int) -> int:
    """Memory that `average_linkage` needs beside its argument, at most."""
    return n_images * (4 * n_dimensions + 20 * _N_CANDIDATES + 400) + (64 << 20)


def _checked(X: NDArray[Any]) -> NDArray[Any]:
    """`X` as a table of real numbers."""
    X = np.asanyarray(X)
    if X.ndim != 2 or X.dtype.kind not in "fiu":
        raise ArgumentError(
            f"got an array of shape {X.shape} and type {X.dtype}; average linkage takes real numbers in the shape "
            "(n_images, n_dimensions)"
        )
    return X


@contextmanager
def _threads(n_threads: int | None) -> Iterator[Mapper]:
    """Spread work over threads, each with a single-threaded BLAS: NumPy lets go of the interpreter's lock."""
    if n_threads is None:
        n_threads = n_cores()
    if n_threads == 1:
        yield in_turn
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(n_threads) as pool:

        def run(function: Callable[[Any], Any], items: Iterable[Any], /) -> list[Any]:
            listed = list(items)
            return in_turn(function, listed) if len(listed) < 2 else list(pool.map(function, listed))

        yield run


def _linkage(
    X: NDArray[Any],
    *,
    run: Mapper,
    progress: Progress | None = None,
    k: int = _N_CANDIDATES,
    block_rows: int = BLOCK_ROWS,
) -> Dendrogram:
    """The same, with the sizes open to tests."""
    inverse_norm = inverse_norms(X, run=run)
    unique = identical_rows(X)
    n, n_unique = len(X), len(unique.leaf)
    if n_unique < 2:
        return dendrogram(n, unique.children, np.zeros(len(unique.children)), largest_distance=0.0)
    vectors = ClusterVectors(X, inverse_norm, unique.leaf, unique.count, run=run)
    pairs = AllPairs(
        vectors.means,
        k=min(k, n_unique - 1),
        error=float32_error(X.shape[1]),
        exact=vectors.similarities,
        exact_block=vectors.exact_means,
        block_rows=block_rows,
    )
    neighbours, smallest = pairs.search(run=run, progress=_stage(progress, "comparing all pairs"))
    rounds = Rounds(vectors, neighbours, run=run)
    children, heights = rounds.merge_all(progress=_stage(progress, "merging"))
    node = np.concatenate([unique.node, n + len(unique.children) + np.arange(n_unique - 1)])
    return dendrogram(
        n,
        np.concatenate([unique.children, node[children]]),
        np.concatenate([np.zeros(len(unique.children)), np.maximum(heights, 0.0)]),
        largest_distance=max(0.0, 1.0 - smallest),
    )


def _stage(progress: Progress | None, stage: str) -> Callable[[float], None] | None:
    """Progress within one stage."""
    return None if progress is None else lambda fraction: progress(fraction, stage)
