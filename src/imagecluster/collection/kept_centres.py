"""The most central pictures of clusters, kept for the next cut of the same dendrogram.

A run of the leaf order has the same most central picture at every similarity at which it is a cluster. Computing it
takes all fingerprints, which a run without new pictures need not read otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import xxhash

from imagecluster.cut.central import Run
from imagecluster.store import layout
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["KeptCentres"]

LEAST_PICTURES = 5_000
"""For fewer pictures nothing is kept: their fingerprints are read quickly, and each run checks that they are sound."""

_KIND = CacheKind(layout.CENTRES_NAME, "list of central pictures", "imagecluster-centres", version=1, n_keys=2)
"""Those of the latest two dendrograms."""


class KeptCentres:
    """A file of the most central pictures of one dendrogram's runs.

    Parameters
    ----------
    folder
        Folder of the database.
    key
        Key of the dendrogram.

    """

    def __init__(self, folder: OwnFolder, key: str) -> None:
        self._cache = ArrayCache(folder, _KIND)
        self._key = key

    def load(self, path_order: Sequence[int]) -> dict[Run, int]:
        """Row of the most central picture by run; empty if nothing is kept. Path order decides between equals."""
        n_images = len(path_order)
        if n_images < LEAST_PICTURES:
            return {}
        return self._cache.load(self._key_of(path_order), partial(_centres, n_images=n_images)) or {}

    def save(self, path_order: Sequence[int], centres: Mapping[Run, int]) -> None:
        """Keep them, if possible; of very many, after many cuts, only the latest."""
        if len(path_order) < LEAST_PICTURES:
            return
        latest = list(centres.items())[-2 * len(path_order) :]
        table = np.array([(*run, row) for run, row in latest], np.int64).reshape(-1, 3)
        self._cache.save_if_possible(self._key_of(path_order), {"centres": table})

    def _key_of(self, path_order: Sequence[int]) -> str:
        return f"{self._key} {xxhash.xxh3_128_hexdigest(np.asarray(path_order, np.int64).tobytes())}"


def _centres(kept: Kept, *, n_images: int) -> dict[Run, int]:
    centres = kept.arrays["centres"]
    if centres.ndim != 2 or centres.shape[1] != 3 or (len(centres) and centres.max() > n_images):
        raise ValueError(f"an array of shape {centres.shape}")
    return {(first, end): row for first, end, row in centres.tolist()}
