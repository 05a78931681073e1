"""Grammar of `export`: fingerprints for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, add_model


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `export`."""
    parser = commands.add_parser(
        "export",
        help="write the fingerprints of a folder to a file",
        description="Write paths and fingerprints: float32, unit length, as clustering measures their cosine.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "--fingerprints", type=Path, required=True, metavar="FILE", help="file to write, .npz or .parquet"
    )
    add_db(parser)
    add_model(parser)
