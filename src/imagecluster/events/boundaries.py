"""How strongly the pictures before and after a pause are apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.bursts import cosines
from imagecluster.events.positions import spread_distances
from imagecluster.events.settings import EventSettings

__all__ = ["Chain", "Strengths", "strengths"]

_NEUTRAL_COSINE = 0.55
"""Pictures as alike as this neither lengthen nor shorten a pause."""
_N_COMPARED = 5
_N_AROUND = 10
"""Number of gaps before and after that say which gap is usual."""
_UNIT_S = 60.0
_SHORTEST_S, _LONGEST_S = 15.0, 4 * 3600.0
"""Gaps that are longer than these 4 hours are not among the usual ones; shorter ones than 15 s count as 15 s."""
_N_PRIOR, _PRIOR_S = 5, 300.0
"""Five gaps of five minutes are always among them, so that a few do not decide."""


class Chain(NamedTuple):
    """Bursts in order of time within each group; all arrays have one entry for each burst."""

    rows: NDArray[np.int64]
    """Its first picture."""
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    latitude: NDArray[np.float64]
    """Where its first picture says that it was taken, in degrees; NaN for unknown."""
    longitude: NDArray[np.float64]
    group: NDArray[np.int64]
    """What it is in, as a number that changes where the chain passes on to another trip or event."""


class Strengths(NamedTuple):
    """Logarithm of the effective gap before each burst but the first, shape (n - 1,).

    It is that of its ratio to the gap at which something new begins: above 0 it does.
    """

    event: NDArray[np.float64]
    scene: NDArray[np.float64]


def strengths(chain: Chain, vectors: NDArray[np.float32], settings: EventSettings) -> Strengths:
    """Strengths of the boundaries of a chain.

    The effective gap of events is

        gap x (1 + km) ** power x exp(weight x (0.55 - cosine)) / (usual gap / 1 min) ** density

    with the distance between the two pictures, the best cosine of the five pictures before and the five after, and the
    geometric mean of the ten gaps before, the ten after and this one: where somebody takes a picture every half hour,
    half an hour is no pause. At usual gaps of 1, 5 and 30 minutes, without distance and likeness, a new event begins
    after 50, 81 and 139 minutes. That of scenes is gap x exp(weight x (0.55 - cosine)).
    """
    if len(chain.rows) < 2:
        return Strengths(np.zeros(0), np.zeros(0))
    gap_s = np.maximum(chain.start_s[1:] - _latest(chain.end_s, chain.group)[:-1], 0.0)
    log_gap = np.log(np.maximum(gap_s, 1.0))
    km = spread_distances(chain.latitude, chain.longitude, gap_s)
    unlike = _NEUTRAL_COSINE - _best_cosines(vectors, chain.rows)
    event = log_gap + settings.event_distance_power * np.log1p(km) + settings.event_content_weight * unlike
    event -= settings.event_density_weight * (_usual(log_gap) - np.log(_UNIT_S))
    scene = log_gap + settings.scene_content_weight * unlike
    return Strengths(event - np.log(settings.event_gap_s), scene - np.log(settings.scene_gap_s))


def _latest(end_s: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """The latest end so far in its group, for each burst: a group may lie within the time of the one before it."""
    in_order = np.sort(end_s)
    number = np.cumsum(np.diff(group, prepend=group[:1]) != 0) * len(end_s)
    return np.asarray(in_order[np.maximum.accumulate(number + np.searchsorted(in_order, end_s)) - number])


def _usual(log_gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each gap and those around it."""
    counts = log_gap <= np.log(_LONGEST_S)
    summed = np.concatenate([[0.0], np.cumsum(np.where(counts, np.maximum(log_gap, np.log(_SHORTEST_S)), 0.0))])
    counted = np.concatenate([[0], np.cumsum(counts)])
    here = np.arange(len(log_gap))
    low, high = np.maximum(here - _N_AROUND, 0), np.minimum(here + _N_AROUND + 1, len(log_gap))
    total = summed[high] - summed[low] + _N_PRIOR * np.log(_PRIOR_S)
    return np.asarray(total / (counted[high] - counted[low] + _N_PRIOR))


def _best_cosines(vectors: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Best cosine between the pictures before and after each boundary; neutral where none is finite."""
    n = len(rows)
    best = np.full(n - 1, -np.inf)
    for lag in range(1, min(2 * _N_COMPARED, n)):
        found = np.nan_to_num(cosines(vectors, rows[:-lag], rows[lag:]), nan=-np.inf)
        # The pair (j, j + lag) lies across the boundary after i for j <= i < j + lag, within five on both sides.
        for back in range(max(0, lag - _N_COMPARED), min(lag, _N_COMPARED)):
            inside = slice(back, back + len(found))
            best[inside] = np.maximum(best[inside], found)
    return np.where(np.isfinite(best), best, _NEUTRAL_COSINE)
