"""Reading again what pictures say of themselves, after an update of the program that reads more of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import xxhash

from imagecluster.decode import read_bytes
from imagecluster.errors import DecodeError
from imagecluster.records import Metadata
from imagecluster.store import HashedFile, Store
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, Progress

__all__ = ["read_again"]

_AT_A_TIME = 256


def read_again(
    files: Sequence[HashedFile], store: Store, *, max_pixels: int, n_threads: int | None, progress: OnProgress
) -> None:
    """Read dates, places and cameras again of pictures of which an older version read them.

    Parameters
    ----------
    files
        Pictures that are there. Each content is read once; one that cannot be read any more keeps what it has.
    store
        A store that is open for writing.
    max_pixels
        The largest size of pictures.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on.
    """
    before = store.read_before() if files else set()
    todo = list({known.content_hash: known for known in files if known.content_hash in before}.values())
    if not todo:
        return
    with ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix="dates") as pool:
        for start in range(0, len(todo), _AT_A_TIME):
            progress(Progress("dates", start, len(todo)))
            part = todo[start : start + _AT_A_TIME]
            said = pool.map(partial(_read, max_pixels=max_pixels), part)
            store.put_said({known.content_hash: found for known, found in zip(part, said, strict=True)})
    progress(Progress("dates", len(todo), len(todo)))


def _read(known: HashedFile, *, max_pixels: int) -> Metadata | None:
    """What a picture says of itself; None if it cannot be read, or is another picture by now."""
    from imagecluster.decode import read_metadata

    try:
        data = read_bytes(known.file.path)
        if xxhash.xxh3_128_digest(data) != known.content_hash:
            return None
        said = read_metadata(data, max_pixels=max_pixels, suffix=known.file.path.suffix)
    except DecodeError:
        return None
    return Metadata(0, 0, "", said.taken, said.place, camera=said.camera)
