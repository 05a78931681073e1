"""What of a picture is compared: a small grey form of it, and points in it."""

from __future__ import annotations

import threading
from functools import cached_property

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.copies.planes import Map
from imagecluster.decode import SmallPicture
from imagecluster.verify.features import LocalFeatures, features_of, opencv

__all__ = ["LEAST_POINTS", "Look", "grey_of", "map_between"]

LEAST_POINTS = 8
"""Number of points that must agree with one map."""

_CONTRAST = 0.015
_EDGE = 15.0
"""More points than OpenCV's defaults find in small pictures; what they match is checked afterwards."""

_RATIO = 0.85
"""Largest distance to the most similar point over that to the second (Lowe 2004)."""

_LEAST_SIMILARITY = 0.8
_REACH_PX = 2.5
"""Distance up to which a point agrees with a map: copies are flat."""

_GREY_LEVELS = 12
"""Largest difference of the three colours, in all but a hundredth of the pixels, up to which a picture is grey:
compression leaves some."""


class Look:
    """A picture as it is compared; its points are sought when they are first needed.

    Attributes
    ----------
    grey
        Shape (height, width), uint8.
    is_one_of_many
        Whether its file holds more than is compared: further frames or pages.
    """

    def __init__(self, picture: SmallPicture) -> None:
        pixels = np.asarray(picture.pixels, np.uint8)
        self.grey = grey_of(picture)
        self._pixels = pixels
        self.is_one_of_many = picture.is_one_of_many
        self._guard = threading.Lock()
        self._points: LocalFeatures | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.grey.shape[0], self.grey.shape[1]

    @property
    def colours(self) -> NDArray[np.float32]:
        """Shape (2, height, width): how much bluer and redder than grey each pixel is, in levels; computed each time.

        Kept, they would take six times the memory of all the rest, and only copies need them.
        """
        return _chroma(self._pixels)

    @cached_property
    def is_grey(self) -> bool:
        """Whether it has no colours."""
        colour = self._pixels.max(axis=2) - self._pixels.min(axis=2)
        return bool(np.quantile(colour, 0.99) <= _GREY_LEVELS)

    @cached_property
    def digest(self) -> bytes:
        """8 bytes by which the two pictures of a pair are put in order, whatever their numbers are."""
        return xxhash.xxh3_64_digest(np.ascontiguousarray(self.grey).data)

    def points(self) -> LocalFeatures:
        """The points of greatest contrast, at most 300; needs OpenCV."""
        with self._guard:
            if self._points is None:
                self._points = features_of(self.grey, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)
            return self._points


def grey_of(picture: SmallPicture) -> NDArray[np.uint8]:
    """Brightness of a picture, shape (height, width)."""
    from PIL import Image

    return np.asarray(Image.fromarray(np.ascontiguousarray(picture.pixels, np.uint8)).convert("L"))


def _chroma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blue and red differences (ITU-R BT.601) of RGB pixels."""
    weights = np.array([[-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)
    return np.ascontiguousarray((pixels.astype(np.float32) @ weights.T).transpose(2, 0, 1))


def map_between(first: Look, second: Look) -> Map | None:
    """Map of the second picture's pixels to the first's with which most points agree, found by RANSAC; also mirrored.

    Returns
    -------
    numpy.ndarray
        Shape (3, 3); None if fewer than `LEAST_POINTS` points agree with any (Fischler and Bolles 1981).
    """
    one, other = first.points(), second.points()
    if min(len(one), len(other)) < LEAST_POINTS:
        return None
    cv2 = opencv()
    target_rows, rows = one.unit_rows(), other.unit_rows()
    best, most = None, LEAST_POINTS - 1
    for seen in (rows, _mirrored(rows)):
        similarity = seen @ target_rows.T
        every = np.arange(len(similarity))
        partner = similarity.argmax(axis=1)
        highest = similarity[every, partner]
        similarity[every, partner] = -1.0
        clear = (1 - highest < _RATIO**2 * (1 - similarity.max(axis=1))) & (highest > _LEAST_SIMILARITY)
        if clear.sum() < LEAST_POINTS:
            continue
        source, target = other.points[clear], one.points[partner[clear]]
        found, inside = cv2.estimateAffine2D(
            source, target, method=cv2.RANSAC, ransacReprojThreshold=_REACH_PX, maxIters=1000, confidence=0.995
        )
        if found is None:
            continue
        n_points = len(np.unique(np.round(source[inside.ravel() > 0]), axis=0))
        if n_points > most:
            best, most = np.vstack([found, [0.0, 0.0, 1.0]]), n_points
    return best


def _mirrored(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Descriptors of the mirror image: the cells change sides, and the directions their sense."""
    cells = rows.reshape(-1, 4, 4, 8)
    return np.ascontiguousarray(cells[:, ::-1][:, :, :, (8 - np.arange(8)) % 8].reshape(-1, 128))
