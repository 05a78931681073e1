"""Gives trips and events their names, dates and places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.event_names import Named, dates_in_words, event_names, names_by_hand, trip_name
from imagecluster.collection.found_events import Events, FoundBurst, FoundEvent, FoundScene, FoundTrip, Spot, days_of
from imagecluster.collection.occasions import ItemOccasions
from imagecluster.corrections import EventEdit, EventName, OccasionLevel
from imagecluster.events import Event, Trip
from imagecluster.places import Gazetteer, PlacePrecision, StayName
from imagecluster.store import Leaves, Store

__all__ = ["Naming"]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_S = (datetime(1, 1, 3, tzinfo=UTC) - _EPOCH).total_seconds()
_LATEST_S = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH).total_seconds()
_LARGEST_ZONE_S = 86_340


class Naming:
    """Gives a tree its names, dates and places; parameters as for `find_events`."""

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
        """The tree of a store's pictures with its names."""
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
        dates = dates_in_words(*days_of(start, end), self._locale)
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
        items = event.rows
        start, end = self._span(items)
        attached = [row for item in items for near in self._attached.get(item, ()) for row in self._items.rows[near]]
        scenes = tuple(
            FoundScene(tuple(FoundBurst(self._rows(burst.rows)) for burst in scene.bursts)) for scene in event.scenes
        )
        return FoundEvent("", start, end, scenes, self._items.rows[cover][0], spot, tuple(attached))

    def _rows(self, items: Sequence[int]) -> tuple[int, ...]:
        if len(items) == 1:  # as most bursts
            return self._items.rows[items[0]]
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


def _named(event: FoundEvent, home: Spot | None, around: Spot | None) -> Named:
    """What an event is named by: its place, else that of the stay around it; `home` is the place of a time at home."""
    spot = event.spot or around
    place = None if spot is None else spot.name
    return Named(event.start, place, home is not None and place == home.name)
