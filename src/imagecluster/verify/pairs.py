"""Comparison of many pairs of pictures, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from imagecluster.system.cores import n_cores
from imagecluster.verify.features import LocalFeatures, check_installed
from imagecluster.verify.matching import match

__all__ = ["PICTURES_AT_A_TIME", "match_pairs"]

PICTURES_AT_A_TIME = 2000
"""Number of pictures whose local features are held at a time, 41 kB each."""

_PAIRS_PER_TASK = 64


def match_pairs(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    load: Callable[[int], LocalFeatures | None],
    *,
    n_threads: int | None = None,
    at_a_time: int = PICTURES_AT_A_TIME,
) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """Numbers of agreeing points of pairs of pictures, for one run of the pairs after another.

    Parameters
    ----------
    first, second
        Numbers of the pictures of each pair, shape (n_pairs,). Pairs of the same pictures should be near each other: a
        picture's features are computed anew for each run that needs them, unless the run before it had them.
    load
        Returns the local features of a picture, or None if it cannot be read. It is called from several threads.
    n_threads
        Number of threads; default: one per core.
    at_a_time
        Number of pictures in a run.

    Yields
    ------
    tuple
        A run of the pairs, and the number of points of each; -1 where a picture cannot be read.

    Raises
    ------
    MissingExtraError
        OpenCV is not installed.

    """
    check_installed()
    from threadpoolctl import threadpool_limits

    held: dict[int, LocalFeatures | None] = {}
    with threadpool_limits(1), ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix="verify") as pool:
        for run in _runs(first, second, at_a_time):
            needed = np.union1d(first[run], second[run]).tolist()
            held = {picture: held[picture] for picture in needed if picture in held}
            missing = [picture for picture in needed if picture not in held]
            held.update(zip(missing, pool.map(load, missing), strict=True))
            pairs = list(zip(first[run].tolist(), second[run].tolist(), strict=True))
            tasks = [pairs[start : start + _PAIRS_PER_TASK] for start in range(0, len(pairs), _PAIRS_PER_TASK)]

            def points(task: list[tuple[int, int]], held: dict[int, LocalFeatures | None] = held) -> list[int]:
                return [_n_points(held[i], held[j]) for i, j in task]

            yield run, np.array([n for found in pool.map(points, tasks) for n in found], np.int32)


def _n_points(first: LocalFeatures | None, second: LocalFeatures | None) -> int:
    return -1 if first is None or second is None else match(first, second).n_points


def _runs(first: NDArray[np.int64], second: NDArray[np.int64], at_a_time: int) -> Iterator[slice]:
    """Consecutive runs of pairs, each of at most so many pictures, but of at least one pair."""
    start, seen = 0, set[int]()
    for at, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if at > start and len(seen) + sum(picture not in seen for picture in pair) > at_a_time:
            yield slice(start, at)
            start, seen = at, set()
        seen.update(pair)
    if start < len(first):
        yield slice(start, len(first))
