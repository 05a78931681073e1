"""Facts for a copy of the page about every possible cluster: extreme pairs, and the nearest picture outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.similar import exact_similarities
from imagecluster.explore.snapshot import Snapshot

__all__ = ["Facts", "closest_of_clusters", "facts_of_clusters"]

_NONE = (-1, -1)


class Facts(NamedTuple):
    """Pairs of pictures for each place between two neighbours in leaf order; -1 if there is none.

    The cluster of a place is the largest run around it without a larger gap inside, or an equal one before the place.
    """

    closest: NDArray[np.int64]
    """Shape (n - 1, 2)."""
    farthest: NDArray[np.int64]
    outside: NDArray[np.int64]
    """A picture of the cluster, and the picture outside that is nearest to it."""


def facts_of_clusters(snapshot: Snapshot, hidden: NDArray[np.int64]) -> Facts:
    """Facts of all clusters of the pictures that are not hidden, exact except for the rounding of float32 sums.

    Every pair belongs to the one place at which its two pictures join, so each is examined once. It takes memory for
    the similarities of all pairs.
    """
    order = snapshot.dendrogram.order
    shown = ~np.isin(order, hidden)
    pictures = order[shown]
    before = np.concatenate([[0], np.cumsum(shown)])
    X = snapshot.unit_vectors(pictures)
    S = X @ X.T
    clusters = _Clusters(snapshot.dendrogram.gap)
    n_places = len(clusters.start)
    closest, farthest, outside = (np.full((n_places, 2), -1) for _ in range(3))
    best = np.full(len(pictures), -np.inf, np.float32)  # similarity to pictures outside the cluster so far
    other = np.full(len(pictures), -1)
    for place in clusters.largest_first.tolist():
        a, m, b = before[[clusters.start[place], place + 1, clusters.end[place]]].tolist()
        if a < b and other[a] >= 0:
            i = a + int(best[a:b].argmax())
            outside[place] = i, other[i]
        if not a < m < b:
            continue
        block = S[a:m, m:b]
        i, j = divmod(int(block.argmin()), b - m)
        farthest[place] = a + i, m + j
        by_row, by_column = block.argmax(axis=1), block.argmax(axis=0)
        highest = block[np.arange(m - a), by_row]
        i = int(highest.argmax())
        closest[place] = a + i, m + by_row[i]
        for part, value, at in (
            (slice(a, m), highest, m + by_row),
            (slice(m, b), block[by_column, np.arange(b - m)], a + by_column),
        ):
            nearer = value > best[part]
            best[part][nearer], other[part][nearer] = value[nearer], at[nearer]
    clusters.gather(closest, lambda pair, than: bool(S[pair] > S[than]))
    clusters.gather(farthest, lambda pair, than: bool(S[pair] < S[than]))
    named = np.append(pictures, -1)
    return Facts(named[closest], named[farthest], named[outside])


def closest_of_clusters(snapshot: Snapshot, hidden: NDArray[np.int64]) -> NDArray[np.int64]:
    """`Facts.closest` of a dendrogram `of_cosines`, without products of all pairs; -1 also if one of a pair is hidden.

    Closest pairs are neighbours in leaf order (see `similar.extreme_pairs`). A run that is too wide for a cluster has
    none.
    """
    order, gap = snapshot.dendrogram.order, snapshot.dendrogram.gap
    similarity = exact_similarities(snapshot, order[:-1], order[1:])
    places = np.arange(len(gap))
    found = np.stack([places, places], axis=1)
    _Clusters(gap).gather(found, lambda pair, than: bool(similarity[pair[0]] > similarity[than[0]]))
    pairs = np.stack([order[found[:, 0]], order[found[:, 0] + 1]], axis=1)
    pairs[np.isin(pairs, hidden).any(axis=1) | ~np.isfinite(gap)] = _NONE
    return pairs


class _Clusters:
    """The cluster of each place as a run of the leaf order."""

    def __init__(self, gap: NDArray[np.float64]) -> None:
        n_places = len(gap)
        self.start = np.zeros(n_places, np.int64)
        self.end = np.full(n_places, n_places + 1)
        open_places: list[int] = []
        for place, height in enumerate(gap.tolist()):
            while open_places and gap[open_places[-1]] < height:
                self.end[open_places.pop()] = place + 1
            self.start[place] = open_places[-1] + 1 if open_places else 0
            open_places.append(place)
        self.largest_first = np.lexsort((np.arange(n_places), -gap))
        """Places, each after those of the clusters that contain its own."""

    def gather(self, pairs: NDArray[np.int64], is_better: Callable[[tuple[int, int], tuple[int, int]], bool]) -> None:
        """Give each place the best pair of all places in its cluster; pairs of -1 are ignored."""
        best_from: dict[int, tuple[int, int]] = {}  # by where the cluster starts
        for place in self.largest_first[::-1].tolist():
            first, middle = int(self.start[place]), place + 1
            best = _NONE
            for pair in (best_from.get(first, _NONE), best_from.pop(middle, _NONE), tuple(pairs[place].tolist())):
                if pair[0] >= 0 and (best[0] < 0 or is_better(pair, best)):
                    best = pair
            best_from[first] = pairs[place] = best
