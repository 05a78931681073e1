"""Names of the links in one folder: distinct on every file system."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH122

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence

_REFUSED = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(("CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))))
"""Names that Windows keeps for devices, with any suffix."""


def distinct_names(names: Sequence[str], longest_bytes: int) -> list[str]:
    """Names of one folder, distinct on every file system; the first of equal ones keeps its name."""
    names = [_numbered(name, 0, longest_bytes) for name in names]
    taken = {_folded(name) for name in names}
    if len(taken) == len(names):
        return list(names)
    seen: set[str] = set()
    numbers: dict[str, int] = {}
    distinct = []
    for name in names:
        folded, candidate = _folded(name), name
        if folded in seen:
            number = numbers.get(folded, 1)
            while _folded(candidate) in taken:
                number += 1
                candidate = _numbered(name, number, longest_bytes)
            numbers[folded] = number
            taken.add(_folded(candidate))
        seen.add(folded)
        distinct.append(candidate)
    return distinct


def folder_name(text: str) -> str:
    """A text as the name of a folder that every file system takes: Windows refuses most characters and some words.

    >>> folder_name('9/11: "Ground Zero"?'), folder_name("con"), folder_name("..."), folder_name("Fußball . ")
    ('9-11- Ground Zero-', 'con_', '_', 'Fußball')
    """
    normal = unicodedata.normalize("NFC", text).replace('"', "")
    name = "".join("-" if char in _REFUSED or not char.isprintable() else char for char in normal)
    name = name.strip().rstrip(". ") or "_"
    if name.startswith("."):
        name = f"_{name}"
    return f"{name}_" if name.split(".")[0].upper() in _DEVICES else name


def longest_name_bytes(folder: str) -> int:
    """The longest name, in bytes, that the file system accepts."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return 255


def _folded(name: str) -> str:
    """A form that is the same for names that differ only in case or in Unicode's normal form."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name.casefold())


def _numbered(name: str, number: int, longest_bytes: int) -> str:
    """`name_2.jpg` for number 2, the name itself for number 0; shortened if it would be too long."""
    stem, suffix = os.path.splitext(name)
    tail = f"_{number}{suffix}" if number else suffix
    if len(os.fsencode(tail)) >= longest_bytes:
        stem, tail = name, f"_{number}" if number else ""
    while len(os.fsencode(stem + tail)) > longest_bytes:
        stem = stem[:-1]
    return stem + tail
