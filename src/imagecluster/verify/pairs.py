"""Comparison of many pairs of pictures, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from imagecluster.system.pair_runs import compared_in_runs
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
    results = compared_in_runs(
        first,
        second,
        load,
        lambda _i, _j, one, other: _n_points(one, other),
        at_a_time=at_a_time,
        pairs_per_task=_PAIRS_PER_TASK,
        n_threads=n_threads,
    )
    for run, n_points in results:
        yield run, np.array(n_points, np.int32)


def _n_points(first: LocalFeatures | None, second: LocalFeatures | None) -> int:
    return -1 if first is None or second is None else match(first, second).n_points
