"""Trips and events in the form in which the page receives them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from imagecluster.explore.snapshot import Snapshot
from imagecluster.places import PlaceName
from imagecluster.web import wire_trips as wire

if TYPE_CHECKING:
    from imagecluster.collection.found_events import Events, FoundBurst, FoundEvent, FoundTrip

__all__ = ["trips_for_page"]

_Named = tuple[int | None, bytes]
"""A picture, and its path without the suffix."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def trips_for_page(
    found: Events, snapshot: Snapshot
) -> tuple[list[wire.TripFacts], list[int], list[wire.SuggestedClock]]:
    """The trips, the undated pictures and the suggested clocks.

    A picture that the snapshot lacks is of a later run, which the page will show soon.
    """
    id_of = [snapshot.id_of_key(key) for key in found.leaves.keys]
    names = [(picture, os.path.splitext(key)[0]) for picture, key in zip(id_of, found.leaves.keys, strict=True)]  # noqa: PTH122 - bytes
    trips = [trip for each in found.trips if (trip := _trip(each, id_of, names))["events"]]
    clocks: list[wire.SuggestedClock] = [
        {"camera": shift.camera, "shift_s": shift.shift_s, "reference": shift.reference} for shift in found.shifts
    ]
    return trips, _ids(found.undated, id_of), clocks


def _trip(trip: FoundTrip, id_of: Sequence[int | None], names: Sequence[_Named]) -> wire.TripFacts:
    events = [event for each in trip.events if (event := _event(each, id_of, names))["ids"]]
    cover = id_of[trip.cover]
    return {
        "kind": trip.kind,
        "name": trip.name,
        "named": trip.is_named,
        "by_dates": trip.is_named_by_dates,
        "start_s": _clock_s(trip.start),
        "end_s": _clock_s(trip.end),
        "place": "" if trip.spot is None else _place(trip.spot.name),
        "country": "" if trip.spot is None else trip.spot.name.country,
        "stays": _without_repeats(_place(spot.name) for spot in trip.stays),
        "cover": events[0]["cover"] if cover is None and events else cover or 0,
        "events": events,
    }


def _event(event: FoundEvent, id_of: Sequence[int | None], names: Sequence[_Named]) -> wire.EventFacts:
    ids, cover = _ids((*event.rows, *event.attached), id_of), id_of[event.cover]
    spot = event.spot
    return {
        "name": event.name,
        "named": event.is_named,
        "start_s": _clock_s(event.start),
        "end_s": _clock_s(event.end),
        "place": "" if spot is None else _place(spot.name),
        "latitude": None if spot is None else spot.latitude_deg,
        "longitude": None if spot is None else spot.longitude_deg,
        "cover": ids[0] if cover is None and ids else cover or 0,
        "ids": ids,
        "bursts": [burst for scene in event.scenes for each in scene.bursts if len(burst := _burst(each, names)) > 1],
    }


def _burst(burst: FoundBurst, names: Sequence[_Named]) -> list[int]:
    """The exposures of a burst; a raw file beside its JPEG is none of its own."""
    of_name: dict[bytes, int] = {}
    for row in burst.rows:
        picture, name = names[row]
        if picture is not None:
            of_name.setdefault(name, picture)
    return list(of_name.values())


def _ids(rows: Iterable[int], id_of: Sequence[int | None]) -> list[int]:
    return [picture for row in rows if (picture := id_of[row]) is not None]


def _place(name: PlaceName) -> str:
    return name.town or name.region or name.country


def _without_repeats(names: Iterable[str]) -> list[str]:
    """Names of stays, one after another, without empty ones and without one that was just named."""
    kept: list[str] = []
    for name in names:
        if name and kept[-1:] != [name]:
            kept.append(name)
    return kept


def _clock_s(moment: datetime) -> float:
    """What the clock showed, in seconds since 1970 as if it were UTC."""
    return (moment.replace(tzinfo=UTC) - _EPOCH).total_seconds()
