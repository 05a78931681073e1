"""The command-line parser, assembled from the commands. It imports nothing heavy, so that `--help` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from imagecluster.cli.commands import (
    doctor,
    eval,
    export,
    import_original,
    info,
    models,
    plot,
    run,
    search,
    suggest,
    view,
)

COMMANDS = {
    "run": run,
    "view": view,
    "search": search,
    "suggest": suggest,
    "eval": eval,
    "info": info,
    "plot": plot,
    "export": export,
    "import-original": import_original,
    "models": models,
    "doctor": doctor,
}
"""The commands, in the order in which the help lists them."""

_EPILOG = """\
`imagecluster PATH [--sim 0.5] ...` is short for `imagecluster run PATH ...`: see `imagecluster run --help`. If a folder
has the name of a command, write ./info.
Exit codes: 0 success, 1 failure (or, with --strict, skipped pictures), 2 wrong usage.
"""


class _Version(argparse.Action):
    """Print the version: looking it up takes a third of the time of `--help`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        from importlib.metadata import version

        print(f"imagecluster {version('imagecluster')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser for all commands."""
    parser = argparse.ArgumentParser(
        prog="imagecluster",
        description="Group pictures by content: the same shot, the same place, the same kind of thing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        command.add(commands)
    return parser


def with_command(arguments: list[str]) -> list[str]:
    """The arguments, with `run` in front if they name no command."""
    if not arguments or arguments[0] in (*COMMANDS, "-h", "--help", "--version"):
        return arguments
    return ["run", *arguments]
