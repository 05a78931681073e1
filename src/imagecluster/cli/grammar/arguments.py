"""Arguments that several commands take, and what they allow."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

Commands = argparse._SubParsersAction
"""Where a command adds its parser; argparse has no public name for it."""


def add_db(parser: argparse.ArgumentParser) -> None:
    """`--db DIR`."""
    parser.add_argument(
        "--db", type=Path, default=None, metavar="DIR", help="folder of the database (default: PATH/imagecluster)"
    )


def similarity(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def positive(text: str) -> int:
    """A whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return value
