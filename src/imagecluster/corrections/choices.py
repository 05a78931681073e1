"""What was chosen for each picture of a collection: kept, rejected, or neither, and its stars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from imagecluster.corrections.choice_kinds import ChosenFile, Fate, Rate
from imagecluster.corrections.following import Heirs
from imagecluster.corrections.kinds import Edit, choice_edits_of

__all__ = ["Choice", "choices_of"]


class Choice(NamedTuple):
    """What was chosen for a picture."""

    fate: Fate = "open"
    stars: int = 0


def choices_of(
    edits: Iterable[Edit], row_of: Callable[[str], int | None], hashes: Sequence[bytes], *, heirs: Heirs | None = None
) -> dict[int, Choice]:
    """What was chosen for each picture, by its row; those for which nothing was chosen are left out.

    A choice holds for the file at its path while that has the content it had, or one that took the content's place (see
    `heirs`): another picture at the same path is not meant. A file that was renamed keeps its choice as the only file
    of its content for which nothing else was chosen, or where all choices of vanished files of that content agree.

    Parameters
    ----------
    edits
        Corrections, oldest first; all but choices are ignored.
    row_of
        The row of the picture with a path as outputs give it; None if there is none.
    hashes
        Content hash of each picture.
    heirs
        The contents that took the place of others.

    >>> from imagecluster.corrections import Choose
    >>> a, b = bytes(16), bytes([1] * 16)
    >>> edits = [Choose(keep=(ChosenFile("1.jpg", a),), reject=(ChosenFile("2.jpg", b),)),
    ...          Rate((ChosenFile("1.jpg", a),), 4)]
    >>> choices_of(edits, {"1.jpg": 0, "renamed.jpg": 1}.get, [a, b])
    {0: Choice(fate='keep', stars=4), 1: Choice(fate='reject', stars=0)}
    """
    chosen = _by_file(edits)
    if not chosen:
        return {}
    followed = heirs or {}
    found: dict[int, Choice] = {}
    moved: dict[bytes, set[Choice]] = {}
    for file, choice in chosen.items():
        contents = followed.get(file.content_hash, {file.content_hash})
        row = row_of(file.name)
        if row is None:
            for content_hash in contents:
                moved.setdefault(content_hash, set()).add(choice)
        elif hashes[row] in contents:
            found[row] = choice
    if moved:
        for row, content_hash in enumerate(hashes):
            choices = moved.get(content_hash, ())
            if row not in found and len(choices) == 1:
                found[row] = next(iter(choices))
    return {row: choice for row, choice in sorted(found.items()) if choice != Choice()}


def _by_file(edits: Iterable[Edit]) -> Mapping[ChosenFile, Choice]:
    """The last choice for each file."""
    chosen: dict[ChosenFile, Choice] = {}
    for edit in choice_edits_of(edits):
        if isinstance(edit, Rate):
            for file in edit.files:
                chosen[file] = chosen.get(file, Choice())._replace(stars=edit.stars)
        else:
            fate: Fate
            for fate in get_args(Fate):
                for file in getattr(edit, fate):
                    chosen[file] = chosen.get(file, Choice())._replace(fate=fate)
    return chosen
