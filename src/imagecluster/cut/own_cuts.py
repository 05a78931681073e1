"""Branches of a dendrogram that are cut at heights of their own, whatever the height of the surrounding cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError

__all__ = ["OwnCut", "own_segments", "own_starts"]


class OwnCut(NamedTuple):
    """A run of the leaf order, and the height at which it is cut."""

    first: int
    end: int
    """The place after the last."""
    height: float


def own_segments(gap: NDArray[np.float64], height: float, own_cuts: Sequence[OwnCut]) -> list[OwnCut]:
    """Runs that cover the leaf order, each with the height at which it is cut.

    A smaller branch takes precedence over a branch around it. A branch has no effect if the surrounding cut joins it to
    others.

    Parameters
    ----------
    gap : array of float, shape (n - 1,)
        `Dendrogram.gap`.
    height : float
        Height of the cut around all branches.
    own_cuts
        Branches with a cut of their own.

    Raises
    ------
    ArgumentError
        A branch is not a run of the leaf order, or its height is not a distance.

    """
    n = len(gap) + 1
    for first, end, at in own_cuts:
        if not 0 <= first < end <= n or not 0.0 <= at < math.inf:
            raise ArgumentError(
                f"got a cut of the places from {first} to {end} at height {at}; there are {n} places, and heights must"
                " be 0 or more"
            )
    found = [OwnCut(0, n, height)]
    for branch in sorted(own_cuts, key=lambda cut: cut.first - cut.end):
        around = next((s for s in found if s.first <= branch.first and branch.end <= s.end), None)
        if around is None or not all(_is_apart(gap, around, p) for p in (branch.first - 1, branch.end - 1)):
            continue
        parts = (around._replace(end=branch.first), branch, around._replace(first=branch.end))
        at = found.index(around)
        found[at : at + 1] = [part for part in parts if part.first < part.end]
    return found


def _is_apart(gap: NDArray[np.float64], around: OwnCut, place: int) -> bool:
    """Whether a place and the next one are in different clusters of a segment, or of different segments."""
    return place in (around.first - 1, around.end - 1) or bool(gap[place] > around.height)


def own_starts(gap: NDArray[np.float64], segments: Sequence[OwnCut]) -> NDArray[Any]:
    """Place in the leaf order at which each cluster starts, int64, ascending."""
    starts = []
    for first, end, height in segments:
        starts += [np.array([first]), first + 1 + np.flatnonzero(gap[first : end - 1] > height)]
    return np.concatenate(starts).astype(np.int64)
