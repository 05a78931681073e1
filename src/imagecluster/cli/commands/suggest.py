"""`imagecluster suggest`: similarity indices to try first."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from imagecluster.cli.arguments import Commands, add_cut, add_db, add_model, add_sim_scale
from imagecluster.cli.opening import database_of, opened
from imagecluster.cli.paths import existing_path
from imagecluster.cli.progress import ProgressBar

if TYPE_CHECKING:
    from imagecluster.cut.suggest import Suggestion
    from imagecluster.records import SimScaleName


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `suggest`."""
    parser = commands.add_parser(
        "suggest",
        help="suggest similarity indices for a folder: for copies, shots, things and kinds",
        description=(
            "Suggest similarity indices for a folder that has been sorted: for edited copies, for the same shot, for"
            " the same thing or place, and for kinds of things. Shows the clusters that each would give with the method"
            " of the latest run, and says where it is unsure and why. For copies and shots some pictures are compared."
        ),
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    add_sim_scale(parser)
    add_cut(parser)
    add_db(parser)
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def command(arguments: argparse.Namespace) -> int:
    """Print similarity indices and the clusters that each would give."""
    from dataclasses import asdict

    from imagecluster.cut.suggest import levels_of, suggest
    from imagecluster.explore.looks import Looks
    from imagecluster.present.thumbnails import SmallPictures, ThumbnailOf
    from imagecluster.store import Store

    directory = database_of(arguments)
    with Store.open(directory, writable=False) as store, ProgressBar(quiet=arguments.json) as progress:
        collection = opened(arguments, store, progress=progress)
        dendrogram, scale_name = collection.dendrogram, collection.scale.name
        with store.thumbnails() as cache:
            found = suggest(
                dendrogram,
                height_of=collection.scale.height,
                levels=levels_of(collection.scale),
                look=Looks(SmallPictures(ThumbnailOf(collection.paths, collection.leaves.hashes, cache))),
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
    """A line for each suggestion, and one for each doubt."""
    lines = [f"{'for':<8}{'--sim':>6}{'clusters':>10}{'pictures in them':>18}{'largest':>9}   ({scale_name} scale)"]
    for s in found:
        held = f"{s.n_clustered:,} of {n_images:,}"
        lines.append(f"{s.name:<8}{s.sim:>6.2f}{s.n_clusters:>10,}{held:>18}{s.largest:>9,}")
    lines += [f"unsure of {s.name}: {s.unsure}" for s in found if s.unsure]
    return "\n".join(lines)
