"""Groups of copies, and what was done with them, as text for a terminal."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.text import counted, printable
from imagecluster.errors import ArgumentError, OutputError

if TYPE_CHECKING:
    from imagecluster.collection.duplicates import CopyGroup, Duplicates, GroupFile

_APART = {"altered": "of altered pictures", "shot": "of other shots of one moment"}


def listing(found: Duplicates, *, kinds: frozenset[str] = frozenset()) -> str:
    """The groups, each file with what it is beside the one kept, and the total.

    Groups in which nothing may go are only counted, unless their kind is one of `kinds`.
    """
    parts = ["\n".join(group_lines(group, found.root)) for group in found.groups if _is_listed(group, kinds)]
    return "\n\n".join([*parts, "\n".join(total(found, kinds=kinds))])


def _is_listed(group: CopyGroup, kinds: frozenset[str]) -> bool:
    return group.kind not in (*_APART, "file") or group.kind in kinds


def group_lines(group: CopyGroup, root: Path) -> Iterator[str]:
    """The lines of a group: the file that is kept, then the others."""
    from imagecluster.actions.plan_json import readable_size

    for file in group.files:
        word = "keep" if file is group.kept else "stays" if file.keep else "remove"
        facts = f"{file.width_px:,} x {file.height_px:,}, {file.format}, {readable_size(file.size_bytes)}"
        why = file.why
        if file.keep and file.evidence is not None and group.removable:
            why = f"{file.evidence.transform or file.kind}; {why}" if why != file.evidence.transform else why
        yield f"{word:<7} {printable(file.path, root)}  ({facts}){': ' + why if why else ''}"
        yield from _beside(file, root)
    if group.decided:
        yield "        (you decided to keep all of these)"


def _beside(file: GroupFile, root: Path) -> Iterator[str]:
    """Lines on what goes with a file, and on its other names."""
    if file.parts:
        yield f"        with {', '.join(part.name for part in file.parts)}"
    for name in file.names:
        yield f"        also named {printable(name, root)}"


def total(found: Duplicates, *, kinds: frozenset[str] = frozenset()) -> Iterator[str]:
    """How many copies there are, and what was not found or is not shown."""
    from imagecluster.actions.plan_json import readable_size

    n_groups = sum(bool(group.removable) for group in found.groups)
    copies = "copy" if found.n_removable == 1 else "copies"
    if n_groups:
        yield (
            f"{found.n_removable:,} {copies} in {counted(n_groups, 'group')}, {readable_size(found.bytes_removable)}"
            f" ({counted(found.n_files, 'picture')} looked at)"
        )
    else:
        yield f"nothing to remove among {counted(found.n_files, 'picture')}"
    counts = found.counts()
    apart = [
        f"{counted(counts[kind], 'group')} {noun} (--kinds {kind})"
        for kind, noun in _APART.items()
        if kind in counts and kind not in kinds
    ]
    if apart:
        yield f"apart from these, with nothing to remove: {', '.join(apart)}"


def hints(found: Duplicates, arguments: argparse.Namespace) -> Iterator[str]:
    """What a person may want to know or do next."""
    if found.skips:
        yield f"{counted(len(found.skips), 'file')} could not be read: `imagecluster info --json` lists them"
    if found.n_unread:
        pairs = counted(found.n_unread, "pair")
        yield f"{pairs} could not be compared, because a file could not be read or has changed"
    if not found.has_opencv:
        from imagecluster.system.extras import install_command

        yield (
            "without OpenCV, larger crops, other turns than by 90°, borders and captions are not looked for:"
            f" {install_command('verify')}, and run again"
        )
    if found.n_decided and not arguments.decided:
        groups = counted(found.n_decided, "group")
        yield f"{groups} that you decided to keep {'is' if found.n_decided == 1 else 'are'} not shown (--all)"
    if found.n_removable and arguments.plan is None:
        where = " ".join(shlex.quote(os.fspath(path)) for path in arguments.paths)
        yield f"to write down what may go: imagecluster duplicates {where} --plan plan.json"
    elif found.n_removable:
        where = " ".join(shlex.quote(os.fspath(path)) for path in arguments.paths)
        file = shlex.quote(os.fspath(arguments.plan))
        yield f"to move these files to the trash: imagecluster duplicates {where} --apply {file}"


def refuse_to_replace_plan(file: Path) -> None:
    """Raise OutputError if a file that is no plan has the name of one, before the work begins."""
    from imagecluster.actions import read_plan

    if not os.path.lexists(file):
        if not file.absolute().parent.is_dir():
            raise OutputError(f"cannot write {file}: there is no folder {os.fspath(file.parent)!r}")
        return
    try:
        read_plan(file)
    except (ArgumentError, OutputError):
        raise OutputError(
            f"{file} exists and is not a plan of imagecluster, so it is left alone; give another name"
        ) from None
