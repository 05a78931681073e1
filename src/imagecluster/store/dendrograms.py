"""Dendrograms kept beside the database, so that the same question is answered without a new linkage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imagecluster.records import Dendrogram
from imagecluster.store import archives, layout
from imagecluster.store.values import SavedDendrogram
from imagecluster.system.files import OwnFolder

__all__ = ["KEPT", "load", "save"]

KEPT = 4
"""How many dendrograms stay; of 500,000 pictures each takes 24 MB."""

_ENCODING = "imagecluster-dendrogram"
_VERSION = 1


def save(folder: OwnFolder, key: str, dendrogram: Dendrogram, info: Mapping[str, Any]) -> None:
    """Writes a dendrogram under a key into a store's folder, and removes all but the newest ones."""
    header = {
        "encoding": _ENCODING,
        "version": _VERSION,
        "largest_distance": dendrogram.largest_distance,
        "info": dict(info),
    }
    arrays = {
        "merges": np.asarray(dendrogram.merges, dtype="<f8"),
        "order": np.asarray(dendrogram.order, dtype="<i8"),
        "gap": np.asarray(dendrogram.gap, dtype="<f8"),
    }
    archives.save(folder, layout.DENDROGRAMS_NAME, key, header, arrays, keep=KEPT)


def load(folder: OwnFolder, key: str) -> SavedDendrogram | None:
    """The dendrogram kept under a key; None where there is none, or none that can be used.

    A damaged or foreign file is logged and passed over, since the dendrogram can be computed again.
    """
    try:
        found = archives.load(
            folder, layout.DENDROGRAMS_NAME, key, encoding=_ENCODING, version=_VERSION, names=("merges", "order", "gap")
        )
        if found is None:
            return None
        header, arrays = found
        merges, order, gap = arrays["merges"], arrays["order"], arrays["gap"]
        n_merges = max(len(order) - 1, 0)
        if merges.shape != (n_merges, 4) or gap.shape != (n_merges,):
            msg = f"arrays of shapes {merges.shape}, {order.shape} and {gap.shape}"
            raise ValueError(msg)
        dendrogram = Dendrogram(
            merges=merges.astype(np.float64, copy=False),
            largest_distance=float(header["largest_distance"]),
            order=order.astype(np.int64, copy=False),
            gap=gap.astype(np.float64, copy=False),
        )
        return SavedDendrogram(dendrogram, header["info"])
    except archives.UNUSABLE as error:
        archives.pass_over("dendrogram", folder, layout.DENDROGRAMS_NAME, key, error)
        return None
