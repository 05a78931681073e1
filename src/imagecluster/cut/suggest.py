"""Suggested cuts of a dendrogram: for copies, shots, things and kinds, each with the reason if there is no ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.flat import flat_clusters
from imagecluster.cut.heights import cut_height
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["CALIBRATED_LEVELS", "RELATIVE_LEVELS", "SAME_LOOK", "Level", "Look", "Suggestion", "levels_of", "suggest"]

_STEP = 0.01
"""Suggested similarity indices are hundredths, as a person types them and a slider shows them."""

_NEARBY = 0.02
"""Width in sim, on each side, of a gap without merges."""

SAME_LOOK = 0.73
"""Likeness (`imagecluster.explore.looks`) from which on two pictures show the same.

Edited copies of photographs and cut-outs have 0.75 and more (JPEG quality 10, other tones, a caption, a tenth of the
area cut off), and so have frames of simulated bursts. Other views of the same thing or scene have at most 0.70,
rendered pages of text 0.56, screens of one program 0.43, and receipts from one till 0.71."""

_MOST_PAIRS = 60
"""Number of pairs that are looked at for a level."""

_MOST_MOVED = 0.6
"""Share of the pictures whose clusters may change within the range of a level."""

_MOST_IN_ONE = 0.9
_FEWEST = 5
"""One cluster with this share of the pictures says nothing, if there are at least so many."""

Look = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Likeness, at most 1, of pairs of rows, shape (n_pairs, 2); NaN where it cannot be told."""


class Level(NamedTuple):
    """A purpose, and the range of similarity indices in which its cut is chosen."""

    name: str
    low: float
    high: float
    same_share: float = 0.0
    """Share of the pairs that the cut joins which must show the same; 0 if the purpose does not need it."""


CALIBRATED_LEVELS = (
    Level("copies", 0.84, 0.96, same_share=0.8),
    Level("shots", 0.71, 0.79, same_share=0.5),
    Level("things", 0.46, 0.54),
    Level("kinds", 0.21, 0.29),
)
"""Levels on the calibrated scale, around its points for edited copies, the same shot, the same object or place, and the
same kind of thing (docs/sim.md)."""

RELATIVE_LEVELS = (
    Level("copies", 0.86, 0.94, same_share=0.8),
    Level("things", 0.56, 0.64),
    Level("kinds", 0.38, 0.46),
)
"""Levels on the relative scale. On labelled photographs, pictures of the same object or place were grouped best at 0.57
to 0.64, and kinds of things at 0.42 to 0.46; 0.90 leaves nearly all shots of the same thing apart (docs/quality.md)."""


def levels_of(scale: SimScale) -> Sequence[Level]:
    """The levels of a scale of sim."""
    return CALIBRATED_LEVELS if scale.name == "calibrated" else RELATIVE_LEVELS


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested cut."""

    name: str
    """Purpose of the cut, which is the name of the level."""
    sim: float
    """Similarity index, in hundredths."""
    height: float
    """Height of the cut."""
    n_clusters: int
    """Number of clusters of at least two pictures."""
    n_clustered: int
    """Number of pictures in these clusters."""
    largest: int
    """Size of the largest cluster; 0 if there is none."""
    unsure: str = ""
    """The reason why the cut may not serve its purpose; empty if there is none."""


def suggest(
    dendrogram: Dendrogram,
    *,
    height_of: Callable[[float], float] | None = None,
    levels: Sequence[Level] = RELATIVE_LEVELS,
    look: Look | None = None,
) -> tuple[Suggestion, ...]:
    """One cut per level: in a gap between merges if there is one, else in the middle of the level's range.

    Parameters
    ----------
    dendrogram : Dendrogram
    height_of : callable, optional
        Decreasing function from a similarity index to the height of its cut; default: the relative scale, as in
        `cut.cut_height`.
    levels : sequence of Level
        Ranges of similarity indices on that scale.
    look : Look, optional
        Compares pictures. Without it, the levels that need it are the middle of their ranges or a gap near it, and
        unsure only if no pictures are that close.

    Returns
    -------
    tuple of Suggestion
        Suggestions in the order of `levels`. Each is the index in the level's range that is nearest to the middle and
        has no merge within 0.02, so that moving the cut a little changes nothing; if there is no such index, it is the
        middle. (Choosing the index with the fewest merges around it was worse on labelled photographs: in a large
        collection merges thin out towards the root, so that it was always the lowest index of the range.)

        For a level that needs it, pairs of neighbours in the leaf order that the cut joins are compared, at most
        60 of them. Only indices at which enough of them show the same are taken if there are any.

        A suggestion is unsure if no pictures are that close, or if too few of those pairs show the same; for a level
        that needs no pairs, if one cluster holds nearly all pictures, or if the clusters of most pictures change
        within the range.

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
    heights = height_of or _relative(dendrogram)
    return tuple(_suggestion(dendrogram, level, heights, look) for level in levels)


def _relative(dendrogram: Dendrogram) -> Callable[[float], float]:
    """Cut height by similarity index on the relative scale."""
    return lambda sim: cut_height(dendrogram, sim=sim)


def _suggestion(
    dendrogram: Dendrogram, level: Level, height_of: Callable[[float], float], look: Look | None
) -> Suggestion:
    """The cut of a level."""
    gaps = np.sort(dendrogram.gap)
    middle = (level.low + level.high) / 2
    n_steps = round((level.high - level.low) / _STEP)
    sims = [round(level.low + step * _STEP, 2) for step in range(n_steps + 1)]
    looked = _Looked(dendrogram, height_of(level.low), look) if level.same_share else None
    if looked is not None:
        sims = [sim for sim in sims if looked.share_same(height_of(sim)) >= level.same_share] or sims

    def is_crowded(sim: float) -> bool:
        low, high = height_of(min(1.0, sim + _NEARBY)), height_of(max(0.0, sim - _NEARBY))
        first, last = np.searchsorted(gaps, [low, high], "right")
        return bool(last > first)

    sim = min(sims, key=lambda s: (is_crowded(s), round(abs(s - middle), 6)))
    height = float(height_of(sim))
    sizes = np.bincount(flat_clusters(dendrogram, height))
    shared = sizes[sizes > 1]
    largest = int(shared.max(initial=0))
    return Suggestion(
        level.name,
        sim,
        height,
        len(shared),
        int(shared.sum()),
        largest,
        _nothing_there(dendrogram, largest)
        or (_no_place(dendrogram, level, height_of, largest) if looked is None else looked.doubt(height, level)),
    )


def _nothing_there(dendrogram: Dendrogram, largest: int) -> str:
    """Words for a cut that joins nothing."""
    return "no two pictures are this close" if dendrogram.n_leaves and not largest else ""


def _no_place(dendrogram: Dendrogram, level: Level, height_of: Callable[[float], float], largest: int) -> str:
    """Words for a tree that has no place for the level; empty if it has one."""
    n = dendrogram.n_leaves
    if n >= _FEWEST and largest >= _MOST_IN_ONE * n:
        return f"one cluster holds {largest:,} of {n:,} pictures, so that this cut tells nothing apart"
    narrow, wide = (_own_sizes(dendrogram, height_of(sim)) for sim in (level.high, level.low))
    moved = np.count_nonzero(narrow != wide) / max(1, n)
    if n >= _FEWEST and moved > _MOST_MOVED:
        return (
            f"there is no gap: from {level.low:g} to {level.high:g} the clusters of {moved:.0%} of the pictures change"
        )
    return ""


def _own_sizes(dendrogram: Dendrogram, height: float) -> NDArray[np.int64]:
    """Size of the cluster of each leaf at a height, shape (n_leaves,)."""
    labels = flat_clusters(dendrogram, height)
    return np.asarray(np.bincount(labels, minlength=1)[labels], np.int64)


class _Looked:
    """Pairs of neighbours in the leaf order that are joined up to a height, and whether they show the same."""

    def __init__(self, dendrogram: Dendrogram, height: float, look: Look | None) -> None:
        places = np.flatnonzero(dendrogram.gap <= height)
        places = places[np.argsort(dendrogram.gap[places], kind="stable")]
        chosen = places[np.unique(np.linspace(0, len(places) - 1, min(_MOST_PAIRS, len(places))).round().astype(int))]
        self.gap = dendrogram.gap[chosen]
        order = dendrogram.order
        self.has_looked = look is not None
        pairs = np.stack([order[chosen], order[chosen + 1]], axis=1)
        self.likeness = np.full(len(pairs), np.nan) if look is None or not len(pairs) else look(pairs)

    def share_same(self, height: float) -> float:
        """Share of the pairs that a cut at a height joins which show the same; 0 if it joins none."""
        likeness = self.likeness[self.gap <= height]
        return float((likeness >= SAME_LOOK).mean()) if len(likeness) else 0.0

    def doubt(self, height: float, level: Level) -> str:
        """Words for a cut with too few pairs that show the same; empty if there are enough."""
        likeness = self.likeness[self.gap <= height]
        if not self.has_looked or not len(likeness) or self.share_same(height) >= level.same_share:
            return ""
        n_same, n_plain = int((likeness >= SAME_LOOK).sum()), int(np.isnan(likeness).sum())
        plain = f" ({n_plain} too plain to tell)" if n_plain else ""
        pairs = "1 pair" if len(likeness) == 1 else f"{len(likeness)} pairs"
        return (
            f"of {pairs} this close {n_same} show the same{plain}; other views, text, screens and"
            " drawings are close too"
        )
