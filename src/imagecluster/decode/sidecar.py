"""Reading of sidecars: files beside a picture that hold what other programs know of it."""

from __future__ import annotations

import json
from typing import Any

from imagecluster.decode.dates import is_possible
from imagecluster.decode.exif import Exif, place_of
from imagecluster.decode.said import Said, combined
from imagecluster.decode.xmp import MAX_XMP_BYTES, read_xmp
from imagecluster.records import UTC, Place, Taken

__all__ = ["MAX_SIDECAR_BYTES", "read_sidecar"]

MAX_SIDECAR_BYTES = MAX_XMP_BYTES
"""Larger files are not sidecars."""


def read_sidecar(data: bytes, *, suffix: str) -> Said:
    """What a sidecar says of its picture; nothing if it is damaged or something else.

    Parameters
    ----------
    data
        The whole file.
    suffix
        `.xmp`, or `.json` for what a takeout of an online album has beside each picture.
    """
    if suffix.lower() == ".xmp":
        return combined([Exif()], [read_xmp(data, source="sidecar XMP")])
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return Said()
    if not isinstance(found, dict):
        return Said()
    return Said(taken=_taken(found.get("photoTakenTime")), place=_place(found))


def _taken(moment: Any) -> Taken | None:
    """The moment in which a picture was taken: seconds since 1970; 0 stands for none."""
    instant_s = _number(moment.get("timestamp")) if isinstance(moment, dict) else None
    if instant_s is None or instant_s == 0 or not is_possible(instant_s):
        return None
    return Taken(instant_s, 0, "second", "takeout photoTakenTime", UTC)


def _place(found: dict[str, Any]) -> Place | None:
    """The place: the one that the album shows, else the one that the picture had."""
    for name in ("geoData", "geoDataExif"):
        geo = found.get(name)
        if isinstance(geo, dict):
            latitude, longitude = _number(geo.get("latitude")), _number(geo.get("longitude"))
            place = None if latitude is None or longitude is None else place_of(latitude, longitude, "takeout")
            if place is not None:
                return place
    return None


def _number(value: Any) -> float | None:
    """A number, or the number that a text is."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
