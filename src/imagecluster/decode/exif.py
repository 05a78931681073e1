"""Reading of the few EXIF fields that we use: orientation, time and place.

Pillow's own reader decodes every tag, which takes up to 0.5 ms per camera JPEG, a tenth of the whole decode;
this one reads only the wanted tags, and treats anything broken as absent.
"""

from __future__ import annotations

import calendar
import re
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Exif", "exif_block", "read_exif", "xmp_orientation"]

_ORIENTATION, _DATE_TIME, _EXIF_IFD, _GPS_IFD = 0x0112, 0x0132, 0x8769, 0x8825
_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED = 0x9003, 0x9004
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_BYTES, _ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED_RATIONAL = 1, 2, 3, 4, 5, 10
_SIZES = {_BYTES: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _SIGNED_RATIONAL: 8, 7: 1}

_EARLIEST_YEAR = 1826  # of the oldest photograph that is left
_DAY_S = 86_400

_DATE = re.compile(rb"\s*(\d{4})[:/.-](\d\d)[:/.-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


@dataclass(frozen=True, slots=True)
class Exif:
    """The fields of an EXIF block; None if a field is absent or impossible."""

    orientation: int | None = None
    """1 to 8."""
    taken_s: float | None = None
    """Read as UTC, seconds since 1970."""
    date_time_s: float | None = None
    """The field DateTime (tag 306), read in the same way: when the file was last changed."""
    latitude_deg: float | None = None
    longitude_deg: float | None = None


def exif_block(info: Mapping[Any, Any]) -> bytes:
    """The EXIF block in what Pillow read beside the pixels; empty if there is none."""
    block = info.get("exif")
    if isinstance(block, bytes):
        return block
    text = info.get("Raw profile type exif")  # how ImageMagick keeps it in a PNG: name, length, hex digits
    if isinstance(text, str):
        try:
            return bytes.fromhex("".join(text.split("\n")[3:]))
        except ValueError:
            return b""
    return b""


def xmp_orientation(info: Mapping[Any, Any]) -> int | None:
    """The orientation in an XMP packet, which counts if EXIF has none."""
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    found = _XMP_ORIENTATION.search(packet) if isinstance(packet, bytes) else None
    return int(found[1]) if found else None


def read_exif(block: bytes) -> Exif:
    """Read the fields of an EXIF block, or of a whole file with the structure of TIFF."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return Exif()
    reader = _Reader(block, order)
    main = reader.entries(reader.number(4, 4), (_ORIENTATION, _DATE_TIME, _EXIF_IFD, _GPS_IFD))
    own = reader.entries(_first(main.get(_EXIF_IFD)), (_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED))
    gps = reader.entries(_first(main.get(_GPS_IFD)), (_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE))
    orientation = _first(main.get(_ORIENTATION))
    # The first date that is given counts, even an impossible one: those behind it may be the time of an edit.
    dates = (own.get(_DATE_TIME_ORIGINAL), own.get(_DATE_TIME_DIGITIZED), main.get(_DATE_TIME))
    latitude, longitude = _place(gps)
    return Exif(
        orientation=orientation if orientation in range(1, 9) else None,
        taken_s=next((_time(date) for date in dates if _is_given(date)), None),
        date_time_s=_time(main.get(_DATE_TIME)),
        latitude_deg=latitude,
        longitude_deg=longitude,
    )


_Value = bytes | tuple[int | tuple[int, int], ...]


class _Reader:
    """Bounds-checked access to a TIFF structure; whatever lies outside counts as absent."""

    def __init__(self, block: bytes, order: str) -> None:
        self._block = block
        self._order = order

    def number(self, offset: int, size: int) -> int:
        """An unsigned number of 2 or 4 bytes; 0 outside the block."""
        if offset + size > len(self._block):
            return 0
        (value,) = struct.unpack_from(self._order + ("H" if size == 2 else "I"), self._block, offset)
        return int(value)

    def entries(self, offset: int | None, wanted: tuple[int, ...]) -> dict[int, _Value]:
        """Values of the wanted tags in the directory at `offset`."""
        if not offset or offset + 2 > len(self._block):
            return {}
        return {tag: value for tag, value in self._all(offset, wanted) if value}

    def _all(self, offset: int, wanted: tuple[int, ...]) -> Iterator[tuple[int, _Value]]:
        count = min(self.number(offset, 2), (len(self._block) - offset - 2) // 12)
        entry = struct.Struct(self._order + "HHII")
        for position in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, kind, length, place = entry.unpack_from(self._block, position)
            if tag in wanted:
                size = _SIZES.get(kind, 0) * length
                yield tag, self._value(kind, length, position + 8 if size <= 4 else place, size)

    def _value(self, kind: int, length: int, start: int, size: int) -> _Value:
        if not 0 < size <= 256 or start + size > len(self._block):
            return b""
        if kind in (_SHORT, _LONG):
            code = "H" if kind == _SHORT else "I"
            return struct.unpack_from(f"{self._order}{length}{code}", self._block, start)
        if kind in (_RATIONAL, _SIGNED_RATIONAL):
            code = "I" if kind == _RATIONAL else "i"
            flat = struct.unpack_from(f"{self._order}{2 * length}{code}", self._block, start)
            return tuple(zip(flat[::2], flat[1::2], strict=True))
        return self._block[start : start + size]


def _first(value: _Value | None) -> int | None:
    """First number of a field of integers."""
    if isinstance(value, tuple) and isinstance(value[0], int):
        return value[0]
    return None


def _is_given(date: _Value | None) -> bool:
    """Whether a date field has a value: cameras fill unknown ones with blanks, colons and NUL."""
    return isinstance(date, bytes) and bool(date.strip(b" :\0"))


def _time(value: _Value | None) -> float | None:
    """Seconds since 1970 of an EXIF date, read as UTC; None if it is impossible."""
    found = _DATE.match(value) if isinstance(value, bytes) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if year < _EARLIEST_YEAR or not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 60:
        return None
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    taken_s = float(calendar.timegm((year, month, day, hour, minute, second)))
    return taken_s if taken_s <= time.time() + _DAY_S else None


def _place(gps: Mapping[int, _Value]) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees; both or neither, and not the exact 0, 0 of receivers without a fix."""
    latitude = _degrees(gps.get(_LATITUDE), gps.get(_LATITUDE_REF), b"N", b"S")
    longitude = _degrees(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF), b"E", b"W")
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None, None
    return latitude, longitude


def _degrees(value: _Value | None, side: _Value | None, positive: bytes, negative: bytes) -> float | None:
    """Degrees from up to three rationals (degrees, minutes, seconds) and a letter for the hemisphere."""
    letter = side[:1].upper() if isinstance(side, bytes) else b""
    if not isinstance(value, tuple) or letter not in (positive, negative):
        return None
    degrees = 0.0
    for part, unit in zip(value, (1, 60, 3600), strict=False):
        over, under = part if isinstance(part, tuple) else (part, 1)
        if under == 0:
            if over != 0 or unit == 1:
                return None
            continue  # 0/0 seconds are common where the minutes carry the fraction
        degrees += over / under / unit
    return -degrees if letter == negative else degrees
