"""Time as extra coordinates, which make content and time one inner product for any linkage under cosine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imagecluster.errors import ArgumentError
from imagecluster.linkage.vectors import inverse_norms
from imagecluster.records import KernelError

__all__ = ["EXACT_IMAGES", "FOURIER_DIMENSIONS", "Features", "joint_vectors", "kernel_error", "time_features"]

FOURIER_DIMENSIONS = 256
"""Number of coordinates of a time in a large collection."""

EXACT_IMAGES = 2048
"""Number of pictures up to which the kernel is exact, with one coordinate per distinct time."""

_LARGEST_RATIO = 1e10
"""Largest time, in units of the scale, for which the phases of the fastest wave are accurate to 2e-4."""

_CHUNK_BYTES = 1 << 24

_RUN, _N_RUNS = 32, 32
"""Sample on which the error is measured: length and number of runs of pictures that are neighbours in time."""


class Features:
    """Unit vectors whose inner products are about exp(-|t - t'| / scale), for all times of one collection.

    Up to `EXACT_IMAGES` pictures, or `FOURIER_DIMENSIONS` distinct times, they are the rows of the kernel matrix's
    Cholesky factor, which has a closed form for a Markov process, so that the inner products are exact. Beyond that
    they are cosines and sines of each time at `FOURIER_DIMENSIONS` / 2 frequencies, the midpoints of equal shares of
    the kernel's spectrum, which is Cauchy's distribution (Bochner's theorem; Rahimi and Recht 2007 draw the frequencies
    at random). A picture's coordinates then depend only on its own time and the scale. The kind depends on the size of
    the collection; with both kinds, the inner product of two pictures depends only on their times and the scale.

    Parameters
    ----------
    times_s : array of float64, shape (n,)
        All times, in seconds; NaN for none.
    scale_s : float
        Time after which the kernel has fallen to 1/e.

    Raises
    ------
    ArgumentError
        A time is infinite or too large for the scale, or the scale is not above 0.
    """

    def __init__(self, times_s: NDArray[np.float64], *, scale_s: float) -> None:
        if not 0.0 < scale_s < math.inf:
            raise ArgumentError(f"the time scale is {scale_s} s; it must be above 0 and finite")
        known = np.unique(times_s[~np.isnan(times_s)])
        if len(known) and not np.abs(known[[0, -1]]).max() <= _LARGEST_RATIO * scale_s:
            raise ArgumentError(
                f"times go from {known[0]:g} to {known[-1]:g} s; with a time scale of {scale_s:g} s they must lie "
                f"within {_LARGEST_RATIO * scale_s:g} s of 0 (NaN stands for no time)"
            )
        self._scale_s = scale_s
        self._knots = known / scale_s if is_exact(len(times_s), len(known)) else None
        self.n_dimensions = FOURIER_DIMENSIONS if self._knots is None else len(self._knots)

    def __call__(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordinates of some of the times, shape (len(times_s), n_dimensions); zeros for missing times."""
        t = times_s / self._scale_s
        found = np.zeros((len(t), self.n_dimensions))
        known = ~np.isnan(t)
        found[known] = _waves(t[known]) if self._knots is None else _cholesky_rows(t[known], self._knots)
        return found


def is_exact(n_images: int, n_times: int) -> bool:
    """Whether a collection with these numbers of pictures and distinct times has the exact kernel."""
    return n_images <= EXACT_IMAGES or n_times <= FOURIER_DIMENSIONS


def time_features(times_s: ArrayLike, *, scale_s: float) -> NDArray[np.float64]:
    """Unit vectors whose inner products are about exp(-|t - t'| / scale_s); zero rows for missing times.

    Parameters
    ----------
    times_s : array of float, shape (n,)
        Times in seconds; NaN or None for a picture without a time.
    scale_s : float
        Time after which the kernel has fallen to 1/e, in seconds.

    Returns
    -------
    array of float64, shape (n, n_dimensions)
        Unit vectors, with as many dimensions as `Features` has.

    Raises
    ------
    ArgumentError
        A time is infinite or too large for the scale, or the scale is not above 0.

    Examples
    --------
    >>> found = time_features([0.0, 3600.0, None], scale_s=3600)
    >>> (found @ found.T).round(4).tolist()
    [[1.0, 0.3679, 0.0], [0.3679, 1.0, 0.0], [0.0, 0.0, 0.0]]

    """
    times = _as_times(times_s)
    return Features(times, scale_s=scale_s)(times)


def joint_vectors(X: NDArray[Any], times_s: ArrayLike, *, weight: float, scale_s: float) -> NDArray[Any]:
    """Unit vectors whose cosine is (1 - weight) cos(x, x') + weight exp(-|t - t'| / scale_s).

    A picture without a time counts by its content alone: its cosine with another such picture is that of their
    contents, and with a picture that has a time it is sqrt(1 - weight) times that.

    Parameters
    ----------
    X : array of float32 or float64, shape (n_images, n_dimensions)
        Vectors of any length.
    times_s : array of float, shape (n_images,)
        Time at which each picture was taken, in seconds; NaN or None if there is none.
    weight : float
        Share of time in the cosine, in [0, 1].
    scale_s : float
        Time after which the kernel has fallen to 1/e, in seconds.

    Returns
    -------
    array of the dtype of X, shape (n_images, n_dimensions + dimensions of `Features`)
        The joint vectors, or `X` itself if the weight is 0 or no picture has a time.

    Raises
    ------
    ArgumentError
        An argument is outside its range, the lengths do not agree, or a row of `X` is zero or not finite.

    Examples
    --------
    >>> joint = joint_vectors(np.eye(2), [0.0, 3600.0], weight=0.5, scale_s=3600)
    >>> round(float(joint[0] @ joint[1]), 4)
    0.1839

    """
    times = _as_times(times_s)
    if not 0.0 <= weight <= 1.0:
        raise ArgumentError(f"the time weight is {weight}; it must be from 0 (content alone) to 1 (time alone)")
    if len(times) != len(X):
        raise ArgumentError(f"got {len(times)} times for {len(X)} vectors; there must be one for each (NaN for none)")
    features = Features(times, scale_s=scale_s)
    if weight == 0.0 or np.isnan(times).all():
        return X
    factor = inverse_norms(X) * np.where(np.isnan(times), 1.0, math.sqrt(1.0 - weight))
    n, d = X.shape
    joint = np.empty((n, d + features.n_dimensions), X.dtype)
    chunk = max(1, _CHUNK_BYTES // (8 * joint.shape[1]))
    for start in range(0, n, chunk):
        part = slice(start, start + chunk)
        np.multiply(X[part], factor[part, None], out=joint[part, :d])
        np.multiply(features(times[part]), math.sqrt(weight), out=joint[part, d:])
    return joint


def kernel_error(times_s: ArrayLike, *, scale_s: float, rng: np.random.Generator) -> KernelError:
    """Error of the inner products of a collection's time coordinates against exp(-|t - t'| / scale_s).

    It is measured on all pairs of at most 1,024 pictures, which are runs of neighbours in time, so that near pairs are
    included as well as far ones.

    Raises
    ------
    ArgumentError
        A time is infinite or too large for the scale, or the scale is not above 0.

    """
    times = _as_times(times_s)
    features = Features(times, scale_s=scale_s)
    ordered = np.sort(times[~np.isnan(times)])
    if len(ordered) > _RUN * _N_RUNS:
        starts = rng.choice(len(ordered) // _RUN, _N_RUNS, replace=False) * _RUN
        ordered = ordered[np.add.outer(np.sort(starts), np.arange(_RUN)).ravel()]
    if len(ordered) < 2:
        return KernelError(0.0, 0.0)
    found = features(ordered)
    error = found @ found.T
    error -= np.exp(-np.abs(np.subtract.outer(ordered, ordered)) / scale_s)
    pairs = error[np.triu_indices(len(ordered), 1)]
    return KernelError(float(np.abs(pairs).max()), math.sqrt(float((pairs**2).mean())))


def _as_times(times_s: ArrayLike) -> NDArray[np.float64]:
    """Times as an array, NaN for none."""
    try:
        times = np.asarray(times_s, np.float64)
    except (TypeError, ValueError):
        raise ArgumentError("times must be numbers of seconds, NaN or None for a picture without a time") from None
    if times.ndim != 1:
        raise ArgumentError(f"got times of shape {times.shape}; expected one number of seconds per picture")
    return times


def _waves(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosines and sines at the midpoints of equal shares of Cauchy's distribution, shape (n, FOURIER_DIMENSIONS)."""
    n_waves = FOURIER_DIMENSIONS // 2
    frequency = np.tan(np.pi / 2 * (np.arange(n_waves) + 0.5) / n_waves)
    phase = np.multiply.outer(t, frequency)
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / math.sqrt(n_waves)


def _cholesky_rows(t: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of the Cholesky factor of exp(-|u - v|) over the ascending `knots`, which contain each of `t`.

    The first column is exp(-(u - u_0)); in column j, the part that is new at u_j decays as exp(-(u - u_j)).
    """
    new = np.sqrt(-np.expm1(-2.0 * np.diff(knots, prepend=-np.inf)))
    behind = np.subtract.outer(t, knots)
    return np.where(behind >= 0.0, np.exp(-np.maximum(behind, 0.0)), 0.0) * new
