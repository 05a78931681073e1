"""`imagecluster actions`: what was done with files."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.acted import destination_words, moment
from imagecluster.cli.arguments import Commands, add_db, positive
from imagecluster.cli.opening import database_of
from imagecluster.cli.paths import existing_path
from imagecluster.cli.text import counted, one_line, printable
from imagecluster.errors import ArgumentError

if TYPE_CHECKING:
    from imagecluster.actions import ActionRecord, StepRecord


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `actions`."""
    parser = commands.add_parser(
        "actions",
        help="list what was done with files of a folder",
        description="List what imagecluster did with files of a folder: moves to the trash or elsewhere, and links."
        " `imagecluster undo` takes it back.",
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "number", type=positive, nargs="?", default=None, metavar="N", help="list the files of this action"
    )
    add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, with all files")


def command(arguments: argparse.Namespace) -> int:
    """List what was done with files."""
    from imagecluster.actions import list_actions

    directory = database_of(arguments)
    records = list_actions(directory)
    if arguments.number is not None:
        records = tuple(record for record in records if record.number == arguments.number)
        if not records:
            raise ArgumentError(f"there is no action {arguments.number}; `imagecluster actions PATH` lists all")
    if arguments.json:
        print(json.dumps({"database": os.fspath(directory), "actions": [_as_json(record) for record in records]}))
    elif not records:
        print("nothing was done with files of this folder")
    elif arguments.number is not None:
        print(_files_text(records[0]))
    else:
        print("\n".join(_line(record) for record in records))
    return 0


def _line(record: ActionRecord) -> str:
    """An action as one line."""
    from imagecluster.actions.plan_json import readable_size

    size = readable_size(sum(step.size_bytes for step in record.steps))
    files = counted(len(record.steps), "file")
    line = f"{record.number}  {moment(record)}  {files}, {size}, {destination_words(record.to)}"
    if record.n_undone == len(record.steps):
        line += "; undone"
    elif record.n_undone:
        line += f"; {record.n_undone:,} undone"
    if record.is_interrupted:
        line += "; cut short: `imagecluster undo`, or the same command again, completes it"
    return line


def _files_text(record: ActionRecord) -> str:
    """An action with a line for each of its files."""
    lines = [_line(record)]
    if record.command:
        lines.append(f"by: {one_line(record.command)}")
    for step in record.steps:
        parts = f" (with {', '.join(one_line(part.name) for part in step.parts)})" if step.parts else ""
        lines.append(f"  {printable(step.path, record.root)}{parts}: {_state(step, record.root)}")
    return "\n".join(lines)


def _state(step: StepRecord, root: Path) -> str:
    """Where a file is."""
    if step.state == "undone":
        return "undone"
    if step.state == "interrupted":
        return "cut short"
    if step.now is None:
        return "in the trash"
    return "a link now" if step.now == step.path else f"now {printable(step.now, root)}"


def _as_json(record: ActionRecord) -> dict[str, object]:
    return {
        "number": record.number,
        "made_s": record.made_s,
        "command": record.command,
        "to": record.to,
        "root": os.fspath(record.root),
        "n_done": record.n_done,
        "n_undone": record.n_undone,
        "interrupted": record.is_interrupted,
        "files": [
            {
                "path": os.fspath(step.path),
                "parts": [os.fspath(part) for part in step.parts],
                "now": None if step.now is None else os.fspath(step.now),
                "kind": step.kind,
                "why": step.why,
                "size_bytes": step.size_bytes,
                "state": step.state,
            }
            for step in record.steps
        ],
    }
