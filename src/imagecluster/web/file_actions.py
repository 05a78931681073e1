"""The actions on files of the collection that the page shows: what was moved away, and plans that wait for a word."""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from imagecluster.actions import (
    JOURNAL_NAME,
    ActionRecord,
    Applied,
    Destination,
    Folder,
    Plan,
    Trash,
    Undone,
    apply,
    list_actions,
    undo,
)
from imagecluster.errors import StoreLockedError
from imagecluster.explore.snapshot import Snapshot
from imagecluster.system.progress import Progress
from imagecluster.web import wire_copies as wire
from imagecluster.web.viewer_options import shown_name

__all__ = [
    "FileActions", "acting_for_page", "action_for_page", "applied_for_page", "destination_of", "undone_for_page",
]  # fmt: skip


@dataclass
class FileActions:
    """The journal of actions, read again when it changes. Any thread may call any method."""

    directory: Path
    """Folder of the database, which holds the journal."""
    version: int = field(default=0, init=False)
    """Grows whenever the journal is seen to have changed."""
    acting: tuple[float, float] | None = field(default=None, init=False)
    """Steps done and steps in all of the action in progress."""
    _guard: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)
    _seen: tuple[int, int] | None = field(default=None, init=False, repr=False)
    _records: tuple[ActionRecord, ...] = field(default=(), init=False, repr=False)
    _gone: tuple[str, int, frozenset[int]] = field(default=("", -1, frozenset()), init=False, repr=False)
    _plan: tuple[str, Plan] | None = field(default=None, init=False, repr=False)

    def records(self) -> tuple[ActionRecord, ...]:
        """All actions, oldest first."""
        with self._guard:
            if self.acting is not None:
                return self._records  # every step of the action in progress changes the journal; it is read at the end
            try:
                status = (self.directory / JOURNAL_NAME).lstat()
                seen = status.st_size, status.st_mtime_ns
            except OSError:
                seen = None
            if seen != self._seen:
                self._records = () if seen is None else list_actions(self.directory)
                self._seen = seen
                self.version += 1
            return self._records

    def current_version(self) -> int:
        """`version`, after a look at the journal."""
        self.records()
        return self.version

    def gone(self, snapshot: Snapshot) -> frozenset[int]:
        """Pictures whose files were moved away and are not back, though the latest run still knows them."""
        with self._guard:
            records = self.records()
            if self._gone[:2] != (snapshot.key, self.version):
                moved = (
                    path
                    for record in records
                    for step in record.steps
                    if step.state == "done"
                    for path in (step.path, *step.parts)
                    if not os.path.lexists(path)
                )
                ids = (snapshot.id_of_path(path) for path in moved)
                self._gone = snapshot.key, self.version, frozenset(id for id in ids if id is not None)
            return self._gone[2]

    def remember(self, plan: Plan) -> str:
        """The key of a plan that may be carried out, until the next one is made."""
        key = secrets.token_hex(8)
        with self._guard:
            self._plan = key, plan
        return key

    def carry_out(self, key: object, to: Destination) -> Applied | None:
        """Carry out the plan with a key, once; None if it is not the latest one."""
        with self._guard:
            if self._plan is None or self._plan[0] != key:
                return None
            plan = self._plan[1]
            self._begin()
            self._plan = None
        try:
            return apply(plan, to, self.directory, progress=self._show)
        except BaseException:
            with self._guard:
                self._plan = self._plan or (str(key), plan)  # nothing was done: it may go elsewhere
            raise
        finally:
            self.acting = None

    def put_back(self, number: int) -> Undone:
        """Undo an action."""
        with self._guard:
            self._begin()
        try:
            return undo(self.directory, number, progress=self._show)
        finally:
            self.acting = None

    def _begin(self) -> None:
        if self.acting is not None:
            raise StoreLockedError("another action is in progress; wait until it has ended")
        self.acting = 0, 0

    def _show(self, progress: Progress) -> None:
        self.acting = progress.done, progress.total or 0


def destination_of(folder: object) -> Destination:
    """The place where the page wants files to go: a folder, or the trash."""
    return Folder(Path(folder)) if isinstance(folder, str) and folder else Trash()


def acting_for_page(acting: tuple[float, float] | None) -> wire.ActingNews:
    """The action in progress."""
    return {} if acting is None else {"done": acting[0], "total": acting[1]}


def action_for_page(record: ActionRecord) -> wire.ActionFacts:
    """An action in the list."""
    done = [step for step in record.steps if step.state == "done"]
    return {
        "number": record.number,
        "made_s": record.made_s,
        "n_files": len(done),
        "bytes": sum(step.size_bytes for step in done),
        "to": "the trash" if record.to == "trash" else record.to,
        "can_undo": any(step.state != "undone" for step in record.steps),
    }


def applied_for_page(applied: Applied, to: Destination, root: Path) -> wire.Outcome:
    """What became of a plan."""
    done = [each.step for each in applied.done]
    return {
        "number": applied.number or 0,
        "n_files": len(done),
        "bytes": sum(file.size_bytes for step in done for file in (step.file, *step.parts)),
        "to": os.fspath(to.path) if isinstance(to, Folder) else "the trash",
        "left": [{"name": shown_name(each.path, root), "reason": each.reason} for each in applied.left],
    }


def undone_for_page(undone: Undone, record: ActionRecord | None, root: Path) -> wire.Outcome:
    """What came back of an action, as the journal had it before."""
    back = {each.path for each in undone.done}
    steps = [] if record is None else [step for step in record.steps if step.path in back]
    moved = [each for each in undone.done if each.back != each.path]
    left: list[wire.FileLeft] = []
    for restored in moved:
        left.append({"name": shown_name(restored.path, root), "reason": f"is back as {restored.back.name}"})
    for each in undone.left:
        left.append({"name": shown_name(each.path, root), "reason": each.reason})
    return {
        "number": undone.number,
        "n_files": len(steps),
        "bytes": sum(step.size_bytes for step in steps),
        "to": "",
        "left": left,
    }
