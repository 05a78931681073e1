"""Grammar of `view`: the local page."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.grammar.arguments import Commands, add_db, port, positive, similarity


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `view`."""
    parser = commands.add_parser(
        "view",
        help="see the clusters in the browser, slide the similarity, correct them",
        description=(
            "Open a local page of the clusters of a folder. A folder that was never sorted is sorted first, with its"
            " progress in the page. Only this machine can reach the page; Ctrl-C ends it."
        ),
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    add_db(parser)
    parser.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index that the page starts with (default: that of the latest run)",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that is shown (default: 2)"
    )
    parser.add_argument(
        "--model", default=None, metavar="NAME", help="fingerprint model (default: that of the latest run)"
    )
    parser.add_argument(
        "--port", type=port, default=None, metavar="N", help="default: 8765, or a free one if that is taken; 0: any"
    )
    parser.add_argument("--update", action="store_true", help="look for new pictures first, with progress in the page")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--read-only", action="store_true", help="write nothing: no corrections, no exports, no cache")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="H",
        help="address to listen on; another than this machine's own needs --allow-remote and --password-file",
    )  # fmt: skip
    parser.add_argument("--allow-remote", action="store_true", help="let other machines in, by password")
    parser.add_argument(
        "--password-file", type=Path, default=None, metavar="FILE", help="file whose first line is the password"
    )
    parser.add_argument(
        "--certificate", type=Path, default=None, metavar="FILE",
        help="PEM file of a certificate: the page is served encrypted, by https",
    )  # fmt: skip
    parser.add_argument(
        "--key", type=Path, default=None, metavar="FILE",
        help="PEM file of its private key (default: in the certificate's file)",
    )  # fmt: skip
