"""Pictures whose path holds some words, however these are written."""

from __future__ import annotations

import os
import unicodedata

from imagecluster.web.snapshot import Snapshot

__all__ = ["pictures_named"]


def pictures_named(snapshot: Snapshot, text: str) -> list[int]:
    """Pictures whose path holds every word of a text, in the order of their ids.

    Case and accents make no difference: "zurich" finds "Zürich", also where a file system keeps the accent as a
    character of its own. A text without words names nothing.

    """
    words = [word.encode() for word in _folded(text).split()]
    if not words:
        return []
    return [
        picture
        for picture, key in enumerate(snapshot.leaves.keys)
        if _holds(key.lower() if key.isascii() else os.fsencode(_folded(os.fsdecode(key))), words)
    ]


def _holds(path: bytes, words: list[bytes]) -> bool:
    return all(word in path for word in words)


def _folded(text: str) -> str:
    """A text without accents, in lower case: as `folded` of the page does it."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.category(c).startswith("M")).lower()
