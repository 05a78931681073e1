"""The number of cores to use, and work spread over them in threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from imagecluster.errors import ArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Mapper", "in_turn", "n_cores", "threads"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_SMALL = 1 << 22
"""Count of numbers in the vectors below which starting threads takes longer than the work."""


def n_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Mapper(Protocol):
    """A function that applies another to items, perhaps in threads, and returns results in the order of the items."""

    def __call__(self, function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> list[_Result]:
        """Results in the order of `items`."""


def in_turn(function: Callable[[_Item], _Result], items: Iterable[_Item], /) -> list[_Result]:
    """Results of `function` for each item, one after another in this thread."""
    return [function(item) for item in items]


@contextmanager
def threads(X: NDArray[Any], n_threads: int | None) -> Iterator[Mapper]:
    """Spread work over threads, each with a single-threaded BLAS, as NumPy releases the interpreter's lock."""
    if n_threads is not None and n_threads < 1:
        raise ArgumentError(f"n_threads is {n_threads}; it must be at least 1, or None for all")
    if n_threads is None:
        n_threads = n_cores()
    if n_threads == 1 or X.size < _SMALL:
        yield in_turn
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(n_threads) as pool:

        def run(function: Callable[[Any], Any], items: Iterable[Any], /) -> list[Any]:
            listed = list(items)
            return in_turn(function, listed) if len(listed) < 2 else list(pool.map(function, listed))

        yield run
