"""`imagecluster export`: fingerprints for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from imagecluster.cli.text import printable
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.pipeline import locate, write_fingerprints
from imagecluster.store import Store


def command(arguments: argparse.Namespace) -> int:
    """Write the fingerprints of a folder's pictures to a file."""
    _, directory = locate([arguments.path], arguments.db)
    model = find_model(arguments.model or DEFAULT_MODEL, weights=arguments.weights, preprocess=arguments.preprocess)
    file = Path(arguments.fingerprints)
    with Store.open(directory, writable=False) as store:
        n_images = write_fingerprints(store, model.identity, file)
    print(f"{n_images} fingerprints of {model.identity} in {printable(file)}")
    return 0
