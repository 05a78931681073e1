"""Comparison of the local features of two pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.verify.features import LocalFeatures, opencv

__all__ = ["LEAST_POINTS", "VERSION", "Match", "match"]

LEAST_POINTS = 8
"""Number of agreeing points from which two pictures are sure to show the same thing."""

VERSION = "sift-affine/1"
"""Name and version of the computation: results of another one are not used."""

_RATIO = 0.8
"""Largest distance to the most similar point over that to the second (Lowe 2004)."""

_REACH_PX = 5.0
"""Distance up to which a point agrees with the transform; things have depth, so that no affine map fits exactly."""

_MOST_STRETCH = 4.0
"""Largest ratio of the two scales of a transform: a map onto a line agrees with anything."""

_MOST_SCALE = 6.0
"""Largest enlargement or reduction."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """How two pictures agree."""

    n_points: int
    """Number of points that agree with one affine map, counting those on one pixel once; 0 if there is none."""
    transform: NDArray[np.float64] | None = None
    """Shape (2, 3): map of the first picture's pixels (of its small form) to the second's; None if there is none."""

    @property
    def is_sure(self) -> bool:
        """Whether enough points agree."""
        return self.n_points >= LEAST_POINTS


def match(first: LocalFeatures, second: LocalFeatures) -> Match:
    """The points of two pictures that agree with one affine map, found by RANSAC (Fischler and Bolles 1981).

    A point's partner is the most similar one in the other picture, which must also have it as its own, and must be
    clearly more similar than the second. The result is the same every time and in every thread.
    """
    if min(len(first), len(second)) < LEAST_POINTS:
        return Match(0)
    similarity = first.unit_rows() @ second.unit_rows().T
    every = np.arange(len(first))
    partner = similarity.argmax(axis=1)
    mutual = similarity.argmax(axis=0)[partner] == every
    highest = similarity[every, partner]
    similarity[every, partner] = -1.0
    clear = 1.0 - highest < _RATIO**2 * (1.0 - similarity.max(axis=1))
    chosen = np.flatnonzero(mutual & clear)
    if len(chosen) < LEAST_POINTS:
        return Match(0)
    source, target = first.points[chosen], second.points[partner[chosen]]
    cv2 = opencv()
    transform, inside = cv2.estimateAffine2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_REACH_PX, maxIters=1000, confidence=0.995
    )
    if transform is None or not _is_possible(transform):
        return Match(0)
    agreeing = inside.ravel() > 0
    n_points = min(len(np.unique(np.round(side[agreeing]), axis=0)) for side in (source, target))
    return Match(n_points, transform)


def _is_possible(transform: NDArray[np.float64]) -> bool:
    """Whether a map could come from two views of one thing."""
    if not np.isfinite(transform).all():
        return False
    large, small = np.linalg.svd(transform[:, :2], compute_uv=False)
    return bool(small > 1 / _MOST_SCALE and large < _MOST_SCALE and large < _MOST_STRETCH * small)
