"""Three cuts of a dendrogram that are worth a look: copies, scenes and themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imagecluster.cut.flat import cut_height, flat_clusters
from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["CALIBRATED_LEVELS", "RELATIVE_LEVELS", "Level", "Suggestion", "suggest"]

_STEP = 0.01
"""Similarity indices are proposed in hundredths: what a person types and a slider shows."""

_NEARBY = 0.02
"""A gap has no merge this far, in sim, on both sides of it."""


class Level(NamedTuple):
    """What somebody may look for, and the similarity indices among which its cut is chosen."""

    name: str
    low: float
    high: float


CALIBRATED_LEVELS = (Level("copies", 0.74, 0.84), Level("scenes", 0.46, 0.54), Level("themes", 0.21, 0.29))
"""On the calibrated scale, around what its points stand for: copies and the same shot, the same object or place, the
same kind of thing (docs/quality.md)."""

RELATIVE_LEVELS = (Level("copies", 0.86, 0.94), Level("scenes", 0.56, 0.64), Level("themes", 0.38, 0.46))
"""On the relative scale. Of labelled photographs, pictures of the same object or place came together best at 0.57 to
0.64, kinds of things at 0.42 to 0.46; 0.90 leaves nearly all shots of the same thing apart (docs/quality.md)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A cut that is worth a look."""

    name: str
    """What it is for: the level's name."""
    sim: float
    """Similarity index, in hundredths."""
    height: float
    """Distance at which it cuts."""
    n_clusters: int
    """Clusters of at least two pictures."""
    n_clustered: int
    """Pictures in them."""
    largest: int
    """Pictures in the largest one; 0 without one."""


def suggest(
    dendrogram: Dendrogram,
    *,
    height_of: Callable[[float], float] | None = None,
    levels: Sequence[Level] = RELATIVE_LEVELS,
) -> tuple[Suggestion, ...]:
    """One cut for each level: in a gap between merges where there is one, else in the middle of the level's range.

    Parameters
    ----------
    dendrogram : Dendrogram
    height_of : callable, optional
        Distance at which a similarity index cuts, decreasing; default: the relative scale of `cut.cut_height`.
    levels : sequence of Level
        Ranges of similarity indices on that scale.

    Returns
    -------
    tuple of Suggestion
        In the order of `levels`. Of the indices in a level's range, the one nearest to the middle that has no merge
        within 0.02 of it, so that moving the cut a little changes nothing; the middle where every index has some.
        (Choosing the index with the fewest merges around it instead was worse on labelled photographs: in a large
        collection merges thin out towards the root, so that it always takes the lowest index of the range.)

    Raises
    ------
    ArgumentError
        A level's range is empty or not inside [0, 1].

    """
    for level in levels:
        if not 0 <= level.low <= level.high <= 1:
            raise ArgumentError(f"the level {level.name!r} is from {level.low} to {level.high}; 0 <= low <= high <= 1")
    return tuple(_suggestion(dendrogram, level, height_of or _relative(dendrogram)) for level in levels)


def _relative(dendrogram: Dendrogram) -> Callable[[float], float]:
    """Cut height by similarity index on the relative scale."""
    return lambda sim: cut_height(dendrogram, sim=sim)


def _suggestion(dendrogram: Dendrogram, level: Level, height_of: Callable[[float], float]) -> Suggestion:
    """The cut of a level."""
    heights = np.sort(dendrogram.gap)

    def is_crowded(sim: float) -> bool:
        low, high = height_of(min(1.0, sim + _NEARBY)), height_of(max(0.0, sim - _NEARBY))
        first, last = np.searchsorted(heights, [low, high], "right")
        return bool(last > first)

    middle = (level.low + level.high) / 2
    n_steps = round((level.high - level.low) / _STEP)
    sims = [round(level.low + step * _STEP, 2) for step in range(n_steps + 1)]
    sim = min(sims, key=lambda s: (is_crowded(s), round(abs(s - middle), 6)))
    height = float(height_of(sim))
    sizes = np.bincount(flat_clusters(dendrogram, height))
    shared = sizes[sizes > 1]
    return Suggestion(level.name, sim, height, len(shared), int(shared.sum()), int(shared.max(initial=0)))
