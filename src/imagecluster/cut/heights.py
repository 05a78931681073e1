"""Conversion of a similarity index or a number of clusters to the height of a cut, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imagecluster.cut.sim_scale import SimScale, relative
from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram

__all__ = ["cut_height", "height_for_n_clusters", "on_scale", "sim_at_height", "sim_for_n_clusters"]


def cut_height(dendrogram: Dendrogram, *, sim: float, scale: SimScale | None = None) -> float:
    """The distance at which a similarity index cuts.

    Parameters
    ----------
    dendrogram : Dendrogram
    sim : float
        Similarity index in [0, 1]: 0 puts all leaves together, 1 only identical ones.
    scale : SimScale, optional
        Scale of `sim`. Default: the relative scale, `dendrogram.top` x (1 - sim), where `top` is the largest distance
        of two leaves, or the height of the root if that is larger, as it can be for ward.

    Raises
    ------
    ArgumentError
        `sim` is outside [0, 1] or not a number.

    """
    scale = scale or relative(dendrogram.top)
    height = scale.height(sim)
    # By rounding, opposite vectors can be farther apart than the end of a calibrated scale.
    return max(height, dendrogram.top) if sim == 0.0 else height


def sim_at_height(dendrogram: Dendrogram, height: float, *, scale: SimScale | None = None) -> float:
    """The similarity index that cuts at a distance, up to rounding: the inverse of `cut_height`, within [0, 1].

    It is 1 if all leaves are identical, since every index then gives the same cut.
    """
    if dendrogram.top == 0.0:
        return 1.0
    return (scale or relative(dendrogram.top)).sim(height)


def height_for_n_clusters(dendrogram: Dendrogram, n_clusters: int) -> float:
    """The lowest height of a merge at which at most `n_clusters` clusters are left; -inf below all merges.

    Merges of equal height are made together, so that there may be fewer clusters, as with
    ``fcluster(Z, n_clusters, criterion="maxclust")``.

    Raises
    ------
    ArgumentError
        `n_clusters` is less than 1.

    """
    if n_clusters < 1:
        raise ArgumentError(f"n_clusters is {n_clusters}; it must be at least 1")
    n_merges = dendrogram.n_leaves - n_clusters
    return float(np.partition(dendrogram.gap, n_merges - 1)[n_merges - 1]) if n_merges > 0 else -np.inf


def sim_for_n_clusters(dendrogram: Dendrogram, n_clusters: int, *, scale: SimScale | None = None) -> float:
    """The largest similarity index in [0, 1] whose cut leaves at most `n_clusters` clusters.

    `scale` is the scale of the index, as for `cut_height`. Identical leaves are together at any index, so that sim = 1
    may leave fewer clusters.

    Raises
    ------
    ArgumentError
        `n_clusters` is less than 1.

    """
    height = max(0.0, height_for_n_clusters(dendrogram, n_clusters))
    if height == 0.0:
        return 1.0
    return (scale or relative(dendrogram.top)).largest_sim_at(height)


def on_scale(dendrogram: Dendrogram, scale: SimScale) -> Dendrogram:
    """The same tree with heights 1 - sim, so that the relative scale cuts it as `scale` cuts the given tree.

    It serves to draw a tree by sim. Cuts that differ from a merge only by rounding may come out differently.
    """
    merges = dendrogram.merges.copy()
    merges[:, 2] = 1.0 - scale.sim(merges[:, 2])
    gap = np.where(np.isinf(dendrogram.gap), dendrogram.gap, 1.0 - scale.sim(dendrogram.gap))
    return replace(dendrogram, merges=merges, largest_distance=1.0, gap=gap)
