"""The trash of macOS and Windows, through the library send2trash, which knows how each system wants it.

It does not tell where a file went, so that an undo has to look: on macOS for the same file in the user's folders of
trash, on Windows for the note with its former path.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from imagecluster.actions.contents import is_still, open_folder
from imagecluster.actions.held import HeldFolder
from imagecluster.actions.moves import Bases, LostError, Move
from imagecluster.errors import OutputError

__all__ = ["check", "go", "is_away", "take_back"]

_BY_HAND = "is not found in the trash: if it is there, restore it with the system's own means"


def check() -> None:
    """Raise OutputError if the library is missing."""
    try:
        importlib.import_module("send2trash")
    except ImportError:
        raise OutputError(
            "the trash of this system needs the library send2trash: pip install send2trash; or name a folder instead"
        ) from None


def go(move: Move) -> None:
    """Move a file into the trash. Raises OSError."""
    importlib.import_module("send2trash").send2trash(os.fspath(move.source))
    if os.path.lexists(move.source):
        raise OSError(errno.EACCES, "the system did not move it to the trash", os.fspath(move.source))


def is_away(move: Move, bases: Bases) -> bool:
    """Whether a file has left its place; nothing else removes it between the intent and a kill."""
    assert move.before is not None
    with suppress(OSError), open_folder(move.source.parent, bases) as here:
        return not is_still(here, move.source.name, move.before)
    return False


def take_back(move: Move, back: Move, bases: Bases) -> None:
    """Bring a file back from the trash.

    Raises
    ------
    LostError
        It is not found there.
    FileExistsError
        The name is taken.
    OSError
        It cannot be moved.

    """
    assert move.before is not None
    with open_folder(back.target.parent, bases, create=True, mode=move.before.folder_mode) as here:
        if is_still(here, back.target.name, move.before):
            return
        for path, note in _candidates(move):
            with suppress(FileNotFoundError), HeldFolder(path.parent, path.parent) as there:
                if is_still(there, path.name, move.before):
                    there.move(path.name, here, back.target.name)
                    here.sync()
                    if note is not None:
                        with suppress(OSError):
                            there.unlink(note)
                    return
    raise LostError(_BY_HAND)


def _candidates(move: Move) -> Iterator[tuple[Path, str | None]]:
    """Where a file may be in a trash, and the name of the note about it."""
    if sys.platform == "win32":
        yield from _of_windows(move.source)
        return
    places = [Path.home() / ".Trash"]
    places += [parent / ".Trashes" / str(os.geteuid()) for parent in move.source.parents if os.path.ismount(parent)]
    for place in places:
        with suppress(OSError):
            stem, suffix = move.source.stem, move.source.suffix
            for name in sorted(os.listdir(place)):  # noqa: PTH208 - a Path costs more than the name
                if name.startswith(stem) and name.endswith(suffix):
                    yield place / name, None


def _of_windows(source: Path) -> Iterator[tuple[Path, str | None]]:
    """Files of the recycle bin whose note names a path. Version 2 of the note: number, size, time, length, UTF-16."""
    for bin_of_user in (Path(source.anchor) / "$Recycle.Bin").glob("*"):
        with suppress(OSError):
            for note in bin_of_user.glob("$I*"):
                data = note.read_bytes()
                start = 28 if data[:1] == b"\x02" else 24
                path = data[start:].decode("utf-16-le", "replace").partition("\0")[0]
                if os.path.normcase(path) == os.path.normcase(os.fspath(source)):
                    yield note.with_name("$R" + note.name[2:]), note.name
