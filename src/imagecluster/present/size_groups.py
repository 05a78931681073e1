"""Groups of clusters of similar size, to which the page offers links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagecluster.records import Cluster

_MOST_EXACT_SIZES = 8
"""With more sizes than this, sizes from 5 on are grouped: 5 to 8, 9 to 16, 17 to 32 ..."""


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
