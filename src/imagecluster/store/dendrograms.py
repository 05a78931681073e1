"""Dendrograms kept beside the database, so that the same question is answered without a new linkage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imagecluster.records import Dendrogram
from imagecluster.store import layout
from imagecluster.store.values import SavedDendrogram
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["KEPT", "load", "save"]

KEPT = 4
"""Number of dendrograms that are kept; with 500,000 pictures each takes 24 MB."""

_KIND = CacheKind(layout.DENDROGRAMS_NAME, "dendrogram", "imagecluster-dendrogram", version=1, n_keys=KEPT)


def save(folder: OwnFolder, key: str, dendrogram: Dendrogram, info: Mapping[str, Any]) -> None:
    """Write a dendrogram under a key into a store's folder, and remove all but the newest ones."""
    arrays = {
        "merges": np.asarray(dendrogram.merges, dtype="<f8"),
        "order": np.asarray(dendrogram.order, dtype="<i8"),
        "gap": np.asarray(dendrogram.gap, dtype="<f8"),
    }
    said = {"largest_distance": dendrogram.largest_distance, "info": dict(info)}
    ArrayCache(folder, _KIND).save(key, arrays, said)


def load(folder: OwnFolder, key: str) -> SavedDendrogram | None:
    """The dendrogram kept under a key; None if there is no usable one."""
    return ArrayCache(folder, _KIND).load(key, _dendrogram)


def _dendrogram(kept: Kept) -> SavedDendrogram:
    merges, order, gap = (kept.arrays[name] for name in ("merges", "order", "gap"))
    n_merges = max(len(order) - 1, 0)
    if merges.shape != (n_merges, 4) or gap.shape != (n_merges,):
        raise ValueError(f"arrays of shapes {merges.shape}, {order.shape} and {gap.shape}")
    dendrogram = Dendrogram(
        merges=merges.astype(np.float64, copy=False),
        largest_distance=float(kept.info["largest_distance"]),
        order=order.astype(np.int64, copy=False),
        gap=gap.astype(np.float64, copy=False),
    )
    return SavedDendrogram(dendrogram, kept.info["info"])
