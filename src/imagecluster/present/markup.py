"""Counted nouns and escaped text for pages."""

from __future__ import annotations

import html
import os

_UNPRINTABLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"
)
"""Control characters, and those that change the direction of text, with which a name could disguise itself."""


def escaped(text: str) -> str:
    """Text for HTML, safe inside quotes too; bytes that are not UTF-8 and unprintable characters become U+FFFD.

    >>> escaped('<b>"a"</b>')
    '&lt;b&gt;&quot;a&quot;&lt;/b&gt;'
    """
    if not text.isascii():
        text = os.fsencode(text).decode("utf-8", "replace")
    return html.escape(text.translate(_UNPRINTABLE))


def count(n: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "picture"), count(12345, "picture")
    ('1 picture', '12,345 pictures')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
