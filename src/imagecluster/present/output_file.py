"""Output files, with the file system's errors explained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import NotOursError, OutputError
from imagecluster.system.safe_files import OwnFolder


@contextmanager
def replacing(file: Path, within: OwnFolder | None = None, *, create: bool = True) -> Iterator[BinaryIO]:
    """A stream whose content replaces `file` when all of it has been written; after an error nothing changes.

    Folders above it may be links. The file itself may not be one: the target of a link is never replaced.

    Parameters
    ----------
    file
        The file.
    within
        Its folder, if that is held open.
    create
        Whether missing folders above it are made.

    Raises
    ------
    OutputError
        The file cannot be written.
    NotOursError
        The file is a link, or something else that is not ours.

    """
    place = Path(os.path.abspath(file))  # noqa: PTH100 - '..' folded, links kept
    try:
        opened = OwnFolder(place.parent, follow=True, create=create) if within is None else nullcontext(within)
        with opened as folder, folder.replacing(place.name) as stream:
            yield stream
    except NotOursError as error:
        raise NotOursError(f"cannot write: {error}") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {os.fspath(file)!r}: {reason}") from error
