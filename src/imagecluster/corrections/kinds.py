"""The kinds of corrections. Pictures are named by the hash of their content: equal files are corrected together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from imagecluster.errors import ArgumentError
from imagecluster.store import HASH_BYTES

__all__ = ["Apart", "Edit", "Hide", "Move", "Name", "Together", "Unhide", "edit_from_json", "edit_to_json"]

LONGEST_NAME = 200
"""Characters of a cluster's name, at most."""


@dataclass(frozen=True, slots=True)
class Name:
    """The cluster that holds most of these pictures has this name; an empty one takes their name away."""

    pictures: frozenset[bytes]
    name: str

    def __post_init__(self) -> None:
        _check(pictures=self.pictures)
        if len(self.name) > LONGEST_NAME or not all(char.isprintable() for char in self.name):
            raise ArgumentError(
                f"the name {self.name[:50]!r} has {len(self.name)} characters; it must be one line of printable"
                f" characters, at most {LONGEST_NAME}"
            )


@dataclass(frozen=True, slots=True)
class Together:
    """These pictures are in one cluster: the one that holds most of them."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        _check(pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class Apart:
    """No picture of one side is in a cluster with one of the other: where both are, the smaller side leaves."""

    pictures: frozenset[bytes]
    others: frozenset[bytes]

    def __post_init__(self) -> None:
        _check(pictures=self.pictures, others=self.others)
        if common := self.pictures & self.others:
            raise ArgumentError(
                f"{len(common)} of the pictures to keep apart are on both sides (equal files count as one picture);"
                " each must be on one"
            )


@dataclass(frozen=True, slots=True)
class Move:
    """These pictures leave their cluster for the one that holds most of the target's pictures."""

    pictures: frozenset[bytes]
    target: frozenset[bytes]

    def __post_init__(self) -> None:
        _check(pictures=self.pictures, target=self.target)
        if self.target <= self.pictures:
            raise ArgumentError("all pictures of the target are moved themselves; give the pictures of another cluster")


@dataclass(frozen=True, slots=True)
class Hide:
    """These pictures are left out of everything that is shown or written."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        _check(pictures=self.pictures)


@dataclass(frozen=True, slots=True)
class Unhide:
    """These pictures are hidden no more."""

    pictures: frozenset[bytes]

    def __post_init__(self) -> None:
        _check(pictures=self.pictures)


Edit = Name | Together | Apart | Move | Hide | Unhide

_KINDS: dict[str, type[Edit]] = {
    kind.__name__.lower(): kind for kind in (Name, Together, Apart, Move, Hide, Unhide)
}  # fmt: skip


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """A correction as JSON can hold it: its kind, hashes in hexadecimal and sorted, and a name.

    >>> edit_to_json(Hide(frozenset([bytes(16)])))
    {'kind': 'hide', 'pictures': ['00000000000000000000000000000000']}
    """
    values: dict[str, Any] = {"kind": type(edit).__name__.lower()}
    for field in fields(edit):
        value = getattr(edit, field.name)
        values[field.name] = value if isinstance(value, str) else sorted(content_hash.hex() for content_hash in value)
    return values


def edit_from_json(values: Mapping[str, Any]) -> Edit:
    """The correction that `edit_to_json` wrote.

    Raises
    ------
    ArgumentError
        It is none.

    """
    kind = _KINDS.get(str(values.get("kind")))
    if kind is None:
        raise ArgumentError(f"no correction is of the kind {values.get('kind')!r}; known: {', '.join(_KINDS)}")
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = values.get(field.name)
        if field.name == "name":
            if not isinstance(value, str):
                raise ArgumentError(f"the name is {value!r}; it must be a text")
            given["name"] = value
        else:
            given[field.name] = _hashes(value, field.name)
    return kind(**given)


def _hashes(value: Any, what: str) -> frozenset[bytes]:
    try:
        return frozenset(bytes.fromhex(text) for text in value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{what} must be a list of content hashes in hexadecimal") from None


def _check(**sides: Iterable[bytes]) -> None:
    """Refuses a side without pictures, or with what is no hash."""
    for name, hashes in sides.items():
        if not hashes:
            raise ArgumentError(f"{name} is empty; give at least one picture")
        for content_hash in hashes:
            if len(content_hash) != HASH_BYTES:
                raise ArgumentError(f"{name} holds a hash of {len(content_hash)} bytes; they have {HASH_BYTES}")
