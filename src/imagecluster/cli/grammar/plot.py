"""Grammar of `plot`: clusters as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, add_model, add_sim_scale, positive, similarity

KINDS = {
    "clusters": "the largest clusters, one a column",
    "dendrogram": "the hierarchy, with pictures at its leaves",
    "matrix": "similarities of all pairs, in the order of the dendrogram",
    "curves": "number and size of the clusters against sim",
}


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `plot`."""
    parser = commands.add_parser(
        "plot",
        help="draw the clusters, dendrogram, similarities or curves of a folder",
        description="Draw what an earlier run found, by average linkage under the cosine distance. Needs matplotlib: "
        "pip install 'imagecluster[plot]'.",
        epilog="KIND is one of: " + "; ".join(f"{kind}: {text}" for kind, text in KINDS.items()) + ".",
    )
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="file to write: .png, .svg or .pdf"
    )
    parser.add_argument(
        "--sim",
        type=similarity,
        default=0.5,
        metavar="S",
        help="similarity index of the cut that is shown (default: 0.5)",
    )
    parser.add_argument(
        "--most", type=positive, default=None, metavar="N",
        help="draw at most so many clusters (default: 48) or leaves of the dendrogram (default: 400)",
    )  # fmt: skip
    add_sim_scale(parser)
    add_db(parser)
    add_model(parser)
