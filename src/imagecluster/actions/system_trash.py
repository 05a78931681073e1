"""The trash of macOS and Windows, through the library send2trash, which knows how each system wants it.

The library does not tell where a file went, and some drives (network, memory sticks, a recycle bin that is too small)
delete at once instead. Therefore the file gets a second name first, and that is removed only after the file was found
in the trash: on macOS by being the same file, on Windows by the note with its former path. An undo finds it in the same
way.
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

__all__ = ["IS_USED", "check", "go", "is_away", "take_back"]

IS_USED = sys.platform in ("darwin", "win32")
"""Whether this system has a trash of its own kind."""

_BY_HAND = "is not found in the trash: if it is there, restore it with the system's own means"
_REFUSED = "has no trash that keeps files on its drive; name a folder on the same drive instead"


def check() -> None:
    """Raise OutputError if the library is missing."""
    try:
        importlib.import_module("send2trash")
    except ImportError:
        raise OutputError(
            "the trash of this system needs the library send2trash: pip install send2trash; or name a folder instead"
        ) from None


def go(move: Move, bases: Bases) -> None:
    """Move a file into the trash. Raises OSError, after which the file is in its place."""
    assert move.before is not None
    name = move.source.name
    with open_folder(move.source.parent, bases) as here:
        try:
            here.link(name, here, move.aside)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
                raise
            raise OSError(errno.ENOTSUP, _REFUSED, os.fspath(move.source)) from None
        importlib.import_module("send2trash").send2trash(os.fspath(move.source))
        if here.look(name) is None and _found(move) is None:
            here.move(move.aside, here, name)
        if here.look(name) is not None:
            raise OSError(errno.ENOTSUP, _REFUSED, os.fspath(move.source))
        here.unlink(move.aside)


def is_away(move: Move, bases: Bases) -> bool:
    """Whether a file is in the trash and nowhere else."""
    assert move.before is not None
    with suppress(OSError), open_folder(move.source.parent, bases) as here:
        is_left = is_still(here, move.source.name, move.before) or here.look(move.aside) is not None
        return not is_left and _found(move) is not None
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
        is_here = is_still(here, back.target.name, move.before)
        found = None if is_here else _found(move)
        if found is not None:
            path, note = found
            with HeldFolder(path.parent, path.parent) as there:
                there.move(path.name, here, back.target.name)
                if note is not None:
                    with suppress(OSError):
                        there.unlink(note)
            is_here = True
        spare = back.target.parent == move.source.parent and here.look(move.aside) is not None
        if spare and is_here:
            here.unlink(move.aside)
        elif spare:
            here.move(move.aside, here, back.target.name)
        elif not is_here:
            raise LostError(_BY_HAND)
        here.sync()


def _found(move: Move) -> tuple[Path, str | None] | None:
    """Where a file is in the trash, and the name of the note about it."""
    assert move.before is not None
    for path, note in _candidates(move):
        with suppress(OSError), HeldFolder(path.parent, path.parent) as there:
            if is_still(there, path.name, move.before):
                return path, note
    return None


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
