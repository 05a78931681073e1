"""`imagecluster search`: what looks like this."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from imagecluster.cli.chosen import model_of
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable
from imagecluster.collection import FETCHING, locate
from imagecluster.explore.searching import Hit, Query, Searcher, queries
from imagecluster.models import Model
from imagecluster.present.search_page import write_search_page
from imagecluster.store import Store


def command(arguments: argparse.Namespace) -> int:
    """Print the pictures that look like the queries."""
    asked = queries(
        arguments.queries,
        arguments.text,
        weights=arguments.query_weights,
        unlike=arguments.unlike,
        unlike_texts=arguments.unlike_texts,
        unlike_weight=arguments.not_weight,
    )
    directory = locate(arguments.path, arguments.db).directory
    with Store.open(directory, writable=False) as store:
        model = model_of(arguments, store)
        with ProgressBar(quiet=arguments.quiet) as progress:
            fetching = partial(progress, FETCHING)
            searcher = Searcher(store, model, n_threads=arguments.threads, device=arguments.device, fetching=fetching)
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
    """All of it; paths that are not UTF-8 carry surrogate escapes."""
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
