"""Grammar of `suggest`: similarity indices that are worth a look."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, add_model, add_sim_scale


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `suggest`."""
    parser = commands.add_parser(
        "suggest",
        help="three similarity indices for a folder: copies, scenes, themes",
        description=(
            "Propose similarity indices for a folder that was sorted before, and tell what each would give, with"
            " average linkage under cosine, by content alone."
        ),
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    add_sim_scale(parser)
    add_db(parser)
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
