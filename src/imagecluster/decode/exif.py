"""Reading of the few EXIF fields that we use: orientation, dates, place, camera, exposure.

Pillow's own reader decodes every tag, which takes up to 0.5 ms per camera JPEG, a tenth of the whole decode;
this one reads only the wanted tags, and treats anything broken as absent.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from imagecluster.decode.dates import GPS_YEAR, fraction, is_possible, offset, read_date
from imagecluster.decode.reading import PartlyRead
from imagecluster.records import UTC, Exposure, Place, Taken

__all__ = [
    "Exif",
    "apple_content_id",
    "degrees_in",
    "exif_block",
    "exif_orientation",
    "exposure_of",
    "has_maker_note",
    "pixel_size",
    "place_of",
    "read_exif",
    "texts_of",
    "xmp_orientation",
    "xmp_packet",
]

_ORIENTATION, _DATE_TIME, _EXIF_IFD, _GPS_IFD, _MAKE, _MODEL = 0x0112, 0x0132, 0x8769, 0x8825, 0x010F, 0x0110
_OFFSET, _SUBSECOND = 0x9010, 0x9290
_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED = 0x9003, 0x9004
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _GPS_TIME, _GPS_DATE = 1, 2, 3, 4, 7, 29
_BYTES, _ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED_RATIONAL, _FLOAT, _DOUBLE = 1, 2, 3, 4, 5, 10, 11, 12
_SIZES = {_BYTES: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _SIGNED_RATIONAL: 8, 7: 1, _FLOAT: 4, _DOUBLE: 8}

_IN_MAIN = frozenset((_ORIENTATION, _DATE_TIME, _EXIF_IFD, _GPS_IFD, _MAKE, _MODEL))
_DATES = (
    ("EXIF DateTimeOriginal", _DATE_TIME_ORIGINAL, 1, "EXIF OffsetTimeOriginal"),
    ("EXIF DateTimeDigitized", _DATE_TIME_DIGITIZED, 2, "EXIF OffsetTimeDigitized"),
    ("EXIF DateTime", _DATE_TIME, 0, "EXIF OffsetTime"),
)
"""Name and tag of each date, how far behind those of DateTime the tags of its offset and its fraction are, and the name
of the former."""
_IN_EXIF = frozenset(
    (_DATE_TIME_ORIGINAL, _DATE_TIME_DIGITIZED, *(start + i for start in (_OFFSET, _SUBSECOND) for i in range(3)))
)
_IN_GPS = frozenset((_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _GPS_TIME, _GPS_DATE))
_EXPOSURE_TIME, _F_NUMBER, _SPEED, _APERTURE, _DISTANCE = 0x829A, 0x829D, 0x9201, 0x9202, 0x9206
_SENSITIVITIES = (0x8827, 0x8833, 0x8831, 0x8832)
"""PhotographicSensitivity, which ends at 65535; what goes beyond is in ISOSpeed, in StandardOutputSensitivity or in
RecommendedExposureIndex."""
_IN_EXPOSURE = frozenset((_EXPOSURE_TIME, _F_NUMBER, _SPEED, _APERTURE, _DISTANCE, *_SENSITIVITIES))
_FULL_SHORT, _FULL_LONG = 0xFFFF, 0xFFFFFFFF
_LONGEST_EXPOSURE_S, _HIGHEST_ISO, _LARGEST_F_NUMBER, _FARTHEST_M = 86_400.0, 1e8, 1000.0, 1e5
_WIDTH_PX, _HEIGHT_PX = 0xA002, 0xA003
_LONGEST_CAMERA = 80
_MAKER_NOTE, _APPLE_START, _APPLE_DIRECTORY, _CONTENT_ID = 0x927C, b"Apple iOS\0", 14, 0x0011

_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


@dataclass(frozen=True, slots=True)
class Exif:
    """The fields of an EXIF block; None if a field is absent or impossible."""

    orientation: int | None = None
    """1 to 8."""
    dates: tuple[Taken, ...] = ()
    """Its possible dates, the most trusted first."""
    gps_s: float | None = None
    """Date and time by GPS, in seconds since 1970."""
    gps_time_s: float | None = None
    """Time of day by GPS, if the date is missing: seconds since midnight UTC."""
    place: Place | None = None
    camera: str = ""
    """Make and model."""
    exposure: Exposure | None = None

    @property
    def date_time_s(self) -> float | None:
        """The field DateTime (tag 306), read as UTC, in whole seconds since 1970: when the file was last changed."""
        return next((float(int(date.local_s // 1)) for date in self.dates if date.source == "EXIF DateTime"), None)


def exif_block(info: Mapping[Any, Any]) -> bytes:
    """The EXIF block in what Pillow read beside the pixels; empty if there is none."""
    block = info.get("exif")
    if isinstance(block, bytes):
        return block
    return _raw_profile(info, "exif")


def _raw_profile(info: Mapping[Any, Any], kind: str) -> bytes:
    """A block that ImageMagick keeps in the text of a PNG: name, length, hex digits; empty if there is none."""
    text = info.get(f"Raw profile type {kind}") or info.get("Raw profile type APP1")
    if not isinstance(text, str):
        return b""
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return b""


def xmp_packet(info: Mapping[Any, Any]) -> bytes:
    """The XMP packet in what Pillow read beside the pixels; empty if there is none."""
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    return packet if packet and isinstance(packet, bytes) else _raw_profile(info, "xmp")


def xmp_orientation(info: Mapping[Any, Any]) -> int | None:
    """The orientation in an XMP packet, which counts if EXIF has none."""
    found = _XMP_ORIENTATION.search(xmp_packet(info))
    return int(found[1]) if found else None


def exif_orientation(block: Block) -> int | None:
    """The orientation in an EXIF block, 1 to 8; None if it has none."""
    reader = _reader(block)
    return None if reader is None else _orientation(reader.entries(reader.number(4, 4), frozenset((_ORIENTATION,))))


def has_maker_note(block: Block) -> bool:
    """Whether a camera's own notes are there."""
    reader = _reader(block)
    if reader is None:
        return False
    main = reader.entries(reader.number(4, 4), frozenset((_EXIF_IFD,)))
    return bool(reader.bytes_of(_first(main.get(_EXIF_IFD)), _MAKER_NOTE))


def texts_of(block: Block, tags: Sequence[int]) -> dict[int, bytes]:
    """The bytes of some fields in the first directory, by tag; numbers in the order of the least byte first."""
    reader = _reader(block)
    if reader is None:
        return {}
    start = reader.number(4, 4)
    numbers = reader.entries(start, frozenset(tags))
    found = {tag: first.to_bytes(4, "little") for tag, value in numbers.items()
             if (first := _first(value)) is not None}  # fmt: skip
    long = {tag: value for tag in tags if tag not in found and (value := reader.bytes_of(start, tag))}
    short = {tag: value for tag, value in numbers.items() if isinstance(value, bytes)}
    return {**long, **short, **found}


def pixel_size(block: Block) -> tuple[int, int] | None:
    """Width and height of the stored picture as EXIF has them; None if it has none."""
    reader = _reader(block)
    if reader is None:
        return None
    main = reader.entries(reader.number(4, 4), frozenset((_EXIF_IFD,)))
    own = reader.entries(_first(main.get(_EXIF_IFD)), frozenset((_WIDTH_PX, _HEIGHT_PX)))
    width, height = _first(own.get(_WIDTH_PX)), _first(own.get(_HEIGHT_PX))
    return (width, height) if width and height else None


def read_exif(block: Block) -> Exif:
    """Read the fields of an EXIF block, or of a file with the structure of TIFF, of which only parts need be read."""
    reader = _reader(block)
    if reader is None:
        return Exif()
    # Raw files may keep dates in their first directory (TIFF/EP), and those of Canon have one directory a block.
    main = reader.entries(reader.number(4, 4), _IN_MAIN | _IN_EXIF | _IN_EXPOSURE)
    gps = reader.entries(_first(main.get(_GPS_IFD)), _IN_GPS)
    fields = {**main, **reader.entries(_first(main.get(_EXIF_IFD)), _IN_EXIF | _IN_EXPOSURE)}
    dates = _dates(fields)
    gps_s = _gps_time(gps)
    if gps_s is not None:
        dates.append(Taken(gps_s, 0, "second" if gps_s % 1 == 0 else "subsecond", "GPS time", UTC))
    return Exif(
        orientation=_orientation(main),
        dates=tuple(dates),
        gps_s=gps_s,
        gps_time_s=None if _GPS_DATE in gps else _time_of_day(gps.get(_GPS_TIME)),
        place=_place(gps),
        camera=_camera(main.get(_MAKE), main.get(_MODEL)),
        exposure=_exposure(fields),
    )


def apple_content_id(block: Block) -> str:
    """What a still has in common with the video of its live photo, in Apple's maker note; empty if it has none."""
    reader = _reader(block)
    if reader is None:
        return ""
    main = reader.entries(reader.number(4, 4), frozenset((_EXIF_IFD,)))
    note = reader.bytes_of(_first(main.get(_EXIF_IFD)), _MAKER_NOTE)
    if not note.startswith(_APPLE_START):
        return ""
    order = {b"II": "<", b"MM": ">"}.get(note[_APPLE_DIRECTORY - 2 : _APPLE_DIRECTORY])
    if order is None:
        return ""
    found = _Reader(note, order).entries(_APPLE_DIRECTORY, frozenset((_CONTENT_ID,))).get(_CONTENT_ID)
    return found.decode("ascii", "replace").strip(" \0") if isinstance(found, bytes) else ""


def _reader(block: Block) -> _Reader | None:
    if isinstance(block, bytes):
        block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    return None if order is None or len(block) < 8 else _Reader(block, order)


Block = bytes | PartlyRead

_Value = bytes | tuple[float | tuple[int, int], ...]


class _Reader:
    """Bounds-checked access to a TIFF structure; whatever lies outside counts as absent."""

    def __init__(self, block: Block, order: str) -> None:
        self._block = block
        self._order = order
        self._end: Literal["little", "big"] = "little" if order == "<" else "big"

    def number(self, offset: int, size: int) -> int:
        """An unsigned number of 2 or 4 bytes; 0 outside the block."""
        if offset + size > len(self._block):
            return 0
        return int.from_bytes(self._block[offset : offset + size], self._end)

    def entries(self, offset: int | None, wanted: frozenset[int]) -> dict[int, _Value]:
        """Values of the wanted tags in the directory at `offset`."""
        if not offset or offset + 2 > len(self._block):
            return {}
        return {tag: value for tag, value in self._all(offset, wanted) if value}

    def bytes_of(self, offset: int | None, tag: int) -> bytes:
        """All bytes of a field of bytes, however long, in the directory at `offset`; empty if there is none."""
        if not offset or offset + 2 > len(self._block):
            return b""
        count = min(self.number(offset, 2), (len(self._block) - offset - 2) // 12)
        for position in range(offset + 2, offset + 2 + 12 * count, 12):
            if self.number(position, 2) == tag:
                length, start = self.number(position + 4, 4), self.number(position + 8, 4)
                return self._block[start : start + length] if length > 4 else b""
        return b""

    def _all(self, offset: int, wanted: frozenset[int]) -> Iterator[tuple[int, _Value]]:
        count = min(self.number(offset, 2), (len(self._block) - offset - 2) // 12)
        directory = self._block[offset + 2 : offset + 2 + 12 * count]
        directory = directory[: len(directory) // 12 * 12]
        for position, (tag, kind, length, place) in enumerate(struct.iter_unpack(self._order + "HHII", directory)):
            if tag in wanted:
                size = _SIZES.get(kind, 0) * length
                yield tag, self._value(kind, length, offset + 10 + 12 * position if size <= 4 else place, size)

    def _value(self, kind: int, length: int, start: int, size: int) -> _Value:
        if not 0 < size <= 256 or start + size > len(self._block):
            return b""
        value = self._block[start : start + size]
        if len(value) < size:
            return b""
        code = {_SHORT: "H", _LONG: "I", _FLOAT: "f", _DOUBLE: "d"}.get(kind)
        if code is not None:
            return struct.unpack(f"{self._order}{length}{code}", value)
        if kind in (_RATIONAL, _SIGNED_RATIONAL):
            code = "I" if kind == _RATIONAL else "i"
            flat = struct.unpack(f"{self._order}{2 * length}{code}", value)
            return tuple(zip(flat[::2], flat[1::2], strict=True))
        return value


def _first(value: _Value | None) -> int | None:
    """First number of a field of integers."""
    if isinstance(value, tuple) and isinstance(value[0], int):
        return value[0]
    return None


def _orientation(main: Mapping[int, _Value]) -> int | None:
    found = _first(main.get(_ORIENTATION))
    return found if found in range(1, 9) else None


def _dates(fields: Mapping[int, _Value]) -> list[Taken]:
    """The possible dates, each with the fraction of a second and the offset that belong to it."""
    found = []
    for source, tag, behind, offset_name in _DATES:
        text = fields.get(tag)
        date = read_date(text) if isinstance(text, bytes) else None
        if date is None:
            continue
        local_s, offset_s, precision, offset_from = date.local_s, date.offset_s, date.precision, ""
        digits = fields.get(_SUBSECOND + behind)
        part_s = fraction(digits) if isinstance(digits, bytes) and precision == "second" else None
        if part_s is not None:
            local_s, precision = local_s + part_s, "subsecond"
        if offset_s is not None:
            offset_from = UTC if date.is_utc else source
        else:
            text = fields.get(_OFFSET + behind)
            offset_s = offset(text) if isinstance(text, bytes) else None
            offset_from = offset_name if offset_s is not None else ""
        found.append(Taken(local_s, offset_s, precision, source, offset_from))
    return found


def _camera(make: _Value | None, model: _Value | None) -> str:
    """Make and model in one line; the make only once if the model begins with it."""
    words = [" ".join(v.decode("utf-8", "replace").replace("\0", " ").split()) if isinstance(v, bytes) else ""
             for v in (make, model)]  # fmt: skip
    if words[1].lower().startswith(words[0].lower()):
        words = words[1:]
    text = "".join(c for c in " ".join(words).strip() if c.isprintable())
    return text[:_LONGEST_CAMERA]


def _exposure(fields: Mapping[int, _Value]) -> Exposure | None:
    """The exposure, from its fields or from those in steps of APEX (2 to the power of the value)."""

    def one(tag: int) -> float | None:
        value = fields.get(tag)
        is_unset = isinstance(value, tuple) and isinstance(value[0], tuple) and not value[0][1]
        numbers = [] if is_unset else _numbers(value)
        return numbers[0] if numbers else None

    def of_apex(tag: int, doubling: float) -> float | None:
        steps = one(tag)
        return None if steps is None or abs(steps) > 32 else 2.0 ** (steps * doubling)

    found = (number for tag in _SENSITIVITIES if (number := one(tag)) and number != _FULL_SHORT)
    distance = fields.get(_DISTANCE)
    is_infinite = isinstance(distance, tuple) and isinstance(distance[0], tuple) and distance[0][0] == _FULL_LONG
    return exposure_of(
        one(_EXPOSURE_TIME) or of_apex(_SPEED, -1.0),
        next(found, None),
        one(_F_NUMBER) or of_apex(_APERTURE, 0.5),
        None if is_infinite else one(_DISTANCE),
    )


def exposure_of(
    time_s: float | None, iso: float | None, f_number: float | None, focus_m: float | None
) -> Exposure | None:
    """An exposure without what is impossible in it; None if nothing is left. Parameters as of `Exposure`."""
    found = Exposure(
        time_s if time_s is not None and 0 < time_s <= _LONGEST_EXPOSURE_S else None,
        iso if iso is not None and 1 <= iso <= _HIGHEST_ISO else None,
        f_number if f_number is not None and 0 < f_number <= _LARGEST_F_NUMBER else None,
        focus_m if focus_m is not None and 0 < focus_m <= _FARTHEST_M else None,
    )
    return None if found == Exposure() else found


def _gps_time(gps: Mapping[int, _Value]) -> float | None:
    """Seconds since 1970 of date and time by GPS."""
    day, of_day_s = gps.get(_GPS_DATE), _time_of_day(gps.get(_GPS_TIME))
    date = read_date(day) if isinstance(day, bytes) else None
    if date is None or of_day_s is None:
        return None
    instant_s = date.local_s // 86_400 * 86_400 + of_day_s
    return instant_s if is_possible(instant_s, GPS_YEAR) else None


def _time_of_day(value: _Value | None) -> float | None:
    """Seconds since midnight of three rationals: hours, minutes, seconds."""
    parts = _numbers(value)
    if len(parts) != 3 or None in parts:
        return None
    hours, minutes, seconds = (part or 0.0 for part in parts)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    return hours * 3600 + minutes * 60 + seconds


def _numbers(value: _Value | None) -> list[float | None]:
    """The numbers of a field; None for a division by zero."""
    if not isinstance(value, tuple):
        return []
    return [
        part if not isinstance(part, tuple) else part[0] / part[1] if part[1] else (0.0 if part[0] == 0 else None)
        for part in value
    ]


def _place(gps: Mapping[int, _Value]) -> Place | None:
    """The place by GPS, unless it is impossible or the exact 0, 0 of receivers without a fix."""
    latitude = _degrees(gps.get(_LATITUDE), gps.get(_LATITUDE_REF), b"N", b"S")
    longitude = _degrees(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF), b"E", b"W")
    return None if latitude is None or longitude is None else place_of(latitude, longitude, "EXIF")


def place_of(latitude_deg: float, longitude_deg: float, source: str) -> Place | None:
    """A place, unless it is impossible or exactly 0, 0."""
    if not (abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180) or (latitude_deg == 0 and longitude_deg == 0):
        return None
    return Place(latitude_deg, longitude_deg, source)


def _degrees(value: _Value | None, side: _Value | None, positive: bytes, negative: bytes) -> float | None:
    """Degrees from up to three numbers (degrees, minutes, seconds) and a letter for the hemisphere.

    Without a letter they are north or east, or as their sign says; with any other letter they are nowhere. 0/0 seconds
    are common where the minutes carry the fraction.
    """
    letter = side.strip(b" \0")[:1].upper() if isinstance(side, bytes) else b""
    if letter not in (positive, negative, b""):
        return None
    if isinstance(value, bytes):
        return degrees_in(value.decode("ascii", "replace").strip(" \0") + letter.decode())
    parts = _numbers(value)[:3]
    is_nothing = isinstance(value, tuple) and isinstance(value[0], tuple) and value[0][1] == 0
    if not parts or None in parts or is_nothing:
        return None
    degrees = sum(abs(part or 0.0) / unit for part, unit in zip(parts, (1, 60, 3600), strict=False))
    is_negative = any((part or 0.0) < 0 for part in parts)
    return -degrees if letter == negative or is_negative else degrees


_DEGREES = re.compile(
    r"\s*([NSEWnsew])?\s*([+-]?\d{1,3}(?:\.\d+)?)(?:[,°\s]+(\d{1,2}(?:\.\d+)?))?(?:[,'′\s]+(\d{1,2}(?:\.\d+)?))?"
    r"[\s\"'″°]*([NSEWnsew])?\s*$"
)


def degrees_in(text: str) -> float | None:
    """Degrees from a text such as `51,30.5N`, `51,30,15N`, `-0.1245` or `W 0.1245`; None if it is none."""
    found = _DEGREES.match(text)
    if found is None:
        return None
    degrees = abs(float(found[2])) + float(found[3] or 0) / 60 + float(found[4] or 0) / 3600
    is_negative = found[2].startswith("-") or (found[1] or found[5] or "N").upper() in "SW"
    return -degrees if is_negative else degrees
