"""Names that hold some words, however these are written."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Names"]

_AT_ONCE = 10_000
"""Names that are folded together: many at once is fast, and all at once would take several times their size."""


class Names:
    """Finds names by the words that they hold.

    Case and accents make no difference: "zurich" finds "Zürich", also where a file system keeps the accent as a
    character of its own.

    Parameters
    ----------
    names
        As the file system gives them.

    """

    def __init__(self, names: Sequence[bytes]) -> None:
        lines = [_folded_lines(names[i : i + _AT_ONCE]) for i in range(0, len(names), _AT_ONCE)]
        self._text = b"\n".join(lines) + b"\n" if lines else b""
        """All of them, each ended by a newline."""
        self._ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))

    def holding(self, text: str) -> NDArray[np.int64]:
        """Numbers of the names that hold every word of a text, ascending; none where it has no words."""
        found: NDArray[np.int64] | None = None
        for word in _folded(text).split():
            starts = [match.start() for match in re.finditer(re.escape(word.encode()), self._text)]
            # Searching for both at once is slow; most words are in few names.
            holding = np.unique(np.searchsorted(self._ends, starts))
            found = holding if found is None else np.intersect1d(found, holding, assume_unique=True)
        return np.empty(0, np.int64) if found is None else found


def _folded_lines(names: Sequence[bytes]) -> bytes:
    """Names one below the other; a newline within one is a space."""
    text = b"\0".join(names).replace(b"\n", b" ").replace(b"\0", b"\n")
    return text.lower() if text.isascii() else os.fsencode(_folded(os.fsdecode(text)))


def _folded(text: str) -> str:
    """A text without accents, in lower case: as `folded` of the page does it."""
    plain = unicodedata.normalize("NFKD", text)
    for mark in {c for c in set(plain) if unicodedata.category(c).startswith("M")}:
        plain = plain.replace(mark, "")
    return plain.lower()
