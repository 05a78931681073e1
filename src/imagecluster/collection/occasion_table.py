"""The trip, event, scene and burst of each picture, as columns of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagecluster.collection.found_events import Events, FoundTrip

__all__ = ["COLUMNS", "Occasion", "OccasionTable", "occasion_table"]

COLUMNS = ("trip", "event", "scene", "burst")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a picture is in the tree of trips and events."""

    trip: str
    """Month and name of its trip, or the days of one without a name; no two trips have the same."""
    event: str
    """Day and name of its event; no two events have the same."""
    scene: int | None = None
    """Number of its scene in the collection, in order of time, from 1; None for a picture without a date."""
    burst: int | None = None
    """Number of its burst, likewise; most bursts are a single picture."""


@dataclass(frozen=True, slots=True, eq=False)
class OccasionTable:
    """The occasions of a collection's pictures."""

    of_row: Mapping[int, Occasion]
    """By row; without pictures that have no date and resemble no event."""

    def values(self, row: int) -> tuple[str | None, str | None, int | None, int | None]:
        """The values of `COLUMNS` for a row; None where there is none."""
        found = self.of_row.get(row)
        return (None,) * 4 if found is None else (found.trip, found.event, found.scene, found.burst)

    def where_from(self, rows: Iterable[int]) -> str:
        """The event of all of some pictures that have one, else their trip, else the number of their trips.

        >>> vik, hofn = Occasion("2025-03 Iceland", "03-02 Vík"), Occasion("2025-03 Iceland", "03-03 Höfn")
        >>> table = OccasionTable({0: vik, 1: hofn, 2: Occasion("2025-05 Prague", "05-01 Prague")})
        >>> [table.where_from(rows) for rows in ([0, 5], [0, 1], [5], [0, 1, 2])]
        ['03-02 Vík', '2025-03 Iceland', '', 'from 2 trips']
        """
        found = [self.of_row[row] for row in rows if row in self.of_row]
        events, trips = {each.event for each in found}, {each.trip for each in found}
        if len(trips) > 1:
            return f"from {len(trips):,} trips"
        return next(iter(events if len(events) == 1 else trips), "")


def occasion_table(found: Events) -> OccasionTable:
    """The columns of a tree of trips and events."""
    of_row: dict[int, Occasion] = {}
    distinct = _distinct()
    distinct_events = _distinct()
    scene_number = burst_number = 0
    for trip in found.trips:
        trip_label = distinct(_label(trip))
        for event in trip.events:
            event_label = distinct_events(f"{event.start.date().isoformat()} {event.name}")
            for scene in event.scenes:
                scene_number += 1
                for burst in scene.bursts:
                    burst_number += 1
                    occasion = Occasion(trip_label, event_label, scene_number, burst_number)
                    of_row.update(dict.fromkeys(burst.rows, occasion))
            of_row.update(dict.fromkeys(event.attached, Occasion(trip_label, event_label)))
    return OccasionTable(of_row)


def _label(trip: FoundTrip) -> str:
    first, last = (day.isoformat() for day in trip.days)
    if not trip.is_named_by_dates:
        return f"{first[:7]} {trip.name}"
    return first if first == last else f"{first} to {last}"


def _distinct() -> Callable[[str], str]:
    """A function that gives each text back, with a number where it was given before."""
    seen: set[str] = set()

    def distinct(text: str) -> str:
        own, number = text, 1
        while own in seen:
            number += 1
            own = f"{text} ({number})"
        seen.add(own)
        return own

    return distinct
