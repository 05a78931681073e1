"""The journal of actions beside the database: what is about to be done, then what was done, one line of JSON each.

A line counts once it ends with a line end. An intent is on disk before the files are touched; what became of it follows
with the next intent, or at the end, so that each step waits for the disk once. A step without an outcome is looked at
on disk: see `undoing.complete_interrupted`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from imagecluster.actions.moves import Move
from imagecluster.errors import NotOursError, OutputError, StoreLockedError
from imagecluster.system.line_journal import LineJournal, json_line
from imagecluster.system.safe_files import OwnFolder

__all__ = ["JOURNAL_NAME", "Action", "Journal", "KeptStep", "State", "Then"]

_log = logging.getLogger(__name__)

JOURNAL_NAME = "actions.jsonl"
"""Name of the file in the database's folder."""

LOCK_NAME = "actions-lock"
_FORMAT, _VERSION = "imagecluster-actions", 1
State = Literal["pending", "done", "failed", "undoing", "undone"]
Then = Literal["failed", "undone"]
"""What a step is once all of it was taken back: it could not be made, or somebody undid it."""


@dataclass
class KeptStep:
    """A step as the journal has it."""

    number: int
    path: Path
    kind: str
    why: str
    content_hash: bytes
    moves: tuple[Move, ...]
    state: State = "pending"
    backs: tuple[Move, ...] = ()
    """Where an undo that was begun brings each move's file (`target`), and by which unfinished name."""
    then: Then = "undone"


@dataclass
class Action:
    """An action as the journal has it."""

    number: int
    made_s: float
    command: str
    to: str
    """Destination in words that a program can read: "trash", "folder", "hard", "reflink", "symbolic"."""
    folder: Path | None
    root: Path
    digest: str
    """Mark of plan and destination: a repeat of the same continues the same action."""
    steps: dict[int, KeptStep] = field(default_factory=dict)

    @property
    def bases(self) -> tuple[Path, ...]:
        """Folders that somebody named."""
        return (self.root, *([self.folder] if self.folder is not None else []))


class Journal:
    """The journal in a folder of ours.

    Parameters
    ----------
    directory
        Folder of the database.
    follow
        Whether the folder itself may be a link.

    Raises
    ------
    StoreVersionError
        A newer imagecluster wrote the journal. `read` raises this too.
    StoreDamagedError
        The file is not a journal.
    OutputError
        It cannot be read or written.

    """

    def __init__(self, directory: Path, *, follow: bool = True) -> None:
        self.directory = Path(os.path.abspath(directory))  # noqa: PTH100 - also folds '..'
        self._follow = follow
        file = self.directory / JOURNAL_NAME
        self._lines = LineJournal(file, form=_FORMAT, version=_VERSION, what="actions")
        self._waiting: list[bytes] = []

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the right to act; one process at a time has it, and the system drops it when the process ends.

        Raises
        ------
        StoreLockedError
            Another process is acting.

        """
        with contextlib.ExitStack() as held:
            try:
                folder = held.enter_context(OwnFolder(self.directory, follow=self._follow))
                file = held.enter_context(folder.open_writing(LOCK_NAME))
            except FileNotFoundError:
                raise OutputError(f"there is no folder {self.directory} for the journal of actions") from None
            except OSError as error:
                raise OutputError(
                    f"the journal of actions cannot be kept in {self.directory}, so that nothing was done:"
                    f" {(error.strerror or str(error)).lower()}"
                ) from None
            if not _lock(file.fileno()):
                raise StoreLockedError(
                    f"files are being moved by another run with the database in {self.directory}: wait until it has"
                    " ended, and run again"
                )
            yield

    def read(self) -> dict[int, Action]:
        """All actions by number, oldest first."""
        try:
            with (
                OwnFolder(self.directory, follow=self._follow) as folder,
                folder.open_reading(JOURNAL_NAME) as stream,
            ):
                content = stream.read()
        except FileNotFoundError:
            content = b""
        except NotOursError as error:
            raise NotOursError(f"the journal of actions cannot be read: {error}") from None
        except OSError as error:
            raise OutputError(f"cannot read {self.directory / JOURNAL_NAME}: {error.strerror or error}") from None
        actions: dict[int, Action] = {}
        for number, line in self._lines.lines(content):
            try:
                self._take(_decodable(json.loads(line)), actions)
            except (ValueError, LookupError, AttributeError, TypeError) as error:
                if not self._lines.was_cut_off(line):
                    _log.warning(
                        "%s: line %d is ignored, since it does not make sense (%s: %s)",
                        self.directory / JOURNAL_NAME, number, type(error).__name__, error,
                    )  # fmt: skip
        return actions

    def begin(self, action: Action) -> None:
        """Note that an action begins; on disk with its first intent."""
        values = {
            "made_s": round(action.made_s, 3),
            "command": action.command,
            "to": action.to,
            "root": self._kept_root(action.root),
            "plan": action.digest,
        }
        if action.folder is not None:
            values["folder"] = self._name(action.folder, action.root)
        self._note({"action": action.number, "begin": values})

    def intend(self, action: Action, step: KeptStep) -> None:
        """Write what a step is about to do, and wait until it is on disk."""

        def name(path: Path) -> str:
            return self._name(path, action.root)

        self._note(
            {
                "action": action.number,
                "step": step.number,
                "intent": {
                    "file": name(step.path),
                    "kind": step.kind,
                    "why": step.why,
                    "hash": step.content_hash.hex(),
                    "moves": [move.to_json(name) for move in step.moves],
                },
            }
        )
        try:
            self.sync()
        except OutputError:
            self._waiting.pop()  # nothing of it was done
            raise

    def intend_undo(self, action: Action, step: KeptStep) -> None:
        """Write where the files of a step are about to be brought back to, and wait until it is on disk."""
        backs = [
            {"to": self._name(back.target, action.root), **({"unfinished": back.unfinished} if back.unfinished else {})}
            for back in step.backs
        ]
        self._note({"action": action.number, "step": step.number, "undo": backs, "then": step.then})
        self.sync()

    def came_of(self, action: Action, step: KeptStep, state: State, reason: str = "") -> None:
        """Note what became of a step; on disk with the next intent, or with `sync`."""
        step.state = state
        values = {"action": action.number, "step": step.number, "outcome": state}
        self._note({**values, "reason": reason} if reason else values)

    def sync(self) -> None:
        """Append what was noted, and wait until it is on disk."""
        if not self._waiting:
            return
        file = self.directory / JOURNAL_NAME
        try:
            with OwnFolder(self.directory, follow=self._follow) as folder:
                self._lines.append(folder, self._waiting)
        except NotOursError as error:
            raise NotOursError(f"the journal of actions cannot be kept: {error}") from None
        except OSError as error:
            raise OutputError(
                f"cannot write the journal of actions to {file}: {error.strerror or error}. No file was touched after"
                " that; make room, and run the same command again, or `imagecluster undo`"
            ) from None
        self._waiting = []

    def _note(self, values: Mapping[str, Any]) -> None:
        self._waiting.append(json_line(values))

    def _take(self, values: Mapping[str, Any], actions: dict[int, Action]) -> None:
        """Take in a line."""
        number = int(values["action"])
        if "begin" in values:
            begin = values["begin"]
            root = self._root_of(begin["root"])
            folder = root / begin["folder"] if "folder" in begin else None
            actions[number] = Action(
                number, float(begin["made_s"]), begin["command"], begin["to"], folder, root, begin["plan"]
            )
            return
        action = actions[number]
        step_number = int(values["step"])
        if "intent" in values:
            intent = values["intent"]
            moves = tuple(Move.from_json(move, lambda text: action.root / text) for move in intent["moves"])
            if all(move.way == "write" for move in moves):
                raise ValueError("no file goes")
            action.steps[step_number] = KeptStep(
                step_number, action.root / intent["file"], intent["kind"], intent["why"],
                bytes.fromhex(intent["hash"]), moves,
            )  # fmt: skip
            return
        step = action.steps[step_number]
        if "undo" in values:
            step.backs = tuple(
                Move(move.way, move.target, action.root / back["to"], None, back.get("unfinished", ""))
                for move, back in zip(step.moves, values["undo"], strict=True)
            )
            step.state, step.then = "undoing", values["then"]
        elif values["outcome"] in get_args(State):
            step.state = values["outcome"]
        else:
            raise ValueError(f"{values['outcome']!r} is not an outcome")

    def _name(self, path: Path, root: Path) -> str:
        """A path as it is kept: relative to the collection's folder where it lies inside."""
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else os.fspath(path)

    def _kept_root(self, root: Path) -> str:
        """The collection's folder as it is kept: relative to the database where that lies inside it."""
        inside = self.directory.is_relative_to(root)
        return Path(os.path.relpath(root, self.directory)).as_posix() if inside else os.fspath(root)

    def _root_of(self, text: str) -> Path:
        return Path(os.path.normpath(self.directory / text))


def _decodable(values: Any) -> Any:
    """The values of a line. Raises ValueError where a text holds what no name of a file can."""
    os.fsencode(json.dumps(values, ensure_ascii=False))
    return values


def _lock(descriptor: int) -> bool:
    """Lock an open file if nobody holds it; whether that was possible."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
