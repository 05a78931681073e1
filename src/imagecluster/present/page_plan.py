"""Selection of what the page shows: clusters in groups of similar size, and as many pictures as it can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagecluster.records import Cluster

__all__ = ["Plan", "SizeGroup", "by_size", "plan"]

_MOST_EXACT_SIZES = 8
"""With more sizes than this, sizes from 5 on are grouped: 5 to 8, 9 to 16, 17 to 32 ..."""

_SHARE_OF_SINGLES = 5
"""If not all pictures fit, singles get a fifth of the page, since clustering has nothing to say about them."""


@dataclass(frozen=True, slots=True)
class SizeGroup:
    """Clusters of one size or of a range of sizes, largest first."""

    smallest: int
    largest: int
    places: tuple[int, ...]
    """Places of the clusters in the list from which the groups were made."""

    @property
    def label(self) -> str:
        """The sizes: `4` or `4–7`."""
        smallest, largest = f"{self.smallest:,}", f"{self.largest:,}"
        return smallest if smallest == largest else f"{smallest}–{largest}"


def by_size(clusters: Sequence[Cluster]) -> list[SizeGroup]:
    """All clusters by size, the largest sizes first; equal sizes keep their order."""
    sizes = [len(cluster.members) for cluster in clusters]
    exact = len(set(sizes)) <= _MOST_EXACT_SIZES
    places: dict[int, list[int]] = {}
    for place in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        size = sizes[place]
        alone = exact or size <= 4
        largest = size if alone else 1 << (size - 1).bit_length()
        places.setdefault(largest, []).append(place)
    return [SizeGroup(sizes[group[-1]], sizes[group[0]], tuple(group)) for group in places.values()]


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of clusters, of pictures per cluster, and of singles to show."""

    n_clusters: int
    n_of_each: int
    n_singles: int
    n_shown: int
    """Total number of pictures shown."""


def plan(sizes: Sequence[int], n_singles: int, budget: int) -> Plan:
    """A plan for clusters of these sizes, largest first, that shows at most `budget` pictures.

    All pictures are shown if they fit. Otherwise large clusters are cut to an equal number of pictures, as large as
    possible; if even one picture per cluster is too many, the smallest clusters are left out.
    """
    total = sum(sizes)
    if total + n_singles <= budget:
        return Plan(len(sizes), max(sizes, default=0), n_singles, total + n_singles)
    for_clusters = max(budget - n_singles, budget - budget // _SHARE_OF_SINGLES)
    n_of_each = _largest_equal_share(sizes, for_clusters)
    n_clusters = len(sizes) if n_of_each else min(len(sizes), for_clusters)
    n_of_each = max(1, n_of_each)
    n_in_clusters = sum(min(size, n_of_each) for size in sizes[:n_clusters])
    singles = min(n_singles, budget - n_in_clusters)
    return Plan(n_clusters, n_of_each, singles, n_in_clusters + singles)


def _largest_equal_share(sizes: Sequence[int], budget: int) -> int:
    """Largest k for which the first k pictures of each cluster are at most `budget` in total."""
    fits, too_much = 0, max(sizes, default=0) + 1
    while too_much - fits > 1:
        k = (fits + too_much) // 2
        if sum(min(size, k) for size in sizes) <= budget:
            fits = k
        else:
            too_much = k
    return fits
