"""Dates, places and exposures as rows of tables; what lies beside the files: sidecars and names."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, get_args

from imagecluster.decode import METADATA_VERSION
from imagecluster.decode.choosing import best_date
from imagecluster.records import DATE_SOURCES, Exposure, Metadata, Place, Precision, Taken

__all__ = [
    "EXPOSED",
    "PLACED",
    "TAKEN",
    "Beside",
    "completed",
    "exposure_row",
    "forget_beside",
    "hashes_read_before",
    "place_row",
    "put_beside",
    "put_said",
    "read_beside",
    "read_beside_of_contents",
    "read_exposure",
    "read_place",
    "read_taken",
    "taken_row",
]

TAKEN = "taken_s, offset_s, precision, taken_from, offset_from"
"""The columns of a date."""
PLACED = "latitude_deg, longitude_deg, place_from"
"""The columns of a place."""
EXPOSED = "exposure_s, iso, f_number, focus_m"
"""The columns of an exposure."""

T = TypeVar("T")

_LATEST_S = 1e12
_PRECISIONS = get_args(Precision)
_PLACES = ("sidecar XMP", "EXIF", "XMP", "takeout")
"""Sources of places, the most trusted first."""


class Beside(NamedTuple):
    """What lies beside a picture: sidecars, and the date in the file's name."""

    sidecars: str
    """Names, sizes and modification times of the sidecars that were read; empty if there are none."""
    taken: Taken | None
    place: Place | None


def taken_row(taken: Taken | None) -> tuple[float | None, int | None, str, str, str]:
    """A date as values of the columns of `TAKEN`."""
    if taken is None:
        return None, None, "", "", ""
    return taken.local_s, taken.offset_s, taken.precision, taken.source, taken.offset_from


def place_row(place: Place | None) -> tuple[float | None, float | None, str]:
    """A place as values of the columns of `PLACED`."""
    return (None, None, "") if place is None else (place.latitude_deg, place.longitude_deg, place.source)


def exposure_row(exposure: Exposure | None) -> tuple[float | None, ...]:
    """An exposure as values of the columns of `EXPOSED`."""
    found = exposure or Exposure()
    return found.time_s, found.iso, found.f_number, found.focus_m


def read_taken(row: tuple[Any, ...]) -> Taken | None:
    """The date in values of the columns of `TAKEN`; ValueError or TypeError if they cannot be."""
    local_s, offset_s, precision, source, offset_from = row
    if local_s is None:
        return None
    is_whole = offset_s is None or (type(offset_s) is int and abs(offset_s) < 2 * 86_400)
    is_known = precision in _PRECISIONS and source in DATE_SOURCES and type(offset_from) is str
    if not abs(local_s) < _LATEST_S or not is_whole or not is_known:
        raise ValueError(f"a date of {row!r:.200}")
    return Taken(local_s, offset_s, precision, source, offset_from)


def read_place(row: tuple[Any, ...]) -> Place | None:
    """The place in values of the columns of `PLACED`; ValueError or TypeError if they cannot be."""
    latitude_deg, longitude_deg, source = row
    if latitude_deg is None or longitude_deg is None:
        return None
    if not abs(latitude_deg) <= 90 or not abs(longitude_deg) <= 180 or source not in _PLACES:
        raise ValueError(f"a place of {row!r:.200}")
    return Place(latitude_deg, longitude_deg, source)


def read_exposure(row: tuple[Any, ...]) -> Exposure | None:
    """The exposure in values of the columns of `EXPOSED`; ValueError or TypeError if they cannot be."""
    if not any(row):
        return None
    if not all(value is None or 0 < value < _LATEST_S for value in row):
        raise ValueError(f"an exposure of {row!r:.200}")
    return Exposure(*row)


def read_beside(connection: sqlite3.Connection) -> dict[bytes, Beside]:
    """What lies beside the files, by the keys of their paths."""
    rows = connection.execute(f"SELECT path, sidecars, {TAKEN}, {PLACED} FROM beside")  # noqa: S608
    return {row[0]: _beside(row) for row in rows}


def read_beside_of_contents(connection: sqlite3.Connection) -> dict[bytes, list[Beside]]:
    """What lies beside the files that are there, by the hashes of their contents."""
    found: dict[bytes, list[Beside]] = {}
    select = (
        f"SELECT hash, sidecars, {TAKEN}, {PLACED} FROM beside JOIN files USING (path)"  # noqa: S608
        " WHERE hash IS NOT NULL AND gone_s IS NULL"
    )
    for row in connection.execute(select):
        found.setdefault(row[0], []).append(_beside(row))
    return found


def _beside(row: tuple[Any, ...]) -> Beside:
    """A row of `beside`; ValueError or TypeError if `put_beside` cannot have written it."""
    if type(row[0]) is not bytes or type(row[1]) is not str:
        raise ValueError(f"what lies beside a picture is {row!r:.200}")
    return Beside(row[1], read_taken(row[2:7]), read_place(row[7:]))


def put_beside(connection: sqlite3.Connection, rows: Mapping[bytes, Beside | None]) -> None:
    """Write what lies beside files, by key; None removes a row."""
    connection.executemany("DELETE FROM beside WHERE path = ?", ((key,) for key in rows))
    connection.executemany(
        "INSERT INTO beside VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (key, row.sidecars, *taken_row(row.taken), *place_row(row.place))
            for key, row in rows.items()
            if row is not None
        ),
    )


def forget_beside(connection: sqlite3.Connection) -> None:
    """Forget what lay beside files that are no longer known."""
    connection.execute("DELETE FROM beside WHERE path NOT IN (SELECT path FROM files)")


def hashes_read_before(connection: sqlite3.Connection) -> set[bytes]:
    """Contents of which an older version read what they say of themselves."""
    select = "SELECT hash FROM contents WHERE metadata_version < ?"
    return {row[0] for row in connection.execute(select, (METADATA_VERSION,))}


def put_said(connection: sqlite3.Connection, said: Mapping[bytes, Metadata | None]) -> None:
    """Write what contents that were read again say of themselves; None: as far as it can be known."""
    connection.executemany(
        "UPDATE contents SET metadata_version = ? WHERE hash = ?", ((METADATA_VERSION, h) for h in said)
    )
    columns = ", ".join(f"{name} = ?" for name in f"camera, {TAKEN}, {PLACED}, {EXPOSED}".split(", "))
    connection.executemany(
        f"UPDATE contents SET {columns} WHERE hash = ?",  # noqa: S608
        (
            (m.camera, *taken_row(m.taken), *place_row(m.place), *exposure_row(m.exposure), h)
            for h, m in said.items()
            if m is not None
        ),
    )


def completed(metadata: Metadata, beside: Collection[Beside]) -> Metadata:
    """A picture's metadata with the date and the place that count, of all that is known of them."""
    if not beside:
        return metadata
    return replace(
        metadata,
        taken=best_date(_given(metadata.taken, *(found.taken for found in beside))),
        place=min(
            _given(metadata.place, *(found.place for found in beside)),
            key=lambda place: _PLACES.index(place.source),
            default=None,
        ),
    )


def _given(*values: T | None) -> Iterable[T]:
    return (value for value in values if value is not None)
