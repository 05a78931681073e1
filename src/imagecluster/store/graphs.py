"""Neighbour graphs kept beside the database, so that a few new pictures do not mean comparing all pairs again."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from imagecluster.records import NeighbourGraph, Recall
from imagecluster.store import layout
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["KEPT", "load", "save"]

KEPT = 2
"""Number of graphs that are kept, one for each way of comparing; with 500,000 pictures each takes 75 MB."""

_KIND = CacheKind(layout.GRAPHS_NAME, "neighbours", "imagecluster-neighbours", version=1, n_keys=KEPT)


def save(folder: OwnFolder, key: str, graph: NeighbourGraph) -> None:
    """Write a graph under a key into a store's folder."""
    arrays = {
        "digests": np.asarray(graph.digests, dtype="<u8"),
        "index": np.asarray(graph.index, dtype="<i4"),
        "similarity": np.asarray(graph.similarity, dtype="<f4"),
        "bound": np.asarray(graph.bound, dtype="<f4"),
    }
    said = {
        "farthest": list(graph.farthest),
        "smallest": graph.smallest,
        "recall": None if graph.recall is None else asdict(graph.recall),
    }
    ArrayCache(folder, _KIND).save(key, arrays, said)


def load(folder: OwnFolder, key: str) -> NeighbourGraph | None:
    """The graph kept under a key; None if there is no usable one."""
    return ArrayCache(folder, _KIND).load(key, _graph)


def _graph(kept: Kept) -> NeighbourGraph:
    digests, index, similarity, bound = (kept.arrays[name] for name in ("digests", "index", "similarity", "bound"))
    n = len(digests)
    fits = index.ndim == 2 and index.shape == similarity.shape and digests.shape == (n, 2) and len(index) == n
    if not fits or bound.shape != (n,) or index.min(initial=0) < -1 or index.max(initial=-1) >= n:
        raise ValueError(f"arrays of shapes {digests.shape}, {index.shape}, {similarity.shape} and {bound.shape}")
    first, second = kept.info["farthest"]
    if not -1 <= min(first, second) <= max(first, second) < n:
        raise ValueError(f"rows {first} and {second} of {n}")
    recall = None if kept.info["recall"] is None else Recall(**kept.info["recall"])
    smallest = float(kept.info["smallest"])
    return NeighbourGraph(digests, index, similarity, bound, (int(first), int(second)), smallest, recall)
