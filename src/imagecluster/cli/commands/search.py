"""`imagecluster search`: pictures that look like given ones."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.cli.arguments import Commands, add_db, add_device, add_force, add_model, positive
from imagecluster.cli.opening import database_of, model_of
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable
from imagecluster.errors import ArgumentError

if TYPE_CHECKING:
    from imagecluster.explore.queries import Query
    from imagecluster.explore.searching import Hit
    from imagecluster.models import Model


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `search`."""
    parser = commands.add_parser(
        "search",
        help="find pictures of a folder that look like given ones",
        description=(
            "Search a folder that has been sorted for pictures that look like the given ones, which may be anywhere, or"
            " that show what is described in words. Several queries are searched for together: pictures that are like"
            " all of them come first."
        ),
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    parser.add_argument("queries", type=existing_path, nargs="*", metavar="QUERY", help="pictures to look for")
    parser.add_argument(
        "--text", action="append", default=[], metavar="WORDS",
        help="description to look for, such as 'a red car'; needs a model with a text tower, such as clip-vit-b32"
        " (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--not", dest="unlike", type=existing_path, action="append", default=[], metavar="FILE",
        help="picture that the results should be unlike (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--not-text", dest="unlike_texts", action="append", default=[], metavar="WORDS",
        help="description that the results should be unlike (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--query-weights", type=_weights, default=None, metavar="W,W,...",
        help="weights, one per QUERY and then one per --text (default: 1 each)",
    )  # fmt: skip
    parser.add_argument(
        "--not-weight", type=_weight, default=0.5, metavar="W",
        help="weight of each --not and --not-text (default: 0.5)",
    )  # fmt: skip
    parser.add_argument("-k", type=positive, default=20, metavar="N", help="show at most N pictures (default: 20)")
    parser.add_argument(
        "--min-sim", type=_cosine, default=-1.0, metavar="C",
        help="show only pictures with at least this cosine similarity: 1 is identical, 0 is unlike",
    )  # fmt: skip
    add_db(parser)
    add_model(parser)
    add_device(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress while weights are downloaded")
    parser.add_argument(
        "--threads", type=positive, default=None, metavar="N", help="number of threads (default: one per core)"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--print0", action="store_true", help="print only the paths, each ending with NUL")
    parser.add_argument(
        "--html", type=typed_path, default=None, metavar="FILE", help="also write a page with the pictures"
    )
    add_force(parser)


def _weight(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _weights(text: str) -> list[float]:
    """Numbers above 0, separated by commas."""
    return [_weight(part) for part in text.split(",")]


def _cosine(text: str) -> float:
    """A number from -1 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from -1 to 1")
    return value


def command(arguments: argparse.Namespace) -> int:
    """Print the pictures that look like the queries."""
    from imagecluster.explore.queries import queries
    from imagecluster.explore.searching import Searcher
    from imagecluster.present.overwrite_guard import refuse_to_replace
    from imagecluster.present.search_page import write_search_page
    from imagecluster.store import Store

    if not (arguments.queries or arguments.text):
        raise ArgumentError("there is nothing to look for; name a picture after PATH, or describe one with --text")
    if arguments.html is not None:
        refuse_to_replace(arguments.html, force=arguments.force)
    asked = queries(
        arguments.queries,
        arguments.text,
        weights=arguments.query_weights,
        unlike=arguments.unlike,
        unlike_texts=arguments.unlike_texts,
        unlike_weight=arguments.not_weight,
    )
    directory = database_of(arguments)
    with Store.open(directory, writable=False) as store:
        model = model_of(arguments, store)
        with ProgressBar(quiet=arguments.quiet) as progress:
            searcher = Searcher(store, model, n_threads=arguments.threads, device=arguments.device, progress=progress)
            hits = searcher.search(asked, k=arguments.k, min_similarity=arguments.min_sim)
        if arguments.html is not None:
            write_search_page(store, model, asked, hits, arguments.html)
        if arguments.json:
            print(json.dumps(_as_json(store.root, model, asked, hits)))
        elif arguments.print0:
            sys.stdout.flush()
            sys.stdout.buffer.write(b"".join(os.fsencode(hit.path) + b"\0" for hit in hits))
        else:
            print(_as_text(store.root, hits))
    return 0


def _as_text(root: Path, hits: Sequence[Hit]) -> str:
    """A line for each hit."""
    if not hits:
        return "nothing found"
    return "\n".join(
        f"{hit.similarity:6.3f}  {printable(hit.path, root)}{'  (same bytes)' if hit.same_bytes else ''}"
        for hit in hits
    )


def _as_json(root: Path, model: Model, asked: Sequence[Query], hits: Sequence[Hit]) -> dict[str, Any]:
    """The object that `--json` prints; paths that are not UTF-8 carry surrogate escapes."""
    return {
        "root": os.fspath(root),
        "model": model.identity,
        "queries": [
            {"path": os.path.abspath(query.picture), "weight": query.weight}  # noqa: PTH100 - links kept
            if query.picture is not None
            else {"text": query.text, "weight": query.weight}
            for query in asked
        ],
        "hits": [
            {
                "path": os.fspath(hit.path),
                "similarity": hit.similarity,
                "hash": hit.content_hash.hex(),
                "same_bytes": hit.same_bytes,
            }
            for hit in hits
        ],
    }
