"""Local features of a picture: SIFT (Lowe 2004), compared as RootSIFT (Arandjelović and Zisserman 2012)."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import MAX_PIXELS
from imagecluster.system.extras import missing_extra

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["N_POINTS", "SIDE_PX", "LocalFeatures", "check_installed", "local_features", "opencv"]

SIDE_PX = 300
"""Longer side of the picture in which points are sought. At 192 px, the size of kept thumbnails, 67 % of the near pairs
of UKBench objects are verified, and at 300 px 74 %."""

N_POINTS = 300
"""Largest number of points of a picture, those of the greatest contrast."""

_of_thread = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class LocalFeatures:
    """Points of a picture and what is around them, 41 kB at most."""

    points: NDArray[np.float32]
    """Shape (n_points, 2): x and y in the small picture, in pixels."""
    rows: NDArray[np.uint8]
    """Shape (n_points, 128): SIFT descriptors."""

    def __len__(self) -> int:
        return len(self.points)

    def unit_rows(self) -> NDArray[np.float32]:
        """RootSIFT: unit vectors, shape (n_points, 128), whose product is the Hellinger kernel of the descriptors."""
        found = self.rows.astype(np.float32)
        found /= np.maximum(found.sum(axis=1, keepdims=True), 1.0)
        return np.sqrt(found)

    @property
    def n_bytes(self) -> int:
        """Memory that they take."""
        return self.points.nbytes + self.rows.nbytes


@cache
def opencv() -> Any:
    """The package cv2, which works in one thread: each of ours has its own picture.

    Raises
    ------
    MissingExtraError
        It is not installed.

    """
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError:
        raise missing_extra("verification needs OpenCV", "verify") from None
    cv2.setNumThreads(1)
    return cv2


def check_installed() -> None:
    """Raise MissingExtraError, which says what to install, if OpenCV is missing."""
    opencv()


def local_features(data: bytes, *, suffix: str = "", max_pixels: int = MAX_PIXELS) -> LocalFeatures:
    """Local features of the picture in a file's bytes.

    Parameters
    ----------
    data
        The whole file.
    suffix
        Suffix of the file's name, with its dot.
    max_pixels
        Pictures with more pixels are refused.

    Raises
    ------
    MissingExtraError
        OpenCV is not installed.
    DecodeError
        The picture cannot be decoded.

    """
    from imagecluster.decode import decode

    opencv()
    picture = decode(data, short_side_px=SIDE_PX, suffix=suffix, max_pixels=max_pixels)
    return features_of(small_grey(picture.image))


def small_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Brightness of a picture whose longer side becomes at most `SIDE_PX`, shape (height, width)."""
    from PIL import Image

    grey = image.convert("L")
    grey.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    return np.asarray(grey)


def features_of(grey: NDArray[np.uint8], **thresholds: float) -> LocalFeatures:
    """Local features of a small picture's brightness, shape (height, width); none of a picture without contrast.

    Parameters
    ----------
    grey
        The brightness.
    **thresholds
        `contrastThreshold` and `edgeThreshold` of OpenCV's SIFT; default: its own.
    """
    detectors = _of_thread.__dict__.setdefault("detectors", {})
    key = tuple(sorted(thresholds.items()))
    sift = detectors.get(key)
    if sift is None:
        sift = detectors[key] = opencv().SIFT_create(nfeatures=N_POINTS, **thresholds)
    found, rows = sift.detectAndCompute(grey, None)
    if rows is None or not len(found):
        return LocalFeatures(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8))
    # Equal contrasts make more than N_POINTS; the sort is stable, so that the choice is always the same.
    chosen = np.argsort([-point.response for point in found], kind="stable")[:N_POINTS]
    points = np.array([found[i].pt for i in chosen], np.float32)
    return LocalFeatures(points, np.asarray(rows[chosen], np.uint8))
