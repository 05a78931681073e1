"""EfficientNet-Lite with 8-bit activations and 7-bit weights, and the pictures that its statistics come from."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from efficientnet_lite import features_graph, read_weights
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from imagecluster.decode import decode
from imagecluster.errors import DecodeError

SETS = ("many_landscapes", "many_flowers", "albums_pigallery", "exif_samples")
"""No set that quality is reported on."""
N_RANGES = 60
"""Pictures a set at most, for the ranges of activations."""


def write_network(
    variant: int, inputs: Iterable[NDArray[np.float32]], file: Path, *, side_px: int, is_averaged: bool = True
) -> None:
    """Write the statically quantised network EfficientNet-Lite`variant`; `inputs` give the ranges of activations.

    The output is that of `features_graph`.

    Weights are limited to 7 bits (`reduce_range`). Processors with AVX2 but without VNNI add pairs of 8-bit products
    in 16 bits; with 8-bit weights these saturate, and the fingerprint of the same picture came out at cosine 0.92 to
    0.98 to the one that a VNNI processor gives (an emulated Haswell, 8 photographs). With 7 bits they cannot
    saturate, and all 8 were equal to the last bit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        plain, prepared = Path(scratch, "plain.onnx"), Path(scratch, "prepared.onnx")
        onnx.save(features_graph(read_weights(variant), side_px=side_px, is_averaged=is_averaged), plain)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            file,
            _Inputs(inputs),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )


class _Inputs(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Inputs as the quantiser asks for them."""

    def __init__(self, inputs: Iterable[NDArray[np.float32]]) -> None:
        self._inputs = ({"image": pixels} for pixels in inputs)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)


def pictures(folder: Path, limit: int, *, short_side_px: int) -> Iterator[Image.Image]:
    """Up to `limit` pictures of a set, drawn at random but always the same."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["format"] in ("JPEG", "PNG", "WEBP")]
    for row in random.Random(0).sample(rows, min(limit, len(rows))):
        try:
            yield decode((folder / row["path"]).read_bytes(), short_side_px=short_side_px).image
        except DecodeError:
            continue
