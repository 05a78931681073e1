"""What a picture says of itself, from all places in its file: orientation, date, place, camera and exposure."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from PIL import ImageFile, IptcImagePlugin, JpegImagePlugin, PngImagePlugin, PsdImagePlugin, TiffImagePlugin

from imagecluster.decode.choosing import COARSE, best_date
from imagecluster.decode.dates import read_date
from imagecluster.decode.exif import Exif, exif_block, read_exif, xmp_orientation, xmp_packet
from imagecluster.decode.xmp import Xmp, read_xmp
from imagecluster.records import UTC, Exposure, Place, Taken

__all__ = ["Said", "combined", "what_it_says"]

_DAY_S = 86_400
_STALE_S = 900.0
"""A receiver's latest fix may be older than the picture, and a camera's clock wrong by minutes."""
_ZONE_S_PER_DEG = 240.0
_FARTHEST_ZONE_S = 3.5 * 3600
"""A zone is at most this far from the sun's time: the western end of China."""

_ZONES_S = tuple(
    [hours * 3600 for hours in range(-12, 15)]
    + [round(hours * 3600) for hours in (-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75)]
)
"""Offsets that are in use somewhere."""

_OF_TAKING = rb"(?:DateTimeOriginal|DateCreated|DateTimeDigitized|CreateDate)(?:=[\"']|>)\s*\d{4}-[\dT:-]{6,15}"
_ZONED = re.compile(_OF_TAKING + rb"[\d.]*[+-]\d")
_WITH_FRACTION = re.compile(_OF_TAKING + rb"\.\d*[1-9]")

_PSD_EXIF, _PSD_XMP = 1058, 1060
_JP2_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_JP2_EXIF = b"JpgTiffExif->JP2"
_MOST_BOXES = 100


@dataclass(frozen=True, slots=True)
class Said:
    """What a picture says of itself; None or empty if it says nothing, or something impossible."""

    orientation: int | None = None
    taken: Taken | None = None
    place: Place | None = None
    camera: str = ""
    exposure: Exposure | None = None


def what_it_says(image: ImageFile.ImageFile, data: bytes) -> Said:
    """What an opened picture says of itself.

    Parameters
    ----------
    image
        The picture; a PNG must be loaded, or what it says behind its pixels is missed.
    data
        The whole file.
    """
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _combined_with_rest(read_exif(data), image.info, xmp_packet(image.info), image)
    block, packet = exif_block(image.info), xmp_packet(image.info)
    if isinstance(image, PsdImagePlugin.PsdImageFile):
        resources = {number: content for number, _, content in image.resources}
        block, packet = block or resources.get(_PSD_EXIF, b""), packet or resources.get(_PSD_XMP, b"")
    elif image.format == "JPEG2000":
        block, packet = _in_boxes(data)
    exif = read_exif(block)
    said = _combined_with_rest(exif, image.info, packet, image)
    return said if said.orientation else replace(said, orientation=xmp_orientation(image.info))


def _combined_with_rest(exif: Exif, info: dict[Any, Any], packet: bytes, image: ImageFile.ImageFile) -> Said:
    """What EXIF says, with what XMP, IPTC and text add: they are read only if something is missing."""
    xmp = read_xmp(packet) if packet and _adds_to(exif, packet) else Xmp()
    dates = [*exif.dates[:1], *xmp.dates[:1]]
    is_complete = any(date.source.endswith("DateTimeOriginal") and date.offset_s is not None for date in dates)
    others = [] if is_complete else [*_iptc(image)]
    if isinstance(image, PngImagePlugin.PngImageFile):
        others += _texts(info)
    return combined([exif], [xmp], others)


def _adds_to(exif: Exif, packet: bytes) -> bool:
    """Whether a packet may say more than EXIF does: parsing one takes longer than all of EXIF."""
    first = exif.dates[0] if exif.dates else None
    if exif.place is None and b"GPSL" in packet:
        return True
    if exif.exposure is None and b"ExposureTime" in packet:
        return True
    if first is None or first.source != "EXIF DateTimeOriginal" or first.precision in COARSE:
        return True
    if first.offset_s is None and (_ZONED.search(packet) or (exif.place and b"GPSTimeStamp" in packet)):
        return True
    return first.precision == "second" and bool(_WITH_FRACTION.search(packet))


def combined(exifs: Sequence[Exif], xmps: Sequence[Xmp], others: Sequence[Taken] = ()) -> Said:
    """What blocks and packets of one picture say together; those that come first count first."""
    parts: list[Exif | Xmp] = [*exifs, *xmps]
    place = next((part.place for part in parts if part.place is not None), None)
    dates = [*(date for part in parts for date in part.dates), *others]
    gps_s = [part.gps_s for part in parts if part.gps_s is not None]
    of_day_s = [exif.gps_time_s for exif in exifs if exif.gps_time_s is not None]
    taken = best_date(dates)
    if taken is not None and taken.offset_s is None and place is not None and taken.precision not in COARSE[:3]:
        offset_s = _zone(taken.local_s, gps_s, of_day_s, place)
        if offset_s is not None:
            taken = replace(taken, offset_s=offset_s, offset_from="GPS time")
    camera = next((e.camera for e in exifs if e.camera), "")
    return Said(exifs[0].orientation, taken, place, camera, _exposure(parts))


def _exposure(parts: Sequence[Exif | Xmp]) -> Exposure | None:
    """The first value that is known of each part of the exposure."""
    known = [part.exposure for part in parts if part.exposure is not None]
    if len(known) < 2:
        return known[0] if known else None
    values = (next((v for e in known if (v := getattr(e, f.name)) is not None), None) for f in fields(Exposure))
    return Exposure(*values)


def _zone(local_s: float, gps_s: Sequence[float], of_day_s: Sequence[float], place: Place) -> int | None:
    """The offset by which a clock differs from GPS; None unless a zone has it that can be at the place."""
    suns_s = place.longitude_deg * _ZONE_S_PER_DEG
    found = []
    for zone_s in _ZONES_S:
        if abs(_within_a_day(zone_s - suns_s)) > _FARTHEST_ZONE_S:  # across the date line, too
            continue
        wrong_s = [abs(local_s - zone_s - instant_s) for instant_s in gps_s]
        wrong_s += [abs(_within_a_day(local_s - zone_s - time_s)) for time_s in of_day_s]
        found += [(wrong, zone_s) for wrong in wrong_s if wrong < _STALE_S]
    return min(found)[1] if found else None


def _within_a_day(difference_s: float) -> float:
    """A difference of times of day, at most half a day."""
    return (difference_s + _DAY_S / 2) % _DAY_S - _DAY_S / 2


def _iptc(image: ImageFile.ImageFile) -> Iterator[Taken]:
    """The dates in a picture's IPTC data."""
    if isinstance(image, JpegImagePlugin.JpegImageFile) and 0x0404 not in image.info.get("photoshop", {}):
        return
    if not isinstance(image, JpegImagePlugin.JpegImageFile | TiffImagePlugin.TiffImageFile):
        return
    found: dict[Any, Any] = {}
    with contextlib.suppress(Exception):  # whatever its parser throws at damaged data
        found = IptcImagePlugin.getiptcinfo(image) or {}
    for source, day, clock in (("IPTC DateCreated", 55, 60), ("IPTC DigitalCreationDate", 62, 63)):
        values = [found.get((2, number)) for number in (day, clock)]
        texts = [value[:16].decode("ascii", "replace") if isinstance(value, bytes) else "" for value in values]
        date = read_date(" ".join(texts).strip())
        if date is None and texts[1]:
            date = read_date(texts[0])
        if date is not None:
            # It has no way to leave the offset out: zero may mean that it is unknown.
            offset_s = date.offset_s or None
            yield Taken(date.local_s, offset_s, date.precision, source, source if offset_s else "")


_TEXTS = {
    "creation time": "PNG Creation Time",
    "creationtime": "PNG Creation Time",
    "create-date": "PNG Creation Time",
    "exif:datetimeoriginal": "EXIF DateTimeOriginal",
    "exif:datetimedigitized": "EXIF DateTimeDigitized",
}
"""Keywords of PNG files; ImageMagick's `date:create` is a file's time."""


def _texts(info: dict[Any, Any]) -> list[Taken]:
    """The dates in a PNG's text."""
    found = []
    for key, text in info.items():
        source = _TEXTS.get(key.lower()) if isinstance(key, str) and isinstance(text, str) else None
        date = read_date(text[:100]) if source else None
        if source and date is not None:
            offset_from = "" if date.offset_s is None else UTC if date.is_utc else source
            found.append(Taken(date.local_s, date.offset_s, date.precision, source, offset_from))
    return found


def _in_boxes(data: bytes) -> tuple[bytes, bytes]:
    """The EXIF block and the XMP packet in the boxes of a JPEG 2000 file."""
    block, packet, start = b"", b"", 0
    for _ in range(_MOST_BOXES):
        if start + 8 > len(data):
            break
        size, kind = struct.unpack_from(">I4s", data, start)
        if kind == b"xml ":
            packet = packet or data[start + 8 : start + size]
        elif kind == b"uuid":
            identity = data[start + 8 : start + 24]
            content = data[start + 24 : start + size]
            packet = content if identity == _JP2_XMP else packet
            block = content if identity == _JP2_EXIF else block
        if size < 8:  # the last box, or a size of 64 bits, which the picture itself has
            break
        start += size
    return block, packet
