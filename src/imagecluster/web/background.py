"""Work for which the page does not wait: average colours and the map."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.colours import Colours
from imagecluster.explore.projection import fitted, keep_map, kept_map, principal_map
from imagecluster.explore.snapshot import Snapshot, keep_snapshot
from imagecluster.explore.umap_process import UmapProcess
from imagecluster.store import Thumbnails
from imagecluster.web.thumbnails import SIDES_PX

__all__ = ["Background", "PlaneMap"]

_log = logging.getLogger(__name__)

_AFTER_S = 0.5
"""Delay of the colours, so that the first pictures of a new snapshot come first."""


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMap:
    """A position in the plane for each picture."""

    places: NDArray[np.float32]
    """Shape (n, 2), within [-1, 1]."""
    method: str
    """`principal` or `umap`."""
    better_comes: bool = False
    """Whether a better map is being computed."""


class Background:
    """Colours and maps of snapshots, computed one after another in threads of their own.

    Parameters
    ----------
    directory
        Folder of the database, in which they are kept.
    cache
        The store's thumbnails.
    keep
        Whether anything may be written to it.
    follow
        Whether that folder may be a link.

    """

    def __init__(self, directory: Path, cache: Thumbnails, *, keep: bool, follow: bool = True) -> None:
        self._directory = directory
        self._keep = keep
        self._follow = follow
        self.known_colours = Colours(cache, directory, keep=keep, follow=follow)
        self._present = ""
        self._ended = threading.Event()
        self._maps: dict[str, PlaneMap | None] = {}
        self._guard = threading.Lock()
        self._umap = UmapProcess()
        self.n_colours = 0
        """Grows when there are new colours to show."""
        self.map_news: tuple[str, str] | None = None
        """Key of the snapshot with a new map, and the method, with a question mark while a better map is computed."""

    def begin(self, snapshot: Snapshot) -> None:
        """Keep a snapshot for the next start, and compute its colours; work on an earlier snapshot ends."""
        self._present = snapshot.key
        self._umap.end()
        threading.Thread(target=self._fill_colours, args=(snapshot,), name="colours", daemon=True).start()

    def close(self) -> None:
        """End all work that can be ended."""
        self._present = ""
        self._ended.set()
        self._umap.close()

    def colours(self, snapshot: Snapshot) -> tuple[NDArray[np.uint32], int]:
        """Colours of a snapshot's pictures, and the number of unknown ones."""
        return self.known_colours.of(snapshot.leaves.hashes)

    def map_of(self, snapshot: Snapshot) -> PlaneMap | None:
        """The map of a snapshot; None while its first version is computed, which the first call starts."""
        with self._guard:
            if snapshot.key not in self._maps:
                self._maps[snapshot.key] = None
                threading.Thread(target=self._make_map, args=(snapshot,), name="map", daemon=True).start()
            return self._maps[snapshot.key]

    def _fill_colours(self, snapshot: Snapshot) -> None:
        before = self.n_colours

        def tell(n_new: int) -> None:
            self.n_colours = before + n_new

        self._ended.wait(_AFTER_S)
        if self._keep and not self._ended.is_set():
            keep_snapshot(self._directory, snapshot, follow=self._follow)
        try:
            self.known_colours.complete(
                snapshot.leaves.hashes,
                side_px=SIDES_PX[0],
                tell=tell,
                ended=lambda: self._present != snapshot.key,
            )
        except Exception:
            _log.exception("the average colours cannot be computed")

    def _make_map(self, snapshot: Snapshot) -> None:
        """Publish a quick map first, then the better one."""
        try:
            better = kept_map(self._directory, snapshot, method="umap")
            if better is None:
                first = PlaneMap(principal_map(snapshot), "principal", better_comes=self._umap.can_map(snapshot))
                self._publish(snapshot, first)
                better = self._better(snapshot) if first.better_comes else None
                if better is None and first.better_comes:
                    self._publish(snapshot, PlaneMap(first.places, "principal"))
            if better is not None:
                self._publish(snapshot, PlaneMap(better, "umap"))
        except Exception:
            _log.exception("the map cannot be computed")
            if self._maps.get(snapshot.key) is None:
                self._publish(snapshot, PlaneMap(np.zeros((len(snapshot), 2), np.float32), "principal"))

    def _better(self, snapshot: Snapshot) -> NDArray[np.float32] | None:
        """The map by UMAP, kept for the next start; None if it cannot be computed."""
        places = self._umap.map_of(snapshot) if self._present == snapshot.key else None
        if places is None:
            return None
        places = fitted(places)
        if self._keep:
            keep_map(self._directory, snapshot, places, method="umap", follow=self._follow)
        return places

    def _publish(self, snapshot: Snapshot, found: PlaneMap) -> None:
        with self._guard:
            former = self._maps.get(snapshot.key)
            self._maps = {**dict(list(self._maps.items())[-2:]), snapshot.key: found}
            if former is None or (former.method, former.better_comes) != (found.method, found.better_comes):
                self.map_news = (snapshot.key, found.method + "?" * found.better_comes)
