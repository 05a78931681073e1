"""One cluster of the dendrogram: how it came together, and what would join next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["Branch", "branch_of", "subtree"]


class Branch(NamedTuple):
    """A run of the leaf order, and the smallest larger cluster that holds it."""

    height: float
    """Distance at which all of it is in one cluster; 0 for a single picture."""
    next_height: float | None
    """Distance at which it joins something else; None for the whole collection."""
    next_run: tuple[int, int] | None
    """First place, and the place behind the last, of the cluster that it is in then."""


def branch_of(dendrogram: Dendrogram, first: int, end: int) -> Branch:
    """The branch that holds the places from `first` up to and without `end` of the leaf order.

    Raises
    ------
    ArgumentError
        No such places.

    """
    n, gap = dendrogram.n_leaves, dendrogram.gap
    if not 0 <= first < end <= n:
        raise ArgumentError(f"places {first} to {end}; there must be at least one, from 0 to {n}")
    height = float(gap[first : end - 1].max(initial=0.0))
    sides = [float(gap[place]) for place in (first - 1, end - 1) if 0 <= place < n - 1]
    if not sides:
        return Branch(height, None, None)
    joins = max(height, min(sides))
    higher = np.flatnonzero(gap > joins)
    left = int(np.searchsorted(higher, first))  # boundaries before the run
    right = int(np.searchsorted(higher, end - 1))
    start = int(higher[left - 1]) + 1 if left else 0
    stop = int(higher[right]) + 1 if right < len(higher) else n
    return Branch(height, joins, (start, stop))


def subtree(dendrogram: Dendrogram, first: int, end: int) -> list[tuple[int, int, float]]:
    """Merges of a run of the leaf order, lowest first: left, right, height.

    Numbers below m = end - first are places in the run; m + k is what merge k made.
    """
    m, gaps = end - first, dendrogram.gap[first : end - 1]
    node_of = list(range(m))  # by first and by last place of what it spans
    spans = [(place, place) for place in range(m)]
    merges: list[tuple[int, int, float]] = []
    for place in np.argsort(gaps, kind="stable").tolist():
        left, right = node_of[place], node_of[place + 1]
        merges.append((left, right, float(gaps[place])))
        span = (spans[left][0], spans[right][1])
        spans.append(span)
        node_of[span[0]] = node_of[span[1]] = m + len(merges) - 1
    return merges
