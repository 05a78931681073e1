"""Grammar of `doctor`: what works and what does not."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="check the installation, and whether a folder can be worked on",
        description="Print versions, decoders, inference providers and models, and try the models on this machine.",
    )
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH", help="a folder of pictures to check too")
    add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
