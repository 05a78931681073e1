"""The frame of a page that is one file, which requests nothing from the network and cannot send anything.

Its policy allows only its own style and script, identified by their hashes, and the pictures inside it.
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
