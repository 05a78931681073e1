"""Pictures with little or nothing on a plain ground: what a network is shown of them, and what stands for nothing.

A network takes the middle of a picture: of a page with a small drawing in a corner it would see the page alone, and
all such pages, blank ones and black ones were near each other, so that they bound clusters of different things.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["blank_fingerprint", "focus"]

_SMALLER = 8
"""Factor of reduction for a quick look, which leaves out noise."""

_NOISE = 24
"""Difference of levels up to which a pixel is ground."""
_CLEAR = 40
"""Difference of levels from which a pixel is something."""
_EMPTY = 12
"""Largest difference of levels of a picture without content, after noise was averaged."""

_LEAST_GROUND = 0.9
"""Share of the ground in a picture of a small thing."""
_LARGEST_SHARE = 0.75
"""Part of the short side that a thing with its margin may take up to be shown larger."""
_SMALLEST_SHARE = 0.15
_MARGIN = 1.25

_COLOUR_LEVELS = 16.0
"""Distance of two colours, in levels, at which the cosine of their blank pictures has fallen to 0.61."""


def focus(image: Image.Image) -> tuple[Image.Image, NDArray[np.float64] | None]:
    """The picture that a network is shown, and the colour of a picture with nothing on it.

    Parameters
    ----------
    image
        An upright RGB picture.

    Returns
    -------
    Image
        Of a small thing on a plain ground, a square around that thing; of any other picture, the picture.
    array or None
        Mean colour, shape (3,), levels from 0 to 255, if there is nothing on it; else None.

    """
    if _differs_in_corners(image):
        return image, None
    small = np.asarray(image.reduce(_SMALLER)).astype(np.int16)
    ground = _ground(small)
    if ground is None:
        return image, None
    levels = np.asarray(image)
    there = np.abs(levels.astype(np.int16) - ground).max(axis=2) > _CLEAR
    columns, rows = np.flatnonzero(there.any(axis=0)), np.flatnonzero(there.any(axis=1))
    if not len(columns):
        is_empty = np.ptp(small.reshape(-1, 3), axis=0).max() <= _EMPTY
        return image, levels.reshape(-1, 3).mean(axis=0) if is_empty else None
    left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    short = min(image.size)
    side = round(max(_MARGIN * max(right - left, bottom - top), _SMALLEST_SHARE * short))
    if side > _LARGEST_SHARE * short:
        return image, None
    x = min(max((left + right - side) // 2, 0), image.width - side)
    y = min(max((top + bottom - side) // 2, 0), image.height - side)
    box = (int(x), int(y), int(x) + side, int(y) + side)
    return image.resize((short, short), Image.Resampling.BICUBIC, box=box), None


def blank_fingerprint(colour: NDArray[np.float64], n_dimensions: int) -> NDArray[np.float32]:
    """The fingerprint of a picture with nothing on it but a colour, shape (n_dimensions,), of unit length.

    Random features of a Gaussian kernel (Rahimi and Recht 2007): the cosine of two is about exp(-d^2 / 2 s^2), d the
    distance of their colours and s 16 levels; that with the fingerprint of a picture of something is about 0.
    """
    directions, phases = _features(n_dimensions)
    found = np.cos(directions @ (colour / _COLOUR_LEVELS) + phases)
    return np.asarray(found / np.linalg.norm(found), np.float32)


@lru_cache(maxsize=4)
def _features(n_dimensions: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(20)
    return rng.standard_normal((n_dimensions, 3)), rng.uniform(0, 2 * np.pi, n_dimensions)


def _differs_in_corners(image: Image.Image) -> bool:
    """Whether two corners differ from the others, as in nearly all photographs."""
    right, bottom = image.width - 1, image.height - 1
    corners = [image.getpixel(at) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    for levels in zip(*corners, strict=True):
        lowest, low, high, highest = sorted(levels)
        if min(highest - low, high - lowest) > _CLEAR:
            return True
    return False


def _ground(small: NDArray[np.int16]) -> NDArray[np.int16] | None:
    """Colour of the ground, shape (3,), if it is plain and takes up nearly all of a picture; else None."""
    corners = np.sort(small[[0, 0, -1, -1], [0, -1, 0, -1]], axis=0)
    ground = (corners[1] + corners[2]) // 2
    plain = (np.abs(small - ground).max(axis=2) <= _NOISE).mean()
    return np.asarray(ground) if plain >= _LEAST_GROUND else None
