"""The frame of a page that is one file: it asks nothing of the network and can send nothing.

Its policy allows no sources but its own style and script, known by their hashes, and pictures inside it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources


@cache
def asset(name: str) -> str:
    """Text of a file of this package."""
    return resources.files("imagecluster.present").joinpath(name).read_text(encoding="utf-8")


def opening(title: str, *, style: str, script: str = "") -> str:
    """All before the visible page; `title` is escaped, `style` and `script` are the only ones that will run."""
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
    """A text as a content security policy names it."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"
