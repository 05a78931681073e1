"""`imagecluster models`: the list of fingerprint models."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagecluster.cli.arguments import Commands, model_name
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.system.extras import install_command
from imagecluster.system.progress import Progress


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `models`."""
    parser = commands.add_parser(
        "models",
        help="list the fingerprint models and say which are on this machine",
        description=(
            "List the fingerprint models with their dimensions, size, time per picture on this machine, quality and"
            " licence, and say whether their weights are on this machine."
        ),
    )
    parser.add_argument(
        "--fetch", type=model_name, metavar="NAME", help="first download the weights of a model, for use offline"
    )
    parser.add_argument("--text", action="store_true", help="with --fetch: also download what search by words needs")
    parser.add_argument(
        "--measure", type=model_name, nargs="?", const="", default=None, metavar="NAME",
        help="first measure, and remember, the time per picture of a model on this machine (default: of each model"
        " that is here)",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--paths", action="store_true", help="print where the weights are, or where they come from")


def command(arguments: argparse.Namespace) -> int:
    """Print the list and return 1 if the weights of a model are damaged, else 0."""
    from imagecluster.embed.speed import remembered_speeds
    from imagecluster.models import model_names

    if arguments.fetch:
        _fetch(arguments.fetch, text=arguments.text, quiet=arguments.quiet)
    elif arguments.text:
        raise ArgumentError("--text needs --fetch NAME")
    if arguments.measure is not None:
        _measure([arguments.measure] if arguments.measure else _present(), quiet=arguments.quiet)
    speeds = remembered_speeds()
    entries = [_entry(name, speeds) for name in model_names()]
    if arguments.json:
        print(json.dumps(entries))
    elif arguments.paths:
        print("\n".join(f"{entry['alias'] or entry['name']:<27}{_where(entry)}" for entry in entries))
    else:
        print(_table(entries))
    return 1 if any(entry["problem"] for entry in entries) else 0


def _fetch(name: str, *, text: bool, quiet: bool) -> None:
    """Download the weights of a model and, on request, its text tower."""
    from imagecluster.models import TextTower, find_model, text_models

    model = find_model(name)
    tower = model.text_tower
    if text and not isinstance(tower, TextTower):
        raise ArgumentError(f"{name} has no text tower to download; {', '.join(text_models())} have one")
    with ProgressBar(quiet=quiet) as progress:
        model.source.obtain(progress)
        if text and isinstance(tower, TextTower):
            tower.obtain(progress)


def _present() -> list[str]:
    """Names of the models whose weights are on this machine and undamaged."""
    from imagecluster.models import find_model, model_names

    names = []
    for name in model_names():
        with suppress(ModelError):
            if find_model(name).source.present() is not None:
                names.append(name)
    return names


def _measure(names: list[str], *, quiet: bool) -> None:
    """Measure models on this machine, and remember the results."""
    from imagecluster.embed.speed import measure_speed, remember_speed
    from imagecluster.models import find_model

    with ProgressBar(quiet=quiet) as progress:
        for i, name in enumerate(names):
            progress(Progress("speed", i, len(names), note=name))
            model = find_model(name)
            ms = measure_speed(model)
            remember_speed(model.identity, ms)
            if "+" in name:
                print(f"{model.name}: {ms:.1f} ms per picture", file=sys.stderr)


def _entry(name: str, speeds: Mapping[str, float]) -> dict[str, Any]:
    """What is known about a model and its weights on this machine."""
    from imagecluster.models import (
        ALIASES,
        DEFAULT_MODEL,
        MODELS,
        QUALITY,
        InstalledSource,
        PublishedSource,
        find_model,
    )

    model, place, problem = MODELS.get(name), None, None
    try:
        model = find_model(name)
        place = model.source.present()
    except ModelError as error:
        problem = str(error)
    source = None if model is None else model.source  # None: a model of another package that does not load
    return {
        "name": name,
        "alias": next((alias for alias, real in ALIASES.items() if real == name), None),
        "version": model.version if model else None,
        "default": name == DEFAULT_MODEL,
        "n_dimensions": model.n_dimensions if model else None,
        "size_bytes": source.n_bytes if source else None,
        "licence": model.licence if model else None,
        "summary": model.summary if model else None,
        "present": place is not None,
        "path": None if place is None else os.fspath(place),
        "url": source.url if isinstance(source, PublishedSource) else None,
        "extra": source.spelled if isinstance(source, InstalledSource) else None,
        "ms_per_picture": speeds.get(model.identity) if model else None,
        "quality": QUALITY[model.identity]._asdict() if model and model.identity in QUALITY else None,
        "text": _text_entry(model.text_tower) if model else None,
        "problem": problem,
    }


def _text_entry(tower: object) -> dict[str, Any] | None:
    """What is known about a text tower; None if the model has none, or if it does not consist of files."""
    from imagecluster.models import TextTower

    if not isinstance(tower, TextTower):
        return None
    sizes = [source.n_bytes for source in tower.sources]
    return {"present": tower.present(), "size_bytes": sum(size or 0 for size in sizes)}


_NOTES = """\
MB: size of the weights. ms: processor time per picture here, in one thread (`imagecluster models --measure`).
mAP: how well objects, kinds of garment and edited copies are found, where measured (docs/models.md).
`imagecluster models --paths` shows where the weights are, or where they come from."""


def _table(entries: list[dict[str, Any]]) -> str:
    """The list as a table of at most 100 columns."""
    head = (
        f"{'model':<27}{'dims':>5}{'MB':>6}{'ms':>7}  {'mAP objects':<12}{'kinds':<7}{'copies':<7} {'licence':<12}here"
    )
    aliases = [f"{entry['alias']}: {entry['name']}, compared by both." for entry in entries if entry["alias"]]
    return "\n".join([head, *(_line(entry) for entry in entries), "", *aliases, _NOTES])


def _line(entry: dict[str, Any]) -> str:
    megabytes = "-" if entry["size_bytes"] is None else f"{entry['size_bytes'] / 1e6:.1f}"
    ms = "-" if entry["ms_per_picture"] is None else f"{entry['ms_per_picture']:.1f}"
    objects, kinds, copies = (f"{value:.3f}" for value in entry["quality"].values()) if entry["quality"] else "---"
    name = entry["alias"] or entry["name"]
    return (
        f"{name:<27}{entry['n_dimensions'] or '-':>5}{megabytes:>6}{ms:>7}  {objects:<12}{kinds:<7}"
        f"{copies:<7} {entry['licence'] or '-':<12}{_here(entry)}"
    )


def _here(entry: dict[str, Any]) -> str:
    """Whether the weights are here, in a few words."""
    if entry["problem"]:
        return f"FAIL {entry['problem']}"
    if entry["present"]:
        return "yes, with text" if entry["text"] and entry["text"]["present"] else "yes"
    return "needs an extra" if entry["extra"] else "on first use"


def _extra_of(spelled: str) -> str:
    """Name of an extra that is spelled as for pip, such as `imagecluster[plot]`."""
    return spelled.partition("[")[2].removesuffix("]")


def _where(entry: dict[str, Any]) -> str:
    """Where the weights are, or where they will come from."""
    if entry["problem"]:
        return f"FAIL {entry['problem']}"
    if entry["present"]:
        return "the files of its parts" if "+" in entry["name"] else printable(Path(entry["path"]))
    if entry["extra"]:
        return f"not here; {install_command(_extra_of(entry['extra']))}"
    return f"not here; downloaded on first use from {entry['url']}"
