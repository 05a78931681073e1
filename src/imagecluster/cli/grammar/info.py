"""Grammar of `info`: what is known."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `info`."""
    parser = commands.add_parser(
        "info",
        help="what is in the database of a folder",
        description="Print what the database of a folder holds.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
