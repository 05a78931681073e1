"""A map of the fingerprints: a place in the plane for each picture, near to each other where the pictures are alike."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.errors import NotOursError
from imagecluster.explore.snapshot import Snapshot
from imagecluster.system.files import OwnFolder

__all__ = ["MAPS_NAME", "fitted", "keep_map", "kept_map", "principal_map"]

_log = logging.getLogger(__name__)

MAPS_NAME = "maps"

_SAMPLE = 20_000
"""Pictures from which the principal axes are taken."""

_BLOCK_ROWS = 2048
_SEED = 0
_KEPT = 4
_OURS = re.compile(r"[a-z]+-[0-9a-f]{32}\.f32")


def principal_map(snapshot: Snapshot) -> NDArray[np.float32]:
    """The two principal axes of the unit fingerprints, shape (n, 2), within [-1, 1]."""
    n = len(snapshot)
    if n < 2:
        return np.zeros((n, 2), np.float32)
    chosen = np.arange(n)
    if n > _SAMPLE:
        chosen = np.sort(np.random.default_rng(_SEED).choice(n, _SAMPLE, replace=False))
    X = snapshot.unit_vectors(chosen)
    mean = X.mean(axis=0)
    axes = _principal_axes(np.asarray(X - mean, np.float64))
    places = np.zeros((n, 2), np.float32)
    for start in range(0, n, _BLOCK_ROWS):
        block = np.arange(start, min(start + _BLOCK_ROWS, n))
        places[block, : axes.shape[1]] = (snapshot.unit_vectors(block) - mean) @ axes
    return fitted(places)


def _principal_axes(X: NDArray[np.float64]) -> NDArray[np.float32]:
    """At most two axes of largest variance of centred rows, shape (n_dimensions, n_axes)."""
    if len(X) < X.shape[1]:  # the smaller of the two products has the same spectrum
        values, vectors = np.linalg.eigh(X @ X.T)
        axes = X.T @ vectors[:, ::-1][:, :2]
        axes /= np.maximum(np.sqrt(np.maximum(values[::-1][:2], 0)), 1e-12)
    else:
        axes = np.linalg.eigh(X.T @ X)[1][:, ::-1][:, :2]
    # The sign of an axis is the solver's whim: its largest component points up.
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(axes, np.float32)


def kept_map(directory: Path, snapshot: Snapshot, *, method: str) -> NDArray[np.float32] | None:
    """The map of the same fingerprints that an earlier start kept; None where there is none that can be used."""
    try:
        with (
            OwnFolder(directory, follow=True) as folder,
            folder.child(MAPS_NAME) as maps,
            maps.open_reading(_file_name(snapshot, method)) as file,
        ):
            content = file.read()
    except FileNotFoundError:
        return None
    except (OSError, NotOursError) as error:
        _log.warning("a map that was kept is passed over: %s", error)
        return None
    places = np.frombuffer(content, "<f4")
    return places.reshape(-1, 2) if len(places) == 2 * len(snapshot) else None


def keep_map(
    directory: Path, snapshot: Snapshot, places: NDArray[np.float32], *, method: str, follow: bool = True
) -> None:
    """Keeps a map, if possible, and removes all but the newest few."""
    try:
        with OwnFolder(directory, follow=follow) as folder, folder.child(MAPS_NAME, create=True) as maps:
            maps.remove_unfinished()
            with maps.replacing(_file_name(snapshot, method)) as stream:
                stream.write(places.astype("<f4").tobytes())
            others = [file for file in maps.entries() if _OURS.fullmatch(file.name)]
            for old in sorted(others, key=lambda file: file.status.st_mtime_ns, reverse=True)[_KEPT:]:
                maps.remove(old.name)
    except NotOursError as error:
        _log.warning("the map is not kept: %s", error)
    except OSError as error:
        _log.debug("the map is not kept: %s", error)


def _file_name(snapshot: Snapshot, method: str) -> str:
    key = xxhash.xxh3_128(snapshot.model.encode())
    key.update(b"".join(snapshot.leaves.hashes))
    return f"{method}-{key.hexdigest()}.f32"


def fitted(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred, and scaled alike along both axes so that the farthest place is at 1."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    centred = places - middle
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-12), np.float32)
