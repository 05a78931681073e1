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
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models import (
    DEFAULT_MODEL,
    MODELS,
    Installed,
    Published,
    TextTower,
    find_model,
    model_names,
    text_models,
)
from imagecluster.pipeline import FETCHING


def command(arguments: argparse.Namespace) -> int:
    """Print the list; 1 when the weights of a model are damaged."""
    if arguments.fetch:
        _fetch(arguments.fetch, text=arguments.text, quiet=arguments.quiet)
    elif arguments.text:
        raise ArgumentError("--text goes with --fetch NAME")
    entries = [_entry(name) for name in model_names()]
    if arguments.json:
        print(json.dumps(entries))
    else:
        print(_table(entries))
    return 1 if any(entry["problem"] for entry in entries) else 0


def _fetch(name: str, *, text: bool, quiet: bool) -> None:
    """Fetch the weights of a model, and on request its text tower."""
    model = find_model(name)
    tower = model.text_tower
    if text and not isinstance(tower, TextTower):
        raise ArgumentError(f"{name} has no text tower to fetch; {', '.join(text_models())} have one")
    with ProgressBar(quiet=quiet) as progress:
        model.source.obtain(partial(progress, FETCHING))
        if text and isinstance(tower, TextTower):
            tower.obtain(partial(progress, FETCHING))


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
        "extra": source.spelled if isinstance(source, Installed) else None,
        "text": _text_entry(model.text_tower) if model else None,
        "problem": problem,
    }


def _text_entry(tower: object) -> dict[str, Any] | None:
    """What is known of a text tower; None where there is none, or where it is no matter of files."""
    if not isinstance(tower, TextTower):
        return None
    sizes = [source.n_bytes for source in tower.sources]
    return {"present": tower.present(), "size_bytes": sum(size or 0 for size in sizes)}


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
    if entry["extra"]:
        return f"not here; pip install '{entry['extra']}'"
    return f"not here; fetched when used, from {entry['url']}"
