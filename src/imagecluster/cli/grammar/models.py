"""Grammar of `models`: which fingerprint models there are."""

from __future__ import annotations

import argparse

from imagecluster.cli.grammar.arguments import Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `models`."""
    parser = commands.add_parser(
        "models",
        help="which fingerprint models there are, and which are on this machine",
        description=(
            "List the fingerprint models: dimensions, size, time a picture on this machine, quality, licence, and"
            " whether their weights are here."
        ),
    )
    parser.add_argument("--fetch", metavar="NAME", help="first fetch the weights of a model, for use without network")
    parser.add_argument("--text", action="store_true", help="with --fetch: also what the search by words needs")
    parser.add_argument(
        "--measure", nargs="?", const="", default=None, metavar="NAME",
        help="first measure how long a model takes here (default: each that is here), and remember it",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--paths", action="store_true", help="print where the weights are, or come from")
