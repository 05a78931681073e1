"""The JSON about trips and events that the viewer's server and its page exchange; a part of `wire.py`."""

from __future__ import annotations

from typing import Literal, TypedDict

from imagecluster.events.occasions import TripKind
from imagecluster.system.progress import Stage

__all__ = ["EventCorrectionKind", "EventFacts", "SuggestedClock", "TripFacts", "Trips", "TripsNews"]


EventCorrectionKind = Literal["eventname", "eventjoin", "eventsplit", "eventmove", "homeis", "cameraclock"]
"""Corrections of trips and events, which change no cluster."""


class TripsNews(TypedDict):
    """The search for trips and events, once a page has asked for them."""

    snapshot: str
    version: int
    """Grows when there are others to show."""
    running: bool
    stage: Stage | Literal[""]
    done: float
    total: float
    """How much there is of the stage, in its own unit; 0 while it is unknown."""
    error: str
    """Why there are none, or no new ones; empty if all is well."""


class EventFacts(TypedDict):
    """An event. Times are by the clock of the place, as if that were UTC."""

    name: str
    named: bool
    """Whether somebody gave it its name."""
    start_s: float
    """Seconds since 1970."""
    end_s: float
    place: str
    """The town or, where there is none, the region or country; empty if it is not known."""
    latitude: float | None
    longitude: float | None
    cover: int
    """The picture that shows most of what the event shows."""
    ids: list[int]
    """Its dated pictures in order of time, then undated ones that resemble it closely."""
    bursts: list[list[int]]
    """Pictures that were taken in one go, two or more, in order of time."""


class TripFacts(TypedDict):
    """A trip, a time at home, or a period between two pauses if no home is known. Times are as in events."""

    kind: TripKind
    name: str
    named: bool
    by_dates: bool
    """Whether its name only says when it was."""
    start_s: float
    end_s: float
    place: str
    """Where it stayed longest."""
    country: str
    stays: list[str]
    """Places where it stayed, in order of time."""
    cover: int
    events: list[EventFacts]


class SuggestedClock(TypedDict):
    """A camera whose clock seems to be off; nothing applies that by itself."""

    camera: str
    shift_s: float
    """What to add to its times."""
    reference: str
    """The camera that it was compared with."""


class Trips(TypedDict):
    """GET trips: all trips in order of time; each dated picture is in one of their events."""

    search: TripsNews
    known: bool
    """Whether there are any yet."""
    trips: list[TripFacts]
    undated: list[int]
    """Pictures without a date that resemble no event closely."""
    clocks: list[SuggestedClock]
