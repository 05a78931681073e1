"""What is most similar to a picture or a cluster: exact products with all fingerprints, block by block."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from imagecluster.cores import n_cores
from imagecluster.web.snapshot import Snapshot

__all__ = ["Nearest", "Pair", "all_nearest", "extreme_pairs", "nearest", "nearest_outside", "nearest_to"]

_BLOCK_ROWS = 256
"""Rows that are widened to float32 at a time: with more, the copy no longer fits the processor's cache."""

_ONE_AT_A_TIME = threading.Lock()
"""Each product takes all cores: several at once would only slow each other down."""

_MOST_PRODUCTS = 50_000_000_000
"""Multiplications that one answer may take: a second or so."""


class Nearest(NamedTuple):
    """A picture near to another one."""

    picture: int
    distance: float
    """Cosine distance."""


class Pair(NamedTuple):
    """Two pictures."""

    first: int
    second: int
    distance: float
    """Cosine distance."""


def nearest(snapshot: Snapshot, picture: int, *, k: int) -> list[Nearest]:
    """The `k` pictures nearest to one, the nearest first; exact."""
    similarity = _similarity_to_any(snapshot, np.array([picture]))
    similarity[picture] = -np.inf
    return _highest(similarity, min(k, len(snapshot) - 1))


def nearest_to(snapshot: Snapshot, direction: NDArray[np.float32], *, k: int) -> list[Nearest]:
    """The `k` pictures nearest to a vector of unit length, shape (n_dimensions,), the nearest first; exact."""
    if not len(snapshot):
        return []
    return _highest(_similarity_to(snapshot, direction[:, None].astype(np.float32)), min(k, len(snapshot)))


def _highest(similarity: NDArray[np.float32], k: int) -> list[Nearest]:
    """The k most similar pictures, the most similar first."""
    if k < 1:
        return []
    chosen = np.argpartition(similarity, -k)[-k:]
    chosen = chosen[np.lexsort((chosen, -similarity[chosen]))]
    return [Nearest(int(other), _distance(similarity[other])) for other in chosen]


def all_nearest(
    snapshot: Snapshot, *, k: int, leave_out: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The `k` pictures nearest to each one, the nearest first, and their distances; both of shape (n, k). Exact.

    Those that are left out are near to nothing.
    """
    X = snapshot.unit_vectors(np.arange(len(snapshot)))
    ids, distances = np.empty((len(X), k), np.int64), np.empty((len(X), k))
    with _ONE_AT_A_TIME:
        for start in range(0, len(X), _BLOCK_ROWS):
            similarity = X[start : start + _BLOCK_ROWS] @ X.T
            similarity[:, leave_out] = -np.inf
            here = np.arange(len(similarity))
            similarity[here, start + here] = -np.inf
            best = np.argpartition(similarity, -k, axis=1)[:, -k:]
            values = np.take_along_axis(similarity, best, axis=1)
            order = np.lexsort((best, -values))
            ids[start : start + len(best)] = np.take_along_axis(best, order, axis=1)
            distances[start : start + len(best)] = 1.0 - np.take_along_axis(values, order, axis=1)
    return ids, np.maximum(distances, 0.0)


def nearest_outside(snapshot: Snapshot, members: NDArray[np.int64]) -> tuple[Nearest, bool] | None:
    """The picture outside a cluster that is nearest to one of its members, and whether all members were asked.

    Of a large cluster in a large collection, members evenly spread over it are asked. None where nothing is outside.
    """
    if len(members) == len(snapshot):
        return None
    n_affordable = max(1, _MOST_PRODUCTS // max(1, len(snapshot) * snapshot.vectors.shape[1]))
    asked = members
    if len(members) > n_affordable:
        asked = members[np.linspace(0, len(members) - 1, n_affordable).astype(np.int64)]
    best = _similarity_to_any(snapshot, asked)
    best[members] = -np.inf
    other = int(best.argmax())
    return Nearest(other, _distance(best[other])), len(asked) == len(members)


def extreme_pairs(snapshot: Snapshot, members: NDArray[np.int64]) -> tuple[Pair, Pair] | None:
    """The two closest and the two farthest members of a cluster; None for one of too many pictures, or of one."""
    if len(members) < 2 or len(members) ** 2 * snapshot.vectors.shape[1] > _MOST_PRODUCTS:
        return None
    X = snapshot.unit_vectors(members)
    closest, farthest = (-np.inf, 0, 0), (np.inf, 0, 0)
    for start in range(0, len(X) - 1, _BLOCK_ROWS):
        tile = X[start : start + _BLOCK_ROWS] @ X[start + 1 :].T
        above = np.arange(tile.shape[1])[None, :] >= np.arange(len(tile))[:, None]
        for sign in (1, -1):
            at = int(np.where(above, sign * tile, -np.inf).argmax())
            i, j = divmod(at, tile.shape[1])
            found = (float(tile[i, j]), start + i, start + 1 + j)
            if sign > 0:
                closest = max(closest, found, key=lambda pair: pair[0])
            else:
                farthest = min(farthest, found, key=lambda pair: pair[0])
    first, second = (Pair(*_as_pictures(snapshot, members, i, j)) for _, i, j in (closest, farthest))
    return first, second


def _as_pictures(snapshot: Snapshot, members: NDArray[np.int64], i: int, j: int) -> tuple[int, int, float]:
    """Two members by their places, with their distance in double precision."""
    one, other = np.asarray(snapshot.vectors[snapshot.leaves.rows[members[[i, j]]]], np.float64)
    similarity = one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-30)
    return int(members[i]), int(members[j]), _distance(similarity)


def _distance(similarity: float) -> float:
    return max(0.0, 1.0 - float(similarity))


def _similarity_to_any(snapshot: Snapshot, pictures: NDArray[np.int64]) -> NDArray[np.float32]:
    """Largest cosine similarity of each picture of the collection with one of these, shape (n,)."""
    return _similarity_to(snapshot, snapshot.unit_vectors(pictures).T.copy())


def _similarity_to(snapshot: Snapshot, queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest cosine similarity of each picture with a column of `queries`, each of unit length, shape (n,)."""
    rows = snapshot.vectors
    of_rows = np.empty(len(rows), np.float32)
    buffers = threading.local()

    def fill(start: int) -> None:
        if not hasattr(buffers, "block"):
            buffers.block = np.empty((_BLOCK_ROWS, rows.shape[1]), np.float32)
        stop = min(start + _BLOCK_ROWS, len(rows))
        block = buffers.block[: stop - start]
        np.copyto(block, rows[start:stop])
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        of_rows[start:stop] = (block @ queries).max(axis=1) / np.maximum(lengths, 1e-30)

    with _ONE_AT_A_TIME, threadpool_limits(1), ThreadPoolExecutor(n_cores()) as pool:
        for _ in pool.map(fill, range(0, len(rows), _BLOCK_ROWS)):
            pass
    return of_rows[snapshot.leaves.rows]
