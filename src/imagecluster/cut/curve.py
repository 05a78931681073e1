"""The number of clusters, and of pictures in them, at each similarity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.sim_scale import SimScale
from imagecluster.records import Dendrogram

__all__ = ["N_STEPS", "Curve", "cluster_counts"]

N_STEPS = 256


class Curve(NamedTuple):
    """Counts of clusters of at least two pictures, arrays of shape (n_steps,)."""

    sim: NDArray[np.float64]
    """Similarity index, from 0 to 1."""
    n_clusters: NDArray[np.int64]
    n_grouped: NDArray[np.int64]
    """Number of pictures in the clusters."""


def cluster_counts(dendrogram: Dendrogram, scale: SimScale, *, n_steps: int = N_STEPS) -> Curve:
    """Counts of clusters of at least two pictures at evenly spaced similarities, without cutting at each of them.

    A picture is single at height h if both gaps beside it are larger than h; a run of m pictures has m - 1 gaps of at
    most h. So n_grouped is the number of pictures whose smaller gap is at most h, and n_clusters = n_grouped - (number
    of gaps of at most h).
    """
    sim = np.linspace(0.0, 1.0, n_steps)
    heights = scale.height(sim)
    walled = np.concatenate([[np.inf], dendrogram.gap, [np.inf]])
    nearest = np.sort(np.minimum(walled[:-1], walled[1:])[: dendrogram.n_leaves])
    n_grouped = np.searchsorted(nearest, heights, side="right")
    n_joined = np.searchsorted(np.sort(dendrogram.gap), heights, side="right")
    return Curve(sim, n_grouped - n_joined, n_grouped)
