"""Pictures within the pictures of a collection, sought once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.fingerprinting import THUMBNAIL_PX
from imagecluster.copies import INSETS_VERSION, Insets, signed_insets
from imagecluster.decode import SIGN_BYTES, SmallPicture
from imagecluster.store import HASH_BYTES, INSETS_NAME, Store, Thumbnails
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, Progress

__all__ = ["kept_insets"]

_KIND = CacheKind(INSETS_NAME, "pictures within pictures", "imagecluster-insets", version=1, n_keys=1)
_AT_A_TIME = 1024

_Signed = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""What `signed_insets` gives of a picture."""


def kept_insets(
    load: Callable[[int], SmallPicture | None],
    hashes: Sequence[bytes],
    store: Store,
    *,
    n_threads: int | None,
    progress: OnProgress,
) -> Insets:
    """The insets of contents, from those that are kept; others are sought, in 3 ms each, and kept if possible.

    Parameters
    ----------
    load
        Loads a small picture from its file, where there is no thumbnail of it. One that cannot be read has no insets.
    hashes
        The contents.
    store
        Keeps thumbnails, and the result if it is open for writing.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on, with the stage `signs`.
    """
    cache = ArrayCache(store.folder, _KIND)
    known = cache.load(INSETS_VERSION, _by_hash) or {}
    todo = [number for number, content_hash in enumerate(hashes) if content_hash not in known]
    if todo:
        n_done = 0
        with store.thumbnails() as thumbnails, ThreadPoolExecutor(n_threads or n_cores()) as pool:

            def sought(number: int) -> _Signed | None:
                picture = _small(number, load, hashes[number], thumbnails)
                return None if picture is None else signed_insets(picture)

            for start in range(0, len(todo), _AT_A_TIME):
                progress(Progress("signs", n_done, len(todo)))
                part = todo[start : start + _AT_A_TIME]
                for number, found in zip(part, pool.map(sought, part), strict=True):
                    if found is not None:
                        known[hashes[number]] = found
                n_done += len(part)
        progress(Progress("signs", n_done, len(todo)))
        if store.writable:
            there = [content_hash for content_hash in hashes if content_hash in known]
            cache.save_if_possible(INSETS_VERSION, _arrays(there, [known[content_hash] for content_hash in there]))
    return Insets.of(known.get(content_hash, _NONE) for content_hash in hashes)


_NONE: _Signed = (np.empty((0, 4), np.float32), np.empty((0, SIGN_BYTES), np.uint8))


def _small(
    number: int, load: Callable[[int], SmallPicture | None], content_hash: bytes, thumbnails: Thumbnails
) -> NDArray[np.uint8] | None:
    """The pixels of a small picture; None if it cannot be read."""
    from PIL import Image

    kept = thumbnails.get(content_hash, side_px=THUMBNAIL_PX)
    if kept is None:
        picture = load(number)
        return None if picture is None else picture.pixels
    with Image.open(BytesIO(kept)) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def _arrays(hashes: Sequence[bytes], found: Sequence[_Signed]) -> dict[str, NDArray[np.generic]]:
    return {
        "hashes": np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, HASH_BYTES),
        "counts": np.array([len(boxes) for boxes, _ in found], np.uint8),
        "boxes": np.concatenate([boxes for boxes, _ in found] or [_NONE[0]]),
        "signs": np.concatenate([signs for _, signs in found] or [_NONE[1]]),
    }


def _by_hash(kept: Kept) -> dict[bytes, _Signed]:
    hashes, counts, boxes, signs = (kept.arrays[name] for name in ("hashes", "counts", "boxes", "signs"))
    n = int(counts.sum())
    if hashes.shape != (len(counts), HASH_BYTES) or boxes.shape != (n, 4) or signs.shape != (n, SIGN_BYTES):
        raise ValueError(f"arrays of shapes {hashes.shape}, {counts.shape}, {boxes.shape} and {signs.shape}")
    if not (np.isfinite(boxes).all() and (boxes[:, :2] < boxes[:, 2:]).all() and (boxes >= 0).all()):
        raise ValueError("parts of pictures that are not inside them")
    ends = np.cumsum(counts, dtype=np.int64)
    boxes, signs = boxes.astype(np.float32), signs.astype(np.uint8)
    return {
        row.tobytes(): (boxes[end - count : end], signs[end - count : end])
        for row, count, end in zip(hashes.astype(np.uint8), counts.tolist(), ends.tolist(), strict=True)
    }
