"""The times at which the pictures of a collection were taken, as far as they are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from imagecluster.collection.recipe import Recipe
from imagecluster.linkage.time_kernel import kernel_error
from imagecluster.records import TimeOrigin, TimeTerm
from imagecluster.store import Leaves, Store

_DAY_S = 86_400.0

_EARLIEST_FILE_S = 3653 * _DAY_S
"""2 January 1980. The clock of Unix starts at 0, those of DOS and ZIP on 1 January 1980; both stand for no time."""


def time_term(leaves: Leaves, store: Store, recipe: Recipe, *, now_s: float) -> TimeTerm:
    """The part of time in a clustering of these pictures: their times, the sources of these, the kernel's error.

    A time belongs to a content, so that equal pictures stay equal. Of several files with the same content the earliest
    usable modification time counts, since copies are later. EXIF and file times are both taken as they are (a camera's
    clock as UTC).

    Parameters
    ----------
    leaves
        The pictures.
    store
        The store, which holds their EXIF data and the modification times of their files.
    recipe
        Weight and scale of time, and its source: `exif` is EXIF alone, `stat` the file's modification time alone, and
        `auto` EXIF, or the file's time where EXIF gives no possible time.
    now_s
        The current time, in seconds since 1970; a file's time more than a day later is ignored.
    """
    hashes, source = leaves.hashes, recipe.time_source
    exif_s = {} if source == "stat" else _exif_times(store, hashes)
    file_s = {} if source == "exif" else _earliest_file_times(leaves, store.modified_ns(), latest_s=now_s + _DAY_S)
    times_s = np.array([exif_s.get(h, file_s.get(h, math.nan)) for h in hashes], np.float64)
    origins: list[TimeOrigin] = ["exif" if h in exif_s else "file" if h in file_s else "none" for h in hashes]
    error = kernel_error(times_s, scale_s=recipe.time_scale_s, rng=np.random.default_rng(0))
    return TimeTerm(recipe.time_weight, recipe.time_scale_s, source, times_s, tuple(origins), error)


def _exif_times(store: Store, hashes: Sequence[bytes]) -> dict[bytes, float]:
    """Times of the contents whose EXIF gives a possible time."""
    known = store.metadata(set(hashes))
    return {h: metadata.taken_s for h, metadata in known.items() if metadata.taken_s is not None}


def _earliest_file_times(leaves: Leaves, modified_ns: Mapping[bytes, int], *, latest_s: float) -> dict[bytes, float]:
    """Earliest usable modification time of each content's files, in seconds since 1970."""
    found: dict[bytes, float] = {}
    for key, content_hash in zip(leaves.keys, leaves.hashes, strict=True):
        modified_s = modified_ns[key] / 1e9
        if _EARLIEST_FILE_S <= modified_s <= latest_s:
            found[content_hash] = min(modified_s, found.get(content_hash, math.inf))
    return found
