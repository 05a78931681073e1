"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED_SUFFIX = ".new"
"""Ends the hidden name of a file that is not whole yet."""

_LONGEST_NAME = 200
"""Characters of a file's name that the name of its unfinished file repeats."""


@contextmanager
def replacing(place: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of a file when all of it is written; after an error nothing changes.

    A process that is killed leaves the unfinished file behind: see `remove_unfinished`. Raises OSError.
    """
    # Not tempfile's, whose files only their owner can read: what is written may be shared.
    unfinished = place.with_name(f".{place.name[:_LONGEST_NAME]}.{secrets.token_hex(8)}{UNFINISHED_SUFFIX}")
    try:
        with unfinished.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(place)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    with suppress(OSError):  # some network drives sync no folders
        sync_folder(place.parent)


def is_unfinished(name: str, place: Path) -> bool:
    """Whether `replacing(place)` may have left a file of this name behind."""
    given = re.escape(place.name[:_LONGEST_NAME])
    return re.fullmatch(rf"\.{given}\.[0-9a-f]{{16}}{re.escape(UNFINISHED_SUFFIX)}", name) is not None


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left in a folder that no other process writes to now."""
    for left_over in folder.glob(f".*{UNFINISHED_SUFFIX}"):
        left_over.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut, where the system knows how. Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
