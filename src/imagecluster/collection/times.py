"""The times at which the pictures of a collection were taken, as far as they are known."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imagecluster.collection.recipe import Recipe
from imagecluster.linkage.time_kernel import kernel_error
from imagecluster.records import UTC, Exposure, Metadata, Place, Taken, TimeOrigin, TimeTerm
from imagecluster.store import Leaves, Store

__all__ = ["GPS_TIME", "Dated", "are_captures", "assumed_offsets", "dated", "of_file", "time_term"]

_DAY_S = 86_400.0

_EARLIEST_FILE_S = 3653 * _DAY_S
"""2 January 1980. The clock of Unix starts at 0, those of DOS and ZIP on 1 January 1980; both stand for no time."""

_SAME_CAMERA_S = 30 * _DAY_S
_ANY_CAMERA_S = 3 * _DAY_S
"""An offset holds for other pictures of the same camera, or of other cameras, for this long: about a journey."""

GPS_TIME = "GPS time"
"""What `Taken.source` and `Taken.offset_from` say of a receiver's time, which is right whatever the camera's clock."""

_OF_MAKING = frozenset(
    (
        "EXIF DateTimeDigitized",
        "XMP exif:DateTimeDigitized",
        "XMP xmp:CreateDate",
        "IPTC DigitalCreationDate",
        "sidecar XMP exif:DateTimeDigitized",
        "sidecar XMP xmp:CreateDate",
        "EXIF DateTime",
        "XMP xmp:ModifyDate",
        "sidecar XMP xmp:ModifyDate",
    )
)
"""Sources that a camera gives the time of taking, and a scanner or an export its own."""
_VAGUE = frozenset(("year", "month"))
_MANY_AT_ONCE = 8
"""Files without an exposure that share one second: a program wrote it into all of them. Only bursts are as fast."""
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Dated:
    """When and where a picture was taken."""

    taken: Taken | None
    """Its date, from whatever source; None if there is none."""
    instant_s: float
    """Seconds since 1970; NaN if there is no date."""
    assumed_offset_s: int | None
    """The offset of pictures taken at about the same time, if its own is unknown."""
    place: Place | None
    camera: str
    exposure: Exposure | None = None
    is_capture: bool = False
    """Whether the date says when the picture was taken: see `are_captures`."""


def time_term(leaves: Leaves, store: Store, recipe: Recipe, *, now_s: float) -> TimeTerm:
    """The part of time in a clustering of these pictures: their times, the sources of these, the kernel's error.

    A time belongs to a content, so that equal pictures stay equal. Of several files with the same content the earliest
    usable modification time counts, since copies are later.

    Parameters
    ----------
    leaves
        The pictures.
    store
        The store, which holds their dates and the modification times of their files.
    recipe
        Weight and scale of time, and its source: `exif` is what pictures and their sidecars say, `stat` the file's
        modification time alone, and `auto` the former, else the date in the file's name, else its modification time.
    now_s
        The current time, in seconds since 1970; a file's time more than a day later is ignored.
    """
    found = dated(leaves, store, recipe, now_s=now_s)
    times_s = np.array([picture.instant_s for picture in found], np.float64)
    origins: list[TimeOrigin] = [picture.taken.origin if picture.taken else "none" for picture in found]
    error = kernel_error(times_s, scale_s=recipe.time_scale_s, rng=np.random.default_rng(0))
    return TimeTerm(recipe.time_weight, recipe.time_scale_s, recipe.time_source, times_s, tuple(origins), error)


def dated(
    leaves: Leaves, store: Store, recipe: Recipe, *, now_s: float, clocks: Mapping[str, float] | None = None
) -> list[Dated]:
    """Date and place of each picture; parameters as for `time_term`.

    `clocks` has the seconds to add to the instants of cameras whose clocks are off, by make and model; a receiver's
    time stays as it is.
    """
    source = recipe.time_source
    known = store.described(set(leaves.hashes))
    own = store.metadata(set(leaves.hashes)) if source == "exif" else {}
    file_s = {} if source == "exif" else _earliest_file_times(leaves, store.modified_ns(), latest_s=now_s + _DAY_S)
    dates: list[Taken | None] = []
    for content_hash in leaves.hashes:
        taken = None if source == "stat" or content_hash not in known else known[content_hash].taken
        if source == "exif" and taken is not None and taken.origin == "name":
            taken = own[content_hash].taken
        if taken is None and content_hash in file_s:
            taken = Taken(file_s[content_hash], 0, "second", "file time", UTC)
        dates.append(taken)
    cameras = [known[h].camera if h in known else "" for h in leaves.hashes]
    exposures = [known[h].exposure if h in known else None for h in leaves.hashes]
    assumed = assumed_offsets(dates, cameras)
    captures = are_captures(dates, exposures, leaves.hashes)
    return [
        Dated(
            taken,
            math.nan if taken is None else taken.instant_s - (assumed[i] or 0) + _shift(taken, cameras[i], clocks),
            assumed[i],
            known[leaves.hashes[i]].place if leaves.hashes[i] in known else None,
            cameras[i],
            exposures[i],
            captures[i],
        )
        for i, taken in enumerate(dates)
    ]


def _shift(taken: Taken, camera: str, clocks: Mapping[str, float] | None) -> float:
    """Seconds to add to an instant by the clock of a camera."""
    return 0.0 if not clocks or GPS_TIME in (taken.source, taken.offset_from) else clocks.get(camera, 0.0)


def are_captures(
    dates: Sequence[Taken | None], exposures: Sequence[Exposure | None], hashes: Sequence[bytes]
) -> list[bool]:
    """Whether each date says when a picture was taken, and not when a file was made.

    A file's time does not, nor does a year or a month alone. The time of digitizing or of the latest change does for a
    picture that has an exposure time: some cameras write no other one; scanners and exports write theirs there. Nor
    does a second that many different pictures without an exposure time share: one program wrote all of them. Full hours
    are not counted for that, as people give them to scans.

    Parameters
    ----------
    dates
        The date of each picture; None for none.
    exposures
        The exposure of each picture; None if unknown.
    hashes
        Content hash of each picture.
    """
    exposed = [exposure is not None and exposure.time_s is not None for exposure in exposures]
    at_once: dict[float, set[bytes]] = {}
    for taken, is_exposed, content_hash in zip(dates, exposed, hashes, strict=True):
        if taken is not None and not is_exposed and taken.precision != "day" and taken.local_s % _HOUR_S:
            at_once.setdefault(taken.local_s, set()).add(content_hash)
    return [
        taken is not None
        and taken.origin != "file"
        and taken.precision not in _VAGUE
        and (is_exposed or (taken.source not in _OF_MAKING and len(at_once.get(taken.local_s, ())) < _MANY_AT_ONCE))
        for taken, is_exposed in zip(dates, exposed, strict=True)
    ]


def of_file(picture: Dated, own: Metadata) -> Dated:
    """A picture's date and place as `own` has them, which is what is known of one of several equal files.

    What `own` lacks is left as it is.
    """
    taken = own.taken
    if taken is None or taken == picture.taken:
        return replace(picture, place=own.place or picture.place)
    assumed_s = picture.assumed_offset_s if taken.offset_s is None else None
    return replace(
        picture,
        taken=taken,
        instant_s=taken.instant_s - (assumed_s or 0),
        assumed_offset_s=assumed_s,
        place=own.place or picture.place,
    )


def assumed_offsets(dates: Sequence[Taken | None], cameras: Sequence[str]) -> list[int | None]:
    """For each date without an offset that of the date nearest to it; None where none is near, or it has its own.

    A date of the same camera counts up to 30 days away, else one of another camera up to 3 days. Dates that are given
    in UTC do not count, since they say nothing of the place's zone.
    """
    lacking = [i for i, date in enumerate(dates) if date is not None and date.offset_s is None]
    found: list[int | None] = [None] * len(dates)
    donors = [
        (date.local_s, date.offset_s, cameras[i])
        for i, date in enumerate(dates)
        if date is not None and date.offset_s is not None and date.offset_from != UTC
    ]
    if not lacking or not donors:
        return found
    donors.sort()
    of_camera: dict[str, list[tuple[float, int, str]]] = {}
    for donor in donors:
        if donor[2]:
            of_camera.setdefault(donor[2], []).append(donor)
    tables = {camera: _Nearest(some) for camera, some in of_camera.items()}
    all_of_them = _Nearest(donors)
    for i in lacking:
        local_s = dates[i].local_s  # type: ignore[union-attr]  # those without a date lack nothing
        own = tables.get(cameras[i])
        offset_s = None if own is None else own.offset(local_s, within_s=_SAME_CAMERA_S)
        found[i] = all_of_them.offset(local_s, within_s=_ANY_CAMERA_S) if offset_s is None else offset_s
    return found


class _Nearest:
    """Known offsets, by the times of their pictures."""

    def __init__(self, donors: Sequence[tuple[float, int, str]]) -> None:
        self._times_s = [donor[0] for donor in donors]
        self._offsets_s = [donor[1] for donor in donors]

    def offset(self, local_s: float, *, within_s: float) -> int | None:
        """The offset of the nearest picture, if it is near enough."""
        end = bisect_left(self._times_s, local_s)
        nearest = min(
            (i for i in (end - 1, end) if 0 <= i < len(self._times_s)), key=lambda i: abs(self._times_s[i] - local_s)
        )
        return self._offsets_s[nearest] if abs(self._times_s[nearest] - local_s) <= within_s else None


def _earliest_file_times(leaves: Leaves, modified_ns: Mapping[bytes, int], *, latest_s: float) -> dict[bytes, float]:
    """Earliest usable modification time of each content's files, in seconds since 1970."""
    found: dict[bytes, float] = {}
    for key, content_hash in zip(leaves.keys, leaves.hashes, strict=True):
        modified_s = modified_ns[key] / 1e9
        if _EARLIEST_FILE_S <= modified_s <= latest_s:
            found[content_hash] = min(modified_s, found.get(content_hash, math.inf))
    return found
