"""The tree as records, from the labels of its levels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.boundaries import Chain, Strengths
from imagecluster.events.journeys import Positions
from imagecluster.events.occasions import Burst, Event, Scene, Trip, TripKind
from imagecluster.events.settings import EventSettings
from imagecluster.events.stays import EventPlace, stays

__all__ = ["Labels", "build_tree"]

_WITHIN_BURST = 0.5


class Labels(NamedTuple):
    """What belongs together on each level."""

    order: NDArray[np.int64]
    """Dated rows as the tree has them."""
    burst: NDArray[np.int64]
    """Number of the burst of each of `order`, ascending from 0."""
    event: NDArray[np.int64]
    """By row."""
    trip: NDArray[np.int64]
    """By row."""


def build_tree(
    labels: Labels,
    kinds: Sequence[TripKind],
    boundaries: tuple[Chain, Strengths],
    own: Positions,
    settings: EventSettings,
) -> tuple[tuple[Trip, ...], NDArray[np.float64]]:
    """Trips, and the height of the boundary before each picture in order."""
    chain, apart = boundaries
    order = labels.order
    if not len(order):
        return (), np.zeros(0)
    levels = _levels(chain, apart, labels)
    begins = np.flatnonzero(np.diff(labels.burst, prepend=-1))
    heights = np.full(len(order), _WITHIN_BURST)
    heights[begins] = levels
    rows = order.tolist()
    bursts = [Burst(tuple(rows[a:b])) for a, b in pairwise([*begins.tolist(), len(rows)])]
    at_scene, at_event, at_trip = (np.flatnonzero(levels >= level).tolist() for level in (2.0, 3.0, 4.0))
    scenes = [Scene(tuple(bursts[a:b])) for a, b in pairwise([*at_scene, len(bursts)])]
    events = [Event(tuple(scenes[a:b])) for a, b in _parts(at_event, at_scene, len(scenes))]
    places = _event_places(order, np.append(begins[at_event], len(order)), (chain, at_event), own)
    trips = []
    for a, b in _parts(at_trip, at_event, len(events)):
        kind = kinds[int(labels.trip[events[a].scenes[0].bursts[0].rows[0]])]
        # A time at home is one stay, however far people go on an ordinary day.
        stay_km = np.inf if kind == "home" else settings.stay_km
        trips.append(Trip(kind, tuple(events[a:b]), stays(places[a:b], stay_km=stay_km)))
    return tuple(trips), heights


def _levels(chain: Chain, apart: Strengths, labels: Labels) -> NDArray[np.float64]:
    """Height of the boundary before each burst; the first is infinite."""
    trip, event = labels.trip[chain.rows], labels.event[chain.rows]
    at_trip, at_event, at_scene = np.diff(trip) != 0, np.diff(event) != 0, apart.scene > 0
    floor = np.select([at_trip, at_event, at_scene], [4.0, 3.0, 2.0], 1.0)
    share = _logistic(np.where(at_trip | at_event, apart.event, apart.scene))
    return np.concatenate([[np.inf], floor + np.clip(share, 0.0, 0.999)])


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -50, 50))))


def _parts(coarse: Sequence[int], fine: Sequence[int], n_fine: int) -> list[tuple[int, int]]:
    """Where each part of the coarse level begins and ends, counted in parts of the fine level."""
    starts = np.searchsorted(fine, coarse).tolist()
    return list(pairwise([*starts, n_fine]))


def _event_places(
    order: NDArray[np.int64], bounds: NDArray[np.int64], chain: tuple[Chain, Sequence[int]], own: Positions
) -> list[EventPlace]:
    """Place and time of each event: the position with the median latitude, a real place at the date line too."""
    bursts, at_event = chain
    ends = np.maximum.reduceat(bursts.end_s, at_event).tolist()
    starts = bursts.start_s[at_event].tolist()
    number = np.repeat(np.arange(len(starts)), np.diff(bounds))
    known = np.flatnonzero(~np.isnan(own.latitude[order]))
    known = known[np.lexsort((own.latitude[order[known]], number[known]))]
    low, high = (np.searchsorted(number[known], np.arange(len(starts)), side) for side in ("left", "right"))
    latitude, longitude = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    has = high > low
    rows = order[known[(low + high)[has] // 2]]
    latitude[has], longitude[has] = own.latitude[rows], own.longitude[rows]
    return [EventPlace(*values) for values in zip(latitude.tolist(), longitude.tolist(), starts, ends, strict=True)]
