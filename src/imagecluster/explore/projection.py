"""A map of the fingerprints: a position in the plane for each picture, with similar pictures near each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.explore.snapshot import Snapshot
from imagecluster.explore.viewer_cache import keep, kept
from imagecluster.system.array_cache import CacheKind, Kept

__all__ = ["fitted", "keep_map", "kept_map", "principal_map"]

_SAMPLE = 20_000
"""Number of pictures from which the principal axes are computed."""

_BLOCK_ROWS = 2048
_SEED = 0

_KIND = CacheKind("maps", "map", "imagecluster-map", version=1, n_keys=4)


def principal_map(snapshot: Snapshot) -> NDArray[np.float32]:
    """Positions along the two principal axes of the unit fingerprints, shape (n, 2), within [-1, 1]."""
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
    # The solver may give an axis either sign, so its largest component is made positive.
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(axes, np.float32)


def kept_map(directory: Path, snapshot: Snapshot, *, method: str) -> NDArray[np.float32] | None:
    """The map of the same fingerprints that an earlier start kept; None if there is no usable one."""
    return kept(directory, _KIND, _key(snapshot, method), partial(_places, n_pictures=len(snapshot)))


def keep_map(
    directory: Path, snapshot: Snapshot, places: NDArray[np.float32], *, method: str, follow: bool = True
) -> None:
    """Keep a map, if possible; of all maps the newest few stay."""
    keep(directory, _KIND, _key(snapshot, method), {"places": places.astype("<f4")}, follow=follow)


def _key(snapshot: Snapshot, method: str) -> str:
    contents = xxhash.xxh3_128_hexdigest(b"".join(snapshot.leaves.hashes))
    return f"{method} {snapshot.model} {contents}"


def _places(found: Kept, *, n_pictures: int) -> NDArray[np.float32]:
    places = found.arrays["places"]
    if places.shape != (n_pictures, 2) or places.dtype != np.float32:
        raise ValueError(f"an array of shape {places.shape} and type {places.dtype} for {n_pictures} pictures")
    return places


def fitted(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Positions, centred and scaled equally along both axes, so that the farthest coordinate is 1."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    centred = places - middle
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-12), np.float32)
