"""The map by UMAP, computed in a process beside the server.

In a thread of the server it would keep 3 GB after 100,000 pictures, and delay all answers for seconds now and then.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.snapshot import Snapshot
from imagecluster.explore.umap_worker import HEAD

__all__ = ["UmapProcess"]

_log = logging.getLogger(__name__)

_FEWEST = 100
"""Least number of pictures: with fewer, UMAP crowds all of them, with one far away."""

_MOST_WHOLE = 50_000
"""Number of pictures, drawn at random, that make the map if there are more; the others are then placed on it, since
from here on whole maps take minutes and gigabytes more."""

_BLOCK_ROWS = 10_000
_SEED = 0


class UmapProcess:
    """At most one process that computes a map."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    @staticmethod
    def can_map(snapshot: Snapshot) -> bool:
        """Whether a map can be made: not without the extra `map`, for very few pictures, or during a run."""
        return len(snapshot) >= _FEWEST and not snapshot.provisional and bool(sys.executable) and _has_umap()

    def map_of(self, snapshot: Snapshot) -> NDArray[np.float32] | None:
        """Positions of the pictures, shape (n, 2), at any scale; None if it failed or was ended.

        UMAP: McInnes, Healy and Melville 2018, arXiv:1802.03426.
        """
        with tempfile.TemporaryFile() as said:
            process = self._started(said)
            if process is None:
                return None
            try:
                places = _places(process, snapshot)
            except (OSError, ValueError):
                process.kill()
                process.wait()
                said.seek(0)
                _log.debug("no map by UMAP: %s", said.read()[-2000:].decode(errors="replace"))
                return None
            finally:
                with self._guard:
                    self._process = None
            process.wait()
            return places

    def end(self) -> None:
        """End the computation in progress."""
        with self._guard:
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the computation in progress, and allow no new one."""
        self._closed = True
        self.end()

    def _started(self, said: BinaryIO) -> subprocess.Popen[bytes] | None:
        """A process that waits for fingerprints; None after `close`, or if it cannot be started."""
        # It imports from the same places as this program; -P keeps out the current folder, which holds anybody's
        # pictures.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-P", "-m", "imagecluster.explore.umap_worker"]
        with self._guard:
            if self._closed:
                return None
            try:
                self._process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment
                )
            except OSError as error:
                _log.debug("no map by UMAP: %s", error)
            return self._process


def _has_umap() -> bool:
    return find_spec("umap") is not None


def _blocks(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield rows[start : start + _BLOCK_ROWS]


def _places(process: subprocess.Popen[bytes], snapshot: Snapshot) -> NDArray[np.float32]:
    """Positions of all pictures, requested block by block; OSError or ValueError if the process has ended."""
    n = len(snapshot)
    places = np.zeros((n, 2), np.float32)
    first = np.arange(n)
    if n > _MOST_WHOLE:
        first = np.sort(np.random.default_rng(_SEED).choice(n, _MOST_WHOLE, replace=False))
    others = np.setdiff1d(np.arange(n), first, assume_unique=True)
    with process.stdin as to, process.stdout as answers:  # type: ignore[union-attr]  # both are pipes
        for rows in (first, *_blocks(others)):
            to.write(HEAD.pack(len(rows), snapshot.vectors.shape[1]))
            for block in _blocks(rows):
                to.write(snapshot.unit_vectors(block).astype("<f4", copy=False).data)
            to.flush()
            places[rows] = np.frombuffer(answers.read(8 * len(rows)), "<f4").reshape(len(rows), 2)
    # Pictures that are unlike all others have no position of their own.
    lost = ~np.isfinite(places).all(axis=1)
    places[lost] = places[~lost].mean(axis=0) if not lost.all() else 0
    return places
