"""The most central picture of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Centres", "Run", "Vectors", "most_central", "rows_of", "unit_rows"]

Vectors = NDArray[Any] | Callable[[], NDArray[Any]]
"""Vectors of all leaves, or a function that returns them, so that they are read from disk only when they are needed."""

Run = tuple[int, int]
"""First place in the leaf order, and the place after the last."""

_TIE = 1e-12
"""Mean similarities that differ by less are equal; the two pictures of a pair are equally central."""

_CHUNK_BYTES = 1 << 24


class Centres:
    """Most central members of the runs of one leaf order, each computed once.

    Parameters
    ----------
    vectors
        The vectors from which the dendrogram was made, row i for leaf i.
    known
        Members computed before, for the same vectors and the same order of the paths.

    """

    def __init__(self, vectors: Vectors, known: Mapping[Run, int] | None = None) -> None:
        self._vectors = vectors
        self.of_runs: dict[Run, int] = dict(known or {})

    def of(self, run: Run, members: NDArray[np.int64]) -> int:
        """The most central of the members of a run, which are given in the order of their paths."""
        if run not in self.of_runs:
            self.of_runs[run] = most_central(rows_of(self._vectors), members)
        return self.of_runs[run]


def rows_of(vectors: Vectors) -> NDArray[Any]:
    """The vectors, read if necessary."""
    return vectors() if callable(vectors) else vectors


def most_central(X: NDArray[Any], members: NDArray[np.int64]) -> int:
    """The member with the largest mean similarity to the others; the first of several.

    Each member has similarity 1 to itself, so this is the one with the largest product with the sum of the cluster.
    """
    if len(members) <= 2:
        return int(members[0])
    chunk = max(1, _CHUNK_BYTES // (8 * X.shape[1]))
    parts = [members[start : start + chunk] for start in range(0, len(members), chunk)]
    total = np.sum([unit_rows(X, part).sum(axis=0) for part in parts], axis=0)
    similarity = np.concatenate([unit_rows(X, part) @ total for part in parts]) / len(members)
    return int(members[np.flatnonzero(similarity >= similarity.max() - _TIE)[0]])


def unit_rows(X: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows at unit length."""
    block = np.asarray(X[rows], np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", block, block))
    # A zero row, which metrics other than cosine allow, stays zero.
    return np.asarray(block / np.where(length > 0.0, length, 1.0)[:, None])
