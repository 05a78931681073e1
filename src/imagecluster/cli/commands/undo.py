"""`imagecluster undo`: what was done with files, taken back."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.acted import left_lines
from imagecluster.cli.arguments import Commands, add_db
from imagecluster.cli.opening import database_of
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import counted, printable
from imagecluster.errors import ArgumentError

if TYPE_CHECKING:
    from imagecluster.actions import ActionRecord, Undone


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `undo`."""
    parser = commands.add_parser(
        "undo",
        help="take back what was done with files of a folder",
        description="Take back what imagecluster did with files of a folder: the latest action that is not undone, any"
        " other by its number (see `imagecluster actions`), or single files. Files come back with their times,"
        " permissions and attributes. Nothing is overwritten: where something else has a file's name by now, the file"
        " gets one with a number.",
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "which", nargs="*", default=[], metavar="N|FILE",
        help="the number of an action, and files of it by their former paths (default: all of the latest action); for"
        " a file whose name is a number, write ./12",
    )  # fmt: skip
    add_db(parser)
    parser.add_argument("--dry-run", action="store_true", help="only show what would come back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar")


def command(arguments: argparse.Namespace) -> int:
    """Take back what was done with files."""
    from imagecluster.actions import list_actions, undo

    directory = database_of(arguments)
    number, given = _number_and_files(arguments.which)
    records = list_actions(directory)
    files = [_meant(path, records) for path in given]
    with ProgressBar(quiet=arguments.quiet or arguments.json) as bar:
        undone = undo(directory, number, files, dry_run=arguments.dry_run, progress=bar)
    root = next(record.root for record in list_actions(directory) if record.number == undone.number)
    if arguments.json:
        print(json.dumps(_as_json(undone, is_dry_run=arguments.dry_run)))
    else:
        print(_as_text(undone, root, is_dry_run=arguments.dry_run))
    return 1 if undone.left else 0


def _number_and_files(which: list[str]) -> tuple[int | None, list[Path]]:
    """The number of the action, which comes first if there is one, and the files."""
    numbers = [word for word in which if word.isascii() and word.isdigit()]
    if not numbers:
        return None, [_path(word) for word in which]
    if len(numbers) > 1 or which[0] != numbers[0]:
        raise ArgumentError(
            f"{' '.join(which)!r} is not one number followed by files; a file whose name is a number is written"
            f" ./{numbers[-1]}"
        )
    return int(numbers[0]), [_path(word) for word in which[1:]]


def _path(word: str) -> Path:
    """A path as somebody typed it."""
    try:
        return typed_path(word)
    except argparse.ArgumentTypeError as error:
        raise ArgumentError(str(error)) from None


def _meant(path: Path, records: tuple[ActionRecord, ...]) -> Path:
    """The path of a file of an action, which may be typed from here or from the collection's folder."""
    from imagecluster.scan import absolute

    here = Path(absolute(path))
    known = {each for record in records for step in record.steps for each in (step.path, *step.parts, step.now)}
    return here if here in known else path


def _as_text(undone: Undone, root: Path, *, is_dry_run: bool) -> str:
    """What is back, and what is not."""
    is_back = "would be back" if is_dry_run else "is back" if len(undone.done) == 1 else "are back"
    lines = [f"action {undone.number}: {counted(len(undone.done), 'file')} {is_back}"]
    for each in undone.done:
        if each.back != each.path:
            lines.append(f"{printable(each.path, root)} has another name, {each.back.name}, since its own is taken")
        elif is_dry_run:
            lines.append(f"  {printable(each.path, root)}")
    return "\n".join([*lines, *left_lines(undone.left, root)])


def _as_json(undone: Undone, *, is_dry_run: bool) -> dict[str, object]:
    return {
        "number": undone.number,
        "dry_run": is_dry_run,
        "files": [{"path": os.fspath(each.path), "back": os.fspath(each.back)} for each in undone.done],
        "left": [{"path": os.fspath(each.path), "reason": each.reason} for each in undone.left],
    }
