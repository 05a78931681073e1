"""Dendrograms kept beside the database, so that the same question is answered without a new linkage."""

from __future__ import annotations

import io
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from imagecluster.atomic import remove_unfinished
from imagecluster.records import Dendrogram
from imagecluster.store.layout import write_atomically
from imagecluster.store.values import SavedDendrogram

__all__ = ["KEPT", "load", "save"]

_log = logging.getLogger(__name__)

KEPT = 4
"""How many dendrograms stay; of 500,000 pictures each takes 24 MB."""

_ENCODING = "imagecluster-dendrogram"
_VERSION = 1

# What reading a file raised when each of its bits in turn was flipped; RuntimeError is zipfile's for features that
# it does not have.
_UNUSABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{xxhash.xxh3_128_hexdigest(key.encode('utf-8', 'backslashreplace'))}.npz"


def save(folder: Path, key: str, dendrogram: Dendrogram, info: Mapping[str, Any]) -> None:
    """Writes a dendrogram under a key, and removes all but the newest ones."""
    header = {
        "encoding": _ENCODING,
        "version": _VERSION,
        "key": key,
        "largest_distance": dendrogram.largest_distance,
        "info": dict(info),
    }
    content = io.BytesIO()
    np.savez(
        content,
        header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
        merges=np.asarray(dendrogram.merges, dtype="<f8"),
        order=np.asarray(dendrogram.order, dtype="<i8"),
        gap=np.asarray(dendrogram.gap, dtype="<f8"),
    )
    folder.mkdir(exist_ok=True)
    remove_unfinished(folder)
    path = _path(folder, key)
    write_atomically(path, content.getbuffer())
    others = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for old in [file for file in others if file != path][KEPT - 1 :]:
        old.unlink(missing_ok=True)


def load(folder: Path, key: str) -> SavedDendrogram | None:
    """The dendrogram kept under a key; None where there is none, or none that can be used.

    A damaged or foreign file is logged and passed over, since the dendrogram can be computed again.
    """
    path = _path(folder, key)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if (header["encoding"], header["version"], header["key"]) != (_ENCODING, _VERSION, key):
                return None
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
    except FileNotFoundError:
        return None
    except _UNUSABLE as error:
        _log.warning("the saved dendrogram %s cannot be used, it will be computed again: %s", path, error)
        return None
