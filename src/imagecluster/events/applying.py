"""What people said about events and trips, put into labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.journeys import Journeys
from imagecluster.events.occasions import TripKind
from imagecluster.events.wishes import Wishes

__all__ = ["with_event_wishes", "with_trip_wishes"]


def with_trip_wishes(
    found: Journeys, place: NDArray[np.int64], root: NDArray[np.int64], wishes: Wishes
) -> tuple[NDArray[np.int64], tuple[TripKind, ...]]:
    """Label of each picture's trip, and the kinds by label, with trips split and joined.

    `place` is the place of each picture in order of time, -1 for undated; `root` the first row of its burst.
    """
    label, kinds = found.label.copy(), list(found.kinds)
    start = place[root]
    for row in sorted(_dated(wishes.trip_splits, place), key=place.__getitem__):
        after = (label == label[row]) & (start >= place[row])
        if (label == label[row]).sum() > after.sum():
            kinds.append(kinds[label[row]])
            label[after] = len(kinds) - 1
    for rows in wishes.trip_joins:
        joined = _up_to(label, np.unique(label[_dated(rows, place)]), place)
        if len(joined) > 1:
            several = {kinds[one] for one in joined.tolist()}
            kinds[int(joined[0])] = next(kind for kind in ("trip", "period", "home") if kind in several)
            label[np.isin(label, joined)] = joined[0]
    return label, tuple(kinds)


def with_event_wishes(
    event: NDArray[np.int64], trip: NDArray[np.int64], place: NDArray[np.int64], wishes: Wishes
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Labels of events and trips by row, with events joined and pictures moved.

    A joined event is in the trip of its first picture. Labels of events ascend in the order of the tree.
    """
    event, trip = event.copy(), trip.copy()
    for rows in wishes.joins:
        joined = event[_dated(rows, place)]
        if len(np.unique(joined)) > 1:
            members = np.flatnonzero((event >= joined.min()) & (event <= joined.max()))
            event[members] = joined.min()
            trip[members] = trip[members[np.argmin(place[members])]]
    for rows, target in wishes.moves:
        if _dated([target], place):
            moved = _dated(rows, place)
            event[moved], trip[moved] = event[target], trip[target]
    return event, trip


def _up_to(label: NDArray[np.int64], joined: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels of the trips from the first of some to the last, by their first pictures; the first one first."""
    first = np.full(int(label.max(initial=-1)) + 1, len(place))
    dated = np.flatnonzero(place >= 0)
    np.minimum.at(first, label[dated], place[dated])
    if not len(joined):
        return joined
    low, high = first[joined].min(), first[joined].max()
    found = np.flatnonzero((first >= low) & (first <= high))
    return np.asarray(found[np.argsort(first[found], kind="stable")])


def _dated(rows: Iterable[int], place: NDArray[np.int64]) -> list[int]:
    """Those of the rows that exist and have an instant."""
    return [row for row in rows if 0 <= row < len(place) and place[row] >= 0]
