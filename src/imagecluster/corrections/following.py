"""Corrections of pictures whose files were changed since, by programs that write metadata, or by an edit in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from imagecluster.corrections.choice_kinds import ChoiceEdit
from imagecluster.corrections.event_kinds import EventMove
from imagecluster.corrections.kinds import Apart, Edit, KeepAll, Move, NotCopies

__all__ = ["Heirs", "follow", "heirs"]

Heirs = Mapping[bytes, frozenset[bytes]]
"""The contents that took the place of others, by content hash."""

Successors = Callable[[Collection[bytes]], Mapping[bytes, tuple[frozenset[bytes], frozenset[bytes]]]]
"""`Store.successors`."""


def heirs(edits: Iterable[Edit], hashes: Collection[bytes], successors: Successors) -> Heirs:
    """The contents that took the place of those that corrections mention and that the collection lacks.

    These are the contents with the same pixels or, where there is none, the contents of the files that had the missing
    one before.

    Parameters
    ----------
    edits
        Corrections.
    hashes
        Content hashes of the pictures of the collection.
    successors
        Tells what may have taken the place of contents: those with the same pixels, and those of the same files.
    """
    mentioned = {content_hash for edit in edits for content_hash in _contents(edit)}
    gone = mentioned - set(hashes) if mentioned else mentioned
    if not gone:
        return {}
    present = set(hashes)
    found = {
        content_hash: next((there for candidates in tiers if (there := candidates & present)), frozenset[bytes]())
        for content_hash, tiers in successors(gone).items()
    }
    return {content_hash: there for content_hash, there in found.items() if there}


def follow(edits: Iterable[Edit], heirs: Heirs) -> tuple[Edit, ...]:
    """Corrections with the contents that took the place of others; one that has become impossible is left out.

    Choices stay as they are: `choices_of` follows them, file by file.
    """
    if not heirs:
        return tuple(edits)
    found = (_followed(edit, heirs) for edit in edits)
    return tuple(edit for edit in found if edit is not None)


def _contents(edit: Edit) -> frozenset[bytes]:
    """All contents that an edit mentions."""
    # The files of a choice have their contents beside their paths.
    return edit.pictures if isinstance(edit, ChoiceEdit) else frozenset[bytes]().union(*_sides(edit).values())


def _sides(edit: Edit) -> dict[str, frozenset[bytes]]:
    """The sets of pictures of a correction, by field."""
    values = {field.name: getattr(edit, field.name) for field in fields(edit)}
    return {name: value for name, value in values.items() if isinstance(value, frozenset)}


def _followed(edit: Edit, heirs: Heirs) -> Edit | None:
    sides = {
        name: frozenset[bytes]().union(*(heirs.get(content_hash, {content_hash}) for content_hash in side))
        for name, side in _sides(edit).items()
    }
    if isinstance(edit, Apart | NotCopies):
        sides["others"] -= sides["pictures"]
    if isinstance(edit, Move | EventMove) and sides["target"] <= sides["pictures"]:
        return None
    changes: dict[str, Any] = dict(sides)
    if isinstance(edit, KeepAll):
        changes["files"] = _numbers(edit, heirs)
    return replace(edit, **changes) if all(sides.values()) else None


def _numbers(edit: KeepAll, heirs: Heirs) -> tuple[int, ...]:
    """Number of files of each content after the change: an heir has as many as all whose place it took."""
    found: dict[bytes, int] = {}
    for content_hash, n_files in edit.n_files().items():
        for heir in heirs.get(content_hash, {content_hash}):
            found[heir] = found.get(heir, 0) + n_files
    return tuple(found[content_hash] for content_hash in sorted(found))
