"""The heights of a dendrogram's cut by branch, kept for the next cut of the same dendrogram."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.branch import branch_heights, merge_places
from imagecluster.records import Dendrogram
from imagecluster.store import layout
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["Branches", "branches_of"]

LEAST_PICTURES = 5_000
"""For fewer pictures nothing is kept: their heights are computed in less time than a file takes to be written."""

_KIND = CacheKind(layout.BRANCHES_NAME, "heights of branches", "imagecluster-branches", version=1, n_keys=2)
"""Those of the latest two dendrograms. The version rises when the computation changes."""


class Branches(NamedTuple):
    """What the cut by branch needs of a dendrogram, whatever the curves of its model."""

    heights: NDArray[np.float64]
    """`cut.branch.branch_heights`."""
    places: NDArray[np.int64]
    """`cut.branch.merge_places`."""


def branches_of(dendrogram: Dendrogram, key: str, folder: OwnFolder, *, writable: bool) -> Branches:
    """The branches of the dendrogram that a store keeps under a key: loaded, or computed and kept.

    Parameters
    ----------
    dendrogram
        The dendrogram.
    key
        Its key.
    folder
        Folder of the database.
    writable
        Whether the database may be written to.

    """
    n_merges = len(dendrogram.merges)
    cache = ArrayCache(folder, _KIND)
    is_kept = n_merges >= LEAST_PICTURES
    found = cache.load(key, partial(_branches, n_merges=n_merges)) if is_kept else None
    if found is None:
        found = Branches(branch_heights(dendrogram), merge_places(dendrogram))
        if is_kept and writable:
            cache.save_if_possible(key, {"heights": found.heights.astype("<f8"), "places": found.places.astype("<i8")})
    return found


def _branches(kept: Kept, *, n_merges: int) -> Branches:
    heights, places = kept.arrays["heights"], kept.arrays["places"]
    if heights.shape != (n_merges,) or places.shape != (n_merges,):
        raise ValueError(f"arrays of shapes {heights.shape} and {places.shape} for {n_merges} merges")
    if not np.array_equal(np.sort(places), np.arange(n_merges)):
        raise ValueError("places that are not those of merges")
    return Branches(heights.astype(np.float64, copy=False), places.astype(np.int64, copy=False))
