"""`imagecluster models`: which fingerprint models there are."""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable
from imagecluster.errors import ModelError
from imagecluster.models import DEFAULT_MODEL, MODELS, Published, find_model, model_names
from imagecluster.pipeline import FETCHING


def command(arguments: argparse.Namespace) -> int:
    """Print the list; 1 when the weights of a model are damaged."""
    if arguments.fetch:
        with ProgressBar(quiet=arguments.quiet) as progress:
            find_model(arguments.fetch).source.obtain(partial(progress, FETCHING))
    entries = [_entry(name) for name in model_names()]
    if arguments.json:
        print(json.dumps(entries))
    else:
        print(_table(entries))
    return 1 if any(entry["problem"] for entry in entries) else 0


def _entry(name: str) -> dict[str, Any]:
    """What is known of a model and of its weights on this machine."""
    model, place, problem = MODELS.get(name), None, None
    try:
        model = find_model(name)
        place = model.source.present()
    except ModelError as error:
        problem = str(error)
    source = None if model is None else model.source  # None: another package's, which does not load
    return {
        "name": name,
        "version": model.version if model else None,
        "default": name == DEFAULT_MODEL,
        "n_dimensions": model.n_dimensions if model else None,
        "size_bytes": source.n_bytes if source else None,
        "licence": model.licence if model else None,
        "summary": model.summary if model else None,
        "present": place is not None,
        "path": None if place is None else os.fspath(place),
        "url": source.url if isinstance(source, Published) else None,
        "problem": problem,
    }


def _table(entries: list[dict[str, Any]]) -> str:
    lines = [f"{'model':<22}{'dimensions':>10}{'MB':>8}  {'licence':<14}weights"]
    for entry in entries:
        megabytes = "" if entry["size_bytes"] is None else f"{entry['size_bytes'] / 1e6:.1f}"
        lines.append(
            f"{entry['name']:<22}{entry['n_dimensions'] or '':>10}{megabytes:>8}  {entry['licence'] or '':<14}"
            + _where(entry)
        )
    return "\n".join(lines)


def _where(entry: dict[str, Any]) -> str:
    """Where the weights are, or will come from."""
    if entry["problem"]:
        return f"FAIL {entry['problem']}"
    if entry["present"]:
        return printable(Path(entry["path"]))
    return f"not here; fetched when used, from {entry['url']}"
