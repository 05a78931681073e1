"""What was done with files, in words for a terminal."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.text import counted, one_line, printable

if TYPE_CHECKING:
    from imagecluster.actions import ActionRecord, Applied, Left, Plan

__all__ = ["applied_text", "destination_words", "left_lines", "moment"]

_SHOWN = 20
_WORDS = {
    "trash": "to the trash",
    "hard": "replaced by hard links",
    "reflink": "replaced by reflinks",
    "symbolic": "replaced by symbolic links",
}


def applied_text(applied: Applied, plan: Plan, *, path: Path, to: str, db: Path | None = None) -> str:
    """What came of a plan: what was done, what was left and why, and how to undo it.

    `to` is the destination as in `ActionRecord.to`; `path` and `db` are what the command was given.
    """
    from imagecluster.actions.plan_json import readable_size

    n_done, n_parts = len(applied.done), sum(len(done.step.parts) for done in applied.done)
    are_links = to in ("hard", "reflink", "symbolic")
    files = counted(n_done, "file") + (f" and {n_parts:,} that belong to them" if n_parts and not are_links else "")
    done = destination_words(to) if are_links else f"moved {destination_words(to)}"
    lines = [f"{files} {done}, {readable_size(applied.size_bytes)}"]
    if applied.earlier:
        lines.append(f"{counted(len(applied.earlier), 'file')} had been done before")
    lines += left_lines(applied.left, plan.root)
    if applied.number is not None:
        where = shlex.join([str(path), *([] if db is None else ["--db", str(db)]), str(applied.number)])
        lines.append(f"undo with: imagecluster undo {where}")
    return "\n".join(lines)


def destination_words(to: str) -> str:
    """Where the files of an action went.

    >>> destination_words("trash"), destination_words("/aside")
    ('to the trash', 'to /aside')
    """
    return _WORDS.get(to) or f"to {one_line(to)}"


def left_lines(left: Iterable[Left], root: Path) -> list[str]:
    """What was left as it was, and why: the first ones by name."""
    all_left = [*left]
    lines = [f"left: {printable(each.path, root)}: {one_line(each.reason)}" for each in islice(all_left, _SHOWN)]
    if len(all_left) > _SHOWN:
        lines.append(f"left: {len(all_left) - _SHOWN:,} more; --json lists all")
    return lines


def moment(record: ActionRecord) -> str:
    """When an action began."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(record.made_s))
