"""The choice of pictures for a page if there are more than it can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHARE_OF_SINGLES = 5
"""If not all pictures fit, singles get a fifth of the page, since clustering has nothing to say about them."""


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
