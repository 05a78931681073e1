"""Taking the steps of a plan: each is checked, noted, made, noted again. What fails is left as it was, and named."""

from __future__ import annotations

import errno
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import xxhash

from imagecluster.actions import making
from imagecluster.actions.checking import Checked, Checker, RefusedError, WhyNotSame, told
from imagecluster.actions.contents import is_still, open_folder
from imagecluster.actions.destinations import Destinations
from imagecluster.actions.journal import Action, Journal, KeptStep
from imagecluster.actions.moves import Move
from imagecluster.actions.plan import Destination, Folder, Link, Plan, Step, Trash
from imagecluster.actions.plan_json import plan_to_json
from imagecluster.actions.undoing import Left, bring_back, complete_interrupted
from imagecluster.errors import ImageclusterError, OutputError
from imagecluster.scan.paths import absolute
from imagecluster.system.progress import OnProgress, Progress, silent

__all__ = ["Applied", "Done", "apply"]

_N_TRIES = 5
"""A name that is free may be taken a moment later."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken."""

    step: Step
    now: Path | None
    """Where the file is now; None in a trash that does not tell."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan."""

    number: int | None
    """Number of the action, for `undo`; None if nothing was done."""
    done: tuple[Done, ...]
    left: tuple[Left, ...]
    """Files that were left as they were, with the reason."""
    earlier: tuple[Done, ...]
    """Steps that an action before this one had taken already, as after a kill."""

    @property
    def size_bytes(self) -> int:
        """Size of the files that went, with their parts, or became links."""
        return sum(
            facts.size_bytes
            for done in self.done
            for facts in (done.step.files[:1] if done.now == done.step.file.path else done.step.files)
        )


def apply(
    plan: Plan,
    to: Destination,
    journal: Path,
    *,
    why_not_same: WhyNotSame | None = None,
    progress: OnProgress = silent,
) -> Applied:
    """Take the steps of a plan, in order.

    Just before each step everything that the plan says is checked again, and that the file which stays is there,
    readable, unchanged and another file; equal files are compared byte by byte. A step that fails is taken back as a
    whole. After a kill or a power cut, `undo` or the same call again completes what was begun.

    Parameters
    ----------
    plan
        The steps.
    to
        Where the files go: the trash, a folder, or their own place with a link in it.
    journal
        Folder of the database, in which the journal of actions is kept.
    why_not_same
        Compares two pictures, where a step says that they are the same one and not by which comparison: somebody may
        have edited the plan. By default such a step is taken at its word.
    progress
        Called with stage "acting" as work goes on, in steps.

    Returns
    -------
    Applied
        The number for `undo`, what was done, and what was left, with reasons.

    Raises
    ------
    OutputError
        Before the first step: the files cannot go there (no trash on their drive, a folder that cannot be written to or
        has too little space), or the journal cannot be kept. Later: the journal cannot be written; what was done stays
        done and can be undone.
    StoreLockedError
        Another process is acting.
    """
    if isinstance(to, Folder):
        to = Folder(Path(absolute(to.path)))
    kept = Journal(journal)
    with kept.locked():
        return _Applying(plan, to, kept, why_not_same).run(progress)


class _Applying:
    """One application of a plan, under the lock."""

    def __init__(self, plan: Plan, to: Destination, journal: Journal, why_not_same: WhyNotSame | None) -> None:
        self._plan = plan
        self._journal = journal
        self._done: list[Done] = []
        self._earlier: list[Done] = []
        self._actions = journal.read()
        self._left: list[Left] = complete_interrupted(journal, self._actions)
        self._known = _taken_before(self._actions)
        self._action, self._is_new = _action_for(plan, to, self._actions)
        self._keeps_name = isinstance(to, Link)
        self._checker = Checker(plan, to, journal.directory, self._action.bases, why_not_same)
        self._destinations = Destinations(plan, to, self._action.bases, self._checker)

    def run(self, progress: OnProgress) -> Applied:
        """Take all steps."""
        total = len(self._plan.steps)
        try:
            for number, step in enumerate(self._plan.steps, start=1):
                progress(Progress("acting", number - 1, total))
                self._take(number, step)
            progress(Progress("acting", total, total))
        finally:
            with suppress(OutputError):  # what became of the last step shows on disk
                self._journal.sync()
        done_as = self._action.number if self._done else None
        return Applied(done_as, tuple(self._done), tuple(self._left), tuple(self._earlier))

    def _take(self, number: int, step: Step) -> None:
        """Take one step, or leave it and say why."""
        known = self._known.get((step.file.path, step.file.content_hash))
        if known is not None and self._is_taken(known):
            self._earlier.append(Done(step, _now(known.moves)))
            return
        step, shared = self._checker.without_shared(step)
        for n_tried in range(1, _N_TRIES + 1):
            try:
                checked = self._checker.check(step)
                moves = self._destinations.moves(step, checked)
            except RefusedError as error:
                self._left.append(Left(error.path, str(error)))
                return
            except (OSError, OutputError) as error:
                self._left.append(
                    Left(step.file.path, f"it {told(error)}" if isinstance(error, OSError) else str(error))
                )
                return
            written = self._written_before(step, checked)
            moves = (*written, *moves)
            kept = KeptStep(number, step.file.path, step.kind, step.why, step.file.content_hash, moves)
            if self._make(step, kept, checked, n_made=len(written), is_last=n_tried == _N_TRIES):
                break
        self._left += [Left(part, "it belongs to another picture, too, which stays") for part in shared]

    def _written_before(self, step: Step, checked: Checked) -> tuple[Move, ...]:
        """The writing of sidecars by earlier steps that this one needs too, so that they stay until the last is undone.

        A sidecar that has its content without a step of ours is not among them: it is not ours to take back.
        """
        to_write = {new.path for new, _, _ in checked.written}
        needed = {(new.path, new.data) for new in step.writes if new.path not in to_write}
        found = {
            (move.source, move.data): move
            for action in (self._actions.values() if needed else ())
            for known in action.steps.values()
            if known.state == "done"
            for move in known.moves
            if move.way == "write" and (move.source, move.data) in needed
        }
        return tuple(found.values())

    def _make(self, step: Step, kept: KeptStep, checked: Checked, *, n_made: int, is_last: bool) -> bool:
        """Make the moves of a step; False if a name was taken in that moment, and it may be tried again."""
        if self._is_new:
            self._journal.begin(self._action)
            self._actions[self._action.number] = self._action
            self._is_new = False
        self._action.steps[kept.number] = kept
        self._journal.intend(self._action, kept)
        try:
            for move in kept.moves[n_made:]:
                making.make(move, self._action.bases)
            self._refuse_lost_keeper(step, checked)
        except (OSError, ImageclusterError) as error:
            is_whole = bring_back(self._journal, self._actions, self._action, kept, outcome="failed")
            if is_whole and isinstance(error, FileExistsError) and not is_last:
                return False
            reason = f"it {told(error)}" if isinstance(error, OSError) else str(error)
            if not is_whole:
                reason += "; not all of it could be put back at once: run `imagecluster undo`"
            self._left.append(Left(step.file.path, reason))
            return True
        except BaseException:  # Ctrl-C: no step is left half done
            with suppress(OSError, ImageclusterError):
                bring_back(self._journal, self._actions, self._action, kept, outcome="failed")
            raise
        self._journal.came_of(self._action, kept, "done")
        self._done.append(Done(step, _now(kept.moves)))
        return True

    def _refuse_lost_keeper(self, step: Step, checked: Checked) -> None:
        """Raise OSError if the file that stays went with the one that goes: one file that is mounted in two places."""
        if step.keep is None or checked.keep is None:
            return
        try:
            with open_folder(step.keep.path.parent, self._action.bases) as folder:
                if is_still(folder, step.keep.path.name, checked.keep):
                    return
        except OSError:
            pass
        raise _LostKeeperError(
            errno.ENOENT, "was put back, since the file that stays went with it: both are one file, reached in two ways"
        )

    def _is_taken(self, known: KeptStep) -> bool:
        """Whether a step that the journal has as done still stands: the file is away, or is what replaced it."""
        main = next(move for move in known.moves if move.way != "write")
        if self._keeps_name != (not main.goes):
            return False
        return making.is_complete(main, self._action.bases) and (not main.goes or not _exists(main.source))


class _LostKeeperError(OSError):
    """The file that stays has gone."""

    def __str__(self) -> str:
        return str(self.args[1])


def _exists(path: Path) -> bool:
    with suppress(OSError):
        path.lstat()
        return True
    return False


def _now(moves: tuple[Move, ...]) -> Path | None:
    """Where the file of a step is after its moves."""
    main = next(move for move in moves if move.way != "write")
    return None if main.way == "system" else main.target


def _taken_before(actions: dict[int, Action]) -> dict[tuple[Path, bytes], KeptStep]:
    """Steps that were done, the latest of each file."""
    found: dict[tuple[Path, bytes], KeptStep] = {}
    for action in actions.values():
        for step in action.steps.values():
            if step.state == "done":
                found[step.path, step.content_hash] = step
            elif step.state == "undone":
                found.pop((step.path, step.content_hash), None)
    return found


def _action_for(plan: Plan, to: Destination, actions: dict[int, Action]) -> tuple[Action, bool]:
    """The action that a plan belongs to, and whether it is a new one: a repeat continues the one that was cut short."""
    what = to.kind if isinstance(to, Link) else "folder" if isinstance(to, Folder) else "trash"
    assert isinstance(to, (Trash, Folder, Link))
    folder = to.path if isinstance(to, Folder) else None
    values = plan_to_json(plan)
    text = json.dumps([values["root"], values["steps"], values["files"], what, str(folder)], sort_keys=True)
    digest = xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))
    if actions:
        last = actions[max(actions)]
        is_undone = any(step.state in ("undone", "undoing") for step in last.steps.values())
        if last.digest == digest and last.root == plan.root and not is_undone:
            return last, False
    number = max(actions, default=0) + 1
    return Action(number, time.time(), plan.command, what, folder, plan.root, digest), True
