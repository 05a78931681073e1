"""The whole tree, from the moments of the pictures and what people said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.events.applying import with_event_wishes, with_trip_wishes
from imagecluster.events.boundaries import Chain, strengths
from imagecluster.events.bursts import burst_roots
from imagecluster.events.journeys import Positions, journeys
from imagecluster.events.moments import Moments
from imagecluster.events.occasions import Occasions
from imagecluster.events.positions import camera_codes, own_positions
from imagecluster.events.settings import EventSettings
from imagecluster.events.tree import Labels, build_tree
from imagecluster.events.undated import attached
from imagecluster.events.wishes import Wishes

__all__ = ["find_occasions"]

_LATEST_S = 1e11
"""In the year 5138."""


def find_occasions(
    moments: Moments,
    wishes: Wishes | None = None,
    settings: EventSettings | None = None,
) -> Occasions:
    """Trips, events, scenes and bursts of a collection.

    Memory and time grow linearly with the number of pictures. Pictures far away in time from a picture do not change
    what becomes of it, except through where home was.

    Parameters
    ----------
    moments : Moments
        A picture without an instant, or with one more than 3,000 years from 1970, is undated.
    wishes : Wishes, optional
        What people said about events and trips; it goes before what is found.
    settings : EventSettings, optional

    Raises
    ------
    ArgumentError
        The parts of `moments` differ in length.
    """
    wishes, settings = wishes or Wishes(), settings or EventSettings()
    moments = _possible(moments)
    cameras = camera_codes(moments)
    place = _places_in_time(moments)
    own = Positions(*own_positions(moments, cameras, place))
    wanted = np.array(
        [row for row in wishes.splits + wishes.trip_splits if 0 <= row < len(place) and place[row] >= 0], np.int64
    )
    root = burst_roots(moments, cameras, place, place[wanted], settings)
    found = journeys(moments, cameras, place, own, wishes.homes, settings)
    trip, kinds = with_trip_wishes(found._replace(label=found.label[root]), place, root, wishes)
    order = _in_order(place, [trip, root])
    chain, burst = _chain(moments, own, order, (trip, root))
    apart = strengths(chain, moments.vectors, settings)
    new = (np.diff(trip[chain.rows]) != 0) | (apart.event > 0) | np.isin(chain.rows[1:], wanted)
    event = np.full(len(place), -1)
    event[order] = np.concatenate([[0], np.cumsum(new)])[burst]
    if wishes.joins or wishes.moves:
        event, trip = with_event_wishes(event, trip, place, wishes)
        root = np.unique(np.stack([event, root], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
        order = _in_order(place, [trip, event, root])
        chain, burst = _chain(moments, own, order, (event, root))
        apart = strengths(chain, moments.vectors, settings)
    trips, heights = build_tree(Labels(order, burst, event, trip), kinds, (chain, apart), own, settings)
    undated = np.flatnonzero(place < 0)
    near = attached(moments.vectors, undated, order, event)
    return Occasions(trips, order, heights, tuple(undated.tolist()), near)


def _possible(moments: Moments) -> Moments:
    """The moments with impossible instants as NaN; an error if their parts do not fit."""
    n_images = len(moments.instant_s)
    for name, part in vars(moments).items():
        if not callable(part) and len(part) != n_images:
            raise ArgumentError(f"moments.{name} has {len(part)} entries for {n_images} pictures")
    is_possible = np.abs(moments.instant_s) <= _LATEST_S  # False for NaN
    return replace(moments, instant_s=np.where(is_possible, moments.instant_s, np.nan))


def _places_in_time(moments: Moments) -> NDArray[np.int64]:
    """Place of each picture in order of instant, then name, then row; -1 for undated."""
    dated = np.flatnonzero(np.isfinite(moments.instant_s))
    by_name = np.empty(len(moments.names), np.int64)
    by_name[sorted(range(len(moments.names)), key=moments.names.__getitem__)] = np.arange(len(moments.names))
    place = np.full(len(moments.instant_s), -1)
    place[dated[np.lexsort((by_name[dated], moments.instant_s[dated]))]] = np.arange(len(dated))
    return place


def _in_order(place: NDArray[np.int64], levels: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Dated rows by the start of their group on each level, the coarsest first, and then in order of time."""
    dated = np.flatnonzero(place >= 0)
    starts = []
    for label in levels:
        first = np.full(int(label.max(initial=-1)) + 1, len(place))
        np.minimum.at(first, label[dated], place[dated])
        starts.append(first[label[dated]])
    return dated[np.lexsort((place[dated], *reversed(starts)))]


def _chain(
    moments: Moments, own: Positions, order: NDArray[np.int64], levels: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[Chain, NDArray[np.int64]]:
    """The bursts in order, and the number of its burst for each picture in order; `levels` are groups and bursts."""
    group, root = levels
    begins = np.flatnonzero(np.diff(root[order], prepend=-1) != 0)
    numbers = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(order))))
    rows = order[begins]
    when = moments.instant_s[order]
    ends = np.maximum.reduceat(when, begins) if len(begins) else when
    return Chain(rows, moments.instant_s[rows], ends, own.latitude[rows], own.longitude[rows], group[rows]), numbers
