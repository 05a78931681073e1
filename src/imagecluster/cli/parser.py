"""The command-line parser, assembled from the commands. It imports nothing heavy, so that `--help` answers at once."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

COMMANDS = (
    "run",
    "view",
    "search",
    "suggest",
    "eval",
    "info",
    "plot",
    "export",
    "import-original",
    "models",
    "doctor",
)
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


def command_module(name: str) -> ModuleType:
    """The module of a command, with `add`, which adds its parser, and `command`, which runs it."""
    return importlib.import_module(f"imagecluster.cli.commands.{name.replace('-', '_')}")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser for all commands, or for one, which does not load the others."""
    parser = argparse.ArgumentParser(
        prog="imagecluster",
        description="Group pictures by content: the same shot, the same place, the same kind of thing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS if only not in COMMANDS else (only,):
        command_module(name).add(commands)
    return parser


def with_command(arguments: list[str]) -> list[str]:
    """The arguments, with `run` in front if they name no command."""
    if not arguments or arguments[0] in (*COMMANDS, "-h", "--help", "--version"):
        return arguments
    return ["run", *arguments]
