"""Dates in the names that phones, messengers and programs give to pictures.

Only forms that stand for a date are read: a date with separators, a date with a time of day, or eight digits behind a
prefix that programs put there. Eight digits alone may be anything.
"""

from __future__ import annotations

import re

from imagecluster.decode.dates import at, fraction, is_possible
from imagecluster.records import UTC, Precision, Taken

__all__ = ["read_name"]

_BEFORE = r"(?<![^\W_])(?<!\d\.)(?:[^\W\d_]*)"
"""Only letters may stand directly before a date, as in `IMG20190301234201`, not a mixture as in a hash."""
_AFTER = r"(?![^\W_])"
_HALF = r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
_FRACTION = r"(?:[.,\-_](?P<fraction>\d{3}))?"
_TIME = (
    r"(?P<hour>\d{1,2})(?P<point>[.:\-_\s]|h\s?)(?P<minute>\d\d)(?:(?P=point)|m\s?)(?P<second>\d\d)s?"
    rf"{_FRACTION}{_HALF}"
)
_MINUTES = rf"(?P<hour>\d{{1,2}})[.:h](?P<minute>\d\d){_HALF}"
_COMPACT_TIME = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
_SEPARATED = rf"{_BEFORE}(?P<year>\d{{4}})(?P<dash>[-._:])(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
_THEN = r"(?:[\s_](?:at|um|om|à|a[\s_]las|alle|alle[\s_]ore|às|kl\.?|klo|o|в)[\s_]|[ T_.,-]+)"
_TOGETHER = rf"{_BEFORE}(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # 2019-03-01 23.42.01, Screenshot 2019-03-01 at 11.42.01 PM, signal-2019-03-01-23-42-01-123, 2019_03_01_23_42_01
        rf"{_SEPARATED}{_THEN}{_TIME}(?!\d)",
        # 2019-03-01 23.42
        rf"{_SEPARATED}{_THEN}{_MINUTES}{_AFTER}",
        # signal-2019-03-01-234201
        rf"{_SEPARATED}[ T_.-]{_COMPACT_TIME}{_AFTER}",
        # IMG_20190301_234201, PXL_20190301_234201123, Screenshot_20190301-234201, WIN_20190301_23_42_01_Pro
        rf"{_TOGETHER}[ T_.-]{_COMPACT_TIME}(?:[._-]?(?P<fraction>\d{{3}}))?Z?{_AFTER}",
        rf"{_TOGETHER}[ T_.-](?P<hour>\d\d)(?P<point>[_.-])(?P<minute>\d\d)(?P=point)(?P<second>\d\d){_AFTER}",
        # 20190301234201, DJI_20190301234201_0001
        rf"{_TOGETHER}{_COMPACT_TIME}(?P<fraction>\d{{3}})?{_AFTER}",
        # 19-03-01 23-42-01 1234
        r"^(?P<short>\d\d)-(?P<month>\d\d)-(?P<day>\d\d) (?P<hour>\d\d)-(?P<minute>\d\d)-(?P<second>\d\d) \d{4}$",
        # photo_12@01-03-2019_23-42-01, of exported chats: the day is first
        r"^(?:photo|file)_\d+@(?P<day>\d\d)-(?P<month>\d\d)-(?P<year>\d{4})"
        r"_(?P<hour>\d\d)-(?P<minute>\d\d)-(?P<second>\d\d)(?!\d)",
        # 2019-03-01 and text
        rf"{_SEPARATED}{_AFTER}(?![-._]\d\d[-._]\d)",
        # IMG-20190301-WA0001
        r"(?<![^\W_])(?:IMG|VID|AUD|PTT|STK|DOC|PXL|MVIMG|PANO|BURST|TRIM|Screenshot|Screen|Photo)[-_ ]?"
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_AFTER}",
        r"(?<!\d)(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)[-_ ]WA\d{4}(?!\d)",
    )
)
_EPOCH_MS = re.compile(r"^(?:FB_IMG_|mmexport|wx_camera_|IMG_)(\d{13})(?!\d)")
"""Names with milliseconds since 1970."""
_IN_UTC = re.compile(r"^PXL_|\d_iOS\b|\dZ(?![^\W_])")
"""Names whose time is UTC: those of the camera of Pixel phones, of OneDrive for iPhones, and those that say so."""
_EARLIEST_YEAR = 1980
"""Of names with a time of day, which computers write; days may be those of scanned photographs."""
_MAY_HOLD_DATE = re.compile(r"\d\d.?\d\d.?\d\d")


def read_name(name: str) -> Taken | None:
    """The date in the name of a picture's file, without its folder; None if there is none."""
    if not _MAY_HOLD_DATE.search(name):
        return None
    stem = name.rpartition(".")[0] or name
    found = _EPOCH_MS.match(stem)
    if found is not None:
        return _of_epoch(int(found[1]) / 1000)
    for pattern in _PATTERNS:
        for match in pattern.finditer(stem):
            taken = _of(match, is_utc=_IN_UTC.search(stem) is not None)
            if taken is not None:
                return taken
    return None


def _of_epoch(instant_s: float) -> Taken | None:
    """The date of seconds since 1970, unless it is in the future or before there were such names."""
    return Taken(instant_s, 0, "subsecond", "file name", UTC) if is_possible(instant_s, _EARLIEST_YEAR) else None


def _of(match: re.Match[str], *, is_utc: bool) -> Taken | None:
    """The date of the parts of a match; None if it is impossible."""
    parts = match.groupdict()
    year = 2000 + int(parts["short"]) if parts.get("short") else int(parts["year"])
    hour, minute, second = (int(parts.get(part) or 0) for part in ("hour", "minute", "second"))
    has_time = bool(parts.get("hour"))
    if has_time and (hour > 23 or year < _EARLIEST_YEAR):
        return None
    half = (parts.get("half") or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    local_s = at(year, int(parts["month"]), int(parts["day"]), hour, minute, second)
    if local_s is None:
        return None
    if not has_time:
        return Taken(local_s, None, "day", "file name")
    part_s = fraction(parts.get("fraction") or "")
    offset_s, offset_from = (0, UTC) if is_utc else (None, "")
    precision: Precision = "minute" if not parts.get("second") else "second" if part_s is None else "subsecond"
    return Taken(local_s + (part_s or 0.0), offset_s, precision, "file name", offset_from)
