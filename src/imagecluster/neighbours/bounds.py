"""Lower bounds on similarities of unit vectors from their coordinates along a few directions, cheaper than products."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.system.cores import Mapper, in_turn

_MOST_DIRECTIONS = 256
_CHOICES = (32, 64, 128, _MOST_DIRECTIONS)

_N_OF_DIRECTIONS = 768
"""Number of rows from which principal directions are computed."""

_N_ROWS, _N_COLUMNS = 256, 4096
"""Numbers of rows and columns in a trial."""

_LOOK = 40.0
"""Cost of examining a bound, in multiplications of a matrix product."""

CHECK = 40_000.0
"""Cost of bounding a pair by all directions, likewise; its rows are fetched from memory."""

CHECK_EXACTLY = 500_000.0
"""Cost of the exact similarity of a pair, likewise."""

_ROUNDING = 2e-5
"""Deviation of the directions from orthonormality, and of coordinates from exact ones, in float32."""

_CHUNK_ROWS = 4096


class Plan(NamedTuple):
    """A plan to find pairs that are less similar than a limit."""

    n_directions: int
    """Number of directions along which all pairs are bounded; 0 if products take no longer."""
    cost: float
    """Multiplications per pair."""


class Bounds:
    """Directions that bound the similarities of unit vectors from below.

    With coordinates p along orthonormal directions and the remainder r of a vector, x . y = p . p' + r . r', which is
    at least p . p' - |r| |r'| (Cauchy and Schwarz).

    Parameters
    ----------
    vectors : array of float32, shape (n, d)
        Unit vectors.

    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = vectors
        self.directions = _principal(vectors)

    def plan(self, limit: float) -> Plan:
        """The number of directions that finds pairs less similar than `limit` with the least work, from a trial."""
        n, d = self.vectors.shape
        rows, columns = (
            Coordinates(self.vectors[np.linspace(0, n - 1, min(n, most)).astype(np.int64)] @ self.directions)
            for most in (_N_ROWS, _N_COLUMNS)
        )

        def share(k: int) -> float:
            lower = rows.factors(k)[0] @ columns.factors(k)[1].T
            return float(np.count_nonzero(lower < limit) / lower.size)

        most = self.directions.shape[1]
        at_last = CHECK_EXACTLY * share(most)
        plans = [Plan(k, k + _LOOK + CHECK * share(k) + at_last) for k in _CHOICES if k <= most]
        return min([Plan(0, d), *plans], key=lambda plan: plan.cost)


class Coordinates:
    """Coordinates of unit vectors along orthonormal directions.

    Parameters
    ----------
    along : array of float32, shape (n, n_directions)

    """

    def __init__(self, along: NDArray[np.float32]) -> None:
        self.along = along
        self.rest = _rest(along)

    @classmethod
    def of(cls, bounds: Bounds, *, run: Mapper = in_turn) -> Coordinates:
        """Coordinates of all vectors along all directions."""
        vectors, directions = bounds.vectors, bounds.directions
        found = np.empty((len(vectors), directions.shape[1]), np.float32)

        def project(start: int) -> None:
            np.matmul(vectors[start : start + _CHUNK_ROWS], directions, out=found[start : start + _CHUNK_ROWS])

        run(project, range(0, len(found), _CHUNK_ROWS))
        return cls(found)

    def factors(self, n_directions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two tables of shape (n, n_directions + 1), whose products of rows are lower bounds on similarities."""
        along = self.along[:, :n_directions]
        rest = _rest(along)[:, None]
        return np.hstack([along, rest]), np.hstack([along, -rest])

    def bounds(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float32]:
        """Lower bounds on the similarities of pairs of vectors, from all directions."""
        return np.asarray(np.einsum("ij,ij->i", self.along[i], self.along[j]) - self.rest[i] * self.rest[j])


def _rest(along: NDArray[np.float32]) -> NDArray[np.float32]:
    """Length of each unit vector's remainder after its coordinates, or a little more; shape (n,)."""
    squares = 1 - np.einsum("ij,ij->i", along, along)
    return np.asarray(np.sqrt(np.maximum(squares, 0) + np.float32(_ROUNDING)), np.float32)


def _principal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Orthonormal directions of large variance, largest first, shape (d, at most 256)."""
    chosen = np.linspace(0, len(vectors) - 1, min(len(vectors), _N_OF_DIRECTIONS)).astype(np.int64)
    sample = vectors[chosen].astype(np.float64)
    values, mixtures = np.linalg.eigh(sample @ sample.T)
    kept = np.flatnonzero(values > 1e-6 * values[-1])[::-1][:_MOST_DIRECTIONS]
    return np.asarray(sample.T @ (mixtures[:, kept] / np.sqrt(values[kept])), np.float32)
