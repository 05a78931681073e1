"""Search for names that contain some words, whatever their case and accents."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Names"]

_AT_ONCE = 10_000
"""Number of names that are folded together: many at once are fast, but all would take several times their size."""


class Names:
    """A search for names by the words that they contain.

    Case and accents make no difference: "zurich" finds "Zürich", even if a file system keeps the accent as a separate
    character.

    Parameters
    ----------
    names
        Names, as the file system gives them.

    """

    def __init__(self, names: Sequence[bytes]) -> None:
        lines = [_folded_lines(names[i : i + _AT_ONCE]) for i in range(0, len(names), _AT_ONCE)]
        self._text = b"\n".join(lines) + b"\n" if lines else b""
        """All names, each ending with a newline."""
        self._ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))

    def holding(self, text: str) -> NDArray[np.int64]:
        """Numbers of the names that contain every word of a text, ascending; empty if it has no words."""
        found: NDArray[np.int64] | None = None
        for word in _folded(text).split():
            starts = [match.start() for match in re.finditer(re.escape(word.encode()), self._text)]
            # Searching for several words at once is slow, and most words are in few names.
            holding = np.unique(np.searchsorted(self._ends, starts))
            found = holding if found is None else np.intersect1d(found, holding, assume_unique=True)
        return np.empty(0, np.int64) if found is None else found


def _folded_lines(names: Sequence[bytes]) -> bytes:
    """Names, one per line; a newline within a name becomes a space."""
    text = b"\0".join(names).replace(b"\n", b" ").replace(b"\0", b"\n")
    return text.lower() if text.isascii() else os.fsencode(_folded(os.fsdecode(text)))


def _folded(text: str) -> str:
    """A text without accents and in lower case, as with `folded` in the page."""
    plain = unicodedata.normalize("NFKD", text)
    for mark in {c for c in set(plain) if unicodedata.category(c).startswith("M")}:
        plain = plain.replace(mark, "")
    return plain.lower()
