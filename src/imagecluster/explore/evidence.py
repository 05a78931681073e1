"""Evidence that pictures show the same thing: pairs whose local features agreed when the collection was clustered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imagecluster.explore.snapshot import Snapshot

__all__ = ["Evidence", "evidence_of_cluster", "points_between"]


class Evidence(NamedTuple):
    """The verified pairs of a cluster."""

    first: int
    """Of the pair with the most agreeing points."""
    second: int
    n_points: int
    n_pairs: int
    """Number of verified pairs in the cluster."""


def evidence_of_cluster(snapshot: Snapshot, first: int, end: int) -> Evidence | None:
    """The verified pairs of a run of the leaf order; None if there are none, or no pairs were compared."""
    pairs = snapshot.verified
    if pairs is None or not len(pairs.first):
        return None
    inside = np.zeros(len(snapshot), bool)
    inside[snapshot.dendrogram.order[first:end]] = True
    found = np.flatnonzero(inside[pairs.first] & inside[pairs.second])
    if not len(found):
        return None
    best = found[pairs.n_points[found].argmax()]
    return Evidence(int(pairs.first[best]), int(pairs.second[best]), int(pairs.n_points[best]), len(found))


def points_between(snapshot: Snapshot, picture: int, others: Sequence[int]) -> dict[int, int]:
    """Numbers of points in which a picture agrees with others, by picture; only of verified pairs."""
    pairs = snapshot.verified
    if pairs is None or not len(pairs.first):
        return {}
    own = _first_of_content(snapshot, picture)
    mine = np.flatnonzero((pairs.first == own) | (pairs.second == own))
    partners = np.where(pairs.first[mine] == own, pairs.second[mine], pairs.first[mine])
    known = dict(zip(partners.tolist(), pairs.n_points[mine].tolist(), strict=True))
    found = {other: known.get(_first_of_content(snapshot, other)) for other in others}
    return {other: n_points for other, n_points in found.items() if n_points is not None}


def _first_of_content(snapshot: Snapshot, picture: int) -> int:
    """The first picture with the same content; the order of the pictures is by content."""
    hashes = snapshot.leaves.hashes
    while picture and hashes[picture - 1] == hashes[picture]:
        picture -= 1
    return picture
