"""Exact search for the nearest vectors by cosine, by a scan over all vectors, with one order of the results."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import ThreadpoolController

from imagecluster.errors import ArgumentError
from imagecluster.system.cores import n_cores

__all__ = ["ALL_CORES", "ROUNDING", "ExactIndex", "Ranked", "nearest_of_each", "ranked", "unit_vector"]

ALL_CORES = threading.Lock()
"""Lock that is held while products take all cores: several at once would only slow each other down, and they set the
number of BLAS threads of the whole program."""

ROUNDING = 1e-5
"""Upper bound on the error of similarities from float32 sums."""

_BLOCK_NUMBERS = 1 << 18
"""Numbers in a block: 1 MiB as float32, which stays in a core's own cache between the three passes."""

_BLOCK_QUERIES = 256
"""Number of vectors compared with all others at a time, so that a block of similarities still fits a core's cache."""

_MOST_QUERIES = 1024
"""Number of queries whose products with a block are in memory at a time."""

_PARTS_PER_THREAD = 4
"""Number of parts of the rows per thread, taken one after another, so that a core that is busy elsewhere gets fewer."""

_SIGN_AND_VALUE = np.int32(-0x70002000)
"""Mask 0x8fffe000, which leaves sign, exponent and fraction of a widened half."""

_HALF_SCALE = np.float32(2.0**112)
"""Exponents count from -127 in float32 and from -15 in float16."""


class Ranked(NamedTuple):
    """Vectors by similarity, most similar first; equally similar ones are in the order of their numbers."""

    numbers: NDArray[np.int64]
    """Numbers of the vectors, shape (k,)."""
    similarities: NDArray[np.float32]
    """Cosine of each vector with the nearest query, from float32 sums, shape (k,)."""

    @property
    def distances(self) -> NDArray[np.float64]:
        """Cosine distances, at least 0, shape (k,)."""
        return np.maximum(1.0 - self.similarities.astype(np.float64), 0.0)


class ExactIndex:
    """A search among many vectors for those nearest to a query. Their lengths are measured once, by the first query.

    Parameters
    ----------
    rows : array of float16, float32 or float64, shape (n_images, n_dimensions)
        Vectors of any length; a memory map is read in blocks. A vector of length 0 has cosine 0 with everything.
    n_threads : int, optional
        Number of threads; default: one per core.

    Raises
    ------
    ArgumentError
        `rows` is not a table of floating-point numbers.

    Notes
    -----
    Most of the time is spent on widening float16, which NumPy does number by number. Read as integers and shifted, the
    bits of a half are those of a float32 with 2^-112 times its value, including subnormal ones, so that three
    vectorised passes and a query multiplied by 2^112 give the same sums.

    Examples
    --------
    >>> index = ExactIndex(np.array([[3, 0], [0, 2], [1, 1]], np.float16))
    >>> index.nearest([1, 0], k=2).numbers
    array([0, 2])
    >>> index.similarities([1, 0]).round(3)
    array([1.   , 0.   , 0.707], dtype=float32)

    """

    def __init__(self, rows: NDArray[Any], *, n_threads: int | None = None) -> None:
        if rows.ndim != 2 or rows.dtype.kind != "f":
            raise ArgumentError(
                f"got rows of shape {rows.shape} and type {rows.dtype}; expected floating-point numbers "
                "(n_images, n_dimensions)"
            )
        if n_threads is not None and n_threads < 1:
            raise ArgumentError(f"n_threads is {n_threads}; it must be at least 1, or None for one per core")
        self._rows = rows
        self._n_threads = n_threads or n_cores()
        self._libraries = ThreadpoolController()  # finding them takes milliseconds
        self._scale = _HALF_SCALE if rows.dtype.itemsize == 2 else np.float32(1)
        self._inverse_length: NDArray[np.float32] | None = None

    def nearest(
        self,
        queries: ArrayLike,
        *,
        k: int,
        among: NDArray[np.int64] | None = None,
        excluding: ArrayLike = (),
    ) -> Ranked:
        """The k vectors nearest to any of the queries; fewer if there are not as many.

        Parameters
        ----------
        queries : array of floats, shape (n_dimensions,) or (n_queries, n_dimensions)
            Queries of unit length, as for `similarities`.
        k : int
            Number of vectors.
        among : array of int, shape (n_among,), optional
            Rows to search; a row may occur several times. The numbers in the answer are then places in this array.
            Default: all rows.
        excluding : array of int, shape (n_excluded,)
            Numbers to leave out of the answer.

        """
        similarity = self.similarities(queries)
        if among is not None:
            similarity = similarity[among]
        similarity[np.asarray(excluding, np.int64)] = -np.inf
        return ranked(similarity, k)

    def similarities(self, queries: ArrayLike) -> NDArray[np.float32]:
        """Cosine of each row with the nearest query, shape (n_images,), from float32 sums.

        Parameters
        ----------
        queries : array of floats, shape (n_dimensions,) or (n_queries, n_dimensions)
            Queries of unit length; a query of length 0 has cosine 0 with everything.

        Raises
        ------
        ArgumentError
            The queries have another number of dimensions.

        """
        Q = np.atleast_2d(np.asarray(queries, np.float32))
        if Q.ndim != 2 or not len(Q) or Q.shape[1] != self._rows.shape[1]:
            raise ArgumentError(
                f"got queries of shape {np.shape(queries)}; expected ({self._rows.shape[1]},) or"
                f" (n_queries, {self._rows.shape[1]})"
            )
        found = np.full(len(self._rows), -np.inf, np.float32)
        parts = [(part * self._scale).T.copy() for part in np.split(Q, range(_MOST_QUERIES, len(Q), _MOST_QUERIES))]

        def products(start: int, block: NDArray[np.float32]) -> None:
            here = found[start : start + len(block)]
            for part in parts:
                np.maximum(here, (block @ part).max(axis=1), out=here)

        with ALL_CORES:
            self._scan(products)
            found *= self._lengths_inverted()
        return found

    def _lengths_inverted(self) -> NDArray[np.float32]:
        """The result of `_inverse_lengths`, computed once."""
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
        """Call `visit` with the first row and the values / `_scale` of blocks that together are all rows.

        The visitor may change the block.
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
    """Rows as float32 in the buffer; rows of halves must be multiplied by `_HALF_SCALE`."""
    values = buffer.view(np.float32)
    if rows.dtype.itemsize != 2:
        values[...] = rows
        return values
    bits = rows.view(rows.dtype.str.replace("f", "i"))
    np.left_shift(bits, 13, out=buffer, dtype=np.int32)
    np.bitwise_and(buffer, _SIGN_AND_VALUE, out=buffer)
    return values


def ranked(similarity: NDArray[np.float32], k: int, *, margin: float = 0.0) -> Ranked:
    """The k largest of some similarities, shape (n,), in order; those of -inf are left out.

    With a margin, all that are at most that much below the k-th are included. With `ROUNDING`, these are all that exact
    sums might put among the k most similar.

    Examples
    --------
    >>> ranked(np.array([0.5, 1, 0.5, -np.inf], np.float32), 2).numbers
    array([1, 0])
    >>> ranked(np.array([0.5, 1, 0.5, -np.inf], np.float32), 2, margin=ROUNDING).numbers
    array([1, 0, 2])

    """
    n = len(similarity)
    limit = np.float32(-np.inf) if not 0 < k < n else np.partition(similarity, n - k)[n - k] - np.float32(margin)
    numbers = np.flatnonzero((similarity >= limit) & (similarity > -np.inf))
    numbers = numbers[np.argsort(-similarity[numbers], kind="stable")]
    if not margin:
        numbers = numbers[:k]
    return Ranked(numbers, similarity[numbers])


def nearest_of_each(X: NDArray[np.float32], *, k: int, excluding: NDArray[np.int64]) -> list[Ranked]:
    """The k other vectors nearest to each one.

    Parameters
    ----------
    X : array of float32, shape (n, n_dimensions)
        Vectors of unit length.
    k : int
        Number of vectors for each.
    excluding : array of int, shape (n_excluded,)
        Numbers to leave out of the answers.

    """
    found = []
    with ALL_CORES:
        for start in range(0, len(X), _BLOCK_QUERIES):
            similarity = X[start : start + _BLOCK_QUERIES] @ X.T
            similarity[:, excluding] = -np.inf
            here = np.arange(len(similarity))
            similarity[here, start + here] = -np.inf
            found += [ranked(row, k) for row in similarity]
    return found


def unit_vector(vector: ArrayLike) -> NDArray[np.float64]:
    """The vector at unit length, shape (n_dimensions,).

    Raises
    ------
    ArgumentError
        The vector has a length of 0, or one that is not finite.

    """
    direction = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(direction))
    if not np.isfinite(length) or length == 0:
        raise ArgumentError(f"a query has length {length}; a direction needs a finite, positive length")
    return np.asarray(direction / length)
