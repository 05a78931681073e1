"""Where each picture was taken, as far as it can be known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.globe import DAY_S, distance_km
from imagecluster.events.moments import Moments

__all__ = ["borrowed", "camera_codes", "nearest_places", "own_positions", "spread_distances"]

_BORROW_S = DAY_S / 2
_FASTEST_KM_PER_S = 1200.0 / 3600.0
"""Faster than an airliner: a position that was cached."""


def camera_codes(moments: Moments) -> NDArray[np.int64]:
    """Number of each picture's camera, shape (n,); -1 for none."""
    numbers: dict[str, int] = {"": -1}
    for camera in moments.cameras:
        numbers.setdefault(camera, len(numbers) - 1)
    return np.array([numbers[camera] for camera in moments.cameras], np.int64)


def own_positions(
    moments: Moments, cameras: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the pictures that say a possible one, NaN for the others.

    0 N 0 E is what programs write for none. A position that cannot be reached from the camera's picture before, nor the
    one after from it, while those two fit each other, is one that a phone had cached.
    `place` is the place of each picture in order of time, -1 for undated.
    """
    latitude, longitude = moments.latitude_deg.astype(np.float64), moments.longitude_deg.astype(np.float64)
    possible = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360) & ((latitude != 0) | (longitude != 0))
    latitude, longitude = np.where(possible, latitude, np.nan), np.where(possible, longitude, np.nan)
    known = np.flatnonzero(possible & np.isfinite(moments.instant_s))
    track = known[np.lexsort((place[known], cameras[known]))]
    if len(track) >= 3:
        jump = _is_jump(moments.instant_s, latitude, longitude, (track[:-1], track[1:]))
        skipped = _is_jump(moments.instant_s, latitude, longitude, (track[:-2], track[2:]))
        same = (cameras[track[:-2]] == cameras[track[1:-1]]) & (cameras[track[1:-1]] == cameras[track[2:]])
        wrong = track[1:-1][jump[:-1] & jump[1:] & ~skipped & same]
        latitude[wrong] = longitude[wrong] = np.nan
    return latitude, longitude


def _is_jump(
    instant_s: NDArray[np.float64],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.bool_]:
    a, b = pairs
    far = distance_km(latitude[a], longitude[a], latitude[b], longitude[b])
    # 20 km are forgiven: equal seconds, and positions of mobile phone masts.
    return np.asarray(far > 20.0 + _FASTEST_KM_PER_S * np.abs(instant_s[b] - instant_s[a]))


def borrowed(
    instant_s: NDArray[np.float64],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    place: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions with those of the nearest picture in time where a picture has none, if that is within half a day."""
    dated = np.isfinite(instant_s)
    known = np.flatnonzero(dated & ~np.isnan(latitude))
    wanting = np.flatnonzero(dated & np.isnan(latitude))
    latitude, longitude = latitude.copy(), longitude.copy()
    if len(known) and len(wanting):
        known = known[np.argsort(place[known])]
        nearest = known[nearest_places(instant_s[known], instant_s[wanting])]
        near = np.abs(instant_s[nearest] - instant_s[wanting]) <= _BORROW_S
        latitude[wanting[near]], longitude[wanting[near]] = latitude[nearest[near]], longitude[nearest[near]]
    return latitude, longitude


def nearest_places(ascending: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Place in `ascending`, which is not empty, of the value nearest to each of `values`; the earlier of two."""
    after = np.clip(np.searchsorted(ascending, values), 1, max(1, len(ascending) - 1))
    before = after - 1
    after = np.minimum(after, len(ascending) - 1)
    is_after = np.abs(ascending[after] - values) < np.abs(values - ascending[before])
    return np.where(is_after, after, before)


def spread_distances(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], gap_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance in km that lies in each gap of a chain of n pictures, shape (n - 1,).

    Between two known positions the way is shared out over the gaps by their lengths, so that pictures without a
    position do not put all of it into one gap. Nothing is known before the first position and after the last: 0.
    """
    found = np.zeros(len(gap_s))
    known = np.flatnonzero(~np.isnan(latitude))
    if len(known) < 2:
        return found
    a, b = known[:-1], known[1:]
    way = distance_km(latitude[a], longitude[a], latitude[b], longitude[b])
    passed = np.concatenate([[0.0], np.cumsum(gap_s)])
    length = passed[b] - passed[a]
    share = np.divide(way, length, out=np.zeros_like(way), where=length > 1e-3)
    leg = np.repeat(np.arange(len(a)), b - a)
    inside = slice(known[0], known[-1])
    found[inside] = share[leg] * gap_s[inside]
    return found
