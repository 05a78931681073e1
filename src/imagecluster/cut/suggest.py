"""Three suggested cuts of a dendrogram: for copies, scenes and themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imagecluster.cut.flat import flat_clusters
from imagecluster.cut.heights import cut_height
from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["CALIBRATED_LEVELS", "RELATIVE_LEVELS", "Level", "Suggestion", "suggest"]

_STEP = 0.01
"""Suggested similarity indices are hundredths, as a person types them and a slider shows them."""

_NEARBY = 0.02
"""Width in sim, on each side, of a gap without merges."""


class Level(NamedTuple):
    """A purpose, and the range of similarity indices in which its cut is chosen."""

    name: str
    low: float
    high: float


CALIBRATED_LEVELS = (Level("copies", 0.74, 0.84), Level("scenes", 0.46, 0.54), Level("themes", 0.21, 0.29))
"""Levels on the calibrated scale, around its points for copies and the same shot, the same object or place, and the
same kind of thing (docs/quality.md)."""

RELATIVE_LEVELS = (Level("copies", 0.86, 0.94), Level("scenes", 0.56, 0.64), Level("themes", 0.38, 0.46))
"""Levels on the relative scale. On labelled photographs, pictures of the same object or place were grouped best at 0.57
to 0.64, and kinds of things at 0.42 to 0.46; 0.90 leaves nearly all shots of the same thing apart (docs/quality.md)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested cut."""

    name: str
    """Purpose of the cut, which is the name of the level."""
    sim: float
    """Similarity index, in hundredths."""
    height: float
    """Distance of the cut."""
    n_clusters: int
    """Number of clusters of at least two pictures."""
    n_clustered: int
    """Number of pictures in these clusters."""
    largest: int
    """Size of the largest cluster; 0 if there is none."""


def suggest(
    dendrogram: Dendrogram,
    *,
    height_of: Callable[[float], float] | None = None,
    levels: Sequence[Level] = RELATIVE_LEVELS,
) -> tuple[Suggestion, ...]:
    """One cut per level: in a gap between merges if there is one, else in the middle of the level's range.

    Parameters
    ----------
    dendrogram : Dendrogram
    height_of : callable, optional
        Decreasing function from a similarity index to the distance of its cut; default: the relative scale, as in
        `cut.cut_height`.
    levels : sequence of Level
        Ranges of similarity indices on that scale.

    Returns
    -------
    tuple of Suggestion
        Suggestions in the order of `levels`. Each is the index in the level's range that is nearest to the middle and
        has no merge within 0.02, so that moving the cut a little changes nothing; if there is no such index, it is the
        middle. (Choosing the index with the fewest merges around it was worse on labelled photographs: in a large
        collection merges thin out towards the root, so that it was always the lowest index of the range.)

    Raises
    ------
    ArgumentError
        A level's range is empty or not inside [0, 1].

    """
    for level in levels:
        if not 0 <= level.low <= level.high <= 1:
            raise ArgumentError(
                f"the level {level.name!r} is from {level.low} to {level.high}; it must be 0 <= low <= high <= 1"
            )
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
