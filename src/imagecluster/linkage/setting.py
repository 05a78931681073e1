"""The start of every linkage: a checked table, and threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.neighbours import Mapper, in_turn
from imagecluster.system.cores import n_cores

_SMALL = 1 << 22
"""Count of numbers in the vectors below which starting threads takes longer than the work."""


def checked(X: NDArray[Any]) -> NDArray[Any]:
    """`X` as a table of real numbers; anything else raises ArgumentError."""
    X = np.asanyarray(X)
    if X.ndim != 2 or X.dtype.kind not in "fiu":
        raise ArgumentError(
            f"got an array of shape {X.shape} and type {X.dtype}; linkage takes real numbers in the shape "
            "(n_images, n_dimensions)"
        )
    return X


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
