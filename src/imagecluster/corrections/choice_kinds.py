"""The kinds of choices among pictures: kept, rejected, and stars. They hold for files, and change no cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from imagecluster.corrections.checks import check_paths, check_sides, hashes_of_json
from imagecluster.errors import ArgumentError

__all__ = [
    "MOST_STARS",
    "ChoiceEdit",
    "Choose",
    "ChosenFile",
    "Fate",
    "Rate",
    "choice_from_json",
    "choice_to_json",
]

Fate = Literal["keep", "reject", "open"]
"""What was chosen for a file; "open" takes an earlier choice back."""

MOST_STARS = 5


class ChosenFile(NamedTuple):
    """A file, by its path as outputs give it and by its content: two equal files can have two fates."""

    name: str
    content_hash: bytes
    """128-bit xxh3 of the content, 16 bytes."""
    n_equal: int = 1
    """Number of files with this content, this one included, when it was chosen."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Files to keep, to reject, or to leave open. No file is touched."""

    keep: tuple[ChosenFile, ...] = ()
    reject: tuple[ChosenFile, ...] = ()
    open: tuple[ChosenFile, ...] = ()

    def __post_init__(self) -> None:
        _check_files((*self.keep, *self.reject, *self.open))

    @property
    def pictures(self) -> frozenset[bytes]:
        """Contents of all files."""
        return frozenset(file.content_hash for file in (*self.keep, *self.reject, *self.open))


@dataclass(frozen=True, slots=True)
class Rate:
    """These files have so many stars, from 0 (none) to 5."""

    files: tuple[ChosenFile, ...]
    stars: int

    def __post_init__(self) -> None:
        _check_files(self.files)
        if type(self.stars) is not int or not 0 <= self.stars <= MOST_STARS:
            raise ArgumentError(f"stars is {self.stars!r:.50}; it must be a whole number from 0 to {MOST_STARS}")

    @property
    def pictures(self) -> frozenset[bytes]:
        """Contents of all files."""
        return frozenset(file.content_hash for file in self.files)


ChoiceEdit = Choose | Rate
"""What was chosen among pictures."""


def choice_to_json(edit: ChoiceEdit) -> dict[str, Any]:
    """A choice for JSON; each file is a list of its path, its content hash in hexadecimal, and `n_equal` unless 1.

    >>> choice_to_json(Choose(reject=(ChosenFile("a.jpg", bytes(16)),)))
    {'kind': 'choose', 'reject': [['a.jpg', '00000000000000000000000000000000']]}
    """
    if isinstance(edit, Rate):
        return {"kind": "rate", "stars": edit.stars, "files": _as_lists(edit.files)}
    chosen = {fate: _as_lists(getattr(edit, fate)) for fate in get_args(Fate)}
    return {"kind": "choose", **{fate: files for fate, files in chosen.items() if files}}


def choice_from_json(values: Mapping[str, Any]) -> ChoiceEdit:
    """The choice that `choice_to_json` wrote.

    Raises
    ------
    ArgumentError
        The values are not a choice.

    """
    if values["kind"] == "rate":
        return Rate(_files(values.get("files"), "files"), values.get("stars"))  # type: ignore[arg-type]  # checked there
    return Choose(**{fate: _files(values.get(fate, []), fate) for fate in get_args(Fate)})


def _check_files(files: tuple[ChosenFile, ...]) -> None:
    check_paths(tuple(file.name for file in files))
    check_sides(pictures=[file.content_hash for file in files])
    if not all(type(file.n_equal) is int and file.n_equal > 0 for file in files):
        raise ArgumentError("the number of equal files must be a whole number of 1 or more")
    if len({file.name for file in files}) < len(files):
        raise ArgumentError("a file is chosen twice in one choice; give each file once")


def _as_lists(files: tuple[ChosenFile, ...]) -> list[list[str | int]]:
    return [[file.name, file.content_hash.hex(), *([file.n_equal] if file.n_equal > 1 else [])] for file in files]


def _files(value: Any, what: str) -> tuple[ChosenFile, ...]:
    if not isinstance(value, list) or not all(isinstance(each, list) and 2 <= len(each) <= 3 for each in value):
        raise ArgumentError(f"{what} is {value!r:.50}; it must be a list of files, each with its path and content hash")
    return tuple(ChosenFile(name, min(hashes_of_json([text], what)), *n_equal) for name, text, *n_equal in value)
