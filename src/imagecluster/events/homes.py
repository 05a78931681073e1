"""Where home was, week by week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.globe import DAY_S, points_km
from imagecluster.events.positions import nearest_places
from imagecluster.events.wishes import HomeIs

__all__ = ["homes_at"]

_WEEK_S = 7 * DAY_S
_WINDOW_WEEKS = 38
"""Home is looked for among the pictures of 270 days before and after."""
_NEAR_KM = 25.0
_CELL_KM = 5.0
"""Positions are counted by cells of this width."""
_LEAST_WEEKS = 3
_LEAST_DAYS = 60.0
_VISIT_WEEKS = 3
"""Weeks at least so far apart are different visits."""


def homes_at(
    instant_s: NDArray[np.float64],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    said: Sequence[HomeIs] = (),
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of home at the moment of each picture, NaN where it is not known.

    Home is the middle of the place within 25 km of which pictures were taken in the most different weeks of the 270
    days before and after: not where the most pictures are, because one festive day would beat months at home. It takes
    at least 3 weeks that span at least 60 days. Where that gives nothing, home is the one that is known nearest in
    time; if it gives nothing anywhere, the place with the most weeks in all, if people came there 3 times, at least 3
    weeks apart: two holidays at one place are no home.

    Parameters
    ----------
    instant_s : array of float64, shape (n,)
        Not finite: no time, and no home.
    latitude, longitude : arrays of float64, shape (n,)
        In degrees, NaN for unknown.
    said : sequence of HomeIs
        What people said; it goes before what is found.
    """
    dated = np.flatnonzero(np.isfinite(instant_s))
    home_latitude, home_longitude = np.full(len(instant_s), np.nan), np.full(len(instant_s), np.nan)
    known = dated[~np.isnan(latitude[dated])]
    if len(known):
        weeks, place = np.unique(_week(instant_s[dated]), return_inverse=True)
        found = _homes_of_weeks(_week(instant_s[known]), latitude[known], longitude[known], weeks)
        home_latitude[dated], home_longitude[dated] = found[0][place], found[1][place]
    for home in said:
        inside = dated[(instant_s[dated] >= home.start_s) & (instant_s[dated] <= home.end_s)]
        home_latitude[inside], home_longitude[inside] = home.latitude_deg, home.longitude_deg
    return home_latitude, home_longitude


def _week(instant_s: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.floor(instant_s / _WEEK_S), np.int64)


def _homes_of_weeks(
    week: NDArray[np.int64], latitude: NDArray[np.float64], longitude: NDArray[np.float64], asked: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of home in each of the `asked` weeks, which ascend."""
    points = points_km(latitude, longitude)
    cells, cell = np.unique(np.floor(points / _CELL_KM).astype(np.int64), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    counts = np.bincount(cell)
    centres = np.stack([np.bincount(cell, points[:, axis]) / counts for axis in range(3)], axis=1)
    candidate, its_week = _weeks_around(cells, centres, np.unique(np.stack([cell, week], axis=1), axis=0))
    best = np.full(len(asked), -1)
    most = np.zeros((len(asked), 2), np.int64)
    overall, overall_weeks = -1, 0
    for number, weeks in _by_candidate(candidate, its_week):
        from_, to = np.searchsorted(weeks, asked - _WINDOW_WEEKS), np.searchsorted(weeks, asked + _WINDOW_WEEKS + 1)
        n_weeks = to - from_
        span = weeks[np.maximum(to - 1, 0)] - weeks[np.minimum(from_, len(weeks) - 1)]
        own = counts[number]  # of equal ones the cell with the most pictures
        enough = (n_weeks >= _LEAST_WEEKS) & (span * 7 >= _LEAST_DAYS)
        better = enough & ((n_weeks > most[:, 0]) | ((n_weeks == most[:, 0]) & (own > most[:, 1])))
        best[better] = number
        most[better] = np.stack([n_weeks[better], np.full(better.sum(), own)], axis=1)
        if len(weeks) > overall_weeks and _n_visits(weeks) >= _LEAST_WEEKS:
            overall, overall_weeks = number, len(weeks)
    found = np.flatnonzero(best >= 0)
    if len(found):
        best = best[found[nearest_places(asked[found].astype(np.float64), asked.astype(np.float64))]]
    elif overall >= 0:
        best[:] = overall
    else:
        return np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    x, y, z = centres[best].T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def _n_visits(weeks: NDArray[np.int64]) -> int:
    n_visits, last = 0, None
    for week in weeks.tolist():
        if last is None or week - last >= _VISIT_WEEKS:
            n_visits, last = n_visits + 1, week
    return n_visits


def _weeks_around(
    cells: NDArray[np.int64], centres: NDArray[np.float64], cell_weeks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different weeks in which pictures were taken around each cell: pairs of cell and week, in this order."""
    first, second = _near_cells(cells, centres)
    start = np.searchsorted(cell_weeks[:, 0], np.arange(len(cells) + 1))
    n_weeks = np.diff(start)
    repeats = n_weeks[second]
    of_pair = np.repeat(np.arange(len(first)), repeats)
    offset = np.arange(len(of_pair)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    weeks = cell_weeks[start[second[of_pair]] + offset, 1]
    pairs = np.unique(np.stack([first[of_pair], weeks], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _near_cells(cells: NDArray[np.int64], centres: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of cells whose centres are within 25 km, each cell with itself too, by the first cell.

    They are found in coarse cells that are as wide as the distance: those of a pair touch.
    """
    coarse = np.floor(centres / _NEAR_KM).astype(np.int64)
    coarse -= coarse.min(axis=0) - 1
    width = coarse.max(axis=0) + 2
    key = (coarse[:, 0] * width[1] + coarse[:, 1]) * width[2] + coarse[:, 2]
    order = np.argsort(key, kind="stable")
    ascending = key[order]
    firsts, seconds = [], []
    steps = np.array([-1, 0, 1])
    for step in (steps[:, None, None] * width[1] + steps[:, None]).reshape(-1)[:, None] * width[2] + steps:
        for shift in step.tolist():
            low, high = np.searchsorted(ascending, key + shift), np.searchsorted(ascending, key + shift, "right")
            n = high - low
            first = np.repeat(np.arange(len(key)), n)
            offset = np.arange(len(first)) - np.repeat(np.cumsum(n) - n, n)
            second = order[low[first] + offset]
            near = np.linalg.norm(centres[first] - centres[second], axis=1) <= _NEAR_KM
            firsts.append(first[near])
            seconds.append(second[near])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    by_first = np.argsort(first, kind="stable")
    return first[by_first], second[by_first]


def _by_candidate(candidate: NDArray[np.int64], weeks: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each candidate that has enough weeks, and its weeks."""
    starts = np.flatnonzero(np.diff(candidate, prepend=-1))
    ends = np.append(starts[1:], len(candidate))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start >= _LEAST_WEEKS:
            yield int(candidate[start]), weeks[start:end]
