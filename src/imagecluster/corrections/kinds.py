"""The kinds of corrections of clusters, and of decisions on copies.

Those of trips and events are in `event_kinds.py`, choices among pictures in `choice_kinds.py`. Pictures are identified
by the hash of their content, so equal files share corrections; only `HideFiles`, `UnhideFiles` and choices tell them
apart, by their paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal

from imagecluster.corrections.checks import check_name, check_paths, check_sides, hashes_of_json
from imagecluster.corrections.choice_kinds import ChoiceEdit, Choose, Rate, choice_from_json, choice_to_json
from imagecluster.corrections.event_kinds import (
    CameraClock,
    EventEdit,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    HomeIs,
    event_edit_from_json,
)
from imagecluster.errors import ArgumentError

__all__ = [
    "Apart",
    "Best",
    "Correction",
    "Decision",
    "Edit",
    "Hide",
    "HideFiles",
    "KeepAll",
    "Move",
    "Name",
    "NotCopies",
    "Subject",
    "Together",
    "Unhide",
    "UnhideFiles",
    "choice_edits_of",
    "corrections_of",
    "decisions_of",
    "edit_from_json",
    "edit_to_json",
    "event_edits_of",
    "subject_of",
]


@dataclass(frozen=True, slots=True)
class Name:
    """The cluster that holds most of these pictures has this name; an empty name removes their name."""

    pictures: frozenset[bytes]
    name: str

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        check_name(self.name)


@dataclass(frozen=True, slots=True)
class Together:
    """These pictures are in one cluster, namely the one that holds most of them."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class Apart:
    """Pictures of the two sides are never in the same cluster; the smaller side leaves a cluster that holds both."""

    pictures: frozenset[bytes]
    others: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures, others=self.others)
        if common := self.pictures & self.others:
            raise ArgumentError(
                f"{len(common)} of the pictures to keep apart are on both sides (equal files count as one picture);"
                " each must be on one side only"
            )


@dataclass(frozen=True, slots=True)
class Move:
    """These pictures leave their cluster for the one that holds most of the target's pictures."""

    pictures: frozenset[bytes]
    target: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures, target=self.target)
        if self.target <= self.pictures:
            raise ArgumentError("all pictures of the target are among those to move; give pictures of another cluster")


@dataclass(frozen=True, slots=True)
class Hide:
    """These pictures are left out of the viewer and of all outputs."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class Unhide:
    """These pictures are no longer hidden."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class HideFiles:
    """These files are left out like hidden pictures, but other files with the same bytes are not."""

    pictures: frozenset[bytes]
    names: tuple[str, ...]
    """Paths of the files as outputs give them. One that has another content, or none, by now is ignored."""

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        check_paths(self.names)


@dataclass(frozen=True, slots=True)
class UnhideFiles:
    """These files are no longer hidden, even if other files with the same bytes are."""

    pictures: frozenset[bytes]
    names: tuple[str, ...]
    """Paths of the files, as for `HideFiles`."""

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        check_paths(self.names)


@dataclass(frozen=True, slots=True)
class NotCopies:
    """No picture of one side is a copy of one of the other, nor another shot of it."""

    pictures: frozenset[bytes]
    others: frozenset[bytes]

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures, others=self.others)
        if self.pictures & self.others:
            raise ArgumentError(
                "a picture is on both sides: files with the same bytes are always copies; to keep all of them, decide"
                " to keep the whole group"
            )


@dataclass(frozen=True, slots=True)
class KeepAll:
    """All files of a group of copies stay: as many files of each content as there were."""

    pictures: frozenset[bytes]
    files: tuple[int, ...] = ()
    """Number of files of each picture, in the order of their hashes; empty: one each. Further files are copies."""

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        if self.files and (len(self.files) != len(self.pictures) or min(self.files) < 1):
            raise ArgumentError(
                f"files holds {len(self.files)} numbers for {len(self.pictures)} pictures; there must be one for each,"
                " of at least 1"
            )

    def n_files(self) -> dict[bytes, int]:
        """Number of files that stay, by content."""
        return dict(zip(sorted(self.pictures), self.files or (1,) * len(self.pictures), strict=True))


@dataclass(frozen=True, slots=True)
class Best:
    """These pictures are the ones to keep of their groups of copies."""

    pictures: frozenset[bytes]
    names: tuple[str, ...] = ()
    """Which of several files with the same bytes: paths as outputs give them. Where none is there, any file counts."""

    def __post_init__(self) -> None:
        check_sides(pictures=self.pictures)
        if self.names:
            check_paths(self.names)


Correction = Name | Together | Apart | Move | Hide | Unhide | HideFiles | UnhideFiles
"""What changes clusters."""
Decision = NotCopies | KeepAll | Best
"""What was decided about copies; clusters stay as they are."""
Edit = Correction | Decision | EventEdit | ChoiceEdit
Subject = Literal["clusters", "files", "copies", "events", "choices"]

_KINDS: dict[str, type[Edit]] = {
    kind.__name__.lower(): kind
    for kind in (Name, Together, Apart, Move, Hide, Unhide, HideFiles, UnhideFiles, NotCopies, KeepAll, Best)
}
_EVENT_KINDS: dict[str, type[EventEdit]] = {
    kind.__name__.lower(): kind for kind in (EventSplit, EventJoin, EventName, EventMove, HomeIs, CameraClock)
}


_CHOICE_KINDS = tuple(kind.__name__.lower() for kind in (Choose, Rate))


def corrections_of(edits: Iterable[Edit]) -> tuple[Correction, ...]:
    """Those that change clusters."""
    return tuple(edit for edit in edits if not isinstance(edit, Decision | EventEdit | ChoiceEdit))


def choice_edits_of(edits: Iterable[Edit]) -> tuple[ChoiceEdit, ...]:
    """Choices among pictures."""
    return tuple(edit for edit in edits if isinstance(edit, ChoiceEdit))


def event_edits_of(edits: Iterable[Edit]) -> tuple[EventEdit, ...]:
    """Those about trips and events."""
    return tuple(edit for edit in edits if isinstance(edit, EventEdit))


def subject_of(edit: Edit) -> Subject:
    """What an edit is about."""
    if isinstance(edit, Decision):
        return "copies"
    if isinstance(edit, HideFiles | UnhideFiles):
        return "files"
    if isinstance(edit, ChoiceEdit):
        return "choices"
    return "events" if isinstance(edit, EventEdit) else "clusters"


def decisions_of(edits: Iterable[Edit]) -> tuple[Decision, ...]:
    """Those about copies."""
    return tuple(edit for edit in edits if isinstance(edit, Decision))


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """A correction for JSON: its kind, its sorted hashes in hexadecimal, and a name or numbers of files.

    >>> edit_to_json(Hide(frozenset([bytes(16)])))
    {'kind': 'hide', 'pictures': ['00000000000000000000000000000000']}
    """
    if isinstance(edit, ChoiceEdit):
        return choice_to_json(edit)
    values: dict[str, Any] = {"kind": type(edit).__name__.lower()}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if isinstance(value, frozenset):
            value = sorted(content_hash.hex() for content_hash in value)
        values[field.name] = list(value) if isinstance(value, tuple) else value
    return values


def edit_from_json(values: Mapping[str, Any]) -> Edit:
    """The correction that `edit_to_json` wrote.

    Raises
    ------
    ArgumentError
        The values are not a correction.

    """
    event_kind = _EVENT_KINDS.get(str(values.get("kind")))
    if event_kind is not None:
        return event_edit_from_json(event_kind, values)
    if values.get("kind") in _CHOICE_KINDS:
        return choice_from_json(values)
    kind = _KINDS.get(str(values.get("kind")))
    if kind is None:
        known = ", ".join([*_KINDS, *_EVENT_KINDS, *_CHOICE_KINDS])
        raise ArgumentError(f"no correction is of the kind {values.get('kind')!r}; known: {known}")
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = values.get(field.name)
        if value is None and field.default is not MISSING:
            continue
        if field.name == "name":
            if not isinstance(value, str):
                raise ArgumentError(f"the name is {value!r}; it must be a text")
            given["name"] = value
        elif field.name == "files":
            if not isinstance(value, list) or not all(type(number) is int for number in value):
                raise ArgumentError(f"files is {value!r:.50}; it must be a list of numbers")
            given["files"] = tuple(value)
        elif field.name == "names":
            if not isinstance(value, list):
                raise ArgumentError(f"names is {value!r:.50}; it must be a list of paths")
            given["names"] = tuple(value)
        else:
            given[field.name] = hashes_of_json(value, field.name)
    return kind(**given)
