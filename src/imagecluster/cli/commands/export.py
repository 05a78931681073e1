"""`imagecluster export`: fingerprints for other programs, and a copy of the page for other people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imagecluster.cli.arguments import Commands, add_db, add_force, add_model, positive, similarity
from imagecluster.cli.commands.run import print_kept
from imagecluster.cli.opening import NEW_CUT, database_of, model_of
from imagecluster.cli.paths import existing_path, typed_path
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `export`."""
    parser = commands.add_parser(
        "export",
        help="write the fingerprints of a folder, or a copy of its page for sharing",
        description=(
            "Write fingerprints to a file (paths and float32 vectors of unit length, as clustering measures their"
            " cosine), or write a copy of the `imagecluster view` page that needs no server."
        ),
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--fingerprints", type=typed_path, metavar="FILE", help="write fingerprints to this .npz or .parquet file"
    )
    what.add_argument(
        "--page", type=typed_path, metavar="PLACE",
        help="write the page to this .html file, with small pictures in it, or to a folder, with pictures beside it",
    )  # fmt: skip
    parser.add_argument(
        "--sim", type=similarity, default=None, metavar="S",
        help="similarity index that the page starts with (default: that of the latest run)",
    )  # fmt: skip
    parser.add_argument(
        "--min-size", type=positive, default=2, metavar="N", help="smallest cluster that the page shows (default: 2)"
    )
    parser.add_argument(
        "--side", type=int, choices=(96, 192, 384, 1024), default=None, metavar="PX",
        help="longer side of the page's pictures in pixels: 96, 192, 384 or 1024 (default: 384, or less for many)",
    )  # fmt: skip
    add_force(parser)
    add_db(parser)
    add_model(parser)


def command(arguments: argparse.Namespace) -> int:
    """Write the fingerprints or the page."""
    from imagecluster.present.fingerprints import write_fingerprints
    from imagecluster.present.overwrite_guard import refuse_to_replace
    from imagecluster.store import Store

    refuse_to_replace(arguments.page or arguments.fingerprints, force=arguments.force)
    directory = database_of(arguments)
    if arguments.page is not None:
        return _page(arguments, directory)
    file = Path(arguments.fingerprints)
    with Store.open(directory, writable=False) as store:
        model = model_of(arguments, store)
        n_images = write_fingerprints(store, model.identity, file)
    print(f"{n_images} fingerprints of {model.identity} in {printable(file)}")
    return 0


def _page(arguments: argparse.Namespace, directory: Path) -> int:
    """Write a copy of the page, and print its size."""
    from imagecluster.collection import is_from_before_branches, settings_of
    from imagecluster.models import find_model
    from imagecluster.web.page_copy import View, stored_source, write_page_copy

    model = None
    if arguments.model is not None:
        model = find_model(arguments.model, weights=arguments.weights, preprocess=arguments.preprocess).identity
    with stored_source(directory, model) as (source, run), ProgressBar(quiet=False) as progress:
        if is_from_before_branches(run):
            print(NEW_CUT, file=sys.stderr)
        sim = settings_of(run).sim if arguments.sim is None else arguments.sim
        view = View(sim, arguments.min_size)
        copied = write_page_copy(source, arguments.page, view, side_px=arguments.side, progress=progress)
    print(
        f"{copied.n_pictures} pictures of {copied.side_px} px, {copied.size_bytes / 1e6:.1f} MB: open"
        f" {printable(copied.page)}"
    )
    print_kept(copied.kept)
    return 0
