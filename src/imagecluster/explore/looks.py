"""Whether two pictures show the same: their fine structure, laid over each other.

Fingerprints of pages of text, receipts, screens of one program, line drawings and plain scans are as near as those of
copies, so that distance alone does not tell copies. What they show does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

__all__ = ["Looks"]

_SIDE_PX = 96
_BLUR_PX = 4.5
"""Structure much coarser than this is left out: all pages have the same margins, and all skies are bright above."""
_SHIFT_PX = 9
"""Largest shift at which they are laid over each other."""
_SHARES = (1.0, 0.95, 0.9)
"""Shares of the sides that are compared with the whole of the other picture, for copies with a border cut off."""
_PLAIN = 1.0
"""Standard deviation of the fine structure, in grey levels, below which there is nothing to compare."""
_NOISE = 4.0
"""Where the structure around a point is much stronger than these grey levels, it counts as much as elsewhere: the bold
heading that all receipts of a shop share does not outweigh what was bought."""
_MOST_KEPT = 400

_AWAY = np.subtract.outer(np.arange(_SIDE_PX), np.arange(_SIDE_PX))
_BELL = np.exp(-0.5 * (_AWAY / _BLUR_PX) ** 2)
_WEIGHTS = _BELL / _BELL.sum(axis=1, keepdims=True)


class Looks:
    """Likeness of pairs of pictures.

    Parameters
    ----------
    picture
        Returns a small picture (about 200 pixels or more) of a row, or None if there is none.

    """

    def __init__(self, picture: Callable[[int], Image.Image | None]) -> None:
        self._picture = picture
        self._look = lru_cache(_MOST_KEPT)(self._transforms)

    def __call__(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Likeness of pairs of rows, shape (n_pairs,), at most 1; NaN where one is missing or too plain to compare.

        Parameters
        ----------
        pairs : array of int, shape (n_pairs, 2)

        """
        with threadpool_limits(
            1
        ):  # the matrices are small, and threads that wait for one another cost most of the time
            return np.array([self._likeness(int(i), int(j)) for i, j in pairs], np.float64).reshape(len(pairs))

    def _likeness(self, i: int, j: int) -> float:
        one, other = self._look(i), self._look(j)
        if one is None or other is None:
            return np.nan
        parts = [(one[0], other[k]) for k in range(len(_SHARES))] + [(one[k], other[0]) for k in range(1, len(_SHARES))]
        return max(_correlation(a, b) for a, b in parts)

    def _transforms(self, row: int) -> list[NDArray[np.complex128]] | None:
        """Fourier transforms of the fine structure of each share of a picture; None if it has none."""
        image = self._picture(row)
        if image is None:
            return None
        grey = image.convert("L")
        found = []
        for share in _SHARES:
            margin_x, margin_y = (side * (1 - share) / 2 for side in grey.size)
            part = (margin_x, margin_y, grey.width - margin_x, grey.height - margin_y)
            levels = np.asarray(grey.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX, box=part), np.float64)
            fine = levels - _blurred(levels)
            if fine.std() < _PLAIN:
                return None
            fine /= np.sqrt(_blurred(fine * fine)) + _NOISE
            fine /= np.linalg.norm(fine)
            found.append(np.fft.rfft2(fine, (2 * _SIDE_PX, 2 * _SIDE_PX)))
        return found


def _blurred(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means around each point, weighted by a normal distribution of width _BLUR_PX."""
    return np.asarray(_WEIGHTS @ levels @ _WEIGHTS.T)


def _correlation(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> float:
    """The largest correlation over all small shifts; what is shifted out counts as different."""
    of_shifts = np.fft.irfft2(a * np.conj(b), (2 * _SIDE_PX, 2 * _SIDE_PX))
    near = np.r_[0 : _SHIFT_PX + 1, -_SHIFT_PX:0]
    return float(of_shifts[np.ix_(near, near)].max())
