"""What was chosen for each picture of a collection: kept, rejected, or neither, and its stars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, get_args

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
    `heirs`): another picture at the same path is not meant. A file that was renamed keeps its choice if it was, and is,
    the only file of its content for which something was chosen or can be: where there were equal files, one of them may
    have been removed, and what was said of it does not hold for the others.

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
    chosen, shared = _by_file(edits)
    if not chosen:
        return {}
    followed = heirs or {}
    found: dict[int, Choice] = {}
    gone: dict[bytes, list[Choice]] = {}
    for (name, chosen_hash), choice in chosen.items():
        contents = followed.get(chosen_hash, {chosen_hash})
        row = row_of(name)
        if row is not None and hashes[row] in contents:
            found[row] = choice
        elif row is None and (name, chosen_hash) not in shared:
            for content_hash in contents:
                gone.setdefault(content_hash, []).append(choice)
    rows: dict[bytes, list[int]] = {content_hash: [] for content_hash, choices in gone.items() if len(choices) == 1}
    for row, content_hash in enumerate(hashes if rows else ()):
        if content_hash in rows and row not in found:
            rows[content_hash].append(row)
    found.update(
        {of_content[0]: gone[content_hash][0] for content_hash, of_content in rows.items() if len(of_content) == 1}
    )
    return {row: choice for row, choice in sorted(found.items()) if choice != Choice()}


_File = tuple[str, bytes]
"""Path and content of a file."""


def _by_file(edits: Iterable[Edit]) -> tuple[dict[_File, Choice], set[_File]]:
    """The last choice for each file, and the files that had equal ones."""
    chosen: dict[_File, Choice] = {}
    shared: set[_File] = set()

    def change(files: Iterable[ChosenFile], **what: Any) -> None:
        for name, content_hash, n_equal in files:
            file = name, content_hash
            chosen[file] = chosen.get(file, Choice())._replace(**what)
            if n_equal > 1:
                shared.add(file)

    for edit in choice_edits_of(edits):
        if isinstance(edit, Rate):
            change(edit.files, stars=edit.stars)
        else:
            for fate in get_args(Fate):
                change(getattr(edit, fate), fate=fate)
    return chosen, shared
