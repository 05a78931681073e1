"""Grammar of `run`: the main job."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import (
    Commands,
    add_db,
    add_device,
    add_model,
    add_sim_scale,
    memory,
    not_negative,
    positive,
    seconds,
    similarity,
)
from imagecluster.linkage.methods import METHODS, METRICS


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `run`."""
    parser = commands.add_parser(
        "run",
        help="sort a folder of pictures (the default command)",
        description="Scan folders, fingerprint what is new, cluster, and write folders of links, tables and a page.",
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH",
        help="folders and files; several, or files, belong to the working directory",
    )  # fmt: skip
    parser.add_argument(
        "--files-from", metavar="FILE", help="read more paths from a file, one a line ('-': standard input)"
    )
    parser.add_argument("-0", "--null", action="store_true", help="the paths of --files-from end with NUL")
    parser.add_argument(
        "--sim", type=similarity, default=0.5, metavar="S",
        help="similarity index of the cut: 0 all in one cluster, 1 only identical pictures (default: 0.5)",
    )  # fmt: skip
    add_sim_scale(parser)
    add_db(parser)
    add_model(parser, default="efficientnet-lite-duo")
    parser.add_argument(
        "--method", default="average", metavar="NAME", choices=METHODS,
        help="linkage: average, single, complete, weighted, or with --metric euclidean ward, centroid, median "
        "(default: average)",
    )  # fmt: skip
    parser.add_argument(
        "--metric", default="cosine", metavar="NAME", choices=METRICS,
        help="distance of fingerprints, as scipy names it (default: cosine)",
    )  # fmt: skip
    parser.add_argument(
        "--max-diameter", type=not_negative, default=None, metavar="D",
        help="divide clusters with two pictures farther apart than this cosine distance",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that is shown (default: 2)"
    )
    parser.add_argument(
        "--time-weight", type=similarity, default=0.0, metavar="W",
        help="how much nearness in time counts beside content: 0 not at all, 1 alone (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--time-scale", type=seconds, default=21600.0, metavar="T",
        help="nearness in time falls to 1/e within this: 90s, 10min, 6h, 2d, 1w (default: 6h)",
    )  # fmt: skip
    parser.add_argument(
        "--time-source", choices=("auto", "exif", "stat"), default="auto",
        help="when a picture was taken: by its EXIF, by its file's modification time, or by the latter where EXIF gives"
        " no possible time (default: auto)",
    )  # fmt: skip
    parser.add_argument(
        "--links", choices=("symlink", "hardlink", "copy", "none"), default="symlink",
        help="how the folders of clusters hold their pictures (default: symlink)",
    )  # fmt: skip
    parser.add_argument("--no-page", action="store_true", help="write no page of contact sheets, keep no thumbnails")
    parser.add_argument("--no-recursive", action="store_true", help="leave out folders inside the folders")
    parser.add_argument(
        "--max-pixels", type=positive, default=None, metavar="N",
        help="skip pictures of more pixels (default: 250 million)",
    )  # fmt: skip
    add_device(parser)
    parser.add_argument("--threads", type=positive, default=None, metavar="N", help="default: one a core")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--exact", dest="exactness", action="store_const", const="exact", default="auto",
        help="compare all pairs of pictures (default: up to 250,000 pictures)",
    )  # fmt: skip
    way.add_argument(
        "--approx", dest="exactness", action="store_const", const="approximate",
        help="look for neighbours in part of the pictures, and measure how many are found",
    )  # fmt: skip
    parser.add_argument(
        "--max-memory", type=memory, default=None, metavar="SIZE",
        help="most memory that clustering may take beside the fingerprints, such as 2G",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a picture was skipped")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no list of skipped pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
