"""The copies among the pictures of the page, searched for in a thread of their own once a page asks for them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagecluster.actions import Plan
from imagecluster.collection.copies import ComparedCopies, compare_copies
from imagecluster.collection.duplicates import CopyGroup, Duplicates, DuplicateSettings, GroupFile
from imagecluster.copies.rules import parse_rules
from imagecluster.corrections import History
from imagecluster.errors import ArgumentError, ImageclusterError, StoreLockedError
from imagecluster.explore.snapshot import Snapshot
from imagecluster.records import CopyKind
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, Progress
from imagecluster.web import wire_copies as wire
from imagecluster.web.file_actions import FileActions
from imagecluster.web.search_state import SearchState
from imagecluster.web.viewer_options import ViewerOptions

__all__ = ["COMMAND", "DuplicateSearch", "FoundDuplicates", "KeepingRules"]

_log = logging.getLogger(__name__)

COMMAND = "imagecluster view"
"""What the journal of actions says made a plan."""


_KEPT = 3
"""Number of versions that are still served."""


class _EndedError(Exception):
    """The viewer ends, or shows other pictures."""


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """Which file of a group is kept: what the command line takes as --keep and --reference.

    Raises
    ------
    ArgumentError
        A rule does not exist, or a place does not.

    """

    keep: str = ""
    references: tuple[Path, ...] = ()
    """Absolute."""

    def __post_init__(self) -> None:
        rules = parse_rules(self.keep, base=Path("/")) if self.keep else ()
        places = [*self.references, *(Path(rule.values[0]) for rule in rules if rule.name in ("folder", "not-folder"))]
        missing = next((place for place in places if not os.path.lexists(place)), None)
        if missing is not None:
            raise ArgumentError(f"there is no {str(missing)!r}; give the whole path of a folder")

    def applied_to(self, settings: DuplicateSettings) -> DuplicateSettings:
        """The settings with these rules."""
        return replace(settings, keep=(self.keep,) if self.keep else (), references=self.references)


@dataclass(frozen=True, slots=True)
class FoundDuplicates:
    """The groups of one version, without the files that imagecluster has moved away since."""

    version: int
    snapshot: Snapshot
    duplicates: Duplicates
    gone: frozenset[int]
    groups: tuple[tuple[CopyGroup, tuple[GroupFile, ...]], ...]
    """Each group with those of its files that are still there, two or more."""
    basis: tuple[int, KeepingRules]
    """Version of the corrections, and rules, by which it was found."""

    def plan(self, kinds: Collection[CopyKind], spared: Collection[int], *, carry_over: bool = False) -> Plan:
        """The plan that removes the proposed files of groups of some kinds, apart from some pictures that stay."""
        going = {
            file.path
            for group, files in self.groups
            if group.kind in kinds
            for file in removable(group, files)
            if self.snapshot.id_of_key(file.key) not in spared
        }
        return self.duplicates.plan(command=COMMAND, only=going, carry_over=carry_over)


def _still_there(
    duplicates: Duplicates, snapshot: Snapshot, gone: Collection[int]
) -> Iterator[tuple[CopyGroup, tuple[GroupFile, ...]]]:
    """The groups of which two or more pictures are still there, the one that is kept among them."""
    for group in duplicates.groups:
        ids = [snapshot.id_of_key(file.key) for file in group.files]
        # A key that the snapshot lacks is a picture of a later run, which the page will show soon.
        files = tuple(file for file, id in zip(group.files, ids, strict=True) if id is not None and id not in gone)
        if len(files) > 1 and files[0] is group.files[0]:
            yield group, files


def removable(group: CopyGroup, files: Sequence[GroupFile]) -> tuple[GroupFile, ...]:
    """Those of a group's files that are proposed for removal."""
    going = {file.path for file in group.removable}
    return tuple(file for file in files if file.path in going)


class DuplicateSearch:
    """The holder of the copies that were found last. Any thread may call any method.

    Parameters
    ----------
    options
        The collection.
    history
        Its corrections, decisions about copies among them.
    actions
        The actions on its files.

    """

    def __init__(self, options: ViewerOptions, history: History, actions: FileActions) -> None:
        self._options = options
        self._history = history
        self._actions = actions
        self._guard = threading.RLock()
        self._found: FoundDuplicates | None = None
        self._versions: list[FoundDuplicates] = []
        self._search = SearchState()
        self._snapshot: Snapshot | None = None
        self._failed_for: tuple[str, tuple[int, KeepingRules]] | None = None
        self._compared: tuple[str, Store, ComparedCopies] | None = None
        self.rules = KeepingRules()
        """Which file of each group is kept."""
        self._version = 0
        self._ended = False

    def close(self) -> None:
        """End a search in progress; what it has compared is kept."""
        with self._guard:
            self._ended = True
            if not self._search.running:
                self._forget_compared()

    def found(self, snapshot: Snapshot, *, again: bool = False) -> FoundDuplicates | None:
        """The copies that are known; None while there are none. Starts a search if they are not those of now.

        A search that failed is repeated only for other pictures or decisions, or `again`.
        """
        with self._guard:
            self._snapshot = snapshot
            if again:
                self._failed_for = None
            if self._is_outdated(snapshot) and not self._search.running and not self._ended:
                self._search = SearchState(running=True)
                threading.Thread(target=self._work, name="duplicates", daemon=True).start()
            found = self._found
            if found is None or found.snapshot.key != snapshot.key:
                return None
            if (gone := self._actions.gone(snapshot)) != found.gone:
                found = self._publish(found.duplicates, snapshot, gone, found.basis)
            return found

    def state(self, snapshot: Snapshot, *, again: bool = False) -> tuple[FoundDuplicates | None, wire.DuplicatesNews]:
        """What `found` returns, with the state of the search at that moment."""
        with self._guard:
            return self.found(snapshot, again=again), self.news(snapshot)

    def version(self, snapshot: Snapshot, version: int) -> FoundDuplicates | None:
        """The copies of one of the latest versions, since a page needs a moment to switch to a new one."""
        with self._guard:
            kept = (found for found in self._versions if found.snapshot.key == snapshot.key)
            return next((found for found in kept if found.version == version), None)

    def follows_all(self, found: FoundDuplicates) -> bool:
        """Whether copies were grouped after all decisions so far; a decision takes a moment to have its effect."""
        return found.basis == self._basis()

    def _basis(self) -> tuple[int, KeepingRules]:
        """Version of the corrections, and rules, of now."""
        return self._history.state()[0], self.rules

    @property
    def is_wanted(self) -> bool:
        """Whether a page has asked for copies."""
        return self._snapshot is not None

    def news(self, snapshot: Snapshot) -> wire.DuplicatesNews:
        """The state of the search for a page."""
        with self._guard:
            search = self._search
            return {
                "snapshot": snapshot.key, "version": self._version, "running": search.running, "stage": search.stage,
                "done": search.done, "total": search.total, "error": search.error,
            }  # fmt: skip

    def _is_outdated(self, snapshot: Snapshot) -> bool:
        wanted = snapshot.key, self._basis()
        found = self._found
        return wanted not in (self._failed_for, found and (found.snapshot.key, found.basis))

    def _publish(
        self, duplicates: Duplicates, snapshot: Snapshot, gone: frozenset[int], basis: tuple[int, KeepingRules]
    ) -> FoundDuplicates:
        with self._guard:
            self._version += 1
            groups = tuple(_still_there(duplicates, snapshot, gone))
            self._found = FoundDuplicates(self._version, snapshot, duplicates, gone, groups, basis)
            self._versions = [*self._versions, self._found][-_KEPT:]
            return self._found

    def _work(self) -> None:
        """Search until what was found is for the present snapshot and decisions."""
        while True:
            with self._guard:
                snapshot = self._snapshot
                if self._ended:
                    self._forget_compared()
                if snapshot is None or self._ended or not self._is_outdated(snapshot):
                    self._search = SearchState(error=self._search.error)
                    return
            basis = self._basis()
            error = ""
            try:
                duplicates = self._searched(snapshot, basis[1])
                self._publish(duplicates, snapshot, self._actions.gone(snapshot), basis)
            except _EndedError:
                continue
            except ImageclusterError as failure:
                error = str(failure)
            except Exception as failure:
                _log.exception("the copies cannot be searched for")
                error = f"unexpected error: {failure!r}"
            with self._guard:
                self._failed_for = (snapshot.key, basis) if error else None
                self._search = SearchState(running=True, error=error)

    def _searched(self, snapshot: Snapshot, rules: KeepingRules) -> Duplicates:
        """The copies of a snapshot, after the decisions of now."""

        def show(progress: Progress) -> None:
            if self._ended or self._snapshot is not snapshot:
                raise _EndedError
            self._search = SearchState(True, progress.stage, progress.done, progress.total or 0)

        if self._compared is None or self._compared[0] != snapshot.key:
            self._forget_compared()
            is_kept = self._keep_comparisons(snapshot, show)
            store = Store.open(self._options.directory, writable=False, follow=self._options.follow)
            try:
                compared = compare_copies(store, snapshot.model, DuplicateSettings(only_kept=is_kept), progress=show)
            except BaseException:
                store.close()
                raise
            self._compared = snapshot.key, store, compared
        compared = self._compared[2]
        settings = rules.applied_to(compared.search.settings)
        return compared.grouped(self._history.edits, settings, progress=show)

    def _keep_comparisons(self, snapshot: Snapshot, show: OnProgress) -> bool:
        """Compare all pictures and keep the results, if they can be kept; the store is not held after that."""
        if self._options.read_only:
            return False
        try:
            with Store.open(self._options.directory, follow=self._options.follow) as store:
                compare_copies(store, snapshot.model, DuplicateSettings(), progress=show)
        except StoreLockedError:
            return False  # another run is writing: what is compared now is forgotten at the end
        return True

    def _forget_compared(self) -> None:
        if self._compared is not None:
            self._compared[1].close()
            self._compared = None
