"""Files that go elsewhere: renamed on one drive; copied, read back and then removed across drives."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

from imagecluster.actions.contents import (
    Before,
    ChangedError,
    copied,
    drop_reservation,
    has_content,
    is_still,
    open_folder,
    opened,
    put_metadata,
)
from imagecluster.actions.held import HeldFolder, same_file
from imagecluster.actions.moves import Bases, LostError, Move
from imagecluster.actions.trash import remove_info, write_info

__all__ = ["go", "is_away", "take_back"]


def go(move: Move, bases: Bases) -> None:
    """Move a file.

    Raises
    ------
    FileExistsError
        Its new name is taken.
    ChangedError
        It is not the recorded file any more; nothing was moved.
    OSError
        It cannot be moved; `take_back` removes what was made meanwhile.

    """
    before = move.before
    assert before is not None
    name, new_name = move.source.name, move.target.name
    with (
        open_folder(move.source.parent, bases) as here,
        open_folder(move.target.parent, bases, create=True) as there,
    ):
        if move.info is not None:
            write_info(move.info, move.source, bases)
        if move.way == "copy":
            with opened(here, name) as source:
                copied(source, there, move.unfinished, before)
                there.move(move.unfinished, there, new_name)
                there.sync()
                now = here.look(name)
                if now is None or not same_file(now, os.fstat(source)) or now.st_mtime_ns != before.mtime_ns:
                    there.unlink(new_name)
                    raise ChangedError("was changed by another program meanwhile")
            here.unlink(name)
        else:
            here.move(name, there, new_name)
            if not is_still(there, new_name, before):
                there.move(new_name, here, name)
                raise ChangedError("was changed by another program meanwhile")
            there.sync()
        here.sync()


def is_away(move: Move, bases: Bases) -> bool:
    """Whether a move is complete."""
    assert move.before is not None
    try:
        with open_folder(move.target.parent, bases) as there:
            if not is_still(there, move.target.name, move.before):
                return False
            if move.unfinished and there.look(move.unfinished) is not None:
                return False
            moved = there.look(move.target.name)
    except OSError:
        return False
    with suppress(OSError), open_folder(move.source.parent, bases) as here:
        left = here.look(move.source.name)
        if left is not None and moved is not None:
            return not (same_file(left, moved) or is_still(here, move.source.name, move.before))
    return True


def take_back(move: Move, back: Move, bases: Bases) -> None:
    """Bring a file back, whatever part of the move was made, and whatever part of bringing it back.

    `back` says where to (`target`), and by which unfinished name a copy is made.

    Raises
    ------
    LostError
        It is neither where it was left nor back.
    FileExistsError
        The name is taken.
    OSError
        It cannot be moved.

    """
    before = move.before
    assert before is not None
    name, new_name = back.target.name, move.target.name
    with ExitStack() as held:
        here = _folder_if_there(back.target.parent, bases, held)
        there, trouble = None, None
        try:
            there = _folder_if_there(move.target.parent, bases, held)
        except OSError as error:  # a link inside the destination, where nothing was moved to
            trouble = error
        is_here = here is not None and is_still(here, name, before)
        is_there = there is not None and is_still(there, new_name, before)
        if not is_here and trouble is not None:
            raise trouble
        if not is_here and not is_there:
            raise LostError(_where(there, move))
        if here is None:
            here = held.enter_context(open_folder(back.target.parent, bases, create=True, mode=before.folder_mode))
        if there is not None:
            _clear(there, move, is_whole_elsewhere=is_here and not is_there)
        if is_there and there is not None:
            _return(move, back, there, here, is_here=is_here)
            there.sync()
        here.sync()
    if move.info is not None:
        remove_info(move.info, move.source, bases)


def _folder_if_there(path: Path, bases: Bases, held: ExitStack) -> HeldFolder | None:
    """A folder, held open; None if it is missing."""
    try:
        return held.enter_context(open_folder(path, bases))
    except FileNotFoundError:
        return None


def _return(move: Move, back: Move, there: HeldFolder, here: HeldFolder, *, is_here: bool) -> None:
    """Bring a file back that is where it was moved to, and perhaps in its place too."""
    before, name, new_name = move.before, back.target.name, move.target.name
    assert before is not None
    if is_here:
        one, other = here.look(name), there.look(new_name)
        is_one = one is not None and other is not None and same_file(one, other)
        if is_one or (move.way == "copy" and has_content(here, name, before.content_hash)):
            there.unlink(new_name)  # a second name of it, or a copy whose original is in its place
            return
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(back.target))
    if move.way != "copy":
        there.move(new_name, here, name)
        _put_right(here, name, before)
        return
    with suppress(FileNotFoundError):
        here.unlink(back.unfinished)
    with opened(there, new_name) as source:
        copied(source, here, back.unfinished, before)
    here.move(back.unfinished, here, name)
    here.sync()
    there.unlink(new_name)


def _put_right(here: HeldFolder, name: str, before: Before) -> None:
    """Give a file its former times and permissions again, if they were changed where it was."""
    found = here.look(name)
    if found is not None and (found.st_mtime_ns, stat.S_IMODE(found.st_mode)) != (before.mtime_ns, before.mode):
        with suppress(OSError), opened(here, name) as descriptor:
            put_metadata(descriptor, before)


def _clear(there: HeldFolder, move: Move, *, is_whole_elsewhere: bool) -> None:
    """Remove an unfinished copy, and what reserved the name of the file on a drive without links."""
    if move.unfinished:
        with suppress(FileNotFoundError):
            there.unlink(move.unfinished)
    if is_whole_elsewhere:
        drop_reservation(there, move.target.name)


def _where(there: HeldFolder | None, move: Move) -> str:
    if there is None:
        return f"cannot be brought back: there is no folder {move.target.parent} (is its drive unplugged?)"
    if there.look(move.target.name) is None:
        return f"is no longer at {move.target}: it was moved or deleted, or the trash was emptied"
    return f"was changed after it was moved to {move.target}: look at it, and move it by hand"
