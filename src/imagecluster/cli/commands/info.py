"""`imagecluster info`: the contents of a database."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import Commands, add_db
from imagecluster.cli.opening import database_of
from imagecluster.cli.paths import existing_path
from imagecluster.cli.text import printable

if TYPE_CHECKING:
    from imagecluster.store import Run, StoreInfo


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `info`."""
    parser = commands.add_parser(
        "info",
        help="show what the database of a folder holds",
        description="Print what the database of a folder holds.",
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def command(arguments: argparse.Namespace) -> int:
    """Print what the database of a folder holds."""
    from imagecluster.store import Store

    directory = database_of(arguments)
    with Store.open(directory, writable=False) as store:
        info, runs = store.info(), store.runs()
    print(json.dumps(_as_json(info, runs)) if arguments.json else _as_text(info, runs))
    return 0


def _as_text(info: StoreInfo, runs: tuple[Run, ...]) -> str:
    lines = [
        f"database   {printable(info.directory)} (format {info.format_version}, {info.size_bytes / 1e6:.1f} MB)",
        f"pictures   {info.n_files} of {printable(info.root)}, {info.n_contents} distinct contents",
        f"skipped    {info.n_skipped}",
        f"gone       {info.n_gone} (files that are no longer there; their fingerprints are kept)",
    ]
    for model in info.models:
        held = f"{model.n_fingerprints} fingerprints of {model.n_dimensions} numbers"
        lines.append(f"model      {model.model}: {held}, {model.size_bytes / 1e6:.1f} MB")
    if runs:
        last = runs[-1]
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(last.started_s))
        parts = f"{last.n_fingerprinted} fingerprinted + {last.n_reused} reused + {last.n_skipped} skipped"
        scale = last.settings.get("sim_scale", "relative")  # runs before there were two scales
        way = ", by branch" if last.settings.get("cut") == "branch" else ""
        lines.append(f"last run   {when}, {last.duration_s:.1f} s, sim {last.settings.get('sim')} ({scale}{way})")
        lines.append(f"           {last.n_scanned} scanned = {parts}")
    return "\n".join(lines)


def _as_json(info: StoreInfo, runs: tuple[Run, ...]) -> dict[str, object]:
    return {
        "database": os.fspath(info.directory),
        "root": os.fspath(info.root),
        "format_version": info.format_version,
        "size_bytes": info.size_bytes,
        "n_files": info.n_files,
        "n_contents": info.n_contents,
        "n_skipped": info.n_skipped,
        "n_gone": info.n_gone,
        "models": [
            {
                "model": model.model,
                "n_dimensions": model.n_dimensions,
                "n_fingerprints": model.n_fingerprints,
                "size_bytes": model.size_bytes,
            }
            for model in info.models
        ],
        "runs": [
            {
                "started_s": run.started_s,
                "duration_s": run.duration_s,
                "model": run.model,
                "n_scanned": run.n_scanned,
                "n_fingerprinted": run.n_fingerprinted,
                "n_reused": run.n_reused,
                "n_skipped": run.n_skipped,
                "settings": dict(run.settings),
            }
            for run in runs
        ],
    }
