"""What trips and events are called: after places, else after times; a name that somebody gave goes first."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from imagecluster.errors import ArgumentError
from imagecluster.places import PlaceName, StayName, name_of_trip

__all__ = [
    "HOME",
    "Named",
    "dates_in_words",
    "event_names",
    "known_locale",
    "names_by_hand",
    "part_of_day",
    "trip_name",
    "user_locale",
]

HOME = "Home"
_PARTS = ((5, "Night"), (12, "Morning"), (18, "Afternoon"), (24, "Evening"))
"""Hours at which parts of the day end."""
_OTHERWISE = "en_GB"
_VARIABLES = ("LC_ALL", "LC_TIME", "LANG")


class Named(NamedTuple):
    """What an event is named by."""

    start: datetime
    place: PlaceName | None
    is_at_home: bool = False
    """Whether its place says nothing, being that of home."""


def user_locale() -> str:
    """The user's locale by the environment, such as `de_DE`; British English if there is none."""
    for name in _VARIABLES:
        text = os.environ.get(name, "")
        if text and text.partition(".")[0] not in ("C", "POSIX"):
            try:
                return known_locale(text)
            except ArgumentError:
                break
    return _OTHERWISE


def known_locale(text: str) -> str:
    """The code of a locale that may be written as people and systems do.

    >>> known_locale("de-DE"), known_locale("ja_JP.UTF-8"), known_locale("sr-Latn")
    ('de_DE', 'ja_JP', 'sr_Latn')

    Raises
    ------
    ArgumentError
        No locale is called so.
    """
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(text.partition(".")[0].partition("@")[0].replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        raise ArgumentError(f"no locale is called {text!r}; write one such as de_DE") from None


def dates_in_words(first: date, last: date, locale: str) -> str:
    """The days from one to another as people of a locale write them.

    >>> from datetime import date
    >>> dates_in_words(date(2025, 3, 2), date(2025, 3, 9), "en_US")
    'Mar 2 – 9, 2025'
    """
    from babel.dates import format_interval

    text = format_interval(first, last, "yMMMd", locale=locale)
    return " ".join(text.split())  # narrow spaces become plain ones


def trip_name(stays: Sequence[StayName], *, is_home: bool, dates: str) -> str:
    """The name of a trip by its stays; of a time at home; else its dates.

    >>> trip_name([], is_home=False, dates="2–9 March")
    '2–9 March'
    """
    return HOME if is_home else name_of_trip(stays) or dates


def part_of_day(start: datetime) -> str:
    """Night, morning, afternoon or evening, by the clock of the place."""
    return next(name for until, name in _PARTS if start.hour < until)


def event_names(events: Sequence[Named]) -> list[str]:
    """The name of each event of a trip: its town, region or country, else the part of the day.

    Events of one day and place are told apart by the part of the day, then by a number.
    """
    names = [_place_of(event) or part_of_day(event.start) for event in events]
    days = [event.start.date() for event in events]
    several = Counter(zip(days, names, strict=True))
    names = [
        f"{name}, {part_of_day(event.start).lower()}" if several[day, name] > 1 and _place_of(event) else name
        for event, day, name in zip(events, days, names, strict=True)
    ]
    seen: Counter[tuple[object, str]] = Counter()
    found = []
    for day, name in zip(days, names, strict=True):
        seen[day, name] += 1
        found.append(name if seen[day, name] == 1 else f"{name} {seen[day, name]}")
    return found


def _place_of(event: Named) -> str:
    place = event.place
    return "" if place is None or event.is_at_home else place.town or place.region or place.country


def names_by_hand(
    said: Iterable[tuple[frozenset[bytes], str]], group_of: Mapping[bytes, Sequence[int]]
) -> dict[int, str]:
    """Names that people gave to groups: each to the group that holds most of its pictures, later ones first.

    Parameters
    ----------
    said
        Contents and the name of their group, oldest first; an empty name removes the name.
    group_of
        Number of the group of each file of a content.
    """
    found: dict[int, str] = {}
    for pictures, name in said:
        votes = Counter(group for content_hash in pictures for group in group_of.get(content_hash, ()))
        if votes:
            most = max(votes.values())
            found[min(group for group, n in votes.items() if n == most)] = name
    return {group: name for group, name in found.items() if name}
