"""Corrections of trips and events from the command line."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import UNITS_S
from imagecluster.cli.text import counted, one_line, printable
from imagecluster.corrections import (
    EDITS_NAME,
    CameraClock,
    EventEdit,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    History,
    HomeIs,
    OccasionLevel,
)
from imagecluster.errors import ArgumentError, InputError

if TYPE_CHECKING:
    from imagecluster.collection.events import Events
    from imagecluster.store import Store

__all__ = ["correct"]


def correct(arguments: argparse.Namespace, store: Store, model: str) -> int:
    """Remember a correction, or take the latest one back, and print what it means."""
    history = History(store.directory / EDITS_NAME, follow=store.folder.follow)
    if arguments.undo_correction:
        print(f"taken back: {_said(history.undo_latest('events'))}")
        return 0
    from imagecluster.collection.events import find_events

    edit: EventEdit
    found = find_events(store, model, locale=arguments.locale)
    if arguments.clock is not None:
        edit, text = _clock(arguments.clock, {said.camera for said in store.described({*found.leaves.hashes}).values()})
    else:
        edit, text = _edit(arguments, found)
    history.add(edit)
    print(f"{text}; --undo-correction takes it back")
    return 0


def _edit(arguments: argparse.Namespace, found: Events) -> tuple[EventEdit, str]:
    """The correction, and what it means in words."""
    level: OccasionLevel = "trip" if arguments.level == "trip" else "event"
    if arguments.home is not None:
        return _home(arguments)
    if arguments.split is not None:
        row = _dated_row(found, arguments.split)
        return EventSplit(
            _contents(found, [row]), level
        ), f"{_article(level)} starts with {printable(arguments.split, found.root)}"
    if arguments.join is not None:
        rows = [_dated_row(found, path) for path in arguments.join]
        if len({_group_of(found, row, level) for row in rows}) < 2:
            raise ArgumentError(f"these pictures are in one {level} already; give pictures of two {level}s or more")
        return EventJoin(_contents(found, rows), level), f"the {level}s of these {len(rows)} pictures are one"
    if arguments.move is not None:
        *moved, target = arguments.move
        if not moved:
            raise ArgumentError("--move got one file; give the files to move, then a file of the event to move them to")
        rows, goal = [_dated_row(found, path) for path in moved], _dated_row(found, target)
        moved_there = EventMove(_contents(found, rows), _contents(found, [goal]))
        return moved_there, f"{counted(len(rows), 'picture')} moved to the event of {printable(target, found.root)}"
    file, name = arguments.rename
    path = Path(file)
    row = _dated_row(found, path)
    group = _group_rows(found, row, level)
    named = EventName(_contents(found, group), name.strip(), level)
    what = f"the {level} of {printable(path, found.root)}"
    return named, f"{what} is called {one_line(name.strip())}" if name.strip() else f"{what} has its found name again"


def _article(level: OccasionLevel) -> str:
    return "an event" if level == "event" else "a trip"


def _dated_row(found: Events, path: Path) -> int:
    """The row of a picture that is in the tree.

    Raises
    ------
    InputError
        It is not a picture of the collection, or has no date.
    """
    wanted = {Path(os.path.abspath(path)), Path(os.path.realpath(path))}  # noqa: PTH100 - as the collection has it
    row = next((row for row, own in enumerate(found.paths) if own in wanted), None)
    if row is None:
        raise InputError(f"{str(path)!r} is not a picture of this collection")
    if not any(row in trip.rows for trip in found.trips):
        raise InputError(f"{str(path)!r} has no date, so it is in no event")
    return row


def _contents(found: Events, rows: Iterable[int]) -> frozenset[bytes]:
    return frozenset(found.leaves.hashes[row] for row in rows)


def _group_rows(found: Events, row: int, level: OccasionLevel) -> tuple[int, ...]:
    """Rows of the trip or event that holds a row."""
    groups = found.trips if level == "trip" else found.events
    return next(group.rows for group in groups if row in group.rows)


def _group_of(found: Events, row: int, level: OccasionLevel) -> int:
    return _group_rows(found, row, level)[0]


def _home(arguments: argparse.Namespace) -> tuple[HomeIs, str]:
    parts = arguments.home.split(",")
    try:
        latitude_deg, longitude_deg = (float(part) for part in parts)
    except ValueError:
        raise ArgumentError(
            f"--home is {arguments.home!r}; write degrees north and east with a comma, such as --home=52.5,13.4"
        ) from None
    start_s, end_s = (_day_s(name, getattr(arguments, name)) for name in ("home_from", "home_to"))
    edit = HomeIs(latitude_deg, longitude_deg, start_s, None if end_s is None else end_s + UNITS_S["d"])
    when = "".join(
        f" {word} {day}" for word, day in (("from", arguments.home_from), ("to", arguments.home_to)) if day is not None
    )
    return edit, f"home is at {latitude_deg:g}, {longitude_deg:g}{when}"


def _day_s(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ArgumentError(f"--{option.replace('_', '-')} is {text!r}; write a day such as 2019-05-01") from None


def _clock(text: str, known: Collection[str]) -> tuple[CameraClock, str]:
    camera, sign, shift = text.rpartition("=")
    shift_s = shifted_s(shift) if sign else math.nan
    if math.isnan(shift_s):
        raise ArgumentError(
            f"--clock is {text!r}; write the camera, = and a time to add, such as 'Canon EOS R6=+7h' or"
            " 'NIKON D70=-1h30min'"
        )
    camera = camera.strip()
    if not camera or camera not in known:
        some = ", ".join(map(repr, sorted(filter(None, known))[:8])) or "none"
        raise ArgumentError(f"no picture is by a camera {camera!r}; cameras here: {some}")
    if not shift_s:
        return CameraClock(camera, 0.0), f"the clock of {one_line(camera)} counts as right again"
    way = "added to" if shift_s > 0 else "taken from"
    return CameraClock(camera, shift_s), f"{_length(abs(shift_s))} are {way} the times of {one_line(camera)}"


def shifted_s(text: str) -> float:
    """A signed time such as +7h, -1h30min or 90s in seconds; NaN for anything else.

    >>> shifted_s("+7h"), shifted_s("-1h30min"), shifted_s("0"), shifted_s("7")
    (25200.0, -5400.0, 0.0, nan)
    """
    text = text.replace(" ", "").replace("−", "-")
    if re.fullmatch(r"[+-]?0+", text):
        return 0.0
    if not re.fullmatch(r"[+-]?(\d+(\.\d+)?(min|s|h|d|w))+", text):
        return math.nan
    total = sum(float(n) * UNITS_S[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)(min|s|h|d|w)", text))
    return -total if text.startswith("-") else total


def _length(length_s: float) -> str:
    """A time in hours and minutes, or seconds.

    >>> _length(5400), _length(30)
    ('1 h 30 min', '30 s')
    """
    minutes, seconds = divmod(round(length_s), 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if n)


def _said(edit: object) -> str:
    """A correction in words."""
    match edit:
        case EventSplit(_, level):
            text = f"the start of {_article(level)}"
        case EventJoin(_, level):
            text = f"the join of {level}s"
        case EventName(_, name, level):
            said = f"the name {one_line(name)!r}" if name else "the removal of the name"
            text = f"{said} of {_article(level)}"
        case EventMove(pictures, _):
            text = f"the move of {counted(len(pictures), 'picture')}"
        case HomeIs(latitude_deg, longitude_deg):
            text = f"home at {latitude_deg:g}, {longitude_deg:g}"
        case CameraClock(camera, _):
            text = f"the shift of the clock of {one_line(camera)}"
        case _:
            text = "a correction"
    return text
