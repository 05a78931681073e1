"""The moment of a file's exposure, from a few short reads: what tells whether two files of one name belong together.

Films of phones and cameras are read in QuickTime's boxes (QuickTime File Format Specification; ISO/IEC 14496-12). The
content identifier of a live photo is tag 0x0011 of Apple's maker note, and `com.apple.quicktime.content.identifier` in
the film.
"""

from __future__ import annotations

import calendar
from pathlib import Path

from imagecluster.decode.blocks import HEAD_BYTES, Box, boxes, exif_of_file
from imagecluster.decode.dates import is_possible, read_date
from imagecluster.decode.exif import apple_content_id, read_exif
from imagecluster.decode.reading import PartlyRead
from imagecluster.errors import DecodeError
from imagecluster.records import Taken
from imagecluster.scan import Moment

__all__ = ["read_moment"]

_1904_S = calendar.timegm((1904, 1, 1, 0, 0, 0))
_EARLIEST_FILM = 1990
_OF_EXPOSURE = ("EXIF DateTimeOriginal", "EXIF DateTimeDigitized")
_FILMS = frozenset((b"qt  ", b"isom", b"iso2", b"mp41", b"mp42", b"M4V ", b"avc1", b"3gp4", b"3gp5", b"MSNV"))
_CREATED, _IDENTIFIER = b"com.apple.quicktime.creationdate", b"com.apple.quicktime.content.identifier"
_MAKE, _MODEL = b"com.apple.quicktime.make", b"com.apple.quicktime.model"
_ZONE_S, _FARTHEST_ZONE_S = 900, 14 * 3600
_STALE_S = 120.0
"""A receiver's latest fix may be older than the picture."""
_MOST_KEYS = 1_000
_LONGEST_VALUE = 200


def read_moment(path: Path) -> Moment | None:
    """When and with what a picture or film was taken, as far as its metadata say; None if it cannot be read.

    Only times of the exposure count, not those of a later change, nor the file's own.
    """
    try:
        with PartlyRead(path, head_bytes=HEAD_BYTES) as file:
            return _of_film(file) if _is_film(file.head) else _of_picture(exif_of_file(file))
    except DecodeError:
        return None


def _is_film(head: bytes) -> bool:
    return head[4:8] in (b"moov", b"wide", b"mdat", b"free") or (head[4:8] == b"ftyp" and head[8:12] in _FILMS)


def _of_picture(block: bytes | PartlyRead) -> Moment:
    exif = read_exif(block)
    taken: Taken | None = next((date for date in exif.dates if date.source in _OF_EXPOSURE), None)
    if taken is not None and taken.precision not in ("second", "subsecond"):
        taken = None
    return Moment(
        local_s=None if taken is None else taken.local_s,
        offset_s=None if taken is None else _offset(taken, exif.gps_s),
        camera=exif.camera,
        content_id=apple_content_id(block),
    )


def _offset(taken: Taken, gps_s: float | None) -> int | None:
    """By how many seconds the clock of the place was ahead of UTC: as it is written, else by the time of GPS."""
    if taken.offset_s is not None or gps_s is None:
        return taken.offset_s
    zone_s = round((taken.local_s - gps_s) / _ZONE_S) * _ZONE_S
    is_zone = abs(zone_s) <= _FARTHEST_ZONE_S and abs(taken.local_s - gps_s - zone_s) <= _STALE_S
    return zone_s if is_zone else None


def _of_film(file: PartlyRead) -> Moment | None:
    moov = next((box for box in boxes(file, 0, file.n_bytes) if box.kind == b"moov"), None)
    if moov is None:
        return None
    created_s, length_s, said = None, None, dict[bytes, str]()
    for box in boxes(file, moov.start, moov.end):
        if box.kind == b"mvhd":
            created_s, length_s = _header(file.read(box.start, 32))
        elif box.kind == b"meta":
            said = _said(file, box)
    camera = " ".join(filter(None, (said.get(_MAKE, ""), said.get(_MODEL, ""))))
    date = read_date(said.get(_CREATED, ""))
    if date is not None and date.precision in ("second", "subsecond"):
        return Moment(date.local_s, date.offset_s, camera, said.get(_IDENTIFIER, ""), length_s)
    return Moment(created_s, None, camera, said.get(_IDENTIFIER, ""), length_s, is_vague=True)


def _header(content: bytes) -> tuple[float | None, float | None]:
    """Time of creation and length of a film, in seconds, of its header `mvhd`."""
    if len(content) < 20:
        return None, None
    wide = 8 if content[0] == 1 else 4
    numbers, at = [], 4
    for n_bytes in (wide, wide, 4, wide):
        numbers.append(int.from_bytes(content[at : at + n_bytes]))
        at += n_bytes
    created, _, scale, length = numbers
    created_s = float(created + _1904_S)
    return created_s if is_possible(created_s, _EARLIEST_FILM) else None, length / scale if scale else None


def _said(file: PartlyRead, meta: Box) -> dict[bytes, str]:
    """Texts by key in QuickTime's box of metadata, which in films of the ISO kind begins with a version."""
    inside: dict[bytes, Box] = {}
    for start in (meta.start, meta.start + 4):
        inside = {box.kind: box for box in boxes(file, start, meta.end)}
        if b"keys" in inside and b"ilst" in inside:
            break
    else:
        return {}
    keys: list[bytes] = []
    at = inside[b"keys"].start + 8
    while at + 8 <= inside[b"keys"].end and len(keys) < _MOST_KEYS:
        size = int.from_bytes(file.read(at, 4))
        if size < 8:
            break
        keys.append(file.read(at + 8, min(size - 8, _LONGEST_VALUE)))
        at += size
    said = {}
    for item in boxes(file, inside[b"ilst"].start, inside[b"ilst"].end):
        number = int.from_bytes(item.kind)
        value = next((box for box in boxes(file, item.start, item.end) if box.kind == b"data"), None)
        if value is not None and 1 <= number <= len(keys) and value.end - value.start <= _LONGEST_VALUE:
            said[keys[number - 1]] = file.read(value.start + 8, value.end - value.start - 8).decode("utf-8", "replace")
    return said
