"""Reading of dates as programs write them: in EXIF, XMP, IPTC, and in the text of PNG files."""

from __future__ import annotations

import calendar
import re
import time
from email.utils import parsedate_tz
from typing import NamedTuple

from imagecluster.records import Precision

__all__ = ["EARLIEST_YEAR", "GPS_YEAR", "Date", "at", "fraction", "is_possible", "offset", "read_date"]

EARLIEST_YEAR = 1826
"""Year of the oldest photograph that is left."""

GPS_YEAR = 1980
"""Year in which GPS began to count; older dates are the zeros of receivers and programs."""

_DAY_S = 86_400
_LARGEST_OFFSET_S = 14 * 3600
_USUAL_LENGTH = len("2015:07:03 10:04:43")

_ZONE = r"(?P<zone>[Zz]|UTC|GMT|[+-]\d{1,2}(?::?\d\d)?)"
_FULL = re.compile(
    r"(?P<year>\d{4})\s?[:/.-]\s?(?P<month>\d{1,2})\s?[:/.-]\s?(?P<day>\d{1,2})(?!\d)\.?"
    r"(?:(?:T|t|[\s_,-]+)(?P<hour>\d{1,2})\s?[:.h]\s?(?P<minute>\d{1,2})(?:\s?[:.m]\s?(?P<second>\d{1,2}))?s?"
    r"(?:[.,:](?P<fraction>\d+))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    rf"(?:\s*{_ZONE})?)?"
)
_DIGITS = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?:(?P<day>\d\d)(?:[T _-]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    rf"(?:\.(?P<fraction>\d+))?(?P<half>)(?:\s*{_ZONE})?)?)?(?!\d)"
)
_MONTH = re.compile(r"(?P<year>\d{4})[:/.-](?P<month>\d{1,2})(?:[:/.-](?:0{1,2})?[ :0]*)?$")
_YEAR = re.compile(r"(?P<year>\d{4})[ :0-]*$")
_OFFSET = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d\d))?\s*$")
_HALF_DAY = re.compile(r"(\d{1,2})(:\d\d(?::\d\d)?)\s*([AaPp])[Mm]\b")
_SAYS_ZONE = re.compile(r"[+-]\d\d:?\d\d\b|\b(?:GMT|UTC)\b")


class Date(NamedTuple):
    """A date as it is written."""

    local_s: float
    """What is written, in seconds since 1970 as if it were UTC."""
    offset_s: int | None
    """Seconds ahead of UTC, if it is written too."""
    precision: Precision
    is_utc: bool = False
    """Whether it is marked as UTC (`Z`), which need not be the zone of the place."""


def read_date(text: str | bytes) -> Date | None:
    """The date in a text; None if there is none, or an impossible one.

    Years alone, and years with months, are dates too. Hour 24 is the first hour of the same day: some phones write it
    so. A date before photography or more than a day in the future is impossible.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.replace("\0", " ").strip()
    if len(text) == _USUAL_LENGTH and text[4] == text[7] == text[13] == text[16] == ":":
        parts = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:])
        if all(map(str.isdecimal, parts)):  # by far the most frequent form, in a tenth of the time
            year, month, day, hour, minute, second = map(int, parts)
            if month and day:
                local_s = at(year, month, day, hour, minute, second)
                return None if local_s is None else Date(local_s, None, "second")
    for pattern in (_YEAR, _MONTH, _FULL, _DIGITS):
        found = pattern.match(text)
        if found is not None:
            return _of_parts(found.groupdict())
    return _of_words(text)


def _of_parts(parts: dict[str, str | None]) -> Date | None:
    """The date of the parts of a match."""
    precision: Precision = "second"
    for name, coarser in (("second", "minute"), ("hour", "day"), ("day", "month"), ("month", "year")):
        if not parts.get(name):
            precision = coarser  # type: ignore[assignment]  # the four words are precisions
    numbers = [int(parts.get(name) or missing) for name, missing in
               (("year", 0), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))]  # fmt: skip
    half = (parts.get("half") or "")[:1].lower()
    if half and not 1 <= numbers[3] <= 12:
        half = ""  # "17:30 pm": the clock has 24 hours
    if half:
        numbers[3] = numbers[3] % 12 + (12 if half == "p" else 0)
    local_s = at(*numbers)
    if local_s is None:
        return None
    part_s = fraction(parts.get("fraction") or "")
    if part_s is not None and precision == "second":
        local_s, precision = local_s + part_s, "subsecond"
    zone = parts.get("zone") or ""
    return Date(local_s, offset(zone), precision, is_utc=zone.upper() in ("Z", "UTC", "GMT"))


def _of_words(text: str) -> Date | None:
    """The date of a text with the name of a month, as in mails: "Fri, 14 Dec 2018 00:42:19 +0000"."""
    plain = _HALF_DAY.sub(lambda m: f"{int(m[1]) % 12 + (12 if m[3] in 'Pp' else 0):02}{m[2]}", text[:80])
    try:
        found = parsedate_tz(plain)
    except (ValueError, IndexError, TypeError):  # its parser is not made for any text
        return None
    if found is None:
        return None
    year, month, day, hour, minute, second = found[:6]
    local_s = at(year, month, day, hour, minute, second)
    if local_s is None:
        return None
    says_zone = _SAYS_ZONE.search(plain)
    offset_s = found[9] if says_zone and found[9] is not None and abs(found[9]) <= _LARGEST_OFFSET_S else None
    return Date(local_s, offset_s, "second", is_utc=says_zone is not None and says_zone[0] in ("GMT", "UTC"))


def at(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0) -> float | None:
    """Seconds since 1970 of a date read as UTC; None if it is impossible."""
    if hour == 24:  # "kk" instead of "HH" in a pattern of Java: from 1 to 24, so that 24 is the hour after midnight
        hour = 0
    if not EARLIEST_YEAR <= year <= 9999 or not 1 <= month <= 12 or not 1 <= day <= _n_days(year, month):
        return None
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60):
        return None
    local_s = float(calendar.timegm((year, month, day, hour, minute, second)))
    return local_s if local_s <= time.time() + _DAY_S else None


def is_possible(instant_s: float, earliest_year: int = EARLIEST_YEAR) -> bool:
    """Whether seconds since 1970 are neither before a year nor more than a day in the future."""
    return calendar.timegm((earliest_year, 1, 1, 0, 0, 0)) <= instant_s <= time.time() + _DAY_S


def _n_days(year: int, month: int) -> int:
    """Number of days of a month."""
    return 28 + calendar.isleap(year) if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def fraction(digits: str | bytes) -> float | None:
    """The fraction of a second that its digits after the point are; None if they are no digits."""
    if isinstance(digits, bytes):
        digits = digits.decode("ascii", "replace")
    digits = digits.strip(" \0")
    if not digits.isascii() or not digits.isdigit():
        return None
    return int(f"{digits:0<6}"[:6]) / 1e6  # microseconds: a float holds no more


def offset(text: str | bytes) -> int | None:
    """Seconds ahead of UTC of an offset such as `+05:45`, `-0300`, `+1:00` or `Z`; None if it is none."""
    if isinstance(text, bytes):
        text = text.decode("ascii", "replace")
    text = text.strip(" \0")
    if text.upper() in ("Z", "UTC", "GMT"):
        return 0
    found = _OFFSET.match(text)
    if found is None:
        return None
    minutes = int(found[3] or 0)
    size_s = int(found[2]) * 3600 + minutes * 60
    if minutes > 59 or size_s > _LARGEST_OFFSET_S:
        return None
    return -size_s if found[1] == "-" else size_s
