"""Trips and events of a collection with their names, dates, places and files: what every face shows."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.event_names import (
    Named,
    dates_in_words,
    event_names,
    known_locale,
    names_by_hand,
    trip_name,
    user_locale,
)
from imagecluster.collection.occasions import ItemOccasions, occasions_of
from imagecluster.corrections import (
    EDITS_NAME,
    EventEdit,
    EventName,
    History,
    OccasionLevel,
    corrections_of,
    event_edits_of,
    follow,
    heirs,
    replay,
)
from imagecluster.errors import ArgumentError
from imagecluster.events import ClockShift, Event, Trip, TripKind
from imagecluster.places import Gazetteer, PlaceName, PlacePrecision, StayName, at_precision, round_position
from imagecluster.records import Skip
from imagecluster.store import Leaves, Store
from imagecluster.system.progress import OnProgress, silent

__all__ = [
    "Events",
    "FoundBurst",
    "FoundEvent",
    "FoundScene",
    "FoundTrip",
    "Spot",
    "event_edits",
    "find_events",
    "named_events",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_S = (datetime(1, 1, 3, tzinfo=UTC) - _EPOCH).total_seconds()
_LATEST_S = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH).total_seconds()
_LARGEST_ZONE_S = 86_340


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
        return _days(self.start, self.end)

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


def find_events(
    store: Store,
    model: str,
    *,
    locale: str | None = None,
    precision: PlacePrecision = "exact",
    n_threads: int | None = None,
    progress: OnProgress = silent,
) -> Events:
    """The trips and events among the pictures that the latest scan found, after all corrections.

    Parameters
    ----------
    store
        The store. If it is open for reading only, nothing is kept.
    model
        `name@version`, whose fingerprints say what pictures show.
    locale
        For dates and names of places, such as `de_DE`; default: the user's, by the environment.
    precision
        How precisely places are given and named.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on.

    Raises
    ------
    ArgumentError
        No locale or precision is called so.
    StoreError
        The store cannot be used.
    """
    locale = user_locale() if locale is None else known_locale(locale)
    if precision not in get_args(PlacePrecision):
        raise ArgumentError(f"precision is {precision!r}; it must be one of {', '.join(get_args(PlacePrecision))}")
    leaves = store.leaves(model)
    edits = event_edits(store, leaves)
    items = occasions_of(leaves, store, model, edits, now_s=time.time(), n_threads=n_threads, progress=progress)
    return named_events(leaves, store, items, edits, locale=locale, precision=precision)


def named_events(
    leaves: Leaves,
    store: Store,
    items: ItemOccasions,
    edits: Sequence[EventEdit],
    *,
    locale: str | None = None,
    precision: PlacePrecision = "exact",
) -> Events:
    """The trips and events of pictures whose tree is known, with their names; parameters as for `find_events`."""
    locale = user_locale() if locale is None else known_locale(locale)
    return _Naming(leaves, items, edits, locale, precision).events(store)


def event_edits(store: Store, leaves: Leaves) -> tuple[EventEdit, ...]:
    """The corrections of trips and events, in terms of the contents that their pictures have now."""
    edits = event_edits_of(History(store.directory / EDITS_NAME, follow=store.folder.follow).edits)
    return event_edits_of(follow(edits, heirs(edits, leaves.hashes, store.successors)))


def hidden_rows(store: Store, leaves: Leaves) -> list[int]:
    """Rows of the pictures that were hidden by hand, ascending."""
    edits = History(store.directory / EDITS_NAME, follow=store.folder.follow).edits
    if not edits:
        return []
    said = corrections_of(follow(edits, heirs(edits, leaves.hashes, store.successors)))
    names = [os.fsdecode(key) for key in leaves.keys]
    hidden: list[int] = replay(np.zeros(len(leaves), np.int64), said, leaves.hashes, names=names).hidden.tolist()
    return hidden


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


class _Naming:
    """Gives the tree its names, dates and places."""

    def __init__(
        self, leaves: Leaves, items: ItemOccasions, edits: Sequence[EventEdit], locale: str, precision: PlacePrecision
    ) -> None:
        self._leaves = leaves
        self._items = items
        self._edits = edits
        self._locale = locale
        self._precision = precision
        self._gazetteer = Gazetteer.load(locale)
        attached: dict[int, list[int]] = {}
        for item, near in items.occasions.attached.items():
            attached.setdefault(near, []).append(item)
        self._attached = attached

    def events(self, store: Store) -> Events:
        items, occasions = self._items, self._items.occasions
        spots = iter(self._spots([self._middle(event.rows) for event in occasions.events()]))
        covers = iter(items.covers.tolist())
        by_hand: dict[OccasionLevel, dict[int, str]] = {level: self._by_hand(level) for level in ("trip", "event")}
        trips, n_events = [], 0
        for number, trip in enumerate(occasions.trips):
            named = {i - n_events: name for i, name in by_hand["event"].items() if i >= n_events}
            n_events += len(trip.events)
            own = [(next(spots), next(covers)) for _ in trip.events]
            trips.append(self._trip(trip, own, by_hand["trip"].get(number, ""), named))
        found = {item for near in self._attached.values() for item in near}
        undated = [row for item in occasions.undated if item not in found for row in items.rows[item]]
        return Events(
            root=store.root,
            directory=store.directory,
            leaves=self._leaves,
            trips=tuple(trips),
            undated=tuple(sorted(undated, key=self._leaves.keys.__getitem__)),
            shifts=items.shifts,
            skips=store.known_skips(),
        )

    def _trip(
        self, trip: Trip, own: Sequence[tuple[Spot | None, int]], name: str, named: Mapping[int, str]
    ) -> FoundTrip:
        """A trip with its events; `own` has the place and the cover of each, `named` the names given by hand."""
        stays = self._spots([(stay.latitude_deg, stay.longitude_deg) for stay in trip.stays])
        longest = max(range(len(stays)), key=lambda i: trip.stays[i].length_s, default=None)
        home = None if longest is None or trip.kind != "home" else stays[longest]
        start, end = self._span(trip.rows)
        dates = dates_in_words(*_days(start, end), self._locale)
        of_stays = [StayName(spot.name, stay.length_s) for spot, stay in zip(stays, trip.stays, strict=True) if spot]
        found = trip_name(of_stays if trip.kind == "trip" else [], is_home=trip.kind == "home", dates=dates)
        events = [self._event(event, *each) for event, each in zip(trip.events, own, strict=True)]
        around = [spot for spot, stay in zip(stays, trip.stays, strict=True) for _ in range(stay.n_events)]
        around = around if trip.kind == "trip" and len(around) == len(events) else [None] * len(events)
        unnamed = [i for i in range(len(events)) if i not in named]
        names = dict(zip(unnamed, event_names([_named(events[i], home, around[i]) for i in unnamed]), strict=True))
        events = [replace(event, name=named.get(i) or names[i], is_named=i in named) for i, event in enumerate(events)]
        return FoundTrip(
            kind=trip.kind,
            name=name or found,
            start=start,
            end=end,
            events=tuple(events),
            cover=max(events, key=lambda event: len(event.rows)).cover,
            spot=None if longest is None else stays[longest],
            stays=tuple(spot for spot in stays if spot is not None),
            is_named=bool(name),
            is_named_by_dates=not name and found == dates,
        )

    def _event(self, event: Event, spot: Spot | None, cover: int) -> FoundEvent:
        start, end = self._span(event.rows)
        attached = [
            row for item in event.rows for near in self._attached.get(item, ()) for row in self._items.rows[near]
        ]
        scenes = tuple(
            FoundScene(tuple(FoundBurst(self._rows(burst.rows)) for burst in scene.bursts)) for scene in event.scenes
        )
        return FoundEvent("", start, end, scenes, self._items.rows[cover][0], spot, tuple(attached))

    def _rows(self, items: Sequence[int]) -> tuple[int, ...]:
        return tuple(chain.from_iterable(self._items.rows[item] for item in items))

    def _span(self, items: Sequence[int]) -> tuple[datetime, datetime]:
        """The first and the last moment, by the clock of their places."""
        when_s = self._items.instant_s[list(items)]
        return self._clock(items[int(np.argmin(when_s))]), self._clock(items[int(np.argmax(when_s))])

    def _clock(self, item: int) -> datetime:
        instant_s, zone_s = float(self._items.instant_s[item]), float(self._items.zone_s[item])
        moment = _EPOCH + timedelta(seconds=min(max(instant_s, _EARLIEST_S), _LATEST_S))
        if not abs(zone_s) <= _LARGEST_ZONE_S:  # also NaN
            return moment.replace(tzinfo=None)
        return moment.astimezone(timezone(timedelta(seconds=round(zone_s))))

    def _middle(self, items: Sequence[int]) -> tuple[float, float]:
        """The position of the picture in the middle of those that have one; NaN for none."""
        rows = np.array(items, np.int64)
        rows = rows[~np.isnan(self._items.latitude_deg[rows])]
        if not len(rows):
            return math.nan, math.nan
        item = rows[np.argsort(self._items.instant_s[rows], kind="stable")[len(rows) // 2]]
        return float(self._items.latitude_deg[item]), float(self._items.longitude_deg[item])

    def _spots(self, positions: Sequence[tuple[float, float]]) -> list[Spot | None]:
        where: NDArray[np.float64] = np.array(positions, np.float64).reshape(-1, 2)
        names = self._gazetteer.names_of(where[:, 0], where[:, 1])
        if self._precision == "none":
            return [None] * len(where)
        return [
            None if math.isnan(latitude_deg) else Spot.of(latitude_deg, longitude_deg, name, self._precision)
            for (latitude_deg, longitude_deg), name in zip(where.tolist(), names, strict=True)
        ]

    def _by_hand(self, level: OccasionLevel) -> dict[int, str]:
        """Names given by hand, by the number of the trip or event."""
        said = [
            (edit.pictures, edit.name) for edit in self._edits if isinstance(edit, EventName) and edit.level == level
        ]
        if not said:
            return {}
        mentioned = frozenset[bytes]().union(*(pictures for pictures, _ in said))
        group_of: dict[bytes, list[int]] = {}
        for content_hash, group in zip(self._leaves.hashes, self._items.groups(level).tolist(), strict=True):
            if group >= 0 and content_hash in mentioned:
                group_of.setdefault(content_hash, []).append(group)
        return names_by_hand(said, group_of)


def _days(start: datetime, end: datetime) -> tuple[date, date]:
    first, last = sorted((start.date(), end.date()))
    return first, last


def _named(event: FoundEvent, home: Spot | None, around: Spot | None) -> Named:
    """What an event is named by: its place, else that of the stay around it; `home` is the place of a time at home."""
    spot = event.spot or around
    place = None if spot is None else spot.name
    return Named(event.start, place, home is not None and place == home.name)
