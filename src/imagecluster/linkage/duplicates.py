"""Identical rows, joined before anything is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

_CHUNK_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Unique:
    """The distinct rows among n rows, in an order that depends only on their contents."""

    leaf: NDArray[np.int64]
    """Shape (n_unique,): first row of each kind."""
    count: NDArray[np.int64]
    """Shape (n_unique,): number of rows of each kind."""
    node: NDArray[np.int64]
    """Shape (n_unique,): dendrogram node that holds all of them."""
    digests: NDArray[np.uint64]
    """Shape (n_unique, 2), ascending: hash of each kind's values."""
    children: NDArray[np.int64]
    """Shape (n - n_unique, 2): merges of identical rows, where merge t makes node n + t."""
    row_of_leaf: NDArray[np.int64]
    """Shape (n,): number of each row's kind."""


def identical_rows(X: NDArray[Any]) -> Unique:
    """Distinct rows of a table, ordered by a hash of their contents, which is a fixed order that looks random.

    This order makes the result independent of the order of the rows, even for ties, and makes any block of rows a fair
    sample of all rows.
    """
    digests = _digests(X)
    order = np.lexsort((digests[:, 1], digests[:, 0]))
    same = np.zeros(len(X), bool)
    ordered = digests[order]
    same[1:] = (ordered[1:] == ordered[:-1]).all(axis=1)
    for at in np.flatnonzero(same):
        # If a hash collides, the rows stay apart.
        same[at] = np.array_equal(X[order[at]], X[order[at - 1]])
    start = np.flatnonzero(~same)
    count = np.diff(np.append(start, len(X)))
    n_merges = int(same.sum())
    made = len(X) + np.arange(n_merges)
    before = np.empty(len(X), np.int64)
    before[~same] = order[~same]
    before[same] = made
    children = np.stack([before[np.flatnonzero(same) - 1], order[same]], axis=1)
    row_of_leaf = np.empty(len(X), np.int64)
    row_of_leaf[order] = np.repeat(np.arange(len(start)), count)
    return Unique(order[start], count, before[start + count - 1], ordered[start], children, row_of_leaf)


def _digests(X: NDArray[Any]) -> NDArray[np.uint64]:
    """128-bit hash of each row's values; shape (n, 2)."""
    chunk = max(1, _CHUNK_BYTES // (8 * max(1, X.shape[1])))
    parts: list[bytes] = []
    for start in range(0, len(X), chunk):
        # Adding 0 turns -0 into 0; float64 makes the hash the same for every type of input.
        block = np.ascontiguousarray(X[start : start + chunk], np.float64) + 0.0
        parts.extend(xxhash.xxh3_128_digest(row.data) for row in block)
    return np.frombuffer(b"".join(parts), np.uint64).reshape(len(X), 2)
