"""How sharp a picture is, compared with other pictures of the same scene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHARPNESS_PX", "sharpness"]

SHARPNESS_PX = 2048
"""Longer side, in pixels, at which pictures are compared: a blur of two pixels of a 12-megapixel camera shows there."""

_BLOCK_PX = 32
_FINE_PX, _COARSE_PX = 1, 8
_SHARE = 0.3
"""Share of the blocks that count: those with most contrast, which blur can be seen in."""
_LEAST_ENERGY = 64.0
"""Mean squared difference that a block needs to count, in grey levels squared; noise stays below it."""
_FEWEST_BLOCKS = 8
_QUANTILE = 0.8


def sharpness(grey: NDArray[np.uint8]) -> float | None:
    """How steep the edges of a picture are: differences between neighbours, relative to those over eight pixels.

    In blocks with contrast, across and down; the softer of the two directions counts, since a shaken camera blurs one
    of them only. Pictures of one scene can be compared if they have the same size; brightness and noise hardly matter.
    The method is the ratio of gradients at two scales, of which blur lowers the finer one first.

    Parameters
    ----------
    grey : array of uint8, shape (height, width)
        The picture, with a longer side of at most `SHARPNESS_PX`.

    Returns
    -------
    float or None
        From 0 (no edge) to about 0.5; None if too little of the picture has contrast.
    """
    if min(grey.shape) < 4 * _BLOCK_PX:
        return None
    smooth = _smoothed(grey.astype(np.float32))
    found = []
    for axis in (0, 1):
        fine, coarse = (_energy(smooth, axis, lag) for lag in (_FINE_PX, _COARSE_PX))
        counts = coarse >= max(float(np.quantile(coarse, 1 - _SHARE)), _LEAST_ENERGY)
        if counts.sum() >= _FEWEST_BLOCKS:
            found.append(float(np.quantile(np.sqrt(fine[counts] / coarse[counts]), _QUANTILE)))
    return min(found, default=None)


def _smoothed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smoothed by a binomial of three pixels each way, which takes most of the noise."""
    grey = (grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]) * np.float32(0.25)
    return (grey[:-2] + 2 * grey[1:-1] + grey[2:]) * np.float32(0.25)


def _energy(grey: NDArray[np.float32], axis: int, lag_px: int) -> NDArray[np.float32]:
    """Mean squared difference over some pixels along an axis, by blocks, shape (n_blocks,)."""
    rows, columns = ((side - _COARSE_PX) // _BLOCK_PX for side in grey.shape)
    moved = grey[lag_px:] - grey[:-lag_px] if axis == 0 else grey[:, lag_px:] - grey[:, :-lag_px]
    within = moved[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    blocks: NDArray[np.float32] = np.square(within).reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).mean(axis=(1, 3))
    return blocks.ravel()
