"""Which characters belong in a line of text."""

from __future__ import annotations

__all__ = ["JOINERS", "is_text"]

JOINERS = frozenset(("\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))))
"""Invisible characters without which Persian words, families and flags fall apart."""


def is_text(char: str) -> bool:
    r"""Whether a character can stand in one line of text: it is printable, or joins others that are.

    >>> is_text("é"), is_text("\u200d"), is_text("\n"), is_text("\u202e")
    (True, True, False, False)
    """
    return char.isprintable() or char in JOINERS
