"""Each way of moving a file: how it is made, whether it is complete, and how it is taken back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from imagecluster.actions import renaming, replacing, system_trash
from imagecluster.actions.contents import drop_reservation, is_still, open_folder
from imagecluster.actions.held import same_file
from imagecluster.actions.moves import Bases, Move, numbered, unfinished_name

__all__ = ["clear_unfinished", "is_complete", "make", "planned_backs", "take_back"]


def make(move: Move, bases: Bases) -> None:
    """Make a move. Raises OSError, or LinksRefusedError; `take_back` then tidies up."""
    if move.way == "system":
        system_trash.go(move, bases)
    elif move.goes:
        renaming.go(move, _with_trash(move, bases))
    else:
        replacing.replace_file(move, bases)


def is_complete(move: Move, bases: Bases) -> bool:
    """Whether a move was made to its end, as far as the files show."""
    if move.way == "system":
        return system_trash.is_away(move, bases)
    if move.goes:
        return renaming.is_away(move, _with_trash(move, bases))
    return replacing.is_replaced(move, bases)


def take_back(move: Move, back: Move, bases: Bases) -> None:
    """Take a move back, whatever part of it was made. Raises OSError; LostError where nothing is left to bring back."""
    if move.way == "system":
        system_trash.take_back(move, back, bases)
    elif move.goes:
        renaming.take_back(move, back, _with_trash(move, bases))
    else:
        replacing.restore_file(move, back, bases)


def planned_backs(moves: Sequence[Move], earlier: Sequence[Move], bases: Bases) -> tuple[Move, ...]:
    """Where each move's file can be brought back to (`target`), and by which unfinished name.

    That is its own place, if nothing else is there; else one with a number, the same for a file and its parts. What an
    undo that was cut short has brought back, to where `earlier` says, stays there.
    """
    fixed = {i: back.target for i, back in enumerate(earlier) if _is_back(moves[i], back.target, bases)}
    for i, move in enumerate(moves):
        if move.way == "write":  # sidecars of the file that stays
            names = (numbered(move.source, move.source, n) for n in count(1))
            fixed[i] = next(target for target in names if _can_have(move, target, bases))
    main = next((move.source for move in moves if move.way != "write"), moves[0].source)
    for n in count(1):
        targets = [fixed.get(i, numbered(move.source, main, n)) for i, move in enumerate(moves)]
        if all(i in fixed or _can_have(moves[i], target, bases) for i, target in enumerate(targets)):
            break
    return tuple(
        replace(
            move, target=target, unfinished="" if move.way == "rename" else unfinished_name(target.name), before=None
        )
        for move, target in zip(moves, targets, strict=True)
    )


def clear_unfinished(moves: Sequence[Move], backs: Sequence[Move], bases: Bases) -> None:
    """Remove what an undo that was cut short has left: unfinished copies, and what reserved the name of a file."""
    for move, back in zip(moves, backs, strict=False):
        with suppress(OSError), open_folder(back.target.parent, bases) as here:
            if back.unfinished:
                with suppress(FileNotFoundError):
                    here.unlink(back.unfinished)
            if move.before is not None and not is_still(here, back.target.name, move.before):
                drop_reservation(here, back.target.name)


def _is_back(move: Move, target: Path, bases: Bases) -> bool:
    """Whether an undo that was cut short has brought a file back, and it is no longer where it was moved to."""
    if not move.goes or move.before is None:
        return False
    with suppress(OSError), open_folder(target.parent, bases) as here:
        return is_still(here, target.name, move.before) and (move.way == "system" or not _is_there(move, bases))
    return False


def _is_there(move: Move, bases: Bases) -> bool:
    """Whether a file is where it was moved to."""
    with suppress(OSError), open_folder(move.target.parent, _with_trash(move, bases)) as there:
        return move.before is not None and is_still(there, move.target.name, move.before)
    return False


def _can_have(move: Move, target: Path, bases: Bases) -> bool:
    """Whether a file can be brought back to a path: nothing else is there."""
    if not move.goes:
        return replacing.can_have_name(move, bases) if target == move.source else not os.path.lexists(target)
    try:
        with open_folder(target.parent, bases) as here:
            found = here.look(target.name)
            if found is None:
                return True
            if move.before is None or not is_still(here, target.name, move.before):
                return False
            if move.way == "copy" or not _is_there(move, bases):
                return True
            return same_file(found, os.lstat(move.target))
    except OSError:
        return True  # what is wrong shows when the file is brought back


def _with_trash(move: Move, bases: Bases) -> Bases:
    return bases if move.info is None else (*bases, move.info.parents[1])
