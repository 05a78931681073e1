"""Trips away from home, times at home, and periods where no home is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.globe import DAY_S, distance_km
from imagecluster.events.homes import homes_at
from imagecluster.events.moments import Moments
from imagecluster.events.occasions import TripKind
from imagecluster.events.positions import borrowed
from imagecluster.events.settings import EventSettings
from imagecluster.events.wishes import HomeIs

__all__ = ["Journeys", "journeys"]

_ZONE_STEP_S = 1800.0
_SUMMER_TIME_S = 3600.0
_STALE_ZONE_S = 60 * DAY_S
"""A camera that shows one zone for longer than this, away from home's, has a clock that nobody sets."""

_HOME, _AWAY, _UNKNOWN = 0, 1, 2


class Journeys(NamedTuple):
    """The trip, time at home or period of each picture."""

    label: NDArray[np.int64]
    """Number of the trip, shape (n,), in no order; -1 for undated."""
    kinds: tuple[TripKind, ...]
    """By label."""


class Positions(NamedTuple):
    """Positions that pictures say themselves, in degrees, NaN for none; shape (n,) each."""

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]


def journeys(
    moments: Moments,
    cameras: NDArray[np.int64],
    own: Positions,
    homes: tuple[HomeIs, ...],
    settings: EventSettings,
) -> Journeys:
    """Trips of all dated pictures.

    A picture is away if it, or without a position the nearest within half a day, is farther than 50 km from home, or,
    if no position is near, where the clock showed another zone than at home. A trip ends at a picture at home, and
    after 2 days + distance / 500 km days without one away. Pictures of which nothing is known are in a trip if those
    before and after are. Pictures of no camera and no position, such as screenshots, stand where they fall in time.
    """
    instant_s = moments.instant_s
    latitude, longitude = borrowed(instant_s, *own)
    home_latitude, home_longitude = homes_at(instant_s, latitude, longitude, homes)
    far_km = distance_km(latitude, longitude, home_latitude, home_longitude)
    is_taken = (cameras >= 0) | ~np.isnan(own.latitude)
    state = np.where(np.isnan(far_km), _UNKNOWN, np.where(far_km > settings.away_km, _AWAY, _HOME))
    homeless = np.isnan(home_latitude)
    by_zone = _away_by_zone(moments, cameras, np.where(is_taken, state, _UNKNOWN))
    state = np.where((state == _UNKNOWN) & by_zone & is_taken & ~homeless, _AWAY, state)
    dated = np.flatnonzero(np.isfinite(instant_s))
    order = dated[np.argsort(instant_s[dated], kind="stable")]
    label = np.full(len(instant_s), -1)
    kinds: list[TripKind] = []
    _label_periods(order[homeless[order]], moments, is_taken, settings, (label, kinds))
    rest = order[~homeless[order]]
    _label_trips(rest, instant_s, np.where(is_taken, state, _UNKNOWN), (far_km, settings), (label, kinds))
    return Journeys(label, tuple(kinds))


def _away_by_zone(moments: Moments, cameras: NDArray[np.int64], state: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each picture's clock shows a zone that home has not.

    One hour is no evidence while home was seen in one zone only: it may be summer time.
    """
    zone = moments.zone_s
    at_home = (state == _HOME) & np.isfinite(zone)
    if not at_home.any():
        return np.zeros(len(zone), bool)
    zones = np.unique(zone[at_home])
    apart = np.min(np.abs(zone[:, None] - zones[None]), axis=1) if len(zones) < 64 else np.zeros(len(zone))
    least = _ZONE_STEP_S if len(zones) > 1 else _SUMMER_TIME_S + 1
    other = np.nan_to_num(apart) >= least
    for camera, its_zone in set(zip(cameras[other].tolist(), zone[other].tolist(), strict=True)):
        rows = np.flatnonzero((cameras == camera) & (zone == its_zone))
        when = moments.instant_s[rows]
        when = when[np.isfinite(when)]
        if len(when) and np.ptp(when) > _STALE_ZONE_S:
            other[rows] = False
    return other


def _label_periods(
    order: NDArray[np.int64],
    moments: Moments,
    is_taken: NDArray[np.bool_],
    settings: EventSettings,
    found: tuple[NDArray[np.int64], list[TripKind]],
) -> None:
    """Periods of the pictures in `order`, which have no home: a pause of 14 days parts them."""
    label, kinds = found
    if not len(order):
        return
    if not is_taken[order].any():
        is_taken = np.ones(len(is_taken), bool)
    limit_s = settings.period_gap_days * DAY_S
    when = moments.instant_s[order]
    taken_s = when[is_taken[order]]
    # Screenshots do not keep a period going: they belong to the one around them, or near them, or make their own.
    starts = taken_s[np.flatnonzero(np.diff(taken_s, prepend=-np.inf) > limit_s)]
    ends = taken_s[np.flatnonzero(np.diff(taken_s, append=np.inf) > limit_s)]
    before = np.searchsorted(starts, when, "right") - 1
    after = np.minimum(before + 1, len(starts) - 1)
    in_before = (before >= 0) & (when <= ends[np.maximum(before, 0)] + limit_s)
    in_after = ~in_before & (starts[after] >= when) & (starts[after] - when <= limit_s)
    period = np.where(in_before, before, np.where(in_after, after, -1))
    new = np.diff(period, prepend=-2) != 0
    new |= (period < 0) & (np.diff(when, prepend=-np.inf) > limit_s)
    label[order] = len(kinds) + np.cumsum(new) - 1
    kinds.extend(["period"] * int(new.sum()))


def _label_trips(
    order: NDArray[np.int64],
    instant_s: NDArray[np.float64],
    state: NDArray[np.int64],
    limits: tuple[NDArray[np.float64], EventSettings],
    found: tuple[NDArray[np.int64], list[TripKind]],
) -> None:
    """Trips and times at home of the pictures in `order`, whose home is known."""
    (far_km, settings), (label, kinds) = limits, found
    if not len(order):
        return
    when, states = instant_s[order], state[order]
    sure = np.flatnonzero(states != _UNKNOWN)
    trip = np.full(len(order), -1)  # number of the trip, or -1
    away = sure[states[sure] == _AWAY]
    if len(away):
        # A trip goes on over its next picture away if no picture at home is between them and the pause is short.
        place = np.flatnonzero(states[sure] == _AWAY)
        km = np.nan_to_num(far_km[order[away]])
        allowed_s = (settings.gap_days + km / max(settings.gap_km_per_day, 1e-9)) * DAY_S
        goes_on = (np.diff(place) == 1) & (np.diff(when[away]) <= np.maximum(allowed_s[:-1], allowed_s[1:]))
        number = np.concatenate([[0], np.cumsum(~goes_on)])
        trip[away] = number
        last = np.searchsorted(away, np.arange(len(order)), "right") - 1
        between = (states == _UNKNOWN) & (last >= 0) & (last < len(away) - 1)
        inside = np.flatnonzero(between)
        inside = inside[goes_on[last[inside]]]
        trip[inside] = number[last[inside]]
    # Times at home lie between trips: after the start of one, before that of the next.
    n_trips = int(trip.max()) + 1
    started = np.maximum.accumulate(trip) + 1
    at_home = trip < 0
    labels = np.where(at_home, n_trips + started, trip)
    used, compact = np.unique(labels, return_inverse=True)
    label[order] = len(kinds) + compact
    kinds.extend("trip" if number < n_trips else "home" for number in used.tolist())
