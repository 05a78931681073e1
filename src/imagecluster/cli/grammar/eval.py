"""Grammar of `eval`: how good the groups are, by labels."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, add_model, add_sim_scale, positive, similarity


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `eval`."""
    parser = commands.add_parser(
        "eval",
        help="how good fingerprints and clusters are, by labels of your own",
        description=(
            "Score a folder that was sorted before against labels: search for each labelled picture among the others,"
            " and compare the clusters of every cut with the labels. These are of average linkage under cosine, by"
            " content alone."
        ),
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "--labels", required=True, metavar="FILE",
        help="table (.tsv, .csv) with a column of paths and one of labels, or the word 'folders': a picture's folder is"
        " its label. Pictures without a label are passed over",
    )  # fmt: skip
    parser.add_argument("--path-column", default=None, metavar="NAME", help="default: path, file, filename, image ...")
    parser.add_argument("--label-column", default=None, metavar="NAME", help="default: label, group, class or category")
    parser.add_argument(
        "--distractor", action="append", default=[], metavar="LABEL",
        help="this label means: like no other picture; always a wrong answer (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--sim", type=similarity, default=0.5, metavar="S", help="score the cut at this index (default: 0.5)"
    )
    add_sim_scale(parser)
    add_db(parser)
    add_model(parser)
    parser.add_argument("--threads", type=positive, default=None, metavar="N", help="default: one a core")
    parser.add_argument(
        "--plot", type=Path, default=None, metavar="FILE",
        help="draw the scores of all cuts: .png, .svg or .pdf (needs the extra `plot`)",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
