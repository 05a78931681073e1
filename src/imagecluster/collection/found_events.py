"""Trips and events of a collection with their names, dates, places and files: what every face shows."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from imagecluster.events import ClockShift, TripKind
from imagecluster.places import PlaceName, PlacePrecision, at_precision, round_position
from imagecluster.records import Skip
from imagecluster.store import Leaves

__all__ = ["Events", "FoundBurst", "FoundEvent", "FoundScene", "FoundTrip", "Spot", "days_of"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A position and its name."""

    latitude_deg: float | None
    longitude_deg: float | None
    """Both None if the precision asked for gives no positions."""
    name: PlaceName
    """Empty far out at sea."""

    @classmethod
    def of(cls, latitude_deg: float, longitude_deg: float, name: PlaceName | None, precision: PlacePrecision) -> Spot:
        """A place, no more precise than wanted."""
        where = round_position(latitude_deg, longitude_deg, precision) or (None, None)
        return cls(where[0], where[1], at_precision(name or PlaceName(), precision))

    def as_json(self) -> dict[str, Any]:
        """The place for JSON."""
        return {
            "town": self.name.town,
            "region": self.name.region,
            "country": self.name.country,
            "country_code": self.name.country_code,
            "latitude_deg": self.latitude_deg,
            "longitude_deg": self.longitude_deg,
        }


@dataclass(frozen=True, slots=True)
class FoundBurst:
    """Exposures of one camera in one go, or a single picture."""

    rows: tuple[int, ...]
    """Rows of the collection's pictures, in order of time; a raw file comes after its JPEG."""


@dataclass(frozen=True, slots=True)
class FoundScene:
    """Bursts of one subject, minutes apart."""

    bursts: tuple[FoundBurst, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Its pictures, a burst at a time."""
        return tuple(chain.from_iterable(burst.rows for burst in self.bursts))


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """Pictures of one occasion."""

    name: str
    start: datetime
    """By the clock of the place, with its offset from UTC; without one if that is not known."""
    end: datetime
    scenes: tuple[FoundScene, ...]
    cover: int
    """The row of the picture that shows most of what the event shows."""
    spot: Spot | None = None
    attached: tuple[int, ...] = ()
    """Rows of undated pictures that resemble the event closely; they are in no scene."""
    is_named: bool = False
    """Whether somebody gave it its name."""

    @property
    def rows(self) -> tuple[int, ...]:
        """Its dated pictures, a scene at a time."""
        return tuple(chain.from_iterable(scene.rows for scene in self.scenes))


@dataclass(frozen=True, slots=True)
class FoundTrip:
    """Events between leaving home and coming back, or between two trips; with no home known, between two long gaps."""

    kind: TripKind
    name: str
    start: datetime
    end: datetime
    events: tuple[FoundEvent, ...]
    cover: int
    """The cover of its largest event."""
    spot: Spot | None = None
    """Where it stayed longest."""
    stays: tuple[Spot, ...] = ()
    """In order of time."""
    is_named: bool = False
    """Whether somebody gave it its name."""
    is_named_by_dates: bool = False

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day, by the clocks of the places: across the date line it may end before it starts."""
        return days_of(self.start, self.end)

    @property
    def rows(self) -> tuple[int, ...]:
        """Its dated pictures, an event at a time."""
        return tuple(chain.from_iterable(event.rows for event in self.events))


@dataclass(frozen=True, eq=False)
class Events:
    """The trips of a collection; each dated picture is in one of them, once."""

    root: Path
    """The collection's folder, absolute."""
    directory: Path
    """Folder of its database, which holds the journal of corrections."""
    leaves: Leaves = field(repr=False)
    """The pictures; all rows count in them."""
    trips: tuple[FoundTrip, ...]
    """In order of time."""
    undated: tuple[int, ...] = ()
    """Rows of the pictures that have no date and resemble no event closely."""
    shifts: tuple[ClockShift, ...] = ()
    """Suggestions for cameras whose clocks seem to be off; nothing applies them by itself."""
    skips: tuple[Skip, ...] = ()
    """Files that could not be read, and why."""
    n_hidden: int = 0
    """Number of pictures that are left out because they were hidden by hand."""

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Absolute path of each row."""
        return tuple(self.root / os.fsdecode(key) for key in self.leaves.keys)

    @cached_property
    def events(self) -> tuple[FoundEvent, ...]:
        """All events, in order of time."""
        return tuple(chain.from_iterable(trip.events for trip in self.trips))

    @property
    def knows_home(self) -> bool:
        """Whether it is known where home was, at least for a part of the time."""
        return any(trip.kind != "period" for trip in self.trips)

    @property
    def n_dated(self) -> int:
        """Number of pictures with a date."""
        return sum(len(trip.rows) for trip in self.trips)

    def name_of(self, row: int) -> str:
        """Path of a picture as outputs give it: relative to the root with '/', absolute if outside the root."""
        return os.fsdecode(self.leaves.keys[row])

    def trip_of(self, event: FoundEvent) -> FoundTrip:
        """The trip that holds an event."""
        return next(trip for trip in self.trips if any(event is one for one in trip.events))

    def without(self, hidden: Collection[int]) -> Events:
        """The same without some rows; what then has no dated picture is left out, too."""
        if not hidden:
            return self
        left_out = frozenset(hidden)
        trips = []
        for trip in self.trips:
            events = [*filter(None, (_event_without(event, left_out) for event in trip.events))]
            if events:
                largest = max(events, key=lambda event: len(event.rows))
                cover = largest.cover if trip.cover in left_out else trip.cover
                trips.append(replace(trip, events=tuple(events), cover=cover))
        undated = tuple(row for row in self.undated if row not in left_out)
        return replace(self, trips=tuple(trips), undated=undated, n_hidden=len(left_out))

    def as_json(self) -> dict[str, Any]:
        """The tree for JSON, as docs/output-formats.md describes it."""
        return {
            "root": os.fspath(self.root),
            "database": os.fspath(self.directory),
            "n_pictures": len(self.leaves) - self.n_hidden,
            "n_dated": self.n_dated,
            "knows_home": self.knows_home,
            "trips": [self._trip_json(trip) for trip in self.trips],
            "undated": self._names(self.undated),
            "clocks": [
                {"camera": s.camera, "shift_s": s.shift_s, "reference": s.reference, "margin": round(s.margin, 3)}
                for s in self.shifts
            ],
        }

    def _trip_json(self, trip: FoundTrip) -> dict[str, Any]:
        return {
            "kind": trip.kind,
            "name": trip.name,
            "start": trip.start.isoformat(),
            "end": trip.end.isoformat(),
            "place": trip.spot and trip.spot.as_json(),
            "stays": [spot.as_json() for spot in trip.stays],
            "cover": self.name_of(trip.cover),
            "events": [
                {
                    "name": event.name,
                    "start": event.start.isoformat(),
                    "end": event.end.isoformat(),
                    "place": event.spot and event.spot.as_json(),
                    "cover": self.name_of(event.cover),
                    "files": self._names(event.rows),
                    "attached": self._names(event.attached),
                    "scenes": [
                        {
                            "files": self._names(scene.rows),
                            "bursts": [{"files": self._names(burst.rows)} for burst in scene.bursts],
                        }
                        for scene in event.scenes
                    ],
                }
                for event in trip.events
            ],
        }

    def _names(self, rows: Sequence[int]) -> list[str]:
        return [self.name_of(row) for row in rows]


def _event_without(event: FoundEvent, hidden: frozenset[int]) -> FoundEvent | None:
    """An event without some rows; None if no dated one is left."""
    scenes = []
    for scene in event.scenes:
        left = (tuple(row for row in burst.rows if row not in hidden) for burst in scene.bursts)
        bursts = tuple(FoundBurst(rows) for rows in left if rows)
        if bursts:
            scenes.append(FoundScene(bursts))
    if not scenes:
        return None
    cover = scenes[0].rows[0] if event.cover in hidden else event.cover
    attached = tuple(row for row in event.attached if row not in hidden)
    return replace(event, scenes=tuple(scenes), cover=cover, attached=attached)


def days_of(start: datetime, end: datetime) -> tuple[date, date]:
    """The first and the last day, by the clocks of the places."""
    first, last = sorted((start.date(), end.date()))
    return first, last
