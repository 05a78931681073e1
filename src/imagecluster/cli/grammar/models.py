"""Grammar of `models`: which fingerprint models there are."""

from __future__ import annotations

import argparse

from imagecluster.cli.grammar.arguments import Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """The parser of `models`."""
    parser = commands.add_parser(
        "models",
        help="which fingerprint models there are, and which are on this machine",
        description="List the fingerprint models: dimensions, size, licence, and where their weights are.",
    )
    parser.add_argument("--fetch", metavar="NAME", help="first fetch the weights of a model, for use without network")
    parser.add_argument("--text", action="store_true", help="with --fetch: also what the search by words needs")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
