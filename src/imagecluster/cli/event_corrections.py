"""Corrections of trips and events from the command line."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import UNITS_S
from imagecluster.cli.paths import existing_path, no_such_path
from imagecluster.cli.text import counted, one_line
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
    from imagecluster.collection.found_events import Events
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
        edit, text = _edit(arguments, _Pictures(found, store))
    history.add(edit)
    print(f"{text}; --undo-correction takes it back")
    return 0


def _edit(arguments: argparse.Namespace, pictures: _Pictures) -> tuple[EventEdit, str]:
    """The correction, and what it means in words."""
    level: OccasionLevel = "trip" if arguments.level == "trip" else "event"
    if arguments.home is not None:
        return _home(arguments)
    if arguments.split is not None:
        row = pictures.row_of(arguments.split)
        return EventSplit(pictures.contents([row]), level), f"{_article(level)} starts with {pictures.name_of(row)}"
    if arguments.join is not None:
        rows = pictures.rows_of(arguments.join)
        if len(rows) < 2:
            raise ArgumentError(f"--join got one picture; give pictures of two {level}s or more")
        if len({pictures.group_of(row, level) for row in rows}) < 2:
            raise ArgumentError(f"these pictures are in one {level} already; give pictures of two {level}s or more")
        return EventJoin(pictures.contents(rows), level), f"the {level}s of these {len(rows)} pictures are one"
    if arguments.move is not None:
        return _move(arguments.move, pictures)
    file, name = arguments.rename
    row = pictures.row_of(_typed(file))
    group = pictures.group_of(row, level)
    named = EventName(pictures.contents(group), name.strip(), level)
    what = f"the {level} of {pictures.name_of(row)}"
    return named, f"{what} is called {one_line(name.strip())}" if name.strip() else f"{what} has its found name again"


def _move(paths: Sequence[Path], pictures: _Pictures) -> tuple[EventMove, str]:
    if len(paths) < 2:
        raise ArgumentError("--move got one file; give the files to move, then a file of the event to move them to")
    rows, goal = pictures.rows_of(paths[:-1]), pictures.row_of(paths[-1])
    edit = EventMove(pictures.contents(rows), pictures.contents([goal]))
    if {*rows} <= {*pictures.group_of(goal, "event")}:
        raise ArgumentError(f"{_these(len(rows))} in the event of {pictures.name_of(goal)} already")
    return edit, f"{counted(len(rows), 'picture')} moved to the event of {pictures.name_of(goal)}"


def _these(n: int) -> str:
    return "this picture is" if n == 1 else "these pictures are"


def _typed(text: str) -> Path:
    try:
        return existing_path(text)
    except argparse.ArgumentTypeError as error:
        raise ArgumentError(f"--rename: {error}") from None


def _article(level: OccasionLevel) -> str:
    return "an event" if level == "event" else "a trip"


class _Pictures:
    """The pictures of the tree, as people name them."""

    def __init__(self, found: Events, store: Store) -> None:
        self._found = found
        self._rows = {found.name_of(row): row for row in range(len(found.leaves))}
        for key, names in store.other_names().items():
            row = self._rows.get(os.fsdecode(key))
            if row is not None:
                self._rows.update((os.fsdecode(name), row) for name in names)
        self._groups: dict[OccasionLevel, dict[int, tuple[int, ...]]] = {
            "trip": {row: rows for rows in (trip.rows for trip in found.trips) for row in rows},
            "event": {row: rows for rows in (event.rows for event in found.events) for row in rows},
        }

    def row_of(self, path: Path) -> int:
        """The row of a picture that is in the tree.

        Raises
        ------
        InputError
            It is not a picture of the collection, or has no date.
        """
        row = next((self._rows[name] for name in self._names(path) if name in self._rows), None)
        if row is None:
            if not os.path.lexists(path):
                otherwise = "give its path, or its name as `imagecluster events` prints it"
                raise no_such_path(path, what="picture", otherwise=otherwise)
            raise InputError(f"{os.fspath(path)!r} is not a picture of this collection")
        if row not in self._groups["event"]:
            near = next((event for event in self._found.events if row in event.attached), None)
            if near is not None:
                raise InputError(
                    f"{os.fspath(path)!r} has no date and is only listed with an event that it resembles; name"
                    f" a picture with a date, such as {self.name_of(near.cover)}"
                )
            raise InputError(f"{os.fspath(path)!r} has no date, so it is in no event")
        return row

    def rows_of(self, paths: Iterable[Path]) -> list[int]:
        """The rows of pictures, each once."""
        return [*dict.fromkeys(map(self.row_of, paths))]

    def _names(self, path: Path) -> Iterator[str]:
        """Names that a path may have in the collection: from the working directory, through links, as it is printed."""
        root = self._found.root
        for start in (os.path.abspath(path), os.path.realpath(path)):  # noqa: PTH100 - as the collection has it
            for folder in (root, Path(os.path.realpath(root))):
                whole = Path(start)
                yield whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else start
        yield Path(os.path.normpath(path)).as_posix()

    def name_of(self, row: int) -> str:
        """A picture as the table has it."""
        return one_line(self._found.name_of(row))

    def contents(self, rows: Iterable[int]) -> frozenset[bytes]:
        """Contents of pictures."""
        return frozenset(self._found.leaves.hashes[row] for row in rows)

    def group_of(self, row: int, level: OccasionLevel) -> tuple[int, ...]:
        """Rows of the trip or event that holds a row."""
        return self._groups[level][row]


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
    """A time in hours, minutes and seconds.

    >>> _length(5400), _length(30), _length(0.2)
    ('1 h 30 min', '30 s', '0.2 s')
    """
    minutes, seconds = divmod(length_s, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((f"{hours:.0f}", "h"), (f"{minutes:.0f}", "min"), (f"{seconds:.3g}", "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n != "0")


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
