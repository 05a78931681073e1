"""Output files, with the file system's errors explained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import OutputError
from imagecluster.system import atomic


@contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of `file` when all of it is written; after an error nothing changes.

    Folders above it are made. Where `file` is a symbolic link, the file that it leads to is replaced.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    try:
        place = file.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(place) as stream:
            yield stream
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {os.fspath(file)!r}: {reason}") from error
