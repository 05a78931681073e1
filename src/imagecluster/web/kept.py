"""The pictures of the latest snapshot in one file, so that a large collection is shown at once at the next start.

Reading a hundred thousand pictures out of the database takes half a second, and working out which clusters would be too
wide takes more. The file holds what came out, and the state of the database that it came from; it may be deleted at any
time. A dendrogram is kept by the store, in a file of its own.
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.atomic import replacing
from imagecluster.store import DATABASE_NAME, HASH_BYTES, Leaves

__all__ = ["KEPT_NAME", "keep", "kept", "state_of"]

_log = logging.getLogger(__name__)

KEPT_NAME = "viewer.npz"

_VERSION = 1
_ARRAYS = ("rows", "size_bytes", "width_px", "height_px", "taken_s")


def state_of(directory: Path, **settings: object) -> str:
    """Names the state of a folder's database, and how it is looked at: as long as both stay, so does a snapshot."""
    stamp: dict[str, Any] = {"version": _VERSION, **settings}
    for suffix in ("", "-wal"):
        try:
            status = (directory / f"{DATABASE_NAME}{suffix}").stat()
        except OSError:
            continue
        if status.st_size:  # an empty journal, which a reader leaves behind, says nothing
            stamp[suffix] = [status.st_size, status.st_mtime_ns]
    return json.dumps(stamp, sort_keys=True)


def keep(directory: Path, state: str, leaves: Leaves, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keeps pictures and what belongs to them, if possible."""
    texts = [state.encode(), str(leaves.n_with_place).encode(), *leaves.keys]
    if any(b"\0" in text for text in texts):
        return
    held = {
        **arrays,
        "texts": np.frombuffer(b"\0".join(texts), np.uint8),
        "hashes": np.frombuffer(b"".join(leaves.hashes), np.uint8),
        **{name: getattr(leaves, name) for name in _ARRAYS},
    }
    try:
        with replacing(directory / KEPT_NAME) as stream:
            np.savez(stream, **held)
    except OSError as error:
        _log.debug("the snapshot is not kept: %s", error)


def kept(directory: Path, state: str) -> tuple[Leaves, dict[str, NDArray[Any]]] | None:
    """What was kept of this state; None where nothing was, or of another one."""
    try:
        # Opened here: NumPy leaves a damaged file open.
        with (directory / KEPT_NAME).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        texts = held.pop("texts").tobytes().split(b"\0")
        if texts[0] != state.encode():
            return None
        leaves = Leaves(
            keys=tuple(texts[2:]),
            hashes=tuple(held.pop("hashes").view(f"V{HASH_BYTES}").tolist()),
            n_with_place=int(texts[1]),
            **{name: held.pop(name) for name in _ARRAYS},
        )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        _log.debug("the kept snapshot is passed over: %s", error)
        return None
    lengths = {len(getattr(leaves, field.name)) for field in fields(leaves) if field.name != "n_with_place"}
    return (leaves, held) if len(lengths) == 1 else None
