"""The kinds of corrections of trips and events. They change no cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from imagecluster.corrections.checks import check_name, check_sides, hashes_of_json
from imagecluster.errors import ArgumentError

__all__ = [
    "CameraClock",
    "EventEdit",
    "EventJoin",
    "EventMove",
    "EventName",
    "EventSplit",
    "HomeIs",
    "OccasionLevel",
    "event_edit_from_json",
]

OccasionLevel = Literal["trip", "event"]
"""Levels of the tree that corrections concern."""

LARGEST_SHIFT_S = 200 * 366 * 86_400.0
"""A clock that has lost its date starts in 1970, 1980 or 2000."""


@dataclass(frozen=True, slots=True)
class EventSplit:
    """An event, or a trip, begins with the earliest of these pictures."""

    pictures: frozenset[bytes]
    level: OccasionLevel = "event"

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        _check_level(self.level)


@dataclass(frozen=True, slots=True)
class EventJoin:
    """The events, or trips, that hold these pictures are one, with everything between them."""

    pictures: frozenset[bytes]
    level: OccasionLevel = "event"

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        _check_level(self.level)


@dataclass(frozen=True, slots=True)
class EventName:
    """The event, or trip, that holds most of these pictures has this name; an empty name removes the name."""

    pictures: frozenset[bytes]
    name: str
    level: OccasionLevel = "event"

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        check_name(self.name)
        _check_level(self.level)


@dataclass(frozen=True, slots=True)
class EventMove:
    """These pictures belong to the event that holds most of the target's pictures."""

    pictures: frozenset[bytes]
    target: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures, target=self.target)
        if self.target <= self.pictures:
            raise ArgumentError("all pictures of the target are among those to move; give pictures of another event")


@dataclass(frozen=True, slots=True)
class HomeIs:
    """Where home was, from one moment to another; None: always before, always after."""

    latitude_deg: float
    longitude_deg: float
    start_s: float | None = None
    """Seconds since 1970 in UTC."""
    end_s: float | None = None

    def __post_init__(self) -> None:
        if not (abs(self.latitude_deg) <= 90 and abs(self.longitude_deg) <= 180):
            raise ArgumentError(
                f"home is at {self.latitude_deg}, {self.longitude_deg}; the latitude must be from -90 to 90 and the"
                " longitude from -180 to 180 degrees"
            )
        times_s = [time_s for time_s in (self.start_s, self.end_s) if time_s is not None]
        if not all(map(math.isfinite, times_s)) or (len(times_s) == 2 and times_s[0] >= times_s[1]):
            raise ArgumentError("home must begin before it ends")


@dataclass(frozen=True, slots=True)
class CameraClock:
    """A camera's clock was wrong: this is added to its times; 0 takes an earlier shift back."""

    camera: str
    """Make and model, as in `Metadata.camera`."""
    shift_s: float

    def __post_init__(self) -> None:
        if not self.camera:
            raise ArgumentError("the camera has no name; only clocks of cameras that are known by name can be shifted")
        if not abs(self.shift_s) <= LARGEST_SHIFT_S:
            raise ArgumentError(f"the clock's shift is {self.shift_s} s; it must be at most 200 years either way")


EventEdit = EventSplit | EventJoin | EventName | EventMove | HomeIs | CameraClock
"""What changes trips and events."""


def event_edit_from_json(kind: type[EventEdit], values: Mapping[str, Any]) -> EventEdit:
    """The correction of a kind that `edit_to_json` wrote.

    Raises
    ------
    ArgumentError
        The values are not such a correction.

    """
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = values.get(field.name)
        if field.name in ("pictures", "target"):
            given[field.name] = hashes_of_json(value, field.name)
        elif field.name in ("name", "camera", "level"):
            if not isinstance(value, str):
                raise ArgumentError(f"{field.name} is {value!r:.50}; it must be a text")
            given[field.name] = value
        elif value is None and field.name in ("start_s", "end_s"):
            given[field.name] = None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            given[field.name] = float(value)
        else:
            raise ArgumentError(f"{field.name} is {value!r:.50}; it must be a number")
    return kind(**given)


def _check_level(level: str) -> None:
    if level not in get_args(OccasionLevel):
        raise ArgumentError(f"the level is {level!r:.50}; it must be trip or event")
