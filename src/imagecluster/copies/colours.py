"""Whether two pictures of the same shapes have the same colours, but for a change of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.looks import Look
from imagecluster.copies.planes import Map, warped

__all__ = ["have_same_colours"]

_BLOCK_PX = 12
_MOST_APART = 28.0
"""Levels by which the mean colour of a block may differ from what the change of all colours makes of it."""

_LEAST_COLOUR = 6.0
"""Standard deviation of colours, in levels, of a picture in which one says something."""

_LEAST_BLOCKS = 6


def have_same_colours(a: Look, b: Look, to_b: Map) -> bool:
    """Whether the colours of b are those of a after one change of saturation and tint, block by block.

    A copy without colours has those of every picture.

    Parameters
    ----------
    a, b
        The pictures.
    to_b
        Shape (3, 3): map of a's pixels to b's.
    """
    if a.is_grey or b.is_grey:
        return True
    inside = _means(warped(np.ones(b.shape, np.float32), to_b, a.shape))
    there = inside > 0.99
    if there.sum() < _LEAST_BLOCKS:
        return True
    for of_a, of_b in zip(a.colours, b.colours, strict=True):
        x, y = _means(of_a)[there], _means(warped(of_b, to_b, a.shape))[there]
        if not _is_one_change(x, y):
            return False
    return True


def _is_one_change(x: NDArray[np.float32], y: NDArray[np.float32]) -> bool:
    """Whether y is x times a positive factor plus a constant; blocks that do not fit may not decide the factor."""
    kept = np.ones(len(x), np.bool_)
    gain, offset = 1.0, 0.0
    for _ in range(3):
        u, v = x[kept], y[kept]
        deviation = float(u.std())
        if deviation >= _LEAST_COLOUR or float(v.std()) >= _LEAST_COLOUR:
            gain = float(((u - u.mean()) * (v - v.mean())).mean()) / max(deviation**2, 1.0)
        gain = min(max(gain, 0.0), 3.0)
        offset = float(np.median(v - gain * u))
        apart = np.abs(y - gain * x - offset)
        kept = apart <= max(float(np.quantile(apart, 0.7)), 1.0)
    return bool(apart.max() <= _MOST_APART)


def _means(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of blocks."""
    rows, columns = (max(1, side // _BLOCK_PX) for side in plane.shape)
    cut = plane[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    height, width = cut.shape
    return np.asarray(cut.reshape(rows, height // rows, columns, width // columns).mean(axis=(1, 3)))
