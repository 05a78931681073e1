"""Exposures in one go: bursts, and series of exposures or focus distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.events.greys import correlations
from imagecluster.events.moments import Moments
from imagecluster.events.settings import EventSettings

__all__ = ["burst_roots", "cosines"]

_BLOCK = 1024
_CONSTANT, _OF_LOG_PAUSE, _OF_COSINE, _OF_CORRELATION = 10.4, 3.17, 7.79, 9.33
_LEAST_PAUSE_S = 0.3
"""Many cameras write whole seconds: a pause of 0 is not known to be shorter."""
_QUICK_S, _QUICK_CORRELATION = 30.0, 0.7
"""Frames of a series that are taken quickly may differ more: the longest exposures are clipped."""
_LONGEST_EXPOSURE_S = 86_400.0
_LEAST_STEP_EV = 0.2
_LEAST_FOCUS_STEP = 0.02
"""As a share of the distance."""
_LEAST_STEPS = 2
"""A series has at least 3 frames."""


def burst_roots(
    moments: Moments,
    cameras: NDArray[np.int64],
    place: NDArray[np.int64],
    starts: NDArray[np.int64],
    settings: EventSettings,
) -> NDArray[np.int64]:
    """The first row of each picture's burst, shape (n,); undated pictures are their own.

    Two neighbours of one camera in order of time belong together if

        -10.4 - 3.17 log10(pause) + 7.79 cosine + 9.33 correlation > 0

    for a pause of up to a minute, not counting the exposure of the first: a logistic regression on neighbours in real
    collections with known bursts. After 1 s a cosine of .75 and a correlation of .5 are enough, after 30 s it takes .9
    and .87. In a series the exposure or the focus distance goes in one direction by at least two steps; a correlation
    of the grey pictures is then enough, because fingerprints change with the exposure.

    Parameters
    ----------
    place : array of int64, shape (n,)
        Place of each picture in order of time; -1 for undated.
    starts : array of int64
        Places before which people want a new event: no burst goes over one.
    """
    root = np.arange(len(place))
    dated = np.flatnonzero(place >= 0)
    track = dated[np.lexsort((place[dated], cameras[dated]))]
    if len(track) < 2:
        return root
    a, b = track[:-1], track[1:]
    is_possible = (moments.exposure_s > 0) & (moments.exposure_s <= _LONGEST_EXPOSURE_S)  # False for NaN
    exposure_s = np.where(is_possible, moments.exposure_s, 0.0)
    pause_s = np.maximum(moments.instant_s[b] - moments.instant_s[a] - exposure_s[a], 0.0)
    ascending = np.sort(starts)
    may = (cameras[a] == cameras[b]) & (pause_s <= max(settings.burst_gap_s, settings.series_gap_s))
    may &= np.searchsorted(ascending, place[a], "right") == np.searchsorted(ascending, place[b], "right")
    stepping = _in_series(_exposure_ev(moments), a, b, may, least=_LEAST_STEP_EV)
    with np.errstate(divide="ignore", invalid="ignore"):
        focus = np.where(moments.focus_m > 0, np.log(moments.focus_m), np.nan)
    stepping |= _in_series(focus, a, b, may, least=np.log1p(_LEAST_FOCUS_STEP))
    cosine = np.full(len(a), -np.inf)
    short = may & (pause_s <= settings.burst_gap_s)
    cosine[short] = np.nan_to_num(cosines(moments.vectors, a[short], b[short]), nan=-np.inf)
    log_pause = np.log10(np.maximum(pause_s, _LEAST_PAUSE_S))
    least = (_CONSTANT + _OF_LOG_PAUSE * log_pause - _OF_COSINE * cosine) / _OF_CORRELATION
    quick = np.where(pause_s <= _QUICK_S, _QUICK_CORRELATION, settings.series_correlation)
    least = np.where(stepping & (pause_s <= settings.series_gap_s), np.minimum(least, quick), least)
    asked = np.flatnonzero(least < 1.0)
    linked = np.zeros(len(a), bool)
    linked[asked] = correlations(moments.load_grey, a[asked], b[asked], least[asked]) > least[asked]
    first = np.flatnonzero(np.concatenate([[True], ~linked]))
    root[track] = np.repeat(track[first], np.diff(np.append(first, len(track))))
    return root


def _exposure_ev(moments: Moments) -> NDArray[np.float64]:
    """How much light the exposure lets in, as a power of two; NaN where the time is not known.

    The f-number counts where it is known: a camera writes it always or never.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        time = np.log2(np.where(moments.exposure_s > 0, moments.exposure_s, np.nan))
        iso = np.where(moments.iso > 0, np.log2(moments.iso / 100), 0.0)
        aperture = np.where(moments.f_number > 0, 2 * np.log2(moments.f_number), 0.0)
    return np.asarray(time + iso - aperture)


def _in_series(
    value: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64], may: NDArray[np.bool_], *, least: float
) -> NDArray[np.bool_]:
    """Whether each step belongs to a run of steps in one direction."""
    with np.errstate(invalid="ignore"):  # a lens focused at infinity twice
        step = value[b] - value[a]
    # A third of a stop may be written as 0.3 EV, and 0.2 EV as 0.199.
    direction = np.where(may & (np.abs(step) >= least * 0.95), np.sign(step), 0.0)
    direction = np.nan_to_num(direction)
    begins = np.flatnonzero(np.diff(direction, prepend=np.inf) != 0)
    lengths = np.diff(np.append(begins, len(direction)))
    return np.asarray((np.repeat(lengths, lengths) >= _LEAST_STEPS) & (direction != 0))


def cosines(vectors: NDArray[np.float32], a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Inner product of the vectors of each pair of rows, shape (k,); NaN where one is not finite."""
    found = np.empty(len(a))
    for start in range(0, len(a), _BLOCK):
        part = slice(start, start + _BLOCK)
        found[part] = np.einsum("ij,ij->i", vectors[a[part]], vectors[b[part]])
    return found
