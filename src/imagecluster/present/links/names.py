"""Names of the links in one folder: distinct on every file system."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH122

from __future__ import annotations

import os
from collections.abc import Sequence

from imagecluster.system.folder_names import folded


def distinct_names(names: Sequence[str], longest_bytes: int) -> list[str]:
    """Names of one folder, distinct on every file system; the first of equal ones keeps its name."""
    names = [_numbered(name, 0, longest_bytes) for name in names]
    taken = {folded(name) for name in names}
    if len(taken) == len(names):
        return list(names)
    seen: set[str] = set()
    numbers: dict[str, int] = {}
    distinct = []
    for name in names:
        key, candidate = folded(name), name
        if key in seen:
            number = numbers.get(key, 1)
            while folded(candidate) in taken:
                number += 1
                candidate = _numbered(name, number, longest_bytes)
            numbers[key] = number
            taken.add(folded(candidate))
        seen.add(key)
        distinct.append(candidate)
    return distinct


def longest_name_bytes(folder: str) -> int:
    """The longest name, in bytes, that the file system accepts."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return 255


def _numbered(name: str, number: int, longest_bytes: int) -> str:
    """`name_2.jpg` for number 2, the name itself for number 0; shortened if it would be too long."""
    stem, suffix = os.path.splitext(name)
    tail = f"_{number}{suffix}" if number else suffix
    if len(os.fsencode(tail)) >= longest_bytes:
        stem, tail = name, f"_{number}" if number else ""
    while len(os.fsencode(stem + tail)) > longest_bytes:
        stem = stem[:-1]
    return stem + tail
