"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import OutputError


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
        temporary = place.with_name(f".{place.name[:200]}.{secrets.token_hex(4)}.part")
        place.parent.mkdir(parents=True, exist_ok=True)
        with _removed_after_errors(temporary):
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(place)
        _sync_folder(place.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {os.fspath(file)!r}: {reason}") from error


@contextmanager
def _removed_after_errors(temporary: Path) -> Iterator[None]:
    """Leaves no temporary file behind, unless the process is killed."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Makes the new name outlast a power cut, where the system can."""
    with suppress(OSError):  # Windows opens no folders, some network drives sync none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
