"""Reading of dates, places and exposures from XMP packets, in pictures and in sidecars.

XML comes from anywhere, so it is parsed without a tree and without entities: a document type, which could define
some, ends the reading. What was read before a fault counts.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from imagecluster.decode.dates import GPS_YEAR, is_possible, read_date
from imagecluster.decode.exif import degrees_in, exposure_of, place_of
from imagecluster.records import UTC, Exposure, Place, Taken

__all__ = ["MAX_XMP_BYTES", "Xmp", "read_xmp"]

MAX_XMP_BYTES = 2**24
"""Larger packets are not read; photo editors with a long history write some megabytes."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_NAMESPACES = {
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
}
_DATES = (
    "exif:DateTimeOriginal",
    "photoshop:DateCreated",
    "exif:DateTimeDigitized",
    "xmp:CreateDate",
    "xmp:ModifyDate",
)
_PLACES = ("exif:GPSLatitude", "exif:GPSLatitudeRef", "exif:GPSLongitude", "exif:GPSLongitudeRef", "exif:GPSTimeStamp")
_EXPOSURES = (
    "exif:ExposureTime",
    "exif:PhotographicSensitivity",
    "exif:ISOSpeedRatings",
    "exif:FNumber",
    "exif:SubjectDistance",
)
_WANTED = {
    f"{_NAMESPACES[prefix]} {local}": f"{prefix}:{local}"
    for prefix, local in (name.split(":") for name in (*_DATES, *_PLACES, *_EXPOSURES))
}
"""The usual names of properties by their names in a parser."""
_WORTH_PARSING = re.compile(rb"Date|GPSL|GPST|ExposureTime|D\0a\0t\0e|\0D\0a\0t\0e")
_START = re.compile(rb"<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b")
_LONGEST_VALUE = 100
_TOP, _DESCRIPTION = f"{_RDF}RDF", f"{_RDF}Description"
_NOWHERE = 10**9


@dataclass(frozen=True, slots=True)
class Xmp:
    """What an XMP packet says."""

    dates: tuple[Taken, ...] = ()
    """Its possible dates, the most trusted first; sources are named `XMP exif:DateTimeOriginal` and so on."""
    gps_s: float | None = None
    """Date and time by GPS, in seconds since 1970."""
    place: Place | None = None
    exposure: Exposure | None = None


def read_xmp(packet: bytes, *, source: str = "XMP") -> Xmp:
    """Read a packet, or a sidecar, whatever it begins and ends with.

    Parameters
    ----------
    packet
        The packet's bytes.
    source
        Name of the place where it was found, with which the names of sources begin.
    """
    if len(packet) > MAX_XMP_BYTES or not _WORTH_PARSING.search(packet):
        return Xmp()
    fields = _Reader().read(packet)
    dates = []
    for name in _DATES:
        date = read_date(fields.get(name, ""))
        if date is not None:
            named = f"{source} {name}"
            offset_from = "" if date.offset_s is None else UTC if date.is_utc else named
            dates.append(Taken(date.local_s, date.offset_s, date.precision, named, offset_from))
    gps = read_date(fields.get("exif:GPSTimeStamp", ""))
    gps_s = None
    if gps is not None and gps.precision in ("minute", "second", "subsecond"):
        gps_s = gps.local_s - (gps.offset_s or 0)
    if gps is not None and gps_s is not None and is_possible(gps_s, GPS_YEAR):
        dates.append(Taken(gps_s, 0, gps.precision, f"{source} exif:GPSTimeStamp", UTC))
    return Xmp(tuple(dates), gps_s, _place(fields, source), _exposure(fields))


def _exposure(fields: Mapping[str, str]) -> Exposure | None:
    time_s, iso, old_iso, f_number, focus_m = (_fraction(fields.get(name, "")) for name in _EXPOSURES)
    return exposure_of(time_s, iso or old_iso, f_number, focus_m)


def _fraction(text: str) -> float | None:
    """A number such as `1/250`, `28/10` or `400`; None if it is none."""
    over, _, under = text.partition("/")
    try:
        return float(over) / float(under or 1)
    except (ValueError, ZeroDivisionError):
        return None


def _place(fields: Mapping[str, str], source: str) -> Place | None:
    degrees = []
    for name in ("exif:GPSLatitude", "exif:GPSLongitude"):
        text, side = fields.get(name, ""), fields.get(f"{name}Ref", "").strip()[:1]
        found = degrees_in(text if text[-1:].isalpha() else text + side)
        if found is None:
            return None
        degrees.append(found)
    return place_of(degrees[0], degrees[1], source)


class _Stop(Exception):  # noqa: N818 - no error: it ends the parsing
    """There is a document type."""


class _Reader:
    """Collects the wanted properties of a packet: attributes of `rdf:Description`, and elements in it."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}
        self._depth = 0
        self._top = _NOWHERE
        """Depth of `rdf:RDF`."""
        self._property = ""
        self._text: list[str] = []

    def read(self, packet: bytes) -> dict[str, str]:
        """Values by the names of their properties, with the usual prefixes."""
        start = _START.search(packet)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        # Not well-formed, a document type, an odd encoding: what was read so far counts.
        with contextlib.suppress(expat.ExpatError, _Stop, ValueError, LookupError):
            parser.Parse(packet[start.start() :] if start else packet.strip(b"\0 \r\n\t"), True)
        return self._fields

    def _refuse(self, *_: object) -> None:
        raise _Stop

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        below = self._depth - self._top
        if below == 1 and name == _DESCRIPTION:
            for attribute in attributes.keys() & _WANTED.keys():
                self._put(_WANTED[attribute], attributes[attribute])
        elif below == 2:
            self._property, self._text = _WANTED.get(name, ""), []
        elif name == _TOP:
            self._top = self._depth

    def _end(self, _name: str) -> None:
        if self._property and self._depth == self._top + 2:
            self._put(self._property, "".join(self._text))
            self._property = ""
        self._depth -= 1

    def _characters(self, text: str) -> None:
        if self._property:
            self._text.append(text)

    def _put(self, name: str, value: str) -> None:
        value = value.strip()
        if value and len(value) <= _LONGEST_VALUE:
            self._fields.setdefault(name, value)
