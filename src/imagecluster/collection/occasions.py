"""Trips, events, scenes and bursts of a collection's pictures, after all corrections; kept until something changes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster import places
from imagecluster.collection.moments import ItemMoments, moments_of
from imagecluster.corrections import (
    CameraClock,
    Edit,
    EventEdit,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    HomeIs,
    OccasionLevel,
    edit_to_json,
    event_edits_of,
)
from imagecluster.events import (
    Burst,
    ClockShift,
    Event,
    Occasions,
    Scene,
    Stay,
    Trip,
    TripKind,
    Wishes,
    find_occasions,
    suggest_shifts,
)
from imagecluster.events import HomeIs as WishedHome
from imagecluster.store import OCCASIONS_NAME, Leaves, Store
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.garbage import garbage_waits
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ItemOccasions", "are_wanted", "kept_occasions", "occasions_of"]

T = TypeVar("T")

_KIND = CacheKind(OCCASIONS_NAME, "trips and events", "imagecluster-occasions", version=2, n_keys=2)
_KINDS: tuple[TripKind, ...] = get_args(TripKind)
_LEVELS = {"burst": 1.0, "scene": 2.0, "event": 3.0, "trip": 4.0}
"""Heights from which a boundary parts two groups of a level; see `Occasions.heights`."""
_OF_STAYS = ("trip", "first", "n_events", "latitude_deg", "longitude_deg", "length_s")


@dataclass(frozen=True, eq=False)
class ItemOccasions:
    """The tree over the items of a collection: over pictures with their parts, which are one."""

    occasions: Occasions
    """Rows are numbers of items."""
    rows: tuple[tuple[int, ...], ...]
    """Rows of the leaves of each item, its main picture first."""
    instant_s: NDArray[np.float64]
    """Seconds since 1970 in UTC of each item; NaN for undated."""
    zone_s: NDArray[np.float64]
    """Seconds by which the clock that shows its time was ahead of UTC; NaN if that is not known."""
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    covers: NDArray[np.int64]
    """The item of each event, in the order of `occasions.events()`, that shows most of what the event shows."""
    shifts: tuple[ClockShift, ...] = ()
    """Clocks of cameras that seem to be off, beside those that were set right by hand."""

    def groups(self, level: OccasionLevel) -> NDArray[np.int64]:
        """Number of the trip or event of each leaf, shape (n_leaves,), in order of time.

        An undated picture has that of the event to which it is attached, else -1.
        """
        label = np.full(len(self.rows), -1)
        order, heights = self.occasions.order, self.occasions.heights
        label[order] = np.cumsum(heights >= _LEVELS[level]) - 1
        for item, near in self.occasions.attached.items():
            label[item] = label[near]
        found = np.empty(sum(map(len, self.rows)), np.int64)
        for item, rows in enumerate(self.rows):
            found[list(rows)] = label[item]
        return found


@garbage_waits()
def occasions_of(  # noqa: PLR0913  # what is known of pictures comes from the store, the clock and people
    leaves: Leaves,
    store: Store,
    model: str,
    edits: Iterable[Edit],
    *,
    now_s: float,
    n_threads: int | None = None,
    progress: OnProgress = silent,
) -> ItemOccasions:
    """The trips, events, scenes and bursts of a collection.

    They are kept with the database, if it is open for writing, until a picture, what is known of one, or a correction
    changes.

    Parameters
    ----------
    leaves
        The pictures.
    store
        Holds what is known of them.
    model
        Model of the fingerprints, `name@version`.
    edits
        Corrections, oldest first, in terms of the contents that the collection has; only those of trips and events
        count.
    now_s
        The current time, in seconds since 1970.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on.
    """
    said = event_edits_of(edits)
    kept = kept_occasions(leaves, store, model, said)
    if kept is not None:
        return kept
    key = _key(store, model, said)
    items = moments_of(
        leaves, store, model, now_s=now_s, clocks=_clocks(said), zones_of=places.zones_of, n_threads=n_threads
    )
    moments = items.moments
    occasions = find_occasions(moments, _wishes(said, leaves, items))
    items.greys.keep()
    found = ItemOccasions(
        occasions=occasions,
        rows=items.rows,
        instant_s=moments.instant_s,
        zone_s=items.shown_zone_s,
        latitude_deg=moments.latitude_deg,
        longitude_deg=moments.longitude_deg,
        covers=np.array([_cover(event.rows, moments.vectors) for event in occasions.events()], np.int64),
        shifts=suggest_shifts(moments),
    )
    if key and store.writable:
        ArrayCache(store.folder, _KIND).save_if_possible(key, *_as_arrays(found))
    return found


def kept_occasions(leaves: Leaves, store: Store, model: str, edits: Iterable[Edit]) -> ItemOccasions | None:
    """What `occasions_of` gives, if it is kept; None if it is not."""
    key = _key(store, model, event_edits_of(edits))
    return ArrayCache(store.folder, _KIND).load(key, _reader(len(leaves))) if key else None


def are_wanted(store: Store) -> bool:
    """Whether somebody has looked for the trips and events of this collection, so that outputs should tell them."""
    return any((store.directory / OCCASIONS_NAME).glob("*.npz"))


def _key(store: Store, model: str, said: Sequence[EventEdit]) -> str:
    """Key under which the tree is kept; empty if it cannot be."""
    mark = store.pictures_mark()
    return "" if mark is None else f"{model} {mark.hex()} {_digest(said)}"


def _digest(said: Sequence[EventEdit]) -> str:
    """Digest of the corrections that change the tree; names do not."""
    wanted = [edit_to_json(edit) for edit in said if not isinstance(edit, EventName)]
    return xxhash.xxh3_128_hexdigest(json.dumps(wanted, sort_keys=True).encode())


def _clocks(said: Sequence[EventEdit]) -> dict[str, float]:
    """Seconds to add to the times of cameras; what was said last counts."""
    found = {edit.camera: edit.shift_s for edit in said if isinstance(edit, CameraClock)}
    return {camera: shift_s for camera, shift_s in found.items() if shift_s}


def _wishes(said: Sequence[EventEdit], leaves: Leaves, items: ItemMoments) -> Wishes:
    """Corrections by item; those of pictures that are not there any more are left out."""
    item_of, when_s = items.item_of, items.moments.instant_s
    of_content: dict[bytes, list[int]] = {}
    for row, content_hash in enumerate(leaves.hashes if said else ()):
        of_content.setdefault(content_hash, []).append(int(item_of[row]))

    def in_time(pictures: Iterable[bytes]) -> list[int]:
        found = {item for content_hash in pictures for item in of_content.get(content_hash, ())}
        return sorted((item for item in found if math.isfinite(when_s[item])), key=lambda item: (when_s[item], item))

    splits: dict[OccasionLevel, list[int]] = {"trip": [], "event": []}
    joins: dict[OccasionLevel, list[tuple[int, ...]]] = {"trip": [], "event": []}
    moves, homes = [], []
    for edit in said:
        match edit:
            case EventSplit(pictures, level):
                splits[level] += in_time(pictures)[:1]
            case EventJoin(pictures, level):
                joins[level].append(tuple(in_time(pictures)))
            case EventMove(pictures, target):
                there = in_time(target - pictures)
                if there:  # an event with most of them has the one in the middle
                    moves.append((tuple(in_time(pictures)), there[len(there) // 2]))
            case HomeIs(latitude_deg, longitude_deg, start_s, end_s):
                homes.append(
                    WishedHome(
                        latitude_deg,
                        longitude_deg,
                        -math.inf if start_s is None else start_s,
                        math.inf if end_s is None else end_s,
                    )
                )
            case _:
                pass
    return Wishes(
        splits=tuple(splits["event"]),
        joins=tuple(joins["event"]),
        moves=tuple(moves),
        trip_splits=tuple(splits["trip"]),
        trip_joins=tuple(joins["trip"]),
        homes=tuple(homes),
    )


def _cover(rows: Sequence[int], vectors: NDArray[np.float32]) -> int:
    """The row whose vector is nearest to the mean; the earliest of equal ones."""
    own = vectors[list(rows)]
    return rows[int(np.argmax(np.round(own @ own.mean(axis=0), 6)))]


def _cut(below: Sequence[T], begins: NDArray[np.int64]) -> list[tuple[T, ...]]:
    """Parts of a sequence, by where they begin."""
    return [tuple(below[a:b]) for a, b in pairwise([*begins.tolist(), len(below)])]


def _trips(
    order: NDArray[np.int64], heights: NDArray[np.float64], kinds: Sequence[int], stays: Sequence[Sequence[Stay]]
) -> tuple[Trip, ...]:
    """The tree of an order and its heights."""
    level: Sequence[Any] = order.tolist()
    apart = heights
    for name, make in (("burst", Burst), ("scene", Scene), ("event", Event)):
        begins = np.flatnonzero(apart >= _LEVELS[name])
        level = [make(part) for part in _cut(level, begins)]
        apart = apart[begins]
    parts = _cut(level, np.flatnonzero(apart >= _LEVELS["trip"]))
    return tuple(Trip(_KINDS[kinds[i]], events, tuple(stays[i])) for i, events in enumerate(parts))


def _as_arrays(found: ItemOccasions) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
    """What is kept, as arrays and further information."""
    tree = found.occasions
    stays = [(number, stay) for number, trip in enumerate(tree.trips) for stay in trip.stays]
    arrays = {
        "item_sizes": np.array([len(rows) for rows in found.rows], np.int64),
        "item_rows": np.array([row for rows in found.rows for row in rows], np.int64),
        "order": tree.order,
        "heights": tree.heights,
        "undated": np.array(tree.undated, np.int64),
        "attached": np.array(list(tree.attached.items()), np.int64).reshape(-1, 2),
        "kinds": np.array([_KINDS.index(trip.kind) for trip in tree.trips], np.int64),
        "covers": found.covers,
        "stays": np.array(
            [
                (number, stay.first, stay.n_events, stay.latitude_deg, stay.longitude_deg, stay.length_s)
                for number, stay in stays
            ],
            np.float64,
        ).reshape(-1, len(_OF_STAYS)),
        "moments": np.stack([found.instant_s, found.zone_s, found.latitude_deg, found.longitude_deg]),
    }
    shifts = [[s.camera, s.shift_s, s.reference, s.margin, s.n_half_hours] for s in found.shifts]
    return arrays, {"shifts": shifts}


def _reader(n_leaves: int) -> Callable[[Kept], ItemOccasions]:
    """A function that makes the tree of a collection of so many pictures from what was kept."""

    def read(kept: Kept) -> ItemOccasions:
        arrays = kept.arrays
        ends = np.cumsum(arrays["item_sizes"]).tolist()
        item_rows = arrays["item_rows"].tolist()
        if sorted(item_rows) != list(range(n_leaves)):
            raise ValueError(f"items of {len(item_rows)} pictures for {n_leaves}")
        stays: list[list[Stay]] = [[] for _ in arrays["kinds"]]
        for trip, first, n_events, *where in arrays["stays"].tolist():
            stays[int(trip)].append(Stay(int(first), int(n_events), *where))
        order, heights = arrays["order"], arrays["heights"]
        occasions = Occasions(
            trips=_trips(order, heights, arrays["kinds"].tolist(), stays),
            order=order,
            heights=heights,
            undated=tuple(arrays["undated"].tolist()),
            attached=dict(arrays["attached"].tolist()),
        )
        instant_s, zone_s, latitude_deg, longitude_deg = arrays["moments"]
        return ItemOccasions(
            occasions=occasions,
            rows=tuple(tuple(item_rows[a:b]) for a, b in pairwise([0, *ends])),
            instant_s=instant_s,
            zone_s=zone_s,
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            covers=arrays["covers"],
            shifts=tuple(ClockShift(*values) for values in kept.info["shifts"]),
        )

    return read
