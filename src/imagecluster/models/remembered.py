"""Small values kept between runs in a JSON file: they are slow to compute, but can be computed again."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagecluster.errors import NotOursError
from imagecluster.system.safe_files import OwnFolder

__all__ = ["remember", "remembered"]


def remembered(place: Path) -> dict[str, Any]:
    """The values in a file; empty if it is missing or damaged."""
    try:
        known = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(place: Path, key: str, value: object) -> None:
    """Add a value to a file; if the file cannot be written, the value is not kept."""
    content = json.dumps({**remembered(place), key: value}, indent=1).encode()
    with (
        suppress(OSError, NotOursError),
        OwnFolder(place.parent, follow=True, create=True) as folder,
        folder.replacing(place.name) as stream,
    ):
        stream.write(content)
