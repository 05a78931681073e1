"""Neighbour graphs kept beside the database, so that a few new pictures do not mean comparing all pairs again."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from imagecluster.records import NeighbourGraph, Recall
from imagecluster.store import archives, layout
from imagecluster.system.files import OwnFolder

__all__ = ["KEPT", "load", "save"]

KEPT = 2
"""How many graphs stay, one for each way of comparing; of 500,000 pictures each takes 75 MB."""

_ENCODING = "imagecluster-neighbours"
_VERSION = 1


def save(folder: OwnFolder, key: str, graph: NeighbourGraph) -> None:
    """Writes a graph under a key into a store's folder."""
    header = {
        "encoding": _ENCODING,
        "version": _VERSION,
        "farthest": list(graph.farthest),
        "smallest": graph.smallest,
        "recall": None if graph.recall is None else asdict(graph.recall),
    }
    arrays = {
        "digests": np.asarray(graph.digests, dtype="<u8"),
        "index": np.asarray(graph.index, dtype="<i4"),
        "similarity": np.asarray(graph.similarity, dtype="<f4"),
        "bound": np.asarray(graph.bound, dtype="<f4"),
    }
    archives.save(folder, layout.GRAPHS_NAME, key, header, arrays, keep=KEPT)


def load(folder: OwnFolder, key: str) -> NeighbourGraph | None:
    """The graph kept under a key; None where there is none, or none that can be used."""
    names = ("digests", "index", "similarity", "bound")
    try:
        found = archives.load(folder, layout.GRAPHS_NAME, key, encoding=_ENCODING, version=_VERSION, names=names)
        if found is None:
            return None
        header, arrays = found
        digests, index, similarity, bound = (arrays[name] for name in names)
        n = len(digests)
        fits = index.ndim == 2 and index.shape == similarity.shape and digests.shape == (n, 2) and len(index) == n
        if not fits or bound.shape != (n,) or index.min(initial=0) < -1 or index.max(initial=-1) >= n:
            msg = f"arrays of shapes {digests.shape}, {index.shape}, {similarity.shape} and {bound.shape}"
            raise ValueError(msg)
        first, second = header["farthest"]
        if not -1 <= min(first, second) <= max(first, second) < n:
            msg = f"rows {first} and {second} of {n}"
            raise ValueError(msg)
        recall = None if header["recall"] is None else Recall(**header["recall"])
        smallest = float(header["smallest"])
        return NeighbourGraph(digests, index, similarity, bound, (int(first), int(second)), smallest, recall)
    except archives.UNUSABLE as error:
        archives.pass_over("neighbours", folder, layout.GRAPHS_NAME, key, error)
        return None
