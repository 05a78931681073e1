"""The stays of a trip: consecutive events around one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from imagecluster.events.globe import distance_km
from imagecluster.events.occasions import Stay

__all__ = ["EventPlace", "stays"]

_EXCURSION_S = 86_400.0
"""Somebody who is back after less than this was on an excursion."""

_N_LATEST = 25


class EventPlace(NamedTuple):
    """What stays are made from."""

    latitude_deg: float
    """The median of its pictures, NaN for unknown."""
    longitude_deg: float
    start_s: float
    end_s: float


def stays(places: Sequence[EventPlace], *, stay_km: float) -> tuple[Stay, ...]:
    """Stays in order of time; none if no event has a position.

    A stay goes on while events are within `stay_km` of its middle; one of less than a day between two others around one
    place is an excursion and belongs to them. Events without a position belong to the stay before, or to the first.
    """
    groups: list[list[int]] = []
    for number, place in enumerate(places):
        if np.isnan(place.latitude_deg):
            if groups:
                groups[-1].append(number)
            continue
        if groups and _apart(_middle(places, groups[-1]), place) <= stay_km:
            groups[-1].append(number)
        elif len(groups) >= 2 and _is_back(places, groups, place, stay_km):
            excursion = groups.pop()
            groups[-1].extend([*excursion, number])
        else:
            groups.append([number] if groups else list(range(number + 1)))
    found = []
    for number, group in enumerate(groups):
        following = groups[number + 1] if number + 1 < len(groups) else None
        latitude, longitude = _middle(places, group)[:2]
        end_s = max(places[event].end_s for event in group) if following is None else places[following[0]].start_s
        found.append(Stay(group[0], len(group), latitude, longitude, max(0.0, end_s - places[group[0]].start_s)))
    return tuple(found)


def _is_back(places: Sequence[EventPlace], groups: list[list[int]], place: EventPlace, stay_km: float) -> bool:
    left_s = places[groups[-1][0]].start_s
    return place.start_s - left_s < _EXCURSION_S and _apart(_middle(places, groups[-2]), place) <= stay_km


def _apart(one: EventPlace, other: EventPlace) -> float:
    return float(distance_km(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg))


def _middle(places: Sequence[EventPlace], group: Sequence[int]) -> EventPlace:
    """That of the latest events of a group with the median latitude; it is a real place even at the date line."""
    known = [places[number] for number in group[-_N_LATEST:] if not np.isnan(places[number].latitude_deg)]
    known = known or [place for place in map(places.__getitem__, group) if not np.isnan(place.latitude_deg)]
    return sorted(known, key=lambda place: place.latitude_deg)[len(known) // 2]
