"""What all corrections are checked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from imagecluster.errors import ArgumentError
from imagecluster.store import HASH_BYTES
from imagecluster.system.characters import JOINERS, is_text

__all__ = ["check_name", "check_paths", "check_sides", "hashes_of_json"]

LONGEST_NAME = 200
"""Largest number of characters in a name."""


def check_name(name: str) -> None:
    """Raise ArgumentError unless a name is one line of printable characters."""
    if len(name) > LONGEST_NAME or not all(map(is_text, name)) or JOINERS.issuperset(name or "-"):
        raise ArgumentError(
            f"the name {name[:50]!r} has {len(name)} characters; it must be one line of printable characters, at most"
            f" {LONGEST_NAME}"
        )


def check_paths(names: tuple[str, ...]) -> None:
    """Raise ArgumentError unless there are paths, and only paths."""
    if not names or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"names is {names!r:.80}; it must hold paths")


def check_sides(**sides: Iterable[bytes]) -> None:
    """Raise ArgumentError if a side has no pictures, or holds something that is not a hash."""
    for name, hashes in sides.items():
        if not hashes:
            raise ArgumentError(f"{name} is empty; give at least one picture")
        for content_hash in hashes:
            if len(content_hash) != HASH_BYTES:
                raise ArgumentError(f"{name} holds a hash of {len(content_hash)} bytes; expected {HASH_BYTES} bytes")


def hashes_of_json(value: Any, what: str) -> frozenset[bytes]:
    """Content hashes that JSON has in hexadecimal; ArgumentError if it has none."""
    try:
        return frozenset(bytes.fromhex(text) for text in value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{what} must be a list of content hashes in hexadecimal") from None
