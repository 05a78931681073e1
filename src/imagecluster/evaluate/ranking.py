"""Leave-one-out retrieval: each picture of a class is the query of a search among all others, by cosine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from imagecluster.errors import ArgumentError
from imagecluster.evaluate.labels import UNLABELLED, checked
from imagecluster.system.cores import n_cores

_BLOCK_NUMBERS = 1 << 23
"""Number of similarities that a thread holds at a time: 32 MiB."""

_BLOCK_ROWS = 256
"""Largest number of queries in a block; more do not make the product faster."""

_STEPS = np.float32(1 << 20)
"""Similarities are compared in steps of 2^-20, since float32 sums of equal pictures differ by less."""

_COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Quality with which pictures of a class find one another."""

    n_queries: int
    """Number of pictures whose class holds at least one more."""
    n_candidates: int
    """Number of pictures in each search: all except the unlabelled ones and the query itself."""
    n_alone: int
    """Number of pictures that are alone in their class, which are not queries, but wrong answers to all others."""
    mean_average_precision: float
    """Mean over the queries; NaN if there are none."""
    interval: tuple[float, float]
    """Bootstrap interval of 95 % for the mean average precision."""
    recall: Mapping[int, float]
    """Share of queries with at least one right answer among the k nearest, by k."""


def retrieval(
    X: NDArray[Any],
    labels: NDArray[Any],
    *,
    ks: Sequence[int] = (1, 5, 10),
    queries: NDArray[np.bool_] | None = None,
    n_threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Retrieval:
    """Mean average precision and recall@k of leave-one-out retrieval by cosine.

    Parameters
    ----------
    X : array of real numbers, shape (n_images, n_dimensions)
        Vectors of any length except zero.
    labels : array of int, shape (n_images,)
        Classes from 0; `UNLABELLED` pictures are left out, and `DISTRACTOR` ones are wrong answers to every query.
    ks : sequence of int
        Lengths of the lists of answers for recall@k.
    queries : array of bool, shape (n_images,), optional
        Pictures to search for (default: all that have a class with another picture in it).
    n_threads : int, optional
        Number of threads; default: one per core.
    progress : callable, optional
        Called with the completed fraction.

    Returns
    -------
    Retrieval

    Raises
    ------
    ArgumentError
        The shapes do not agree, a k is less than 1, or a row is zero or not finite.

    Notes
    -----
    Average precision is the mean, over the right answers, of the precision among all answers at least as similar as
    that one. Equally similar answers (to six decimals) share a place, so that the result does not depend on the order
    of the rows, as in scikit-learn's ``average_precision_score``. Recall@k is that of metric learning (Jegou et al.,
    PAMI 2011; Oh Song et al., CVPR 2016): whether a right answer is among the first k, with wrong ones first among
    equally similar ones.
    It takes the product of all pairs and one sort per query, with 32 MiB per thread and a copy of the vectors.

    """
    vectors = np.asarray(X)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise ArgumentError(
            f"got vectors of shape {vectors.shape} and type {vectors.dtype}; expected numbers (n_images, n_dimensions)"
        )
    if not ks or min(ks) < 1:
        raise ArgumentError(f"ks is {tuple(ks)}; they must be whole numbers of 1 or more")
    numbers = checked(labels, len(vectors))
    if queries is not None and (queries.shape != numbers.shape or queries.dtype != bool):
        raise ArgumentError(
            f"got queries of shape {queries.shape} and type {queries.dtype}; expected a bool for each of "
            f"{len(numbers)} pictures"
        )
    search = _Search(vectors, numbers)
    asked = search.askable if queries is None else search.askable & queries[search.kept]
    chosen = np.flatnonzero(asked)
    precision, n_before = search.run(chosen, n_threads=n_threads or n_cores(), progress=progress)
    alone = (search.labels >= 0) & ~search.askable
    return Retrieval(
        n_queries=len(chosen),
        n_candidates=max(0, len(search.labels) - 1),
        n_alone=int(np.count_nonzero(alone)),
        mean_average_precision=float(precision.mean()) if len(chosen) else np.nan,
        interval=bootstrap_interval(precision),
        recall={k: float((n_before < k).mean()) if len(chosen) else np.nan for k in ks},
    )


class _Search:
    """Pictures to search among, sorted by class, so that the right answers to a query are one run of columns."""

    def __init__(self, X: NDArray[Any], labels: NDArray[np.int64]) -> None:
        kept = np.flatnonzero(labels != UNLABELLED)
        self.kept = kept[np.argsort(labels[kept], kind="stable")]
        self.labels = labels[self.kept]
        self._vectors = _unit(X, self.kept)
        self._first = np.searchsorted(self.labels, self.labels, "left")
        self._last = np.searchsorted(self.labels, self.labels, "right")
        self.askable = (self.labels >= 0) & (self._last - self._first > 1)

    def run(
        self, chosen: NDArray[np.int64], *, n_threads: int, progress: Callable[[float], None] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Average precision of each query, and the number of wrong answers before its first right one."""
        precision, n_before = np.empty(len(chosen)), np.empty(len(chosen), np.int64)
        n_rows = max(1, min(_BLOCK_ROWS, _BLOCK_NUMBERS // max(1, len(self.labels))))
        starts = range(0, len(chosen), n_rows)

        def block(start: int) -> None:
            rows = chosen[start : start + n_rows]
            tile = self._vectors[rows] @ self._vectors.T
            np.rint(np.multiply(tile, _STEPS, out=tile), out=tile)
            for place, row in enumerate(rows):
                precision[start + place], n_before[start + place] = self._judged(tile[place], row)

        with threadpool_limits(1), ThreadPoolExecutor(n_threads) as pool:
            for done, _ in enumerate(pool.map(block, starts), start=1):
                if progress is not None:
                    progress(done / len(starts))
        return precision, n_before

    def _judged(self, similarity: NDArray[np.float32], row: int) -> tuple[float, int]:
        """Average precision, and wrong answers before the first right one; similarities are sorted in place."""
        similarity[row] = -np.inf
        right = np.sort(similarity[self._first[row] : self._last[row]])[1:]
        similarity.sort()
        n_right = len(right) - np.searchsorted(right, right, "left")
        n_all = len(similarity) - np.searchsorted(similarity, right, "left")
        return float((n_right / n_all).mean()), int(n_all[-1] - n_right[-1])


def _unit(X: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows as float32 of unit length."""
    vectors = X[rows].astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(wrong):
        raise ArgumentError(
            f"row {rows[wrong[0]]} has length {lengths[wrong[0]]}; cosine needs vectors of finite, positive length"
        )
    vectors /= lengths[:, None]
    return vectors


def bootstrap_interval(
    values: NDArray[np.float64], *, n_resamples: int = 1000, rng: np.random.Generator | None = None
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean (Efron 1979), 95 %; not numbers where there are no values.

    Where values depend on each other, as those of queries of one class do, the interval is rather too narrow.

    Parameters
    ----------
    values : array of float64, shape (n,)
    n_resamples : int
        How often n of them are drawn.
    rng : numpy Generator, optional
        Draws them; default: seeded with 0, so that the same data gives the same interval.

    """
    if not len(values):
        return (np.nan, np.nan)
    rng = np.random.default_rng(0) if rng is None else rng
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(n_resamples)]
    low, high = np.quantile(means, [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return (float(low), float(high))
