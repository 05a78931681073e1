"""Trips away from home, times at home, and periods where no home is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.globe import DAY_S, distance_km
from imagecluster.events.homes import homes_at
from imagecluster.events.moments import Moments
from imagecluster.events.occasions import TripKind
from imagecluster.events.positions import borrowed, nearest_places
from imagecluster.events.settings import EventSettings
from imagecluster.events.wishes import HomeIs

__all__ = ["Journeys", "journeys"]

_ZONE_STEP_S = 1800.0
_SUMMER_TIME_S = 3600.0
_STALE_ZONE_S = 60 * DAY_S
"""A camera that shows one zone for longer than this, away from home's, has a clock that nobody sets."""
_KM_PER_HOUR_OF_ZONE = 1000.0
_FAR_KM = 300.0
_DAYS_AROUND = 3.0

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
    place: NDArray[np.int64],
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
    latitude, longitude = borrowed(instant_s, *own, place)
    found = homes_at(instant_s, latitude, longitude, homes)
    far_km = distance_km(latitude, longitude, found.latitude, found.longitude)
    everyday_km = distance_km(latitude, longitude, found.everyday_latitude, found.everyday_longitude)
    far_km = np.fmin(far_km, everyday_km)
    is_taken = (cameras >= 0) | ~np.isnan(own.latitude)
    state = np.where(np.isnan(far_km), _UNKNOWN, np.where(far_km > settings.away_km, _AWAY, _HOME))
    homeless = np.isnan(found.latitude)
    zone_km = _away_by_zone(moments, cameras, np.where(is_taken, state, _UNKNOWN))
    by_zone = (state == _UNKNOWN) & (zone_km > 0) & is_taken & ~homeless
    state, far_km = np.where(by_zone, _AWAY, state), np.where(by_zone, zone_km, far_km)
    dated = np.flatnonzero(place >= 0)
    order = dated[np.argsort(place[dated])]
    label = np.full(len(instant_s), -1)
    kinds: list[TripKind] = []
    _label_periods(order[homeless[order]], moments, is_taken, settings, (label, kinds))
    rest = order[~homeless[order]]
    track = Track(rest, instant_s[rest], np.where(is_taken, state, _UNKNOWN)[rest], far_km[rest], cameras[rest])
    _label_trips(track, settings, (label, kinds))
    return Journeys(label, tuple(kinds))


def _away_by_zone(moments: Moments, cameras: NDArray[np.int64], state: NDArray[np.int64]) -> NDArray[np.float64]:
    """About how far from home each picture's clock is, in km; 0 where it shows a zone that home has too.

    One hour is no evidence while home was seen in one zone only: it may be summer time.
    """
    zone = moments.zone_s
    found = np.zeros(len(zone))
    zones = np.unique(zone[(state == _HOME) & np.isfinite(zone)])
    if not len(zones):
        return found
    known = np.flatnonzero(np.isfinite(zone))
    nearest = zones[nearest_places(zones, zone[known])]
    found[known] = np.abs(zone[known] - nearest)
    found[found < (_ZONE_STEP_S if len(zones) > 1 else _SUMMER_TIME_S + 1)] = 0.0
    away = np.flatnonzero((found > 0) & np.isfinite(moments.instant_s))
    pairs, of_pair = np.unique(np.stack([cameras[away], zone[away]], axis=1), axis=0, return_inverse=True)
    first, last = np.full(len(pairs), np.inf), np.full(len(pairs), -np.inf)
    np.minimum.at(first, of_pair.reshape(-1), moments.instant_s[away])
    np.maximum.at(last, of_pair.reshape(-1), moments.instant_s[away])
    found[away[(last - first > _STALE_ZONE_S)[of_pair.reshape(-1)]]] = 0.0
    return found / 3600 * _KM_PER_HOUR_OF_ZONE


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


class Track(NamedTuple):
    """Pictures in order of time, whose home is known."""

    rows: NDArray[np.int64]
    instant_s: NDArray[np.float64]
    state: NDArray[np.int64]
    far_km: NDArray[np.float64]
    camera: NDArray[np.int64]


def _label_trips(track: Track, settings: EventSettings, found: tuple[NDArray[np.int64], list[TripKind]]) -> None:
    """Trips and times at home."""
    label, kinds = found
    n = len(track.rows)
    if not n:
        return
    trip = np.full(n, -1)  # number of the trip, or -1
    away = np.flatnonzero(track.state == _AWAY)
    if len(away):
        goes_on = _goes_on(track, away, settings)
        number = np.concatenate([[0], np.cumsum(~goes_on)])
        trip[away] = number
        last = np.searchsorted(away, np.arange(n), "right") - 1
        between = np.flatnonzero((track.state == _UNKNOWN) & (last >= 0) & (last < len(away) - 1))
        between = between[goes_on[last[between]]]
        trip[between] = number[last[between]]
    # Times at home lie between trips: after the start of one, before that of the next.
    n_trips = int(trip.max()) + 1
    labels = np.where(trip < 0, n_trips + np.maximum.accumulate(trip) + 1, trip)
    used, compact = np.unique(labels, return_inverse=True)
    label[track.rows] = len(kinds) + compact
    kinds.extend("trip" if number < n_trips else "home" for number in used.tolist())


def _goes_on(track: Track, away: NDArray[np.int64], settings: EventSettings) -> NDArray[np.bool_]:
    """Whether the trip of each picture away but the last goes on with the next.

    The pause must be short, and no picture at home between them, or only some of somebody who stayed at home: nobody
    could have got there and back, or it is far and they are of cameras that were not away in the days around.
    """
    pause_s = np.diff(track.instant_s[away])
    km = np.nan_to_num(track.far_km[away])
    allowed_s = settings.gap_days * DAY_S + np.maximum(km[:-1], km[1:]) / max(settings.gap_km_per_day, 1e-9) * DAY_S
    home = np.flatnonzero(track.state == _HOME)
    first, last = np.searchsorted(home, away[:-1]), np.searchsorted(home, away[1:])  # of the pictures at home between
    none = first == last
    if not len(home):
        return np.asarray(pause_s <= allowed_s)
    there_s = track.instant_s[home[np.minimum(first, len(home) - 1)]] - track.instant_s[away[:-1]]
    back_s = track.instant_s[away[1:]] - track.instant_s[home[np.maximum(last - 1, 0)]]
    impossible = (there_s < _least_travel_s(km[:-1])) | (back_s < _least_travel_s(km[1:]))
    left = np.concatenate([[0], np.cumsum(_stayed(track, away)[home])])
    all_left = left[last] - left[first] == last - first
    other = impossible | (all_left & (np.minimum(km[:-1], km[1:]) > _FAR_KM))
    return np.asarray((pause_s <= allowed_s) & (none | other))


def _least_travel_s(km: NDArray[np.float64]) -> NDArray[np.float64]:
    """The time in which somebody may just get so far, from door to door: by car, and by air beyond 300 km."""
    by_car_km = np.minimum(km, _FAR_KM)
    return by_car_km / 150 * 3600 + (km - by_car_km) / 800 * 3600


def _stayed(track: Track, away: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each picture's camera took no picture away from home in the three days before and after."""
    n = len(track.rows)
    order = np.lexsort((np.arange(n), track.camera))
    is_away = np.zeros(n, bool)
    is_away[away] = True
    when, camera = track.instant_s[order], track.camera[order]
    here = np.arange(n)
    before = np.maximum.accumulate(np.where(is_away[order], here, -1))
    after = np.minimum.accumulate(np.where(is_away[order], here, n)[::-1])[::-1]
    near = np.zeros(n, bool)
    for other, exists in ((before, before >= 0), (after, after < n)):
        at = np.clip(other, 0, n - 1)
        near |= exists & (camera[at] == camera) & (np.abs(when - when[at]) <= _DAYS_AROUND * DAY_S)
    found = np.empty(n, bool)
    found[order] = ~near
    return found
