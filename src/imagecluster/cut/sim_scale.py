"""The meaning of a similarity index: the map between `sim` and the cosine distance at which a dendrogram is cut.

There are two scales. The relative scale is that of the original: height = largest distance x (1 - sim), so that one odd
picture moves every cut. The calibrated scale is a fixed curve of the model, fitted on labelled photographs, so that the
same `sim` means the same closeness in every collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.records import SimScaleName

__all__ = ["LARGEST_COSINE_DISTANCE", "SimScale", "calibrated", "closeness", "relative"]

LARGEST_COSINE_DISTANCE = 2.0

_WORDS = ((0.9, "nearly identical"), (0.75, "very close"), (0.5, "close"), (0.25, "alike"))
"""Words for clusters from these sims on, which are those at which the curves of models are fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class SimScale:
    """A strictly decreasing map from cosine distance (height) to `sim`, linear between its points.

    `sim` 1 is height 0, for identical pictures; `sim` 0 is a height at or above every merge, so that all are together.
    """

    name: SimScaleName
    heights: NDArray[np.float64]
    """Shape (n_points,), increasing from 0."""
    sims: NDArray[np.float64]
    """Shape (n_points,), decreasing from 1 to 0."""

    @overload
    def height(self, sim: float) -> float: ...
    @overload
    def height(self, sim: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def height(self, sim: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """Cosine distance at which a similarity index cuts; arrays are mapped element by element.

        Raises
        ------
        ArgumentError
            `sim` is outside [0, 1] or not a number.

        """
        sims = np.asarray(sim, np.float64)
        if not np.all((sims >= 0) & (sims <= 1)):
            raise ArgumentError(f"sim is {sim}; it must be from 0 (all together) to 1 (only identical ones)")
        i = np.clip(np.searchsorted(-self.sims, -sims, side="right"), 1, len(self.sims) - 1)
        span = (self.sims[i - 1] - sims) / (self.sims[i - 1] - self.sims[i])
        found = self.heights[i - 1] + (self.heights[i] - self.heights[i - 1]) * span
        return float(found) if found.ndim == 0 else found

    @overload
    def sim(self, height: float) -> float: ...
    @overload
    def sim(self, height: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def sim(self, height: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """Similarity index of a cosine distance, the inverse of `height`; arrays are mapped element by element.

        Distances below 0 (by rounding) give 1, and those beyond the last point give 0.
        """
        found = np.interp(height, self.heights, self.sims)
        return float(found) if np.ndim(found) == 0 else np.asarray(found)

    def largest_sim_at(self, height: float) -> float:
        """The largest similarity index whose cut is not below `height`, which is `sim` made safe against rounding."""
        found, below = 0.0, self.sim(height)
        if self.height(below) >= height:
            return below
        # By bisection, not one number after another, since near 0 many numbers have the same height.
        while found < (middle := (found + below) / 2.0) < below:
            if self.height(middle) >= height:
                found = middle
            else:
                below = middle
        return found


def relative(largest_distance: float) -> SimScale:
    """The relative scale of a collection: height = largest_distance x (1 - sim)."""
    return SimScale("relative", np.array([0.0, largest_distance]), np.array([1.0, 0.0]))


def calibrated(points: Sequence[tuple[float, float]]) -> SimScale:
    """The calibrated scale of a model's curve.

    Parameters
    ----------
    points : sequence of (height, sim)
        Points from (0, 1) to (2, 0), strictly increasing in height and strictly decreasing in sim; 2 is the largest
        possible cosine distance.

    Raises
    ------
    ArgumentError
        The points are not such a curve.

    Examples
    --------
    >>> scale = calibrated([(0, 1), (0.5, 0.5), (2, 0)])
    >>> scale.height(0.5), scale.sim(0.25), scale.height(0.0)
    (0.5, 0.75, 2.0)
    """
    array = np.asarray(points, np.float64)
    ends = ((0.0, 1.0), (LARGEST_COSINE_DISTANCE, 0.0))
    proper = array.ndim == 2 and array.shape[1:] == (2,) and len(array) >= 2
    if not (
        proper
        and (tuple(array[0]), tuple(array[-1])) == ends
        and np.all(np.diff(array[:, 0]) > 0)
        and np.all(np.diff(array[:, 1]) < 0)
    ):
        raise ArgumentError(f"a curve of sim must go strictly from {ends[0]} to {ends[1]}; got {list(points)}")
    return SimScale("calibrated", array[:, 0].copy(), array[:, 1].copy())


def closeness(height: float, scale: SimScale) -> str:
    """A description in words of how close the pictures of a cluster are, by the sim at which they join.

    Parameters
    ----------
    height
        Cosine distance at which they join.
    scale
        Scale of the collection.

    Examples
    --------
    >>> closeness(0.1, calibrated([(0, 1), (0.5, 0.5), (2, 0)]))
    'nearly identical'

    """
    if height <= 0:
        return "identical"
    sim = scale.sim(height)
    return next((words for least, words in _WORDS if sim >= least), "loose")
