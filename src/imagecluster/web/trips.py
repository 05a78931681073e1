"""The trips and events among the pictures of the page, found in a thread of their own once a page asks for them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from imagecluster.corrections import EventEdit, History, event_edits_of
from imagecluster.errors import ImageclusterError, StoreLockedError
from imagecluster.explore.snapshot import Snapshot
from imagecluster.store import Store
from imagecluster.system.progress import Progress
from imagecluster.web import wire_trips as wire
from imagecluster.web.search_state import SearchState
from imagecluster.web.trips_json import trips_for_page
from imagecluster.web.viewer_options import ViewerOptions

__all__ = ["TripSearch"]

_log = logging.getLogger(__name__)

_Wanted = tuple[str, tuple[EventEdit, ...]]
"""Key of the snapshot, and the corrections that concern trips and events."""


class _EndedError(Exception):
    """The viewer ends, or shows other pictures."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The trips of a snapshot after some corrections."""

    wanted: _Wanted
    trips: list[wire.TripFacts]
    undated: list[int]
    clocks: list[wire.SuggestedClock]


class TripSearch:
    """The holder of the trips that were found last. Any thread may call any method.

    Parameters
    ----------
    options
        The collection.
    history
        Its corrections, those of trips and events among them.

    """

    def __init__(self, options: ViewerOptions, history: History) -> None:
        self._options = options
        self._history = history
        self._guard = threading.RLock()
        self._found: _Found | None = None
        self._search = SearchState()
        self._snapshot: Snapshot | None = None
        self._failed_for: _Wanted | None = None
        self._version = 0
        self._edits: tuple[int, tuple[EventEdit, ...]] = (-1, ())
        self._ended = False

    def close(self) -> None:
        """End a search in progress."""
        self._ended = True

    @property
    def is_wanted(self) -> bool:
        """Whether a page has asked for trips."""
        return self._snapshot is not None

    def answer(self, snapshot: Snapshot, *, again: bool = False) -> wire.Trips:
        """The trips that are known, and the state of the search, which begins if they are not those of now.

        A search that failed is repeated only for other pictures or corrections, or `again`.
        """
        with self._guard:
            self._snapshot = snapshot
            if again:
                self._failed_for = None
            if not self._search.running and self._is_outdated(snapshot):
                self._begin()
            return self.known(snapshot)

    def known(self, snapshot: Snapshot) -> wire.Trips:
        """The trips that are known; nothing begins."""
        with self._guard:
            found, news = self._found, self.news(snapshot)
            if found is None or found.wanted[0] != snapshot.key:
                return {"search": news, "known": False, "trips": [], "undated": [], "clocks": []}
            return {
                "search": news, "known": True, "trips": found.trips, "undated": found.undated, "clocks": found.clocks,
            }  # fmt: skip

    def news(self, snapshot: Snapshot) -> wire.TripsNews:
        """The state of the search for a page; a search begins if corrections have come since the last one."""
        with self._guard:
            if not self._search.running and self._snapshot is snapshot and self._is_outdated(snapshot):
                self._begin()
            search = self._search
            return {
                "snapshot": snapshot.key, "version": self._version, "running": search.running, "stage": search.stage,
                "done": search.done, "total": search.total, "error": search.error,
            }  # fmt: skip

    def _begin(self) -> None:
        if not self._ended:
            self._search = SearchState(running=True)
            threading.Thread(target=self._work, name="trips", daemon=True).start()

    def _wanted(self, snapshot: Snapshot) -> _Wanted:
        version, edits, _ = self._history.state()
        if self._edits[0] != version:
            self._edits = version, event_edits_of(edits)
        return snapshot.key, self._edits[1]

    def _is_outdated(self, snapshot: Snapshot) -> bool:
        found = self._found
        return self._wanted(snapshot) not in (self._failed_for, found and found.wanted)

    def _work(self) -> None:
        """Search until what was found is for the present snapshot and corrections."""
        while True:
            with self._guard:
                snapshot = self._snapshot
                if snapshot is None or self._ended or not self._is_outdated(snapshot):
                    self._search = SearchState(error=self._search.error)
                    return
            wanted = self._wanted(snapshot)
            error = ""
            try:
                found = _Found(wanted, *self._searched(snapshot))
                with self._guard:
                    self._found = found
                    self._version += 1
            except _EndedError:
                continue
            except ImageclusterError as failure:
                error = str(failure)
            except Exception as failure:
                _log.exception("trips and events cannot be found")
                error = f"unexpected error: {failure!r}"
            with self._guard:
                self._failed_for = wanted if error else None
                self._search = SearchState(running=True, error=error)

    def _searched(self, snapshot: Snapshot) -> tuple[list[wire.TripFacts], list[int], list[wire.SuggestedClock]]:
        """The trips of a snapshot after the corrections of now; they are kept if they can be."""
        from imagecluster.collection.events import find_events

        def show(progress: Progress) -> None:
            if self._ended or self._snapshot is not snapshot:
                raise _EndedError
            self._search = SearchState(True, progress.stage, progress.done, progress.total or 0)

        with self._opened() as store:
            return trips_for_page(find_events(store, snapshot.model, progress=show), snapshot)

    def _opened(self) -> Store:
        """The store, open for writing unless that is refused or another program writes to it."""
        directory, follow = self._options.directory, self._options.follow
        if not self._options.read_only:
            try:
                return Store.open(directory, follow=follow)
            except StoreLockedError:
                pass  # what is found now is not kept
        return Store.open(directory, writable=False, follow=follow)
