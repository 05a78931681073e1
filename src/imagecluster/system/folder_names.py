"""Names of folders that every file system takes, and takes for different ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from imagecluster.system.characters import JOINERS, is_text

__all__ = ["distinct_folders", "folded", "folder_name"]

_LONGEST_BYTES = 200
"""File systems take 255; a number may follow."""
_REFUSED = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(("CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))))
"""Names that Windows keeps for devices, with any suffix."""


def folder_name(text: str) -> str:
    """A text as the name of a folder that every file system takes: Windows refuses most characters and some words.

    >>> folder_name('9/11: "Ground Zero"?'), folder_name("con"), folder_name("..."), folder_name("Fußball . ")
    ('9-11- Ground Zero-', 'con_', '_', 'Fußball')
    """
    normal = unicodedata.normalize("NFC", text).replace('"', "")
    name = "".join("-" if char in _REFUSED or not is_text(char) else char for char in normal)
    name = name.strip().encode()[:_LONGEST_BYTES].decode(errors="ignore").rstrip(". ") or "_"
    if name.startswith("."):
        name = f"_{name}"
    return f"{name}_" if name.split(".")[0].upper() in _DEVICES else name


def distinct_folders(paths: Iterable[str]) -> list[str]:
    """Paths of folders of which no two are one on any file system: later ones get a number.

    >>> distinct_folders(["2025/Vik", "2025/vik", "2024/Vik"])
    ['2025/Vik', '2025/vik 2', '2024/Vik']
    """
    seen: set[str] = set()
    found = []
    for path in paths:
        own, number = path, 1
        while folded(own) in seen:
            number += 1
            own = f"{path} {number}"
        seen.add(folded(own))
        found.append(own)
    return found


def folded(name: str) -> str:
    """A form that is the same for names that differ only in case, in Unicode's normal form or in joiners."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", "".join(char for char in name.casefold() if char not in JOINERS))
