"""The moments of a collection's pictures: when, where and how each was taken: what trips and events are made from."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.kept_greys import KeptGreys
from imagecluster.collection.recipe import Recipe
from imagecluster.collection.times import Dated, assumed_offsets, dated
from imagecluster.decode import read_moment
from imagecluster.events import Moments
from imagecluster.records import UTC as ONLY_UTC
from imagecluster.records import Place, Taken
from imagecluster.scan import RAW_SUFFIXES, Moment, items_of
from imagecluster.store import Leaves, Store

__all__ = ["ItemMoments", "ZonesOf", "moments_of"]

ZonesOf = Callable[[NDArray[np.float64], NDArray[np.float64]], Sequence[str]]
"""Time zones of positions (latitudes, longitudes) by their names in the IANA database; empty where there is none."""

_DAY_S = 86_400.0
_ZONE_S_PER_DEG = 240.0
_FARTHEST_ZONE_S = 3.5 * 3600
"""A zone is at most this far from the sun's time: the western end of China."""
_SAME_CAMERA_S = 0.5 * _DAY_S
_ANY_CAMERA_S = 1.5 * _DAY_S
"""A picture without a place has the zone of one with a place that is this near in time: of its camera, of another."""
_LOOKED_UP_DEG = 0.01
_NO_VECTORS = np.empty((0, 1), np.float32)
_OF_EXPOSURE = frozenset(("EXIF DateTimeOriginal", "EXIF DateTimeDigitized"))


@dataclass(frozen=True, eq=False)
class ItemMoments:
    """The moments of items: of pictures with their parts, which are one."""

    moments: Moments
    """One row per item."""
    rows: tuple[tuple[int, ...], ...]
    """Rows of the leaves of each item, its main picture first: a raw file comes after its JPEG."""
    shown_zone_s: NDArray[np.float64]
    """The zone by whose clock to show the times of each item: that of `moments`, else the offset that was assumed for
    its instant, which says nothing of where people were; NaN for none."""
    greys: KeptGreys
    """What loads the grey pictures; after they were used, `greys.keep()` keeps them for the next time."""

    @property
    def item_of(self) -> NDArray[np.int64]:
        """The item of each leaf, shape (n_leaves,)."""
        found = np.empty(sum(map(len, self.rows)), np.int64)
        for item, rows in enumerate(self.rows):
            found[list(rows)] = item
        return found


def moments_of(  # noqa: PLR0913  # what is known of pictures comes from the store, the clock, people and the map
    leaves: Leaves,
    store: Store,
    model: str,
    *,
    now_s: float,
    clocks: Mapping[str, float] | None = None,
    zones_of: ZonesOf | None = None,
    n_threads: int | None = None,
) -> ItemMoments:
    """When, where and how the pictures of a collection were taken.

    An instant is the local time less its offset from UTC: the one that the picture gives, else the nearest known one of
    its camera, else of another camera (`times.assumed_offsets`); if that cannot be the offset of its place, or there is
    none, the offset of the place's zone; else none, and the clock counts as UTC. A picture of which only the day is
    known counts as taken at noon. What is not a time of taking (`times.are_captures`) is left out.

    The calendar zone is that of the place, if `zones_of` knows it; a picture without a place has the zone of the one
    with a place that is nearest in time. Else it is the offset of the camera's clock.

    Parameters
    ----------
    leaves
        The pictures.
    store
        Holds what is known of them.
    model
        Model of the fingerprints, `name@version`.
    now_s
        The current time, in seconds since 1970.
    clocks
        Seconds to add to the instants of cameras, by make and model; default: none.
    zones_of
        Looks up time zones; default: positions say only which offsets cannot be.
    n_threads
        Number of threads for grey pictures; default: one per core.
    """
    pictures = dated(leaves, store, Recipe(), now_s=now_s, clocks=clocks)
    rows = _items(leaves, store, pictures)
    found = [_of_item([pictures[row] for row in item]) for item in rows]
    mains = np.array([item[0] for item in rows], np.int64)
    vectors = store.vectors(model, [leaves.hashes[row] for row in mains.tolist()]) if rows else _NO_VECTORS
    greys = KeptGreys(leaves, store, n_threads=n_threads)
    places = np.array([_degrees(picture.place) for picture in found], np.float64).reshape(-1, 2)
    zones = _Zones(places, zones_of)
    instants, offsets = _instants(found, zones)
    exposures = np.array([_exposure(picture) for picture in found], np.float64).reshape(-1, 4)
    moments = Moments(
        instant_s=instants,
        zone_s=_calendar_zones(found, instants, offsets, zones),
        latitude_deg=places[:, 0],
        longitude_deg=places[:, 1],
        cameras=tuple(picture.camera for picture in found),
        exposure_s=exposures[:, 0],
        iso=exposures[:, 1],
        f_number=exposures[:, 2],
        focus_m=exposures[:, 3],
        names=tuple(os.fsdecode(leaves.keys[row]) for row in mains.tolist()),
        vectors=_unit(vectors),
        load_grey=lambda items: greys.load(mains[items]),
    )
    shown = np.where(np.isnan(moments.zone_s), offsets, moments.zone_s)
    return ItemMoments(moments, rows, shown, greys)


def _items(leaves: Leaves, store: Store, pictures: Sequence[Dated]) -> tuple[tuple[int, ...], ...]:
    """Rows of each item's pictures. Only a raw file can be part of a picture that is a picture itself."""
    folders: dict[bytes, list[int]] = {}
    for row, key in enumerate(leaves.keys):
        folders.setdefault(key.rpartition(b"/")[0], []).append(row)
    parts = {row for row, key in enumerate(leaves.keys) if _is_raw(key)}
    raw_folders = {leaves.keys[row].rpartition(b"/")[0] for row in parts}
    wanted = sorted(row for folder in raw_folders for row in folders[folder])
    main_of = {row: row for row in range(len(leaves))}
    if wanted:
        row_of = dict(zip(store.paths_of([leaves.keys[row] for row in wanted]), wanted, strict=True))

        def read(path: Path) -> Moment | None:
            row = row_of.get(path)
            return read_moment(path) if row is None else _moment(pictures[row])

        found = items_of(row_of, read=read)
        main_of.update((row, row_of[found[path].main]) for path, row in row_of.items())
    items: dict[int, list[int]] = {}
    for row, main in main_of.items():
        items.setdefault(main, [main] if main != row else []).append(row)
    return tuple(tuple(dict.fromkeys((main, *items[main]))) for main in sorted(items))


def _is_raw(key: bytes) -> bool:
    return b"." in key and "." + os.fsdecode(key.rpartition(b".")[2]).lower() in RAW_SUFFIXES


def _moment(picture: Dated) -> Moment:
    """What a picture says of its exposure, as files of one name are compared by it."""
    taken = picture.taken
    if taken is None or taken.source not in _OF_EXPOSURE or taken.precision not in ("second", "subsecond"):
        return Moment(camera=picture.camera)
    return Moment(taken.local_s, taken.offset_s, picture.camera)


def _of_item(parts: Sequence[Dated]) -> Dated:
    """What is known of an item: of its main picture, completed by its parts."""
    main = parts[0]
    if len(parts) == 1:
        return main
    when = next((part for part in parts if part.is_capture), main)
    return replace(
        when,
        place=next((part.place for part in parts if part.place), None),
        camera=next((part.camera for part in parts if part.camera), ""),
        exposure=next((part.exposure for part in parts if part.exposure), None),
    )


def _degrees(place: Place | None) -> tuple[float, float]:
    return (np.nan, np.nan) if place is None else (place.latitude_deg, place.longitude_deg)


def _exposure(picture: Dated) -> tuple[float, ...]:
    exposure = picture.exposure
    if exposure is None:
        return (np.nan,) * 4
    values = (exposure.time_s, exposure.iso, exposure.f_number, exposure.focus_m)
    return tuple(np.nan if value is None else value for value in values)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors, made of unit length in place; one without a direction stays as it is."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    vectors /= np.where(lengths > 0, lengths, np.float32(1))
    return vectors


def _instants(pictures: Sequence[Dated], zones: _Zones) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The instant of each picture in UTC, and the offset of its camera's clock, shape (n,); NaN where not known."""
    found = np.array([p.instant_s if p.is_capture else np.nan for p in pictures], np.float64)
    offsets = np.array([_clock_zone(picture) for picture in pictures], np.float64)
    lacking = [i for i, picture in enumerate(pictures) if picture.is_capture and _own_offset(picture) is None]
    donors: list[Taken | None] = [None] * len(pictures)
    for i in lacking:
        taken, assumed_s = _taken(pictures[i]), pictures[i].assumed_offset_s
        if zones.fits(i, assumed_s):
            continue
        of_place_s = zones.offset_of_clock(i, taken.local_s)
        if of_place_s is not None:
            found[i] += (assumed_s or 0) - of_place_s
            offsets[i] = of_place_s
            donors[i] = replace(taken, offset_s=of_place_s, offset_from="place")
    if any(donors):
        alone = [i for i in lacking if donors[i] is None and pictures[i].assumed_offset_s is None]
        for i in alone:
            donors[i] = _taken(pictures[i])
        assumed = assumed_offsets(donors, [picture.camera for picture in pictures])
        for i in alone:
            offset_s = assumed[i]
            if offset_s is not None:
                found[i] -= offset_s
                offsets[i] = offset_s
    for i, picture in enumerate(pictures):
        if picture.is_capture and _taken(picture).precision == "day":
            found[i] += _DAY_S / 2
    return found, offsets


def _taken(picture: Dated) -> Taken:
    if picture.taken is None:
        raise ValueError("a picture without a date")
    return picture.taken


def _own_offset(picture: Dated) -> int | None:
    """The offset that a picture gives itself; None for none."""
    return None if picture.taken is None else picture.taken.offset_s


def _clock_zone(picture: Dated) -> float:
    """The offset of the camera's clock, its own or an assumed one; NaN if it is unknown."""
    taken = picture.taken
    if taken is None or taken.offset_from == ONLY_UTC:
        return np.nan
    offset_s = picture.assumed_offset_s if taken.offset_s is None else taken.offset_s
    return np.nan if offset_s is None else float(offset_s)


def _calendar_zones(
    pictures: Sequence[Dated], instants: NDArray[np.float64], offsets: NDArray[np.float64], zones: _Zones
) -> NDArray[np.float64]:
    """Seconds by which the clock of each picture's place was ahead of UTC, shape (n,); NaN where it is not known."""
    clock = np.array([_clock_zone(picture) for picture in pictures], np.float64)
    clock[clock != offsets] = np.nan  # assumed, but not of that place
    there = np.array([zones.offset_at(i, instant_s) for i, instant_s in enumerate(instants)], np.float64)
    if not zones.are_known:
        fitting = [zones.fits(i, offset_s) for i, offset_s in enumerate(clock)]
        there = np.where(zones.have_place & np.array(fitting, bool), clock, np.nan)
    there[np.isnan(instants)] = np.nan
    cameras = [picture.camera for picture in pictures]
    near = np.where(np.isnan(there), _nearest(instants, there, cameras, within_s=_SAME_CAMERA_S), there)
    near = np.where(np.isnan(near), _nearest(instants, there, [""] * len(cameras), within_s=_ANY_CAMERA_S), near)
    return np.where(np.isnan(near), clock, near)


def _nearest(
    instants: NDArray[np.float64], values: NDArray[np.float64], groups: Sequence[str], *, within_s: float
) -> NDArray[np.float64]:
    """For each picture the value of the one of its group that is nearest in time; NaN where none is near."""
    donors: dict[str, list[tuple[float, float]]] = {}
    for i in np.flatnonzero(~np.isnan(values) & np.isfinite(instants)).tolist():
        donors.setdefault(groups[i], []).append((float(instants[i]), float(values[i])))
    times = {}
    for group, known in donors.items():
        known.sort()
        times[group] = [instant_s for instant_s, _ in known]
    found = np.full(len(instants), np.nan)
    for i in np.flatnonzero(np.isnan(values) & np.isfinite(instants)).tolist():
        known_s = times.get(groups[i])
        if known_s is None:
            continue
        end, instant_s = bisect_left(known_s, instants[i]), float(instants[i])
        near = min((k for k in (end - 1, end) if 0 <= k < len(known_s)), key=lambda k: abs(known_s[k] - instant_s))
        if abs(known_s[near] - instant_s) <= within_s:
            found[i] = donors[groups[i]][near][1]
    return found


class _Zones:
    """The time zones of pictures with a place.

    Parameters
    ----------
    places
        Latitude and longitude of each picture in degrees, shape (n, 2); NaN for none.
    zones_of
        Looks up zones; None if they cannot be known.
    """

    def __init__(self, places: NDArray[np.float64], zones_of: ZonesOf | None) -> None:
        self._longitudes = places[:, 1]
        self.have_place = ~np.isnan(places[:, 1])
        self.are_known = zones_of is not None
        self._names = [""] * len(places)
        known = np.flatnonzero(self.have_place)
        if zones_of is not None and len(known):
            rounded = np.round(places[known] / _LOOKED_UP_DEG) * _LOOKED_UP_DEG
            distinct, of_picture = np.unique(rounded, axis=0, return_inverse=True)
            names = zones_of(distinct[:, 0], distinct[:, 1])
            for picture, place in zip(known.tolist(), of_picture.reshape(-1).tolist(), strict=True):
                self._names[picture] = names[place]

    def fits(self, picture: int, offset_s: float | None) -> bool:
        """Whether an offset can be that of a picture's place; any offset can where there is none."""
        if offset_s is None:
            return False
        if not self.have_place[picture]:
            return True
        apart = abs(offset_s - float(self._longitudes[picture]) * _ZONE_S_PER_DEG)
        return min(apart, _DAY_S - apart) <= _FARTHEST_ZONE_S  # across the date line, too

    def offset_at(self, picture: int, instant_s: float) -> float:
        """Seconds by which the clock of a picture's place was ahead of UTC at an instant; NaN if that is not known."""
        if not self._names[picture] or not np.isfinite(instant_s):
            return np.nan
        return _offset_s(self._names[picture], int(instant_s // 900) * 900)

    def offset_of_clock(self, picture: int, local_s: float) -> int | None:
        """The same when the clock of the place showed a time; by the sun's time if the zone is not known."""
        if not self.have_place[picture]:
            return None
        offset_s = round(float(self._longitudes[picture]) / 15) * 3600
        if self._names[picture]:
            for _ in range(2):
                again_s = self.offset_at(picture, local_s - offset_s)
                offset_s = offset_s if np.isnan(again_s) else int(again_s)
        return offset_s


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=2**16)
def _offset_s(zone: str, instant_s: int) -> float:
    """Seconds by which a zone was ahead of UTC; NaN for a zone that this machine does not know."""
    try:
        offset = (_EPOCH + timedelta(seconds=instant_s)).astimezone(ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError, OverflowError):
        return np.nan
    return np.nan if offset is None else offset.total_seconds()
