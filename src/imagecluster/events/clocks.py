"""Cameras whose clocks seem to be off, by what their pictures show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.moments import Moments
from imagecluster.events.positions import camera_codes, nearest_places

__all__ = ["ClockShift", "suggest_shifts"]

_MOST_SHIFT_S = 26 * 3600.0
_BIN_S = 1800.0
_MINUTE_S = 60.0
_SHARP_S = 300.0
"""A vote counts 1/e for a shift that differs by so much."""
_REACH_MINUTES = 30
_LEAST_COSINE = 0.5
_N_NEAREST = 8
_PER_BIN, _MOST_COMPARED = 8, 4000
_LEAST_SHIFT_S = 600.0
_LEAST_MARGIN = 1.5
_LEAST_BINS = 4
_LEAST_IMAGES = 8
_FAR_S = 3600.0
_LATEST_S = 1e11


@dataclass(frozen=True, slots=True)
class ClockShift:
    """A suggestion to move the clock of a camera; nothing applies it by itself."""

    camera: str
    shift_s: float
    """Seconds to add to its instants."""
    reference: str
    """The camera with which it then agrees."""
    margin: float
    """How much better it agrees than with any other shift, at least 1.5."""
    n_half_hours: int
    """Number of half hours of its pictures that agree, at least 4."""


def suggest_shifts(moments: Moments) -> tuple[ClockShift, ...]:
    """Shifts of cameras without positions that make what they show agree with another camera.

    Pictures of two cameras that are each among the other's nearest vote for the difference of their times; of each half
    hour only the best vote counts, so that one busy scene does not decide. A shift of 10 minutes to 26 hours is
    suggested if it is at least half as good again as any other one more than an hour away and as none, with at least 4
    half hours behind it, and if every other half hour gives the same one as the rest. The reference has positions,
    which come with the time of satellites, or else more pictures.
    """
    cameras = camera_codes(moments)
    dated = np.flatnonzero((np.abs(moments.instant_s) <= _LATEST_S) & (cameras >= 0))
    n_images = np.bincount(cameras[dated], minlength=1)
    n_placed = np.bincount(cameras[dated], ~np.isnan(moments.latitude_deg[dated]), minlength=1)
    rows = {code: dated[cameras[dated] == code] for code in np.flatnonzero(n_images >= _LEAST_IMAGES).tolist()}
    found = []
    for code, own in rows.items():
        if n_placed[code] * 2 > n_images[code]:
            continue
        # The one that was there the most; those with positions first.
        ranks = [
            (n_placed[other] * 2 > n_images[other], _n_shared(moments.instant_s, own, theirs), other)
            for other, theirs in rows.items()
            if other != code and (n_placed[other] * 2 > n_images[other] or n_images[other] > n_images[code])
        ]
        there = [rank for rank in ranks if rank[1] >= _LEAST_IMAGES]
        if there:
            shift = _shift(moments, own, rows[max(there)[2]])
            if shift is not None:
                found.append(shift)
    return tuple(found)


def _n_shared(instant_s: NDArray[np.float64], own: NDArray[np.int64], theirs: NDArray[np.int64]) -> int:
    """Number of pictures of one camera that were taken while the other was in use, give or take the longest shift."""
    return int(_is_shared(instant_s, own, theirs).sum())


def _is_shared(instant_s: NDArray[np.float64], own: NDArray[np.int64], theirs: NDArray[np.int64]) -> NDArray[np.bool_]:
    when = np.sort(instant_s[theirs])
    nearest = when[nearest_places(when, instant_s[own])]
    return np.asarray(np.abs(nearest - instant_s[own]) <= _MOST_SHIFT_S)


def _thinned(instant_s: NDArray[np.float64], own: NDArray[np.int64], theirs: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most eight pictures of each half hour of those that can agree, and at most 4,000 in all."""
    rows = own[_is_shared(instant_s, own, theirs)]
    rows = rows[np.argsort(instant_s[rows], kind="stable")]
    bins = np.floor(instant_s[rows] / _BIN_S)
    starts = np.flatnonzero(np.diff(bins, prepend=np.nan) != 0)
    sizes = np.diff(np.append(starts, len(rows)))
    nth = np.arange(len(rows)) - np.repeat(starts, sizes)
    step = np.maximum(1, -(-np.repeat(sizes, sizes) // _PER_BIN))
    rows = rows[nth % step == 0]
    return np.asarray(rows[:: max(1, -(-len(rows) // _MOST_COMPARED))])


def _shift(moments: Moments, own: NDArray[np.int64], theirs: NDArray[np.int64]) -> ClockShift | None:
    a, b = _thinned(moments.instant_s, own, theirs), _thinned(moments.instant_s, theirs, own)
    if not len(a) or not len(b):
        return None
    cosine = np.nan_to_num(moments.vectors[a] @ moments.vectors[b].T)
    apart_s = moments.instant_s[b][None] - moments.instant_s[a][:, None]
    cosine[np.abs(apart_s) > _MOST_SHIFT_S] = 0.0
    k_a, k_b = min(_N_NEAREST, len(b)), min(_N_NEAREST, len(a))
    is_vote = cosine > _LEAST_COSINE
    is_vote &= cosine >= np.partition(cosine, -k_a, axis=1)[:, -k_a][:, None]
    is_vote &= cosine >= np.partition(cosine, -k_b, axis=0)[-k_b]
    i, j = np.nonzero(is_vote)
    if not len(i):
        return None
    weight = (cosine[i, j].astype(np.float64) - _LEAST_COSINE) ** 2
    bins, which = np.unique(np.floor(moments.instant_s[a[i]] / _BIN_S), return_inverse=True)
    support = _support(apart_s[i, j], weight, which)
    shifts_s = (np.arange(support.shape[1]) - support.shape[1] // 2) * _MINUTE_S
    total = support.sum(axis=0)
    best = int(np.argmax(total))
    shift_s = float(shifts_s[best])
    others = np.append(total[np.abs(shifts_s - shift_s) > _FAR_S], total[len(total) // 2])
    margin = float(total[best] / max(float(others.max()), 1e-12))
    near = np.abs(apart_s[i, j] - shift_s) <= 2 * _SHARP_S
    n_bins = len(np.unique(which[near]))
    halves = [shifts_s[int(np.argmax(support[half::2].sum(axis=0)))] for half in range(2) if len(bins) > half]
    if (
        abs(shift_s) < _LEAST_SHIFT_S
        or margin < _LEAST_MARGIN
        or n_bins < _LEAST_BINS
        or any(abs(half - shift_s) > 2 * _SHARP_S for half in halves)
    ):
        return None
    shift_s = round(float(np.average(apart_s[i, j][near], weights=weight[near])))
    return ClockShift(moments.cameras[own[0]], shift_s, moments.cameras[theirs[0]], margin, n_bins)


def _support(
    apart_s: NDArray[np.float64], weight: NDArray[np.float64], which: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Best vote of each half hour for each shift by the minute, shape (n half hours, n shifts)."""
    middle = round(_MOST_SHIFT_S / _MINUTE_S) + _REACH_MINUTES
    votes = np.zeros((int(which.max()) + 1, 2 * middle + 1))
    np.maximum.at(votes, (which, middle + np.round(apart_s / _MINUTE_S).astype(np.int64)), weight)
    found = votes.copy()
    for minutes in range(1, _REACH_MINUTES + 1):
        share = np.exp(-minutes * _MINUTE_S / _SHARP_S)
        found[:, minutes:] = np.maximum(found[:, minutes:], votes[:, :-minutes] * share)
        found[:, :-minutes] = np.maximum(found[:, :-minutes], votes[:, minutes:] * share)
    return found
