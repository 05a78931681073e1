"""Exact search for the vectors nearest to one: a scan over all of them, by blocks, in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import ThreadpoolController

from imagecluster.errors import ArgumentError
from imagecluster.system.cores import n_cores

__all__ = ["Scanner", "best_rows", "combined"]

_BLOCK_NUMBERS = 1 << 18
"""Numbers of a block: 1 MiB as float32, which stays in a core's own cache between its three passes."""

_PARTS_PER_THREAD = 4
"""Parts of the rows that each thread takes, one after the other: a core that is busy elsewhere gets fewer."""

_MARGIN = 1e-5
"""More than float32 sums differ from exact ones."""

_SIGN_AND_VALUE = np.int32(-0x70002000)
"""Mask 0x8fffe000 that leaves sign, exponent and fraction of a widened half."""

_HALF_SCALE = np.float32(2.0**112)
"""Exponents count from -127 in float32 and from -15 in float16."""


class Scanner:
    """Cosines of many vectors with a query. The lengths are measured once, by the first query.

    Parameters
    ----------
    rows : array of float16, float32 or float64, shape (n_images, n_dimensions)
        Vectors of any length; a memory map is read in pieces. One of length 0 has cosine 0 with everything.
    n_threads : int, optional
        Default: one a core.

    Raises
    ------
    ArgumentError
        `rows` is no table of floating point numbers.

    Notes
    -----
    Most of the time goes into widening float16, which NumPy does number by number. Read as integers and shifted, the
    bits of a half are those of a float32 that is 2^-112 times its value, subnormal ones included, so that three
    vectorised passes and a query multiplied by 2^112 give the same sums.

    Examples
    --------
    >>> Scanner(np.array([[3, 0], [0, 2], [1, 1]], np.float16)).similarities([1, 0]).round(3)
    array([1.   , 0.   , 0.707], dtype=float32)

    """

    def __init__(self, rows: NDArray[Any], *, n_threads: int | None = None) -> None:
        if rows.ndim != 2 or rows.dtype.kind != "f":
            raise ArgumentError(
                f"got rows of shape {rows.shape} and type {rows.dtype}; expected floating point numbers "
                "(n_images, n_dimensions)"
            )
        if n_threads is not None and n_threads < 1:
            raise ArgumentError(f"n_threads is {n_threads}; it must be at least 1, or None for one a core")
        self._rows = rows
        self._n_threads = n_threads or n_cores()
        self._libraries = ThreadpoolController()  # finding them takes milliseconds
        self._scale = _HALF_SCALE if rows.dtype.itemsize == 2 else np.float32(1)
        self._inverse_length: NDArray[np.float32] | None = None

    def similarities(self, query: ArrayLike) -> NDArray[np.float32]:
        """Cosine of each row with the query, shape (n_images,), as float32 sums give it.

        Raises
        ------
        ArgumentError
            The query has another number of dimensions, is zero or is not finite.

        """
        direction = np.asarray(query, np.float64)
        if direction.shape != self._rows.shape[1:]:
            raise ArgumentError(f"got a query of shape {direction.shape}; expected {self._rows.shape[1:]}")
        unit = _unit(direction).astype(np.float32)
        found = np.empty(len(self._rows), np.float32)
        scaled = unit * self._scale

        def products(start: int, block: NDArray[np.float32]) -> None:
            np.matmul(block, scaled, out=found[start : start + len(block)])

        self._scan(products)
        found *= self._lengths_inverted()
        return found

    def highest(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Largest cosine of each row with one of several queries, shape (n_images,), as float32 sums give it.

        Parameters
        ----------
        queries : array of float32, shape (n_queries, n_dimensions)
            At least one, of unit length; one of length 0 has cosine 0 with everything.

        """
        found = np.empty(len(self._rows), np.float32)
        scaled = np.ascontiguousarray((queries * self._scale).T)

        def products(start: int, block: NDArray[np.float32]) -> None:
            np.max(block @ scaled, axis=1, out=found[start : start + len(block)])

        self._scan(products)
        found *= self._lengths_inverted()
        return found

    def _lengths_inverted(self) -> NDArray[np.float32]:
        """The same as `_inverse_lengths`, measured once."""
        if self._inverse_length is None:
            self._inverse_length = self._inverse_lengths()
        return self._inverse_length

    def _inverse_lengths(self) -> NDArray[np.float32]:
        """1 / length of each row, 0 for a row of length 0."""
        squares = np.empty(len(self._rows), np.float32)

        def measure(start: int, block: NDArray[np.float32]) -> None:
            block *= self._scale
            np.einsum("ij,ij->i", block, block, out=squares[start : start + len(block)])

        self._scan(measure)
        lengths = np.sqrt(squares)
        return np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)

    def _scan(self, visit: Callable[[int, NDArray[np.float32]], None]) -> None:
        """Call `visit` with the first row and the values / `_scale`, for blocks that together are all rows.

        The block is the visitor's to change.
        """
        n, d = self._rows.shape
        n_rows = max(16, _BLOCK_NUMBERS // max(1, d))
        n_parts = min(self._n_threads * _PARTS_PER_THREAD, -(-n // n_rows))
        bounds = np.linspace(0, n, n_parts + 1).astype(np.int64)

        def part(first: int, last: int) -> None:
            buffer = np.empty((n_rows, d), np.int32)
            for start in range(first, last, n_rows):
                rows = self._rows[start : min(start + n_rows, last)]
                visit(start, _widened(rows, buffer[: len(rows)]))

        with self._libraries.limit(limits=1), ThreadPoolExecutor(self._n_threads) as pool:
            list(pool.map(part, bounds[:-1].tolist(), bounds[1:].tolist()))


def _widened(rows: NDArray[Any], buffer: NDArray[np.int32]) -> NDArray[np.float32]:
    """Rows as float32 in the buffer; those of halves have to be multiplied by `_HALF_SCALE`."""
    values = buffer.view(np.float32)
    if rows.dtype.itemsize != 2:
        values[...] = rows
        return values
    bits = rows.view(rows.dtype.str.replace("f", "i"))
    np.left_shift(bits, 13, out=buffer, dtype=np.int32)
    np.bitwise_and(buffer, _SIGN_AND_VALUE, out=buffer)
    return values


def best_rows(similarity: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Rows that exact sums may put among the k most similar: those, and all that rounding cannot tell from the last."""
    n = len(similarity)
    if k >= n:
        return np.arange(n)
    limit = np.partition(similarity, n - k)[n - k] - np.float32(_MARGIN)
    return np.flatnonzero(similarity >= limit)


def combined(vectors: Sequence[ArrayLike], weights: Sequence[float]) -> NDArray[np.float64]:
    """Weighted mean direction of vectors, shape (n_dimensions,), unit length; a negative weight points away.

    Each vector counts by its direction alone (Rocchio 1971, relevance feedback).

    Raises
    ------
    ArgumentError
        There are none, their shapes or number do not agree, a weight is not finite, or they cancel one another out.

    Examples
    --------
    >>> combined([[2, 0], [0, 1]], [1, 1]).round(3).tolist()
    [0.707, 0.707]

    """
    if not len(vectors) or len(vectors) != len(weights):
        raise ArgumentError(f"got {len(vectors)} vectors and {len(weights)} weights; give one weight for each of some")
    if not np.isfinite(weights).all():
        raise ArgumentError(f"the weights are {list(weights)}; they must be finite numbers")
    total = np.sum([w * _unit(np.asarray(v, np.float64)) for v, w in zip(vectors, weights, strict=True)], axis=0)
    if float(np.linalg.norm(total)) < 1e-6 * float(np.abs(weights).max()):
        raise ArgumentError("the queries cancel one another out: what is wanted and what is not are the same")
    return _unit(total)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The vector at unit length."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise ArgumentError(f"a query has length {length}; a direction needs a finite, positive length")
    return np.asarray(vector / length)
