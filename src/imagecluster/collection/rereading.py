"""Reading pictures again: what an older version of the program did not keep of them, and what comparisons look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import xxhash

from imagecluster.decode import large_file, read_bytes
from imagecluster.errors import DecodeError
from imagecluster.records import Metadata
from imagecluster.store import HashedFile, Store
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, Progress, Stage

__all__ = ["each_again", "of_content", "read_again"]

_AT_A_TIME = 256

T = TypeVar("T")


def of_content(path: Path, content_hash: bytes, read: Callable[[bytes], T]) -> T | None:
    """What `read` makes of a file's bytes; None if it cannot be read, or has another content by now."""
    try:
        with large_file(path.stat().st_size):
            data = read_bytes(path)
            return read(data) if xxhash.xxh3_128_digest(data) == content_hash else None
    except (DecodeError, OSError):
        return None


def each_again(
    todo: Sequence[HashedFile],
    read: Callable[[bytes, str], T],
    keep: Callable[[Mapping[bytes, T | None]], None],
    *,
    stage: Stage,
    n_threads: int | None,
    progress: OnProgress,
) -> None:
    """Read pictures again, and keep what was read, a part at a time.

    Parameters
    ----------
    todo
        Files of different contents.
    read
        Reads a file's bytes; it is also given the suffix. It is called from several threads.
    keep
        Keeps what was read by content hash, None where a file cannot be read or is another picture by now.
    stage
        Name of the work, for progress.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on.
    """
    if not todo:
        return

    def again(known: HashedFile) -> T | None:
        path = known.file.path
        return of_content(path, known.content_hash, lambda data: read(data, path.suffix))

    with ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix=stage) as pool:
        for start in range(0, len(todo), _AT_A_TIME):
            progress(Progress(stage, start, len(todo)))
            part = todo[start : start + _AT_A_TIME]
            keep(dict(zip((known.content_hash for known in part), pool.map(again, part), strict=True)))
    progress(Progress(stage, len(todo), len(todo)))


def read_again(
    files: Sequence[HashedFile], store: Store, *, max_pixels: int, n_threads: int | None, progress: OnProgress
) -> None:
    """Read dates, places, cameras and exposures again of pictures of which an older version read them.

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

    def said(data: bytes, suffix: str) -> Metadata:
        from imagecluster.decode import read_metadata

        found = read_metadata(data, max_pixels=max_pixels, suffix=suffix)
        return Metadata(0, 0, "", found.taken, found.place, camera=found.camera, exposure=found.exposure)

    each_again(todo, said, store.put_said, stage="dates", n_threads=n_threads, progress=progress)
