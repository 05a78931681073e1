"""The exact most similar pictures to a picture or a cluster of a snapshot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.exact_index import ALL_CORES, Ranked, nearest_of_each, unit_vector
from imagecluster.explore.snapshot import Snapshot
from imagecluster.linkage.vectors import float32_error
from imagecluster.neighbours import AllPairs, Farthest, Neighbours
from imagecluster.system.cores import Mapper, threads

__all__ = [
    "Nearest",
    "Pair",
    "all_nearest",
    "exact_similarities",
    "extreme_pairs",
    "nearest",
    "nearest_outside",
    "nearest_to",
]

_BLOCK_ROWS = 256
"""Number of rows that are widened to float32 at a time; with more, the copy no longer fits the processor's cache."""

_MOST_PRODUCTS = 50_000_000_000
"""Largest number of multiplications for an answer, which take about a second."""

_MOST_FOR_PAIRS = 250_000_000_000
"""The same for the two farthest pictures, by products of matrices, which are faster."""

_MOST_ROWS = 100_000
"""Largest number of fingerprints that are widened for an answer: half a gigabyte at 1,280 dimensions."""

_MOST_TIES = 4096
"""Largest number of pairs of equally near pictures that are compared in double precision."""

_TIE = 1e-9
"""Distances that differ by less may be equal, computed in another way."""


class Nearest(NamedTuple):
    """A picture that is near another one."""

    picture: int
    distance: float
    """Cosine distance."""


class Pair(NamedTuple):
    """Two pictures."""

    first: int
    second: int
    distance: float
    """Cosine distance."""
    exact: bool
    """Whether it is certain that no other two are closer (or farther apart)."""


def nearest(snapshot: Snapshot, picture: int, *, k: int) -> list[Nearest]:
    """The `k` pictures nearest to one, nearest first; equally near ones in the order of their ids."""
    query = snapshot.unit_vectors(np.array([picture]))
    return _listed(snapshot.index.nearest(query, k=k, among=snapshot.leaves.rows, excluding=[picture]))


def nearest_to(snapshot: Snapshot, direction: NDArray[np.float32], *, k: int) -> list[Nearest]:
    """The `k` pictures nearest to a vector, shape (n_dimensions,), in the same order."""
    if not len(snapshot):
        return []
    return _listed(snapshot.index.nearest(unit_vector(direction), k=k, among=snapshot.leaves.rows))


def _listed(found: Ranked) -> list[Nearest]:
    return list(map(Nearest, found.numbers.tolist(), found.distances.tolist()))


def all_nearest(
    snapshot: Snapshot, *, k: int, leave_out: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The `k` pictures nearest to each one, in the same order, and their distances; both of shape (n, k).

    Pictures that are left out are not near anything.
    """
    found = nearest_of_each(snapshot.unit_vectors(np.arange(len(snapshot))), k=k, excluding=leave_out)
    return np.array([each.numbers for each in found]), np.array([each.distances for each in found])


def nearest_outside(snapshot: Snapshot, members: NDArray[np.int64]) -> tuple[Nearest, bool] | None:
    """The picture outside a cluster that is nearest to any of its members, and whether all members were compared.

    For a large cluster in a large collection, evenly spread members are compared. None if nothing is outside.
    """
    if len(members) == len(snapshot):
        return None
    n_affordable = max(1, _MOST_PRODUCTS // max(1, len(snapshot) * snapshot.vectors.shape[1]))
    asked = members
    if len(members) > n_affordable:
        asked = members[np.linspace(0, len(members) - 1, n_affordable).astype(np.int64)]
    queries = snapshot.unit_vectors(asked)
    found = snapshot.index.nearest(queries, k=1, among=snapshot.leaves.rows, excluding=members)
    return _listed(found)[0], len(asked) == len(members)


def extreme_pairs(snapshot: Snapshot, first: int, end: int) -> tuple[Pair, Pair] | None:
    """The two closest and the two farthest pictures of a run of the leaf order; None if it has only one picture.

    The closest pictures of a cluster are known from its dendrogram. The farthest are certain if finding them takes a
    second or two, or if they are as far apart as the two farthest of the whole collection; otherwise they are hardly
    nearer. Of more than `_MOST_ROWS` pictures, an evenly spread sample is examined.
    """
    if end - first < 2:
        return None
    members = snapshot.dendrogram.order[first:end]
    n_seen = min(len(members), _MOST_ROWS)
    seen = members[np.linspace(0, len(members) - 1, n_seen).astype(np.int64)]
    closest = _closest_by_dendrogram(snapshot, first, end)
    with ALL_CORES, threads(snapshot.vectors, None) as run:
        X = _unit_rows(snapshot, seen, run=run)
        search = Farthest(
            error=2 * float32_error(X.shape[1]),
            exact=lambda i, j: exact_similarities(snapshot, seen[i], seen[j]),
            exact_block=lambda rows: _exact_rows(snapshot, seen[rows]),
        )
        if closest.exact or n_seen**2 / 2 * X.shape[1] > _MOST_FOR_PAIRS:
            sure = search.search(X, run=run, most_products=_MOST_FOR_PAIRS)
        else:
            closest, sure = _closest(snapshot, seen, AllPairs(X, k=1, farthest=search).search(run=run)), True
    similarity, i, j = search.pair
    if i == j:  # all pictures are the same
        i, j = 0, 1
    largest = snapshot.dendrogram.largest_distance if snapshot.of_cosines else np.inf
    sure = (sure and n_seen == len(members)) or 1.0 - similarity >= largest - _TIE
    return closest, Pair(int(seen[i]), int(seen[j]), _distance(similarity), exact=sure)


def _closest_by_dendrogram(snapshot: Snapshot, first: int, end: int) -> Pair:
    """The two closest pictures of a run of the leaf order that are neighbours in it.

    Notes
    -----
    In a cluster of a dendrogram `of_cosines` they are the two closest of all, those of the lowest merge. Let i and j be
    the closest pair of a cluster S, at distance d, and let i be the first of the two to be merged, with a part B of S.
    Then d(i, B) <= d(i, j) = d, since j was available, and no two pictures of S are nearer than d. So i and all of B
    joined at d, the lowest merge of S is at d, and one of the merges at d joins two single pictures.

    """
    gap, order = snapshot.distances, snapshot.dendrogram.order
    inside = gap[first : end - 1]
    lowest = np.argpartition(inside, min(_MOST_TIES, len(inside)) - 1)[:_MOST_TIES]
    if snapshot.of_cosines:
        lowest = lowest[inside[lowest] <= inside.min() + _TIE]
    lowest = first + np.sort(lowest)
    similarity = exact_similarities(snapshot, order[lowest], order[lowest + 1])
    best = int(similarity.argmax())
    place = int(lowest[best])
    around = [gap[edge] for edge in (first - 1, end - 1) if 0 <= edge < len(gap)]
    is_cluster = inside.min() < np.inf and all(joins > inside.max() for joins in around)
    sure = end - first == 2 or (snapshot.of_cosines and is_cluster)
    return Pair(int(order[place]), int(order[place + 1]), _distance(similarity[best]), exact=bool(sure))


def _closest(snapshot: Snapshot, pictures: NDArray[np.int64], nearest_of: Neighbours) -> Pair:
    """The two closest of some pictures, from the most similar picture of each."""
    similarity = nearest_of.similarity[:, 0]
    near = np.flatnonzero(similarity >= similarity.max() - 4 * float32_error(snapshot.vectors.shape[1]))
    i, j = pictures[near], pictures[nearest_of.index[near, 0]]
    exact = exact_similarities(snapshot, i, j)
    best = int(exact.argmax())
    return Pair(int(i[best]), int(j[best]), _distance(exact[best]), exact=True)


def _unit_rows(snapshot: Snapshot, pictures: NDArray[np.int64], *, run: Mapper) -> NDArray[np.float32]:
    """`unit_vectors`, in threads."""
    X = np.empty((len(pictures), snapshot.vectors.shape[1]), np.float32)

    def fill(start: int) -> None:
        X[start : start + _BLOCK_ROWS] = snapshot.unit_vectors(pictures[start : start + _BLOCK_ROWS])

    run(fill, range(0, len(X), _BLOCK_ROWS))
    return X


def _exact_rows(snapshot: Snapshot, pictures: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fingerprints at unit length in double precision."""
    X = np.asarray(snapshot.vectors[snapshot.leaves.rows[pictures]], np.float64)
    return np.asarray(X / np.maximum(np.sqrt(np.einsum("ij,ij->i", X, X)), 1e-30)[:, None])


def exact_similarities(snapshot: Snapshot, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosine similarities of pairs of pictures in double precision."""
    found = np.empty(len(i))
    for start in range(0, len(i), _BLOCK_ROWS):
        part = slice(start, start + _BLOCK_ROWS)
        np.einsum("ij,ij->i", _exact_rows(snapshot, i[part]), _exact_rows(snapshot, j[part]), out=found[part])
    return found


def _distance(similarity: float) -> float:
    return max(0.0, 1.0 - float(similarity))
