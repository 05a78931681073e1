"""Small values kept from one run to the next in a JSON file: what is slow to find out, and can be found out again."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagecluster.errors import NotOursError
from imagecluster.system.files import OwnFolder

__all__ = ["remember", "remembered"]


def remembered(place: Path) -> dict[str, Any]:
    """What a file keeps; nothing where there is none, or where it is damaged."""
    try:
        known = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(place: Path, key: str, value: object) -> None:
    """Adds a value to a file; where that cannot be written, it is not kept."""
    content = json.dumps({**remembered(place), key: value}, indent=1).encode()
    with (
        suppress(OSError, NotOursError),
        OwnFolder(place.parent, follow=True, create=True) as folder,
        folder.replacing(place.name) as stream,
    ):
        stream.write(content)
