"""Trips and events as a table for a terminal."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from imagecluster.cli.text import counted, one_line

if TYPE_CHECKING:
    from imagecluster.collection.found_events import Events, FoundEvent, FoundScene, FoundTrip
    from imagecluster.places import PlaceName

_KINDS = {"trip": "trip", "home": "at home", "period": "period"}
_HOUR_S = 3600


def listing(found: Events, *, level: str = "event") -> str:
    """A line per trip and, below it, per event, scene or burst: when, name, number of pictures, cover."""
    lines = []
    for trip in found.trips:
        lines.append(_trip_line(trip))
        if level != "trip":
            lines += _table([row for event in trip.events for row in _event_rows(found, event, level)])
    lines.append(_total(found))
    return "\n".join(lines)


def _trip_line(trip: FoundTrip) -> str:
    events = f"{counted(len(trip.rows), 'picture')} in {counted(len(trip.events), 'event')}"
    facts = [_KINDS[trip.kind], "" if trip.spot is None else _where(trip.spot.name), events]
    shown = ", ".join(one_line(fact) for fact in facts if fact)
    return f"{_days(*trip.days)}  {one_line(trip.name)}  ({shown})"


def _where(name: PlaceName) -> str:
    """The place by its town and country, such as 'Vík, Iceland'."""
    return ", ".join(filter(None, [name.town or name.region, name.country]))


def _event_rows(found: Events, event: FoundEvent, level: str) -> Iterator[tuple[str, str, str, str]]:
    attached = f" + {len(event.attached):,} undated" if event.attached else ""
    yield (
        f"  {_moments(event.start, event.end)}",
        one_line(event.name),
        f"{len(event.rows):,}{attached}",
        one_line(found.name_of(event.cover)),
    )
    if level in ("scene", "burst") and (len(event.scenes) > 1 or level == "burst"):
        for number, scene in enumerate(event.scenes, 1):
            yield ("", f"  scene {number}", f"{len(scene.rows):,}", one_line(found.name_of(scene.rows[0])))
            if level == "burst":
                yield from _burst_rows(found, scene)


def _burst_rows(found: Events, scene: FoundScene) -> Iterator[tuple[str, str, str, str]]:
    for burst in scene.bursts:
        if len(burst.rows) > 1:
            yield ("", "    burst", f"{len(burst.rows):,}", one_line(found.name_of(burst.rows[0])))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns; numbers at the right of theirs."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{when:<{widths[0]}}  {name:<{widths[1]}}  {n:>{widths[2]}}  {cover}".rstrip() for when, name, n, cover in rows
    ]


def _days(first: date, last: date) -> str:
    """2025-03-02 to 2025-03-09, or one day."""
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def _moments(start: datetime, end: datetime) -> str:
    """2025-03-02 10:05 to 11:20; the day of the end where it is another one."""
    first, last = f"{start:%Y-%m-%d %H:%M}".zfill(16), f"{end:%H:%M}"
    if first[11:] == last and start.date() == end.date():
        return first
    if start.date() == end.date():
        return f"{first} to {last}"
    return f"{first} to {end:%m-%d} {last}"


def _total(found: Events) -> str:
    n_trips = sum(trip.kind == "trip" for trip in found.trips)
    n_periods = sum(trip.kind == "period" for trip in found.trips)
    what = [counted(n_trips, "trip")] if found.knows_home else []
    what += [counted(n_periods, "period")] if n_periods else []
    what.append(counted(len(found.events), "event"))
    undated = f"; {counted(len(found.undated), 'picture')} without a date" if found.undated else ""
    return f"{', '.join(what)}: {counted(found.n_dated, 'picture')}{undated}"


def hints(found: Events, arguments: argparse.Namespace) -> Iterator[str]:
    """What a person may want to know or do next."""
    where = " ".join(shlex.quote(os.fspath(path)) for path in arguments.paths)
    where += "" if arguments.db is None else f" --db {shlex.quote(os.fspath(arguments.db))}"
    if found.skips:
        yield f"{counted(len(found.skips), 'file')} could not be read: `imagecluster info --json` lists them"
    if found.trips and not found.knows_home:
        yield (
            "home is not known (no place had pictures in at least three weeks over two months), so there are periods in"
            f" place of trips: imagecluster events {where} --home=LAT,LON says where it was"
        )
    for shift in found.shifts:
        way = "behind" if shift.shift_s > 0 else "ahead"
        yield (
            f"the clock of {one_line(shift.camera)} seems to be {_hours(abs(shift.shift_s))} {way}, by what its"
            f" pictures and those of {one_line(shift.reference)} show; to set it right: imagecluster events {where}"
            f" --clock {shlex.quote(f'{shift.camera}={shift.shift_s:+.0f}s')}"
        )
    attached = sum(len(event.attached) for event in found.events)
    if attached:
        yield f"listed with an event that they resemble closely: {counted(attached, 'undated picture')}"
    if found.undated and arguments.links is not None:
        n_undated = len(found.undated)
        yield f"{counted(n_undated, 'picture')} without a date {'is' if n_undated == 1 else 'are'} in no folder"


def _hours(length_s: float) -> str:
    hours, minutes = divmod(round(length_s / 60), 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""])) or "0 min"
