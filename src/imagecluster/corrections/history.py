"""The file of corrections beside the database, with undo and redo.

The file is a journal, to which a line of JSON is appended for each correction, undo and redo. A power cut can leave a
last line without an end, which was never acknowledged and is ignored.

Earlier versions of the program ignore lines that they do not know: decisions on copies, corrections of events or of
single files, choices among pictures. So that the undo of one of these does not undo anything else for them, each
subject has words of its own: `undo` and `redo` for clusters, `undofiles` and `redofiles` for single files, `undecide`
and `redecide` for copies, `retract` and `restate` for events, `unchoose` and `rechoose` for choices. An edit that
is not the latest one is undone by `withdraw` with its mark, and redone by `restore`; for earlier versions of the
program it stays as it was.
"""

from __future__ import annotations

import bisect
import json
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imagecluster.corrections.kinds import Edit, Subject, edit_from_json, edit_to_json, subject_of
from imagecluster.errors import ArgumentError, NotOursError, OutputError
from imagecluster.system.line_journal import LineJournal, json_line
from imagecluster.system.safe_files import OwnFolder

__all__ = ["EDITS_NAME", "History", "MadeEdit"]

_log = logging.getLogger(__name__)

EDITS_NAME = "edits.jsonl"
"""Name of the file in the database's folder."""

_UNDO: Mapping[Subject, str] = {
    "clusters": "undo", "files": "undofiles", "copies": "undecide", "events": "retract", "choices": "unchoose",
}  # fmt: skip
_REDO: Mapping[Subject, str] = {
    "clusters": "redo", "files": "redofiles", "copies": "redecide", "events": "restate", "choices": "rechoose",
}  # fmt: skip

_WHAT: Mapping[Subject, str] = {
    "clusters": "correction of clusters",
    "files": "correction of single files",
    "copies": "decision about copies",
    "events": "correction of trips and events",
    "choices": "choice among pictures",
}

_FORMAT, _VERSION = "imagecluster-edits", 1


class MadeEdit(NamedTuple):
    """A correction in the journal."""

    line: int
    """Number of its line."""
    mark: str
    """The word by which it can be undone; the number of its line if it was made without one."""
    made_s: float
    """Time at which it was made, in seconds since 1970."""
    edit: Edit


class History:
    """Corrections in the order in which they were made. Any thread may use them.

    Another process may write to the same file; the next call reads what it wrote.

    Parameters
    ----------
    file
        The journal, which the first correction creates.
    follow
        Whether the folder around it may be a link. The journal itself may not: NotOursError.

    Raises
    ------
    StoreVersionError
        A newer imagecluster wrote the journal. Any method may raise this.
    StoreDamagedError
        The file is not a journal. Any method may raise this.
    OutputError
        The file cannot be read. Any method may raise this.

    """

    def __init__(self, file: Path, *, follow: bool = True) -> None:
        self._file = file
        self._follow = follow
        self._guard = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._version = 0
        self._done: list[MadeEdit] = []
        self._undone: list[MadeEdit] = []
        self._marks: set[str] = set()
        self._lines = LineJournal(file, form=_FORMAT, version=_VERSION, what="corrections")

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Corrections in effect, oldest first."""
        return self.state()[1]

    def state(self) -> tuple[int, tuple[Edit, ...], bool]:
        """Version of the journal, which grows with every change; corrections in effect; whether one can be redone."""
        with self._guard:
            self._read()
            return self._version, tuple(made.edit for made in self._done), bool(self._undone)

    def latest(self) -> tuple[MadeEdit | None, MadeEdit | None]:
        """What the next undo undoes and what the next redo redoes, as far as there is something."""
        with self._guard:
            self._read()
            return (self._done[-1] if self._done else None), (self._undone[-1] if self._undone else None)

    def add(self, edit: Edit, *, mark: str = "") -> int:
        """Add a correction, after which nothing can be redone; return the new version.

        Parameters
        ----------
        edit
            The correction.
        mark
            A word that no other correction has, by which it can be undone later. If the journal has it already, nothing
            is added: somebody who did not hear the answer says the same again.

        """
        with self._guard:
            self._read()
            if mark and mark in self._marks:
                return self._version
            return self._append({"edit": edit_to_json(edit), **({"mark": mark} if mark else {})})

    def undo(self, mark: str = "") -> Edit:
        """Undo a correction in effect, and return it; those made since stay.

        Parameters
        ----------
        mark
            That of the correction; default: the latest one.

        Raises
        ------
        ArgumentError
            There is none, or it was undone already.

        """
        with self._guard:
            self._read()
            if not self._done:
                raise ArgumentError("it was undone already" if mark else "there is nothing to undo")
            made = next((made for made in self._done if made.mark == mark), None) if mark else self._done[-1]
            if made is None:
                raise ArgumentError("it was undone already")
            is_last = made is self._done[-1]
            self._append({_UNDO[subject_of(made.edit)]: True} if is_last else {"withdraw": made.mark})
            return made.edit

    def undo_latest(self, subject: Subject) -> Edit:
        """Undo the latest edit about a subject in effect, and return it; what was said since about others stays.

        Raises
        ------
        ArgumentError
            There is none.

        """
        with self._guard:
            self._read()
            edit = next((made.edit for made in reversed(self._done) if subject_of(made.edit) == subject), None)
            if edit is None:
                raise ArgumentError(f"there is no {_WHAT[subject]} to take back")
            self._append({_UNDO[subject]: True})
            return edit

    def redo(self, mark: str = "") -> Edit:
        """Redo a correction that was undone, and return it.

        Parameters
        ----------
        mark
            That of the correction; default: the one that was undone last.

        Raises
        ------
        ArgumentError
            There is none, it was redone already, or another correction was made since.

        """
        with self._guard:
            self._read()
            made = next((made for made in self._undone if made.mark == mark), None) if mark else None
            if mark and made is None:
                raise ArgumentError(
                    "it cannot be redone, because it was redone already or another correction was made since"
                )
            if not self._undone:
                raise ArgumentError("there is nothing to redo")
            made = made or self._undone[-1]
            is_last = made is self._undone[-1]
            self._append({_REDO[subject_of(made.edit)]: True} if is_last else {"restore": made.mark})
            return made.edit

    def _append(self, line: dict[str, Any]) -> int:
        """Write a line, and wait until it is on disk."""
        try:
            with OwnFolder(self._file.parent, follow=self._follow, create=True) as folder:
                self._lines.append(folder, [json_line({**line, "made_s": round(time.time(), 3)})])
        except NotOursError as error:
            raise NotOursError(f"the corrections cannot be kept: {error}") from None
        except OSError as error:
            raise OutputError(f"cannot write the correction to {self._file}: {error.strerror or error}") from None
        self._read()
        return self._version

    def _read(self) -> None:
        """Read the journal again if it has changed."""
        try:
            with OwnFolder(self._file.parent, follow=self._follow) as folder:
                status = folder.status(self._file.name)
                seen = None if status is None else (status.st_size, status.st_mtime_ns)
                if seen is not None and seen == self._seen:
                    return
                with folder.open_reading(self._file.name) as stream:
                    content = stream.read()
        except FileNotFoundError:
            seen, content = None, b""
        except NotOursError as error:
            raise NotOursError(f"the corrections cannot be read: {error}") from None
        except OSError as error:
            raise OutputError(f"cannot read the corrections in {self._file}: {error.strerror or error}") from None
        lines = self._lines.lines(content)
        if not self._lines.ends_whole:
            _log.warning("%s: the last line is incomplete and is ignored", self._file)
        self._done, self._undone, self._marks = [], [], set()
        for number, line in lines:
            self._take(line, number)
        self._seen, self._version = seen, self._lines.n_lines

    def _insert(self, made: MadeEdit) -> None:
        """Put an edit that holds again where it was: later ones still override it."""
        bisect.insort(self._done, made, key=lambda each: each.line)

    def _take(self, line: bytes, number: int) -> None:
        """Take in a line of the journal."""
        try:
            values = json.loads(line)
            undone, redone = _named(values, _UNDO), _named(values, _REDO)
            if undone is not None:
                self._undone.append(_popped(self._done, undone))
            elif redone is not None:
                self._insert(_popped(self._undone, redone))
            elif "withdraw" in values:
                self._undone.append(_marked(self._done, values["withdraw"]))
            elif "restore" in values:
                self._insert(_marked(self._undone, values["restore"]))
            else:
                mark = str(values.get("mark", number))
                self._done.append(
                    MadeEdit(number, mark, float(values.get("made_s", 0.0)), edit_from_json(values["edit"]))
                )
                self._marks.add(mark)
                self._undone = []
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            _log.warning("%s: line %d is ignored: %s", self._file, number, error)


def _named(values: Mapping[str, Any], words: Mapping[Subject, str]) -> Subject | None:
    """The subject whose word a line has."""
    return next((subject for subject, word in words.items() if values.get(word)), None)


def _popped(edits: list[MadeEdit], subject: Subject) -> MadeEdit:
    """The latest edit about a subject, which leaves the list; LookupError if there is none.

    It need not be the last of all: what was said since about other subjects stays.
    """
    places = range(len(edits) - 1, -1, -1)
    place = next((place for place in places if subject_of(edits[place].edit) == subject), None)
    if place is None:
        raise LookupError("there is nothing to undo or redo")
    return edits.pop(place)


def _marked(edits: list[MadeEdit], mark: object) -> MadeEdit:
    """The edit with a mark, which leaves the list; LookupError if there is none."""
    place = next((place for place, made in enumerate(edits) if made.mark == mark), None)
    if place is None:
        raise LookupError(f"no correction with the mark {mark!r:.50} can be undone or redone")
    return edits.pop(place)
