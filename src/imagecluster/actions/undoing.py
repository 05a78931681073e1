"""The way back: an action, or some of its files, undone; and steps that a kill cut short, completed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagecluster.actions import making
from imagecluster.actions.checking import told
from imagecluster.actions.journal import Action, Journal, KeptStep, State, Then
from imagecluster.actions.moves import LostError, Move
from imagecluster.errors import ArgumentError, OutputError
from imagecluster.system.progress import OnProgress, Progress, silent

__all__ = [
    "ActionRecord",
    "Left",
    "Restored",
    "StepRecord",
    "Undone",
    "bring_back",
    "complete_interrupted",
    "list_actions",
    "undo",
]


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was left as it was."""

    path: Path
    reason: str
    """One sentence, without the path."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A file that is back."""

    path: Path
    """Where it was before the action."""
    back: Path
    """Where it is now: another name if something else has taken its own."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of an undo."""

    number: int
    """Number of the action."""
    done: tuple[Restored, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of an action."""

    path: Path
    """Where the file was before."""
    parts: tuple[Path, ...]
    now: Path | None
    """Where the action left it; None in a trash that does not tell."""
    kind: str
    why: str
    size_bytes: int
    """With its parts."""
    state: Literal["done", "undone", "interrupted"]


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """An action, as the journal has it."""

    number: int
    made_s: float
    """When it began, seconds since 1970."""
    command: str
    to: str
    """"trash", the path of a folder, or "hard", "reflink" or "symbolic" for links."""
    root: Path
    steps: tuple[StepRecord, ...]

    @property
    def n_done(self) -> int:
        """Number of steps that stand."""
        return sum(step.state == "done" for step in self.steps)

    @property
    def n_undone(self) -> int:
        """Number of steps that were undone."""
        return sum(step.state == "undone" for step in self.steps)

    @property
    def is_interrupted(self) -> bool:
        """Whether a step was cut short, which the next undo or action completes."""
        return any(step.state == "interrupted" for step in self.steps)

    @property
    def size_bytes(self) -> int:
        """Size of the files of steps that stand, with their parts."""
        return sum(step.size_bytes for step in self.steps if step.state == "done")


def list_actions(journal: Path) -> tuple[ActionRecord, ...]:
    """The actions in the journal of a database's folder, oldest first; not those that did nothing.

    Raises
    ------
    StoreError
        The journal is damaged, or of a newer imagecluster.
    OutputError
        It cannot be read.

    """
    states: dict[State, Literal["done", "undone", "interrupted"]] = {
        "done": "done", "undone": "undone", "pending": "interrupted", "undoing": "interrupted",
    }  # fmt: skip
    found = []
    for action in Journal(journal).read().values():
        steps = []
        for step in action.steps.values():
            files = [move for move in step.moves if move.way != "write"]
            if step.state == "failed" or not files:
                continue
            size = sum(move.before.size_bytes for move in files if move.before is not None)
            now = None if files[0].way == "system" else files[0].target
            parts = tuple(move.source for move in files[1:])
            steps.append(StepRecord(step.path, parts, now, step.kind, step.why, size, states[step.state]))
        if not steps:
            continue
        to = action.to if action.folder is None else os.fspath(action.folder)
        found.append(ActionRecord(action.number, action.made_s, action.command, to, action.root, tuple(steps)))
    return tuple(found)


def undo(
    journal: Path,
    number: int | None = None,
    files: Sequence[Path] = (),
    *,
    dry_run: bool = False,
    progress: OnProgress = silent,
) -> Undone:
    """Undo an action, or some of its files: each is back with its content, times, permissions and attributes.

    Nothing is overwritten: where something else has a file's name by now, it gets one with a number. Folders that are
    missing are made again.

    Parameters
    ----------
    journal
        Folder of the database.
    number
        Number of the action; None for the latest that is not undone.
    files
        Only these files, by the paths that they had before; empty for all of the action. A file comes with its parts.
    dry_run
        Say what would come back, and change nothing.
    progress
        Called with stage "acting" as work goes on, in steps.

    Returns
    -------
    Undone
        What is back, and what is not, with reasons.

    Raises
    ------
    ArgumentError
        There is no such action, it was undone already, or it has no such file.
    OutputError
        The journal cannot be read or written.
    StoreLockedError
        Another process is acting.

    """
    kept = Journal(journal)
    if dry_run:
        action, steps = _chosen(kept.read(), number, files)
        return _foreseen(action, steps)
    with kept.locked():
        actions = kept.read()
        action, steps = _chosen(actions, number, files)
        left = complete_interrupted(kept, actions)
        done: list[Restored] = []
        try:
            for i, step in enumerate(reversed(steps)):
                progress(Progress("acting", i, len(steps)))
                if step.state in ("undone", "failed"):  # what was cut short is completed
                    done += [each for each in _restored(step) if each.path not in {one.path for one in left}]
                else:
                    _undo_step(kept, actions, action, step, done, left)
            progress(Progress("acting", len(steps), len(steps)))
        finally:
            with suppress(OutputError):  # what became of the last step shows on disk
                kept.sync()
        return Undone(action.number, tuple(done), tuple(left))


def complete_interrupted(journal: Journal, actions: dict[int, Action]) -> list[Left]:
    """Complete the steps that a kill cut short: what is not wholly done is taken back. What cannot be is named."""
    left: list[Left] = []
    for action in actions.values():
        for step in action.steps.values():
            if step.state == "pending" and all(making.is_complete(move, action.bases) for move in step.moves):
                journal.came_of(action, step, "done")
            elif step.state == "pending":
                bring_back(journal, actions, action, step, outcome="failed", left=left)
            elif step.state == "undoing":
                bring_back(journal, actions, action, step, outcome=step.then, left=left)
    journal.sync()
    return left


def bring_back(
    journal: Journal,
    actions: Mapping[int, Action],
    action: Action,
    step: KeptStep,
    *,
    outcome: Then,
    left: list[Left] | None = None,
) -> bool:
    """Take all moves of a step back, from whatever state, after which it is "failed" or "undone"; whether that worked.

    A sidecar that other steps have written too stays until the last of them is taken back: it holds what their files
    knew. Where a file is not found the step stays as it is, since a later try may succeed: its drive may be unplugged.
    """
    making.clear_unfinished(step.moves, step.backs, action.bases)
    step.backs = making.planned_backs(step.moves, step.backs, action.bases)
    step.then, step.state = outcome, "undoing"
    journal.intend_undo(action, step)
    is_whole, is_over = True, True
    needed = _needed_writes(actions, step)
    for move, back in reversed([*zip(step.moves, step.backs, strict=True)]):
        if move in needed:
            continue
        try:
            making.take_back(move, back, action.bases)
        except OSError as error:
            is_whole = False
            # Only a sidecar that somebody has changed is left for good. A file may be on a drive that is away.
            is_over = is_over and move.way == "write" and isinstance(error, LostError)
            if left is not None:
                left.append(Left(move.source, f"it {told(error)}"))
    if is_over:
        journal.came_of(action, step, outcome)
    return is_whole


def _needed_writes(actions: Mapping[int, Action], step: KeptStep) -> list[Move]:
    """The writing of sidecars that a step has in common with others that stand."""
    writes = [move for move in step.moves if move.way == "write"]
    others = [
        other
        for action in (actions.values() if writes else ())
        for other in action.steps.values()
        if other is not step and other.state in ("done", "pending")
    ]
    return [move for move in writes if any(move in other.moves for other in others)]


def _undo_step(
    journal: Journal,
    actions: Mapping[int, Action],
    action: Action,
    step: KeptStep,
    done: list[Restored],
    left: list[Left],
) -> None:
    """Undo a step; what is back and what is not is added to the lists."""
    before = len(left)
    bring_back(journal, actions, action, step, outcome="undone", left=left)
    lost = {each.path for each in left[before:]}
    done += [each for each in _restored(step) if each.path not in lost]
    if any(move.source in lost and move.way != "write" for move in step.moves):
        journal.came_of(action, step, "done")  # so that it can be tried again


def _restored(step: KeptStep) -> list[Restored]:
    """The files of a step that was taken back, where they are."""
    pairs = zip(step.moves, step.backs, strict=True)
    return [Restored(move.source, back.target) for move, back in pairs if move.way != "write"]


def _chosen(actions: dict[int, Action], number: int | None, files: Sequence[Path]) -> tuple[Action, list[KeptStep]]:
    """The action and the steps that an undo is about."""
    if number is not None and number not in actions:
        known = f"; the latest is {max(actions)}" if actions else ": nothing was done yet"
        raise ArgumentError(f"there is no action {number}{known}")
    candidates = [actions[number]] if number is not None else [*reversed(actions.values())]
    standing = [(action, [step for step in action.steps.values() if step.state in _STANDING]) for action in candidates]
    found = next(((action, steps) for action, steps in standing if steps), None)
    if found is None and number is None:
        raise ArgumentError("there is nothing to undo")
    if found is None:
        was = "was undone already" if actions[number or 0].steps else "did nothing"
        raise ArgumentError(f"action {number} {was}")
    action, steps = found
    if not files:
        return action, steps
    chosen = []
    for file in files:
        # As the actions are printed, inside the collection, or as a shell completes it.
        paths = [Path(os.path.abspath(base / file)) for base in (action.root, Path.cwd())]  # noqa: PTH100 - folds '..'
        step = next((step for path in paths for step in action.steps.values() if _is_about(step, path)), None)
        if step is None:
            raise ArgumentError(
                f"action {action.number} did nothing with {str(file)!r}; `imagecluster actions` lists all"
            )
        if step.state not in _STANDING:
            raise ArgumentError(f"{str(file)!r} of action {action.number} was undone already")
        chosen.append(step)
    return action, [step for step in steps if step in chosen]


_STANDING = ("done", "pending", "undoing")


def _is_about(step: KeptStep, path: Path) -> bool:
    """Whether a step moved a file that was at a path, or is there now."""
    return any(path in (move.source, move.target) for move in step.moves if move.way != "write")


def _foreseen(action: Action, steps: Sequence[KeptStep]) -> Undone:
    """What an undo would bring back."""
    done: list[Restored] = []
    left: list[Left] = []
    for step in reversed(steps):
        backs = making.planned_backs(step.moves, step.backs, action.bases)
        for move, back in zip(step.moves, backs, strict=True):
            if move.way == "write":
                continue
            reason = _missing(move, back)
            if reason:
                left.append(Left(move.source, reason))
            else:
                done.append(Restored(move.source, back.target))
    return Undone(action.number, tuple(done), tuple(left))


def _missing(move: Move, back: Move) -> str:
    """Why a file will hardly come back; empty if it will."""
    if move.way in ("rename", "copy") and not (os.path.lexists(move.target) or os.path.lexists(back.target)):
        return f"it is no longer at {move.target}"
    return ""
