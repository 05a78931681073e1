"""Comparison of many pairs by all cores, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from imagecluster.system.cores import n_cores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["compared_in_runs"]

T = TypeVar("T")
R = TypeVar("R")


def compared_in_runs(  # noqa: PLR0913 - the pairs, what to do with them, and by how many at a time
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    load: Callable[[int], T],
    compare: Callable[[int, int, T | None, T | None], R],
    *,
    at_a_time: int,
    pairs_per_task: int,
    n_threads: int | None = None,
    is_needed: Callable[[int, int], bool] = lambda _first, _second: True,
) -> Iterator[tuple[slice, list[R]]]:
    """Results of pairs of things, for one run of the pairs after another.

    Parameters
    ----------
    first, second
        Numbers of the two things of each pair, shape (n_pairs,). Pairs of the same things should be near each other: a
        thing is loaded anew for each run that needs it, unless the run before it had it.
    load
        Loads a thing; it is called from several threads.
    compare
        Compares two things, given their numbers and what was loaded; it is called from several threads.
    at_a_time
        Number of things in a run, which are held at a time.
    pairs_per_task
        Number of pairs that a thread takes at a time.
    n_threads
        Number of threads; default: one per core. Libraries of linear algebra use one each.
    is_needed
        Whether a pair needs what is loaded; `compare` is called with None where no pair of the run does.

    Yields
    ------
    tuple
        A run of the pairs, and their results.
    """
    from threadpoolctl import threadpool_limits

    held: dict[int, T] = {}
    with threadpool_limits(1), ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix="pairs") as pool:
        for run in _runs(first, second, at_a_time):
            pairs = list(zip(first[run].tolist(), second[run].tolist(), strict=True))
            needed = sorted({thing for pair in pairs if is_needed(*pair) for thing in pair})
            held = {thing: held[thing] for thing in needed if thing in held}
            missing = [thing for thing in needed if thing not in held]
            held.update(zip(missing, pool.map(load, missing), strict=True))
            tasks = [pairs[start : start + pairs_per_task] for start in range(0, len(pairs), pairs_per_task)]

            def compared(task: Iterable[tuple[int, int]], held: dict[int, T] = held) -> list[R]:
                return [compare(i, j, held.get(i), held.get(j)) for i, j in task]

            yield run, [result for of_task in pool.map(compared, tasks) for result in of_task]


def _runs(first: NDArray[np.int64], second: NDArray[np.int64], at_a_time: int) -> Iterator[slice]:
    """Consecutive runs of pairs, each of at most so many things, but of at least one pair."""
    start, seen = 0, set[int]()
    for at, pair in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if at > start and len(seen) + sum(thing not in seen for thing in pair) > at_a_time:
            yield slice(start, at)
            start, seen = at, set()
        seen.update(pair)
    if start < len(first):
        yield slice(start, len(first))
