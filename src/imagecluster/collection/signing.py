"""Hashes of what pictures look like, of contents that were kept before there were such hashes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import xxhash

from imagecluster.decode import large_file, read_bytes
from imagecluster.errors import DecodeError
from imagecluster.store import HashedFile, Store
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, Progress

__all__ = ["bring_up_signs"]

_AT_A_TIME = 256

_SHORT_SIDE_PX = 128
"""Twice the side of the square from which the hash is computed; the size makes hardly any difference to its bits."""


def bring_up_signs(
    files: Sequence[HashedFile], store: Store, *, max_pixels: int, n_threads: int | None, progress: OnProgress
) -> None:
    """Compute hashes of what pictures look like for contents that have none; their fingerprints stay.

    Parameters
    ----------
    files
        Pictures that are there. Each content is read once; one that cannot be read any more stays without a hash.
    store
        A store that is open for writing.
    max_pixels
        The largest size of pictures.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on, with the stage `copies`.
    """
    distinct = {known.content_hash: known for known in files}
    _, there = store.signs(list(distinct))
    todo = [known for known, is_there in zip(distinct.values(), there, strict=True) if not is_there]
    if not todo:
        return
    with ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix="signs") as pool:
        for start in range(0, len(todo), _AT_A_TIME):
            progress(Progress("signs", start, len(todo)))
            part = todo[start : start + _AT_A_TIME]
            signs = pool.map(partial(_signs, max_pixels=max_pixels), part)
            store.put_signs({known.content_hash: found for known, found in zip(part, signs, strict=True) if found})
    progress(Progress("signs", len(todo), len(todo)))


def _signs(known: HashedFile, *, max_pixels: int) -> bytes | None:
    """The hash of a picture; None if it cannot be read, or is another picture by now."""
    from imagecluster.decode import decode, sign_hash

    try:
        with large_file(known.file.size_bytes):
            data = read_bytes(known.file.path)
            if xxhash.xxh3_128_digest(data) != known.content_hash:
                return None
            suffix = known.file.path.suffix
            picture = decode(data, short_side_px=_SHORT_SIDE_PX, max_pixels=max_pixels, suffix=suffix)
    except DecodeError:
        return None
    return sign_hash(picture.image)
