"""`imagecluster export`: fingerprints for other programs, and the page for other people."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.chosen import model_of
from imagecluster.cli.progress import ProgressBar
from imagecluster.cli.text import printable
from imagecluster.collection import locate
from imagecluster.models import find_model
from imagecluster.present.fingerprints import write_fingerprints
from imagecluster.store import Store


def command(arguments: argparse.Namespace) -> int:
    """Write what was asked for."""
    directory = locate(arguments.path, arguments.db).directory
    if arguments.page is not None:
        return _page(arguments, directory)
    file = Path(arguments.fingerprints)
    with Store.open(directory, writable=False) as store:
        model = model_of(arguments, store)
        n_images = write_fingerprints(store, model.identity, file)
    print(f"{n_images} fingerprints of {model.identity} in {printable(file)}")
    return 0


def _page(arguments: argparse.Namespace, directory: Path) -> int:
    """Write a copy of the page, and say what it weighs."""
    from imagecluster.web.page_copy import View, stored_source, write_page_copy

    model = None
    if arguments.model is not None:
        model = find_model(arguments.model, weights=arguments.weights, preprocess=arguments.preprocess).identity
    with stored_source(directory, model) as (source, run), ProgressBar(quiet=False) as progress:
        sim = float(run.settings.get("sim", 0.5)) if arguments.sim is None else arguments.sim
        view = View(sim, arguments.min_size)
        copied = write_page_copy(source, arguments.page, view, side_px=arguments.side, progress=progress)
    print(
        f"{copied.n_pictures} pictures of {copied.side_px} px, {copied.size_bytes / 1e6:.1f} MB: open"
        f" {printable(copied.page)}"
    )
    return 0
