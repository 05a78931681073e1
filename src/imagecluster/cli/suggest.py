"""`imagecluster suggest`: similarity indices that are worth a look."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from imagecluster.cli.chosen import opened
from imagecluster.cli.progress import ProgressBar
from imagecluster.collection import locate
from imagecluster.cut.suggest import CALIBRATED_LEVELS, RELATIVE_LEVELS, Suggestion, suggest
from imagecluster.records import SimScaleName
from imagecluster.store import Store


def command(arguments: argparse.Namespace) -> int:
    """Print three similarity indices and what each would give."""
    directory = locate(arguments.path, arguments.db).directory
    with Store.open(directory, writable=False) as store, ProgressBar(quiet=arguments.json) as progress:
        collection = opened(arguments, store, progress=progress)
        dendrogram, scale_name = collection.dendrogram, collection.scale.name
    found = suggest(
        dendrogram,
        height_of=collection.scale.height,
        levels=CALIBRATED_LEVELS if scale_name == "calibrated" else RELATIVE_LEVELS,
    )
    if arguments.json:
        shown = {
            "model": collection.model,
            "sim_scale": scale_name,
            "n_images": dendrogram.n_leaves,
            "suggestions": [asdict(suggestion) for suggestion in found],
        }
        print(json.dumps(shown))
    else:
        print(_as_text(found, dendrogram.n_leaves, scale_name))
    return 0


def _as_text(found: tuple[Suggestion, ...], n_images: int, scale_name: SimScaleName) -> str:
    """A line for each suggestion."""
    lines = [f"{'for':<8}{'--sim':>6}{'clusters':>10}{'pictures in them':>18}{'largest':>9}   ({scale_name} scale)"]
    for s in found:
        held = f"{s.n_clustered:,} of {n_images:,}"
        lines.append(f"{s.name:<8}{s.sim:>6.2f}{s.n_clusters:>10,}{held:>18}{s.largest:>9,}")
    return "\n".join(lines)
