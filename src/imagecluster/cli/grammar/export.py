"""Grammar of `export`: fingerprints for other programs, and the page for other people."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, add_model, positive, similarity


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `export`."""
    parser = commands.add_parser(
        "export",
        help="write the fingerprints of a folder, or a copy of its page for sharing",
        description=(
            "Write fingerprints to a file (paths and vectors: float32, unit length, as clustering measures their"
            " cosine), or a copy of the page of `imagecluster view` that needs no server."
        ),
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--fingerprints", type=Path, metavar="FILE", help="fingerprints: file to write, .npz or .parquet")
    what.add_argument(
        "--page", type=Path, metavar="PLACE",
        help="the page: file to write (.html), with small pictures in it, or a folder, with the pictures beside it",
    )  # fmt: skip
    parser.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index that the page starts with (default: that of the latest run)",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that the page shows (default: 2)"
    )
    parser.add_argument(
        "--side", type=int, choices=(96, 192, 384, 1024), default=None, metavar="PX",
        help="longer side of the page's pictures: 96, 192, 384 or 1024 (default: 384 or, for many pictures, less)",
    )  # fmt: skip
    add_db(parser)
    add_model(parser)
