"""One group of copies at a time: why it is one, and decisions about it that are remembered."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.copy_listing import group_lines
from imagecluster.cli.text import counted, one_line, printable
from imagecluster.errors import ArgumentError, InputError

if TYPE_CHECKING:
    from imagecluster.collection.duplicates import CopyGroup, Duplicates
    from imagecluster.corrections import Edit, History

__all__ = ["decide"]


def decide(arguments: argparse.Namespace, found: Duplicates) -> int:
    """Explain a group, or remember a decision about one, and print what it means."""
    if arguments.why is not None:
        return _why(arguments, found)
    history = _history(found)
    if arguments.undo_decision:
        return _undo(history, found)
    if arguments.not_duplicates is not None:
        return _not_duplicates(arguments, found, history)
    if arguments.keep_all is not None:
        return _keep_all(arguments, found, history)
    return _best(arguments, found, history)


def _why(arguments: argparse.Namespace, found: Duplicates) -> int:
    """Explain the group of a file, or what two files have to do with each other."""
    first, *others = (_known(path, found.root) for path in arguments.why)
    if not others:
        groups = [group for group in found.groups if _holds(group, first)]
        if not groups:
            print(f"{printable(first, found.root)} has no copies here, and no other shot of its moment")
            return 0
        print("\n\n".join("\n".join([_heading(group), *group_lines(group, found.root)]) for group in groups))
        return 0
    from imagecluster.collection.copies import compare_files

    evidence = compare_files(first, others[0])
    decided = [*_decided(found, first, others[0])]
    names = f"{printable(first, found.root)} and {printable(others[0], found.root)}"
    if evidence is None:
        print("\n".join([f"{names} were not found to be the same picture, nor shots of one moment", *decided]))
        return 0
    print(f"{names}: {evidence.kind}, {_MEANING[evidence.kind]}")
    if evidence.transform:
        print(f"the first, compared with the second: {evidence.transform}")
    if evidence.kind in ("copy", "altered", "shot"):
        print(f"it covers {evidence.overlap:.0%} of the second one's frame")
    for line in decided:
        print(line)
    return 0


_MEANING = {
    "file": "two names of one file",
    "identical": "the same bytes",
    "pixels": "the same pixels; only metadata or a lossless save differs",
    "copy": "one exposure, edited as a whole",
    "altered": "one exposure of which a part differs",
    "shot": "two exposures of one moment",
}


def _heading(group: CopyGroup) -> str:
    return f"{group.kind}: {_MEANING[group.kind]}"


def _undo(history: History, found: Duplicates) -> int:
    """Take back the latest decision, and name the files that it was about."""
    edit = history.undo_latest("copies")
    print(f"taken back: {_said(edit, found)}; see `imagecluster duplicates` for the groups now")
    return 0


def _not_duplicates(arguments: argparse.Namespace, found: Duplicates, history: History) -> int:
    from imagecluster.corrections import NotCopies

    first, second = (_known(path, found.root) for path in arguments.not_duplicates)
    if first == second:
        raise ArgumentError(f"{str(first)!r} was given twice; --not-duplicates is about two files")
    one, other = (_hash_of(path) for path in (first, second))
    if one == other:
        raise ArgumentError(
            f"{str(first)!r} and {str(second)!r} have the same bytes, so they are copies; to keep both, use --keep-all"
        )
    history.add(NotCopies(frozenset([one]), frozenset([other])))
    names = f"{printable(first, found.root)} and {printable(second, found.root)}"
    print(f"{names} are not shown as copies of each other again")
    return 0


def _keep_all(arguments: argparse.Namespace, found: Duplicates, history: History) -> int:
    from imagecluster.collection.duplicates import keep_all

    group = _group_of(found, _known(arguments.keep_all, found.root))
    history.add(keep_all(group))
    print(
        f"all {counted(len(group.files), 'file')} of this group are kept; it is not shown again unless another picture"
        " joins it (--all shows it)"
    )
    return 0


def _best(arguments: argparse.Namespace, found: Duplicates, history: History) -> int:
    from imagecluster.collection.duplicates import best

    path = _known(arguments.best, found.root)
    group = _group_of(found, path)
    file = next(file for file in group.files if path == file.path or path in file.names)
    history.add(best(file))
    print(f"{printable(file.path, found.root)} is the one to keep of its {counted(len(group.files), 'file')}")
    return 0


def _said(edit: Edit, found: Duplicates) -> str:
    """What was decided, in words."""
    from imagecluster.corrections import Best, KeepAll, NotCopies

    sides = [edit.pictures, edit.others] if isinstance(edit, NotCopies) else [getattr(edit, "pictures", frozenset())]
    named = [_names(side, found) for side in sides]
    match edit:
        case NotCopies():
            return f"{named[0]} and {named[1]} are not copies of each other"
        case KeepAll():
            return f"all of a group of {counted(sum(edit.n_files().values()), 'file')} are kept: {named[0]}"
        case Best():
            return f"{', '.join(map(one_line, edit.names)) or named[0]} is the best of its group"
    return "a decision"


_NAMED = 5
"""Number of files of a decision that are named."""


def _names(pictures: frozenset[bytes], found: Duplicates) -> str:
    """The files of some contents, or of those that took their place; the first of them by path."""
    from imagecluster.corrections import KeepAll, follow, heirs
    from imagecluster.store import Store

    with Store.open(found.directory, writable=False) as store:
        hashes = {path: file.content_hash for path, file in store.known_files().items()}
        edit = KeepAll(pictures)
        meant: set[bytes] = set()
        for followed in follow([edit], heirs([edit], {*hashes.values()}, store.successors)):
            meant |= followed.pictures if isinstance(followed, KeepAll) else frozenset()
    paths = sorted(path for path, content_hash in hashes.items() if content_hash in meant)
    if not paths:
        return f"{counted(len(pictures), 'picture')} that {'is' if len(pictures) == 1 else 'are'} no longer there"
    more = [f"{len(paths) - _NAMED} more"] if len(paths) > _NAMED else []
    return ", ".join([*(printable(path, found.root) for path in paths[:_NAMED]), *more])


def _decided(found: Duplicates, first: Path, second: Path) -> Iterator[str]:
    """What was decided about two files."""
    one, other = _hash_of(first), _hash_of(second)
    decisions = found.decisions
    if decisions.are_apart(one, other):
        yield "you decided that they are not copies of each other (--not-duplicates)"
    if one in decisions.n_kept and other in decisions.n_kept:
        yield "you decided to keep both of them (--keep-all)"
    ranked = [path for path, picture in ((first, one), (second, other)) if picture in decisions.rank]
    if ranked:
        best = max(ranked, key=lambda path: decisions.rank[one if path == first else other])
        yield f"you chose {printable(best, found.root)} as the best of its group (--best)"


def _known(path: Path, root: Path) -> Path:
    """The absolute path of an existing file, which may be named as the groups are printed: inside the collection."""
    from imagecluster.cli.paths import no_such_path
    from imagecluster.scan import absolute

    if not os.path.lexists(path) and os.path.lexists(root / path):
        path = root / path
    if not os.path.lexists(path):
        raise no_such_path(path)
    if os.path.isdir(path):  # noqa: PTH112 - a Path may raise
        raise InputError(f"{str(path)!r} is a folder; name a picture")
    return Path(absolute(path))


def _holds(group: CopyGroup, path: Path) -> bool:
    return any(path == file.path or path in file.names for file in group.files)


def _group_of(found: Duplicates, path: Path) -> CopyGroup:
    """The group of a file.

    Raises
    ------
    InputError
        It has none.

    """
    group = found.group_of(path)
    if group is None:
        raise InputError(f"{printable(path, found.root)} has no copies here, so there is nothing to decide")
    return group


def _hash_of(path: Path) -> bytes:
    from imagecluster.actions import facts_of

    return facts_of(path).content_hash


def _history(found: Duplicates) -> History:
    from imagecluster.corrections import EDITS_NAME, History

    return History(found.directory / EDITS_NAME)
