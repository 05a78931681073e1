"""Parts that all pages share: escaped text, counted nouns, and the frame of a page in a single file.

Such a page asks nothing of the network and can send nothing: its policy allows only its own style and script, which are
known by their hashes, and the pictures inside it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
from functools import cache
from importlib import resources

__all__ = ["asset", "count", "escaped", "opening"]

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


@cache
def asset(name: str) -> str:
    """Text of a file of this package."""
    return resources.files("imagecluster.present").joinpath(name).read_text(encoding="utf-8")


def opening(title: str, *, style: str, script: str = "") -> str:
    """Everything before the visible page; `title` is already escaped, and no other style or script will run."""
    scripts = f" script-src {_hash(script)};" if script else ""
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)};{scripts} base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="imagecluster">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the pictures</a>
"""


def _hash(text: str) -> str:
    """The hash by which a content security policy names a text."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"
