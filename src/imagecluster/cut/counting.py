"""The cut that has a requested number of clusters."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.heights import cut_height
from imagecluster.cut.sim_scale import SimScale, relative
from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["DEFAULT_SIM", "check_n_clusters", "nearest_count", "numbers_of_clusters", "sim_for_clusters"]


DEFAULT_SIM = 0.5
"""Similarity index of a cut where none is requested."""


def check_n_clusters(n_clusters: int | None, sim: float) -> None:
    """Raise ArgumentError for a number of clusters that cannot be, or that is requested together with a `sim`."""
    if n_clusters is None:
        return
    if isinstance(n_clusters, bool) or not isinstance(n_clusters, Integral) or n_clusters < 1:
        raise ArgumentError(f"n_clusters is {n_clusters!r}; it must be a whole number of 1 or more, or None")
    if sim != DEFAULT_SIM:
        raise ArgumentError(f"got sim {sim:g} and n_clusters {n_clusters}; give only one of them")


def numbers_of_clusters(dendrogram: Dendrogram, min_size: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Heights at which a cut changes, and the number of clusters of at least `min_size` leaves from each on.

    Returns
    -------
    heights : array of float64, shape (n_heights,)
        0, then the larger heights of the merges, ascending, each once; without infinite ones.
    numbers : array of int64, shape (n_heights,)
        Number of such clusters in a cut at each height, and up to the next one.

    Raises
    ------
    ArgumentError
        `min_size` is less than 1.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> tree = average_linkage(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]))
    >>> numbers_of_clusters(tree, 2)[1].tolist()
    [0, 2, 1]

    """
    if min_size < 1:
        raise ArgumentError(f"min_size is {min_size}; it must be at least 1")
    n = dendrogram.n_leaves
    order = np.argsort(dendrogram.gap, kind="stable")
    order = order[: np.count_nonzero(dendrogram.gap < np.inf)]
    # Each run of the leaf order that is one cluster knows its other end at both of its ends.
    other_end = list(range(n))
    change = []
    for place in order.tolist():
        start, end = other_end[place], other_end[place + 1]
        left, right = place + 1 - start, end - place
        change.append((left + right >= min_size) - (left >= min_size) - (right >= min_size))
        other_end[start], other_end[end] = end, start
    numbers = np.cumsum([n if min_size == 1 else 0, *change])
    heights = np.concatenate([[0.0], np.maximum(dendrogram.gap[order], 0.0)])
    last = np.append(np.diff(heights) > 0.0, True)
    return heights[last], numbers[last]


def sim_for_clusters(
    dendrogram: Dendrogram, n_clusters: int, *, min_size: int = 1, scale: SimScale | None = None
) -> float:
    """The similarity index of a cut with `n_clusters` clusters of at least `min_size` leaves, or the nearest number.

    Of several such cuts it is the one with the largest height, which leaves the fewest leaves out; of two numbers that
    are equally near it is the smaller one. Of the indices that give this cut it is one with few digits.

    Parameters
    ----------
    dendrogram : Dendrogram
        The tree with the heights at which it is cut.
    n_clusters : int
        At least 1.
    min_size : int
        Smaller clusters are not counted.
    scale : SimScale, optional
        Scale of the index; see `cut_height`.

    Raises
    ------
    ArgumentError
        `n_clusters` or `min_size` is less than 1.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> tree = average_linkage(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]))
    >>> sim_for_clusters(tree, 2, min_size=2)
    0.55

    """
    if n_clusters < 1:
        raise ArgumentError(f"n_clusters is {n_clusters}; it must be at least 1")
    scale = scale or relative(dendrogram.top)
    heights, numbers = numbers_of_clusters(dendrogram, min_size)
    beyond = np.append(heights[1:], np.inf)
    off = np.abs(numbers - n_clusters)
    for i in np.lexsort((-heights, numbers > n_clusters, off)).tolist():
        for sim in _sims(scale, float(heights[i]), float(beyond[i])):
            if heights[i] <= cut_height(dendrogram, sim=sim, scale=scale) < beyond[i]:
                return sim
    return 1.0


def _sims(scale: SimScale, height: float, beyond: float) -> Iterator[float]:
    """Similarity indices that cut from one height on and below another, those with few digits first, up to rounding."""
    largest = 1.0 if height <= 0.0 else scale.largest_sim_at(height)
    least = 0.0 if beyond == np.inf else scale.largest_sim_at(beyond)
    for digits in (2, 3, 4, 6, 9):
        yield min(1.0, max(0.0, round((least + largest) / 2.0, digits)))
    yield (least + largest) / 2.0
    yield largest


def nearest_count(n_clusters: int, n_found: int, min_size: int) -> str | None:
    """A sentence that a cut has another number of clusters than was requested; None if it has that number."""
    if n_found == n_clusters:
        return None
    clusters = "1 cluster" if n_clusters == 1 else f"{n_clusters} clusters"
    pictures = "1 picture" if min_size == 1 else f"{min_size} pictures"
    return f"no cut has {clusters} of at least {pictures}; the nearest number is {n_found}"
