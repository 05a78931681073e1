"""The state behind the page: the current snapshot, and a run in progress."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection import Settings, latest_run, open_latest, settings_of
from imagecluster.corrections import EDITS_NAME, History, follow
from imagecluster.errors import ImageclusterError, InputError, StoreError
from imagecluster.explore.snapshot import Snapshot, empty_snapshot, load_snapshot
from imagecluster.functions.running import update
from imagecluster.models import DEFAULT_MODEL, TextTower, find_model
from imagecluster.records import Metadata, Skip
from imagecluster.store import THUMBNAILS_NAME, Store, Thumbnails
from imagecluster.system.progress import Progress, Stage
from imagecluster.web import wire
from imagecluster.web.background import Background
from imagecluster.web.duplicates import DuplicateSearch
from imagecluster.web.file_actions import FileActions, acting_for_page
from imagecluster.web.page_copy import Source
from imagecluster.web.thumbnails import ThumbnailMaker
from imagecluster.web.trips import TripSearch
from imagecluster.web.viewer_options import ViewerOptions

__all__ = ["RunState", "ViewerSession"]

Tower = Callable[[str], NDArray[np.float32]]
"""Returns the vector of a text."""

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
"""Interval at which the store is checked for runs by another process."""

_PICTURES_EVERY_S = 3.0
"""Interval at which the pictures so far are shown during a run."""

_REST = 20.0
"""Shortest interval until they are loaded again, as a multiple of the time that loading them took, so that watching a
run does not slow it down."""

_KEPT = 3
"""Number of snapshots that are still served, since a page needs a moment to switch to a new one."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A run of the chain, as the page shows it."""

    running: bool = False
    stage: Stage | Literal[""] = ""
    done: float = 0
    total: float = 0
    """0 while it is unknown, 1.0 where `done` is a share."""
    error: str = ""
    """Why there is nothing to show, or nothing new; empty if all is well."""

    def as_json(self) -> wire.Run:
        """The run for the page."""
        return {
            "running": self.running, "stage": self.stage, "done": self.done, "total": self.total, "error": self.error,
        }  # fmt: skip


class ViewerSession:
    """The holder of the current snapshot, which is replaced when a run brings something new.

    `begin` loads the collection or, if there is none, runs the chain in a thread. Any thread may call any method.
    """

    def __init__(self, options: ViewerOptions) -> None:
        self.options = options
        self.history = History(options.directory / EDITS_NAME, follow=options.follow)
        self._cache = Thumbnails(options.directory / THUMBNAILS_NAME, follow=options.follow)
        self.thumbnails = ThumbnailMaker(self._cache, keep=not options.read_only)
        self.background = Background(options.directory, self._cache, keep=not options.read_only, follow=options.follow)
        self.actions = FileActions(options.directory)
        self.duplicates = DuplicateSearch(options, self.history, self.actions)
        self.trips = TripSearch(options, self.history)
        self._sim = options.sim
        self._model = find_model(options.model or DEFAULT_MODEL).identity
        self._n_runs = 0
        self._first = threading.Condition()
        self._snapshots: list[Snapshot] = []
        self._run = RunState()
        self._ended = threading.Event()
        self._store: Store | None = None
        self._towers: dict[str, Tower] = {}

    def begin(self) -> None:
        """Load the collection in a separate thread, and watch it until `close`."""
        threading.Thread(target=self._work, name="viewer", daemon=True).start()

    def end(self) -> None:
        """End the watch, and release waiting pages."""
        self._ended.set()
        with self._first:
            self._first.notify_all()

    def close(self) -> None:
        """End everything. A run in progress ends with the process; what it committed is kept."""
        self.end()
        self.background.close()
        self.duplicates.close()
        self.trips.close()
        self._cache.close()

    @property
    def ended(self) -> bool:
        """Whether `end` or `close` was called."""
        return self._ended.is_set()

    @property
    def run_state(self) -> RunState:
        """The run in progress, or how the last one ended."""
        return self._run

    @property
    def sim(self) -> float:
        """Similarity at the start."""
        return 0.5 if self._sim is None else self._sim

    def snapshot(self) -> Snapshot:
        """The current snapshot; the first call waits for it."""
        with self._first:
            self._first.wait_for(lambda: self._snapshots or self.ended)
            if not self._snapshots:
                raise StoreError("the viewer has ended")
            return self._snapshots[-1]

    @property
    def latest(self) -> Snapshot | None:
        """The current snapshot; None before the first one."""
        return self._snapshots[-1] if self._snapshots else None

    def snapshot_of(self, key: str) -> Snapshot | None:
        """The snapshot with this key; None if it is not one of the latest."""
        self.snapshot()
        return next((snapshot for snapshot in reversed(self._snapshots) if snapshot.key == key), None)

    def source(self, snapshot: Snapshot) -> Source:
        """The collection as a source for a copy of the page."""
        edits = follow(self.history.edits, snapshot.heirs)
        return Source(snapshot, edits, self.thumbnails, self.background.known_colours, self.options.directory)

    def metadata(self, snapshot: Snapshot, picture: int) -> Metadata | None:
        """What the store knows about a picture."""
        content_hash = snapshot.leaves.hashes[picture]
        return self._opened_store().described([content_hash]).get(content_hash)

    def other_names(self, snapshot: Snapshot, picture: int) -> list[str]:
        """Further names of a picture's file: hard and symbolic links in the collection."""
        return list(map(os.fsdecode, self._opened_store().other_names_of(snapshot.leaves.keys[picture])))

    def skips(self) -> tuple[Skip, ...]:
        """Files that the latest scan found but that could not be read; none during a run."""
        # A database that is just being made cannot be read yet.
        with suppress(ImageclusterError):
            if not self._run.running and self._opened():
                return self._opened_store().known_skips()
        return ()

    def text_tower(self, snapshot: Snapshot) -> Tower | None:
        """The text tower of the snapshot's model; None if it has none, or if it is not on this machine.

        Nothing is downloaded: a page cannot wait for a gigabyte.
        """
        if snapshot.model not in self._towers and snapshot.model:
            tower = None
            with suppress(ImageclusterError):
                run = latest_run(self._opened_store(), snapshot.model)
                tower = _tower_here(settings_of(run)) if run is not None else None
            if tower is None:
                return None  # it may arrive while the viewer runs
            self._towers[snapshot.model] = tower
        return self._towers.get(snapshot.model)

    def settings(self, snapshot: Snapshot) -> Settings | None:
        """Settings of the latest run with the snapshot's model; None if there has been none."""
        run = latest_run(self._opened_store(), snapshot.model)
        return settings_of(run) if run is not None else None

    def news(self) -> wire.News:
        """The current state by kind of event; a page is sent what differs from what it was sent last."""
        present = self.latest
        made = self.background.map_news
        news: wire.News = {
            "run": self._run.as_json(),
            "edits": {"version": self.history.state()[0] + self.actions.current_version()},
            "acting": acting_for_page(self.actions.acting),
        }
        if present is not None:
            news["snapshot"] = {"snapshot": present.key}
            if self.duplicates.is_wanted:
                news["duplicates"] = self.duplicates.news(present)
            if self.trips.is_wanted:
                news["trips"] = self.trips.news(present)
            news["colours"] = {"snapshot": present.key, "n_known": self.background.n_colours}
        news["map"] = {"snapshot": made[0], "method": made[1]} if made else {}
        return news

    def _publish(self, snapshot: Snapshot) -> None:
        with self._first:
            if self._snapshots and self._snapshots[-1].key == snapshot.key:
                return
            self._snapshots = [*self._snapshots, snapshot][-_KEPT:]
            self._first.notify_all()
        self.background.begin(snapshot)

    def _work(self) -> None:
        self._guarded(self._bring_up)
        if not self._snapshots:
            self._publish(empty_snapshot(self.options.root))
        while not self._ended.wait(_LOOK_EVERY_S):
            self._guarded(self._look)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do some work; if it fails, tell the page why."""
        try:
            work()
        except ImageclusterError as error:
            self._run = RunState(error=str(error))
        except Exception as error:
            _log.exception("the viewer cannot go on")
            self._run = RunState(error=f"unexpected error: {error!r}")

    def _bring_up(self) -> None:
        """Show the collection; if there is none, or on request, look for new pictures."""
        self._load()
        if self.options.update or not self._n_runs or latest_run(self._opened_store(), self._model) is None:
            self._working(self._update)
        elif self._snapshots[-1].provisional and not self.options.read_only:
            self._working(self._cluster)

    def _working(self, work: Callable[[], None]) -> None:
        """Bring the database up to date, and show the result."""
        if self.options.read_only:
            raise InputError(
                f"{self.options.root} has not been clustered, and the viewer is read-only; run imagecluster first"
            )
        if self._opened() and self._opened_store().root != self.options.root:
            raise InputError(
                f"the database in {self.options.directory} belongs to {self._opened_store().root}; view that folder, or"
                " run imagecluster as before"
            )
        self._run = RunState(running=True, stage="scan")
        work()
        self._load()
        self._run = RunState()

    def _look(self) -> None:
        """Show the pictures of a run that another process has finished."""
        if self._opened() and len(self._opened_store().runs()) != self._n_runs:
            self._load()
            self._run = RunState()

    def _opened(self) -> bool:
        """Whether there is a store; it is opened for reading."""
        if self._store is None and Store.exists(self.options.directory):
            self._store = Store.open(self.options.directory, writable=False)
        return self._store is not None

    def _opened_store(self) -> Store:
        if not self._opened() or self._store is None:
            raise StoreError(f"there is no database of imagecluster in {self.options.directory}")
        return self._store

    def _load(self) -> None:
        """Show the contents of the store."""
        if not self._opened():
            self._publish(empty_snapshot(self.options.root))
            return
        store = self._opened_store()
        runs = store.runs()
        self._n_runs = len(runs)
        if runs and self.options.model is None:
            self._model = runs[-1].model
        run = latest_run(store, self._model)
        if run is not None and self._sim is None:
            self._sim = settings_of(run).sim
        self._publish(load_snapshot(store, self._model))

    def _update(self) -> None:
        """Fingerprint and cluster new pictures, and show the pictures so far."""
        next_s = time.monotonic() + _PICTURES_EVERY_S

        def show(progress: Progress) -> None:
            nonlocal next_s
            self._show_progress(progress)
            started_s = time.monotonic()
            if progress.stage == "fingerprints" and started_s > next_s and not self.has_clusters:
                self._load()
                took_s = time.monotonic() - started_s
                next_s = started_s + max(_PICTURES_EVERY_S, _REST * took_s)

        db = self.options.directory if self.options.follow else None
        update([self.options.root], self._settings(), db=db, progress=show)

    def _cluster(self) -> None:
        """Cluster pictures for which the database has fingerprints but no dendrogram."""
        with Store.open(self.options.directory, follow=self.options.follow) as store:
            open_latest(store, self._model, progress=self._show_progress)  # keeps what it makes

    def _show_progress(self, progress: Progress) -> None:
        self._run = RunState(running=True, stage=progress.stage, done=progress.done, total=progress.total or 0)

    @property
    def has_clusters(self) -> bool:
        """Whether the current pictures are clustered; if so, they stay until all new ones are."""
        present = self.latest
        return present is not None and len(present) > 0 and not present.provisional

    def _settings(self) -> Settings:
        """Settings of the latest run with this model, with this viewer's cut."""
        run = latest_run(self._opened_store(), self._model) if self._opened() else None
        former = settings_of(run) if run else Settings(model=self.options.model or DEFAULT_MODEL)
        return replace(former, sim=self.sim, min_size=self.options.min_size, page=True)


def _tower_here(settings: Settings) -> Tower | None:
    """The text tower of the settings' model if it can be used at once."""
    tower = settings.find_model().text_tower
    if isinstance(tower, TextTower) and not (tower.present() and find_spec("tokenizers")):
        return None
    return tower
