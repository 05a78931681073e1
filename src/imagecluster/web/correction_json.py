"""Corrections between the page, which knows pictures by their ids, and the history, which knows them by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from imagecluster.corrections import (
    Apart,
    Best,
    CameraClock,
    ChoiceEdit,
    Choose,
    ChosenFile,
    Correction,
    Edit,
    EventEdit,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    Fate,
    Hide,
    HideFiles,
    History,
    HomeIs,
    KeepAll,
    MadeEdit,
    Move,
    Name,
    NotCopies,
    Rate,
    Together,
    Unhide,
    UnhideFiles,
    choices_of,
    corrections_of,
    follow,
)
from imagecluster.errors import ArgumentError
from imagecluster.explore.snapshot import Snapshot
from imagecluster.web import wire
from imagecluster.web.file_actions import FileActions

__all__ = ["choices_for_page", "corrections_state", "edit_of_request", "edits_for_page"]

_KINDS: dict[str, Any] = {
    "together": Together, "hide": Hide, "unhide": Unhide, "hidefiles": HideFiles, "unhidefiles": UnhideFiles,
    "keepall": KeepAll, "best": Best,
}  # fmt: skip
_OF_EVENTS = ("eventname", "eventjoin", "eventsplit", "eventmove", "homeis", "cameraclock")
_KIND_OF: dict[type[Correction], wire.CorrectionKind] = {
    Name: "name", Together: "together", Apart: "apart", Move: "move", Hide: "hide", Unhide: "unhide",
    HideFiles: "hidefiles", UnhideFiles: "unhidefiles",
}  # fmt: skip


def edit_of_request(values: Any, snapshot: Snapshot) -> Edit:
    """The correction that a page requests, in which pictures are given by their ids.

    Raises
    ------
    ArgumentError
        The values are not a correction.

    """
    if not isinstance(values, dict):
        raise ArgumentError("the record of a correction must be an object")
    kind = values.get("kind")
    if kind in ("apart", "notcopies"):
        a, b = (_hashes(values.get(side), side, snapshot) for side in ("a", "b"))
        return Apart(a, b) if kind == "apart" else NotCopies(a, b)
    if kind in _OF_EVENTS or kind in get_args(wire.ChoiceKind):
        return (_event_edit if kind in _OF_EVENTS else _choice_edit)(str(kind), values, snapshot)
    pictures = _hashes(values.get("ids"), "ids", snapshot)
    if kind == "name":
        if not isinstance(values.get("name"), str):
            raise ArgumentError(f"the name is {values.get('name')!r}; it must be a text")
        return Name(pictures, values["name"].strip())
    if kind == "move":
        return Move(pictures, _hashes(values.get("to"), "to", snapshot))
    if not isinstance(kind, str) or kind not in _KINDS:
        known = ", ".join(("name", "apart", "move", "notcopies", *get_args(wire.ChoiceKind), *_KINDS, *_OF_EVENTS))
        raise ArgumentError(f"no correction is of the kind {kind!r}; known: {known}")
    found: Edit = _KINDS[kind](pictures, **_files(kind, values["ids"], snapshot))
    return found


def _event_edit(kind: str, values: dict[str, Any], snapshot: Snapshot) -> EventEdit:
    """A correction of trips and events."""
    if kind in ("homeis", "cameraclock"):
        names = ("latitude", "longitude") if kind == "homeis" else ("shift_s",)
        numbers = [values.get(name) for name in names]
        if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
            raise ArgumentError(f"{' and '.join(names)} must be numbers")
        if kind == "homeis":
            return HomeIs(*map(float, numbers))  # type: ignore[arg-type]  # checked just now
        if not isinstance(values.get("camera"), str):
            raise ArgumentError("camera must be a text")
        return CameraClock(values["camera"], float(numbers[0]))  # type: ignore[arg-type]
    pictures = _hashes(values.get("ids"), "ids", snapshot)
    if kind == "eventmove":
        return EventMove(pictures, _hashes(values.get("to"), "to", snapshot))
    level = values.get("level", "event")
    if kind == "eventname":
        if not isinstance(values.get("name"), str):
            raise ArgumentError(f"the name is {values.get('name')!r}; it must be a text")
        return EventName(pictures, values["name"].strip(), level)
    return EventJoin(pictures, level) if kind == "eventjoin" else EventSplit(pictures, level)


def _choice_edit(kind: str, values: dict[str, Any], snapshot: Snapshot) -> ChoiceEdit:
    """A choice among pictures."""
    if kind == "rate":
        files = _chosen_files(values.get("ids"), "ids", snapshot)
        return Rate(files, values.get("stars"))  # type: ignore[arg-type]  # checked there
    return Choose(**{fate: _chosen_files(values.get(fate, []), fate, snapshot) for fate in get_args(Fate)})


def _files(kind: str, ids: int | list[int], snapshot: Snapshot) -> dict[str, Any]:
    """What is said about the files of pictures, which may have the same bytes."""
    listed = [ids] if isinstance(ids, int) else ids
    if kind in ("best", "hidefiles", "unhidefiles"):
        return {"names": tuple(map(snapshot.name, listed))}
    if kind == "keepall":
        counts = Counter(snapshot.leaves.hashes[picture] for picture in listed)
        return {"files": tuple(counts[content_hash] for content_hash in sorted(counts))}
    return {}


def edits_for_page(edits: Sequence[Edit], snapshot: Snapshot) -> wire.Corrections:
    """Corrections in the form in which the page applies them to any cut.

    A content that is not in the collection is numbered too, since it may still link two others.
    """
    number: dict[bytes, int] = {}
    listed: list[wire.Correction] = []
    of_files: list[tuple[wire.Correction, frozenset[str]]] = []

    def numbers(side: frozenset[bytes]) -> list[int]:
        return [number.setdefault(content_hash, len(number)) for content_hash in sorted(side)]

    for edit in corrections_of(follow(edits, snapshot.heirs)):
        entry: wire.Correction = {"kind": _KIND_OF[type(edit)], "pictures": numbers(edit.pictures)}
        if isinstance(edit, Apart):
            entry["others"] = numbers(edit.others)
        elif isinstance(edit, Move):
            entry["others"] = numbers(edit.target)
        elif isinstance(edit, Name):
            entry["name"] = edit.name
        elif isinstance(edit, HideFiles | UnhideFiles):
            of_files.append((entry, frozenset(edit.names)))
        listed.append(entry)
    contents: list[list[int]] = [[] for _ in number]
    if number:
        for picture, content_hash in enumerate(snapshot.leaves.hashes):
            if content_hash in number:
                contents[number[content_hash]].append(picture)
    for entry, names in of_files:
        entry["files"] = [file for n in entry["pictures"] for file in contents[n] if snapshot.name(file) in names]
    return {"contents": contents, "edits": listed}


def choices_for_page(edits: Sequence[Edit], snapshot: Snapshot) -> wire.Choices:
    """What was chosen among pictures."""
    chosen = choices_of(edits, snapshot.id_of_name, snapshot.leaves.hashes, heirs=snapshot.heirs)
    return {
        "kept": [picture for picture, choice in chosen.items() if choice.fate == "keep"],
        "rejected": [picture for picture, choice in chosen.items() if choice.fate == "reject"],
        "stars": [(picture, choice.stars) for picture, choice in chosen.items() if choice.stars],
    }


def corrections_state(history: History, actions: FileActions, snapshot: Snapshot) -> wire.Edits:
    """All corrections in effect, and which one is undone or redone next."""
    version, edits, _ = history.state()
    done, undone = history.latest()
    corrections = edits_for_page(edits, snapshot)
    if gone := actions.gone(snapshot):
        corrections["gone"] = sorted(gone)
    return {
        "snapshot": snapshot.key,
        "version": version + actions.current_version(),
        "corrections": corrections,
        "choices": choices_for_page(edits, snapshot),
        "undo": None if done is None else _made_for_page(done, snapshot),
        "redo": None if undone is None else _made_for_page(undone, snapshot),
    }


def _made_for_page(made: MadeEdit, snapshot: Snapshot) -> wire.MadeCorrection:
    """What the page says of a correction that it did not make itself."""
    edit = made.edit
    if isinstance(edit, HideFiles | UnhideFiles):
        n_pictures = len(edit.names)
    elif isinstance(edit, Choose):
        n_pictures = len(edit.keep) + len(edit.reject) + len(edit.open)
    elif isinstance(edit, Rate):
        n_pictures = len(edit.files)
    else:
        pictures: frozenset[bytes] = getattr(edit, "others" if isinstance(edit, Apart) else "pictures", frozenset())
        n_pictures = sum(content_hash in pictures for content_hash in snapshot.leaves.hashes) if pictures else 0
    return {
        "mark": made.mark,
        "kind": type(edit).__name__.lower(),
        "n": n_pictures,
        "name": getattr(edit, "name", ""),
        "made_s": made.made_s,
    }


def _chosen_files(ids: Any, what: str, snapshot: Snapshot) -> tuple[ChosenFile, ...]:
    """The files of pictures, by path and content."""
    n_equal = {picture: len(group) for group in snapshot.identical for picture in group}
    return tuple(
        ChosenFile(snapshot.name(picture), snapshot.leaves.hashes[picture], n_equal.get(picture, 1))
        for picture in _pictures(ids, what, snapshot)
    )


def _hashes(ids: Any, what: str, snapshot: Snapshot) -> frozenset[bytes]:
    """Content hashes of pictures."""
    return frozenset(snapshot.leaves.hashes[picture] for picture in _pictures(ids, what, snapshot))


def _pictures(ids: Any, what: str, snapshot: Snapshot) -> list[int]:
    """Ids of pictures that a page sent; ArgumentError if they are none."""
    n = len(snapshot)
    if isinstance(ids, int):
        ids = [ids]
    if not isinstance(ids, list) or not all(type(picture) is int and 0 <= picture < n for picture in ids):
        raise ArgumentError(f"{what} must be a list of ids from 0 to {n - 1}")
    return ids
