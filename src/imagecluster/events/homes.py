"""Where home was, week by week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.globe import DAY_S, points_km
from imagecluster.events.positions import nearest_places
from imagecluster.events.wishes import HomeIs

__all__ = ["Homes", "homes_at"]

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
_EVERYDAY_WEEKS, _EVERYDAY_SHARE, _EVERYDAY_KM = 12, 0.75, 150.0
_MOVED_KM = 50.0


class Homes(NamedTuple):
    """Where home was at the moment of each picture; arrays of shape (n,) in degrees, NaN where not known."""

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    everyday_latitude: NDArray[np.float64]
    """A second place of everyday life, such as that of work."""
    everyday_longitude: NDArray[np.float64]


def homes_at(
    instant_s: NDArray[np.float64],
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    said: Sequence[HomeIs] = (),
) -> Homes:
    """Home at the moment of each picture.

    Home is the middle of the place within 25 km of which pictures were taken in the most different weeks of the 270
    days before and after: not where the most pictures are, because one festive day would beat months at home. It takes
    at least 3 weeks that span at least 60 days. Where that gives nothing, home is the one that is known nearest in
    time; if it gives nothing anywhere, the place with the most weeks in all, if people came there 3 times, at least 3
    weeks apart: two holidays at one place are no home. People move in the week that leaves the fewest weeks at the
    wrong home.

    A place between 50 and 150 km from home that has pictures in at least 12 of those weeks, and three quarters as many
    as home, is one of everyday life: going there is no trip.

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
    found = Homes(*(np.full(len(instant_s), np.nan) for _ in range(4)))
    known = dated[~np.isnan(latitude[dated])]
    if len(known):
        weeks, place = np.unique(_week(instant_s[dated]), return_inverse=True)
        by_week = _homes_of_weeks(_week(instant_s[known]), latitude[known], longitude[known], weeks)
        for mine, theirs in zip(found, by_week, strict=True):
            mine[dated] = theirs[place]
    for home in said:
        inside = dated[(instant_s[dated] >= home.start_s) & (instant_s[dated] <= home.end_s)]
        found.latitude[inside], found.longitude[inside] = home.latitude_deg, home.longitude_deg
        found.everyday_latitude[inside] = np.nan
    return found


def _week(instant_s: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.floor(instant_s / _WEEK_S), np.int64)


def _homes_of_weeks(
    week: NDArray[np.int64], latitude: NDArray[np.float64], longitude: NDArray[np.float64], asked: NDArray[np.int64]
) -> Homes:
    """Home in each of the `asked` weeks, which ascend."""
    points = points_km(latitude, longitude)
    cells, cell = np.unique(np.floor(points / _CELL_KM).astype(np.int64), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    counts = np.bincount(cell)
    centres = np.stack([np.bincount(cell, points[:, axis]) / counts for axis in range(3)], axis=1)
    around = _weeks_around(cells, centres, _different(cell, week))
    best, most = _best_candidates(around, counts, asked)
    everyday = np.full(len(asked), -1)
    found = np.flatnonzero(best >= 0)
    if len(found):
        best = best[found[nearest_places(asked[found].astype(np.float64), asked.astype(np.float64))]]
        everyday = _everyday(around, (centres, asked), best, most)
        best = _moved(around, (centres, asked), best)
    else:
        best[:] = _often_visited(around)
    return Homes(*_degrees(centres, best), *_degrees(centres, everyday))


def _degrees(
    centres: NDArray[np.float64], candidate: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of candidates, NaN for -1."""
    x, y, z = np.where(candidate[:, None] >= 0, centres[candidate], np.nan).T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def _in_window(weeks: NDArray[np.int64], asked: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of the ascending weeks lie in the window of each asked one, and how many weeks they span."""
    from_, to = np.searchsorted(weeks, asked - _WINDOW_WEEKS), np.searchsorted(weeks, asked + _WINDOW_WEEKS + 1)
    span = weeks[np.maximum(to - 1, 0)] - weeks[np.minimum(from_, len(weeks) - 1)]
    return to - from_, np.where(to > from_, span, 0)


def _best_candidates(
    around: _Weeks, counts: NDArray[np.int64], asked: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The candidate with the most weeks in the window of each asked one, or -1, and their number.

    Of equal ones it is that with the most pictures.
    """
    best, most, own = np.full(len(asked), -1), np.zeros(len(asked), np.int64), np.zeros(len(asked), np.int64)
    for number, weeks in around.candidates():
        n_weeks, span = _in_window(weeks, asked)
        enough = (n_weeks >= _LEAST_WEEKS) & (span * 7 >= _LEAST_DAYS)
        better = enough & ((n_weeks > most) | ((n_weeks == most) & (counts[number] > own)))
        best[better], most[better], own[better] = number, n_weeks[better], counts[number]
    return best, most


def _everyday(
    around: _Weeks,
    where: tuple[NDArray[np.float64], NDArray[np.int64]],
    best: NDArray[np.int64],
    most: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The second place of everyday life in each asked week, or -1."""
    centres, asked = where
    found, most_found = np.full(len(asked), -1), np.zeros(len(asked), np.int64)
    for number, weeks in around.candidates(_EVERYDAY_WEEKS):
        n_weeks, _ = _in_window(weeks, asked)
        km = _chord_km(centres[best], centres[number])
        near = (km > _MOVED_KM) & (km <= _EVERYDAY_KM)
        better = near & (n_weeks >= _EVERYDAY_WEEKS) & (n_weeks >= _EVERYDAY_SHARE * most) & (n_weeks > most_found)
        found[better], most_found[better] = number, n_weeks[better]
    return found


def _moved(
    around: _Weeks, where: tuple[NDArray[np.float64], NDArray[np.int64]], best: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The best candidates with the weeks of moves put where the fewest weeks are left at the wrong home."""
    centres, asked = where
    best = best.copy()
    for change in np.flatnonzero(_chord_km(centres[best[1:]], centres[best[:-1]]) > _MOVED_KM).tolist():
        old, new = int(best[change]), int(best[change + 1])
        low, high = np.searchsorted(asked, asked[change] - _WINDOW_WEEKS), change + 1
        high += int(np.searchsorted(asked[high:], asked[change] + _WINDOW_WEEKS + 1))
        # Only as far as the two homes have no other one between them.
        before, after = best[low : change + 1] == old, best[change + 1 : high] == new
        low = change + 1 - (len(before) if before.all() else int(np.argmin(before[::-1])))
        high = change + 1 + (len(after) if after.all() else int(np.argmin(after)))
        span = asked[low:high]
        is_old, is_new = np.isin(span, around.weeks_of(old)), np.isin(span, around.weeks_of(new))
        # Old weeks from the cut on, and new ones before it.
        wrong = np.append(np.cumsum(is_old[::-1])[::-1], 0) + np.concatenate([[0], np.cumsum(is_new)])
        cut = low + int(np.argmin(wrong[1:-1])) + 1 if len(span) > 1 else change + 1
        best[low:cut], best[cut:high] = old, new
    return best


def _chord_km(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances straight through the Earth: below 200 km they differ from those on the ground by metres."""
    return np.asarray(np.linalg.norm(points - others, axis=-1))


def _often_visited(around: _Weeks) -> int:
    """The candidate with the most weeks of those to which people came three times, or -1."""
    found, most = -1, 0
    for number, weeks in around.candidates():
        if len(weeks) > most and _n_visits(weeks) >= _LEAST_WEEKS:
            found, most = number, len(weeks)
    return found


def _n_visits(weeks: NDArray[np.int64]) -> int:
    n_visits, last = 0, None
    for week in weeks.tolist():
        if last is None or week - last >= _VISIT_WEEKS:
            n_visits, last = n_visits + 1, week
    return n_visits


class _Weeks(NamedTuple):
    """The different weeks in which pictures were taken around each cell."""

    cell: NDArray[np.int64]
    week: NDArray[np.int64]
    """Pairs in order of cell and week."""

    def candidates(self, least: int = _LEAST_WEEKS) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Each cell that has enough weeks, and its weeks."""
        starts = np.flatnonzero(np.diff(self.cell, prepend=-1))
        ends = np.append(starts[1:], len(self.cell))
        enough = ends - starts >= least
        for start, end in zip(starts[enough].tolist(), ends[enough].tolist(), strict=True):
            yield int(self.cell[start]), self.week[start:end]

    def weeks_of(self, cell: int) -> NDArray[np.int64]:
        """Weeks of one cell."""
        return self.week[np.searchsorted(self.cell, cell) : np.searchsorted(self.cell, cell, "right")]


def _weeks_around(cells: NDArray[np.int64], centres: NDArray[np.float64], cell_weeks: _Weeks) -> _Weeks:
    first, second = _near_cells(cells, centres)
    start = np.searchsorted(cell_weeks.cell, np.arange(len(cells) + 1))
    repeats = np.diff(start)[second]
    of_pair = np.repeat(np.arange(len(first)), repeats)
    offset = np.arange(len(of_pair)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    weeks = cell_weeks.week[start[second[of_pair]] + offset]
    return _different(first[of_pair], weeks)


def _different(cell: NDArray[np.int64], week: NDArray[np.int64]) -> _Weeks:
    earliest = int(week.min())
    n_weeks = int(week.max()) - earliest + 1
    pairs = np.unique(cell * n_weeks + (week - earliest))  # one number sorts ten times as fast as two
    return _Weeks(pairs // n_weeks, pairs % n_weeks + earliest)


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
