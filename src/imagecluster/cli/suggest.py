"""`imagecluster suggest`: similarity indices that are worth a look."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from imagecluster.cli.chosen import model_of
from imagecluster.cli.progress import ProgressBar
from imagecluster.collection import kept_leaves, kept_tree, locate, scale_of, sim_scale_name
from imagecluster.cut.suggest import CALIBRATED_LEVELS, RELATIVE_LEVELS, Suggestion, suggest
from imagecluster.records import SimScaleName
from imagecluster.store import Store


def command(arguments: argparse.Namespace) -> int:
    """Print three similarity indices and what each would give."""
    _, directory = locate([arguments.path], arguments.db)
    with Store.open(directory, writable=False) as store, ProgressBar(quiet=arguments.json) as progress:
        model = model_of(arguments, store)
        scale_name = sim_scale_name(model.identity, arguments.sim_scale)
        dendrogram = kept_tree(kept_leaves(store), store, model.identity, progress=progress).dendrogram
    found = suggest(
        dendrogram,
        height_of=scale_of(model.identity, scale_name, dendrogram).height,
        levels=CALIBRATED_LEVELS if scale_name == "calibrated" else RELATIVE_LEVELS,
    )
    if arguments.json:
        shown = {
            "model": model.identity,
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
