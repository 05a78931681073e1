"""Which picture a name in a table means, as tables from other machines and programs have them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from imagecluster.evaluate.table_text import plain_cell

__all__ = ["PictureNames"]

_MOST_LOOKED_AT = 2_000
"""So many names that are found nowhere are looked at for the folder in which a collection was before."""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(_composed(text).casefold())


class PictureNames:
    """The pictures of a collection, to be found by name.

    A name is first taken as it is; then without spaces around it, with `/` for a backslash, and without the apostrophe
    that spreadsheets take; then in any form of its accents; then in any case of its letters. Beyond the first, only a
    name that means a single picture counts.

    Parameters
    ----------
    bases
        Folders in which relative names start; the first one is the collection's.
    paths
        Absolute paths of the pictures.

    """

    def __init__(self, bases: Sequence[Path], paths: Sequence[Path]) -> None:
        self._bases = bases
        self._exact = {os.fspath(path): os.fspath(path) for path in paths}
        self._levels: list[tuple[Callable[[str], str], dict[str, str | None]]] = [(str, dict(self._exact))]
        for form in (_composed, _folded):
            known: dict[str, str | None] = {}
            for path in self._exact:
                key = form(path)
                known[key] = None if key in known else path
            self._levels.append((form, known))

    def find(self, name: str) -> str | None:
        """The picture that a name means, or None."""
        places = [os.path.normpath(base / spelled) for spelled in _spellings(name) for base in self._bases]
        for form, known in self._levels:
            for place in places:
                found = known.get(form(place))
                if found is not None:
                    return found
        return None

    def find_moved(self, names: Iterable[str]) -> dict[str, str]:
        """The pictures that names mean in the folder in which the collection was when they were written.

        That is the one folder whose replacement by the collection's gives the most pictures.
        """
        parted = {name: re.split(r"[/\\]+", name.strip()) for name in names}
        votes: Counter[tuple[str, ...]] = Counter()
        for parts in [*parted.values()][:_MOST_LOOKED_AT]:
            votes.update(tuple(parts[:n]) for n in range(1, len(parts)) if self.find("/".join(parts[n:])))
        best = votes.most_common(2)
        if not best or (len(best) == 2 and best[0][1] == best[1][1]):
            return {}
        before = best[0][0]
        moved = {}
        for name, parts in parted.items():
            found = self.find("/".join(parts[len(before) :])) if tuple(parts[: len(before)]) == before else None
            if found is not None:
                moved[name] = found
        return moved


def _spellings(name: str) -> Iterator[str]:
    """A name, and what else it may mean."""
    bare = name.strip()
    yield from dict.fromkeys(
        (name, bare, plain_cell(bare), bare.replace("\\", "/"), plain_cell(bare).replace("\\", "/"))
    )
