"""The command line's parser, made of every command's arguments. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
from importlib.metadata import version

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
"""Each command, in the order of the help."""

_EPILOG = """\
`imagecluster PATH [--sim 0.5] ...` is short for `imagecluster run PATH ...`: see `imagecluster run --help`. A folder
that is called like a command is written ./info.
Exit codes: 0 fine, 1 failed (or, with --strict, pictures were skipped), 2 wrong usage.
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="imagecluster",
        description="Sort pictures by what is in them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"imagecluster {version('imagecluster')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        command.add(commands)
    return parser


def with_command(arguments: list[str]) -> list[str]:
    """The arguments, with `run` put in front where no command is given."""
    if not arguments or arguments[0] in (*COMMANDS, "-h", "--help", "--version"):
        return arguments
    return ["run", *arguments]
