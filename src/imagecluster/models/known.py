"""The models that are known by name."""

from __future__ import annotations

import os
from pathlib import Path

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models.declaration import Crop, Model, Output, Pixels
from imagecluster.models.sources import Packaged
from imagecluster.models.vgg16 import LAYERS, vgg16_model

__all__ = ["DEFAULT_MODEL", "MODELS", "VGG16_VARIABLE", "WEIGHTS", "find_model"]

WEIGHTS = Path(__file__).parents[1] / "weights"
DEFAULT_MODEL = "efficientnet-lite0"
VGG16_VARIABLE = "IMAGECLUSTER_VGG16_WEIGHTS"
"""Environment variable with the Keras weight file of VGG16."""

_VGG16 = {"vgg16": LAYERS[0], **{f"vgg16-{layer}": layer for layer in LAYERS[1:]}}

MODELS = {
    model.name: model
    for model in (
        Model(
            name="efficientnet-lite0",
            version="int8.1",
            source=Packaged(
                WEIGHTS / "efficientnet-lite0-int8.onnx",
                sha256="58242340aa4fb21161d936eec9fea318cd98571f4f114f2b4c88327ec35389d0",
            ),
            geometry=Crop(short_side_px=256, side_px=224),
            pixels=Pixels(mean=(127.0, 127.0, 127.0), scale=(128.0, 128.0, 128.0)),
            output=Output(
                "features", power=0.5, centre=WEIGHTS / "efficientnet-lite0-int8.centre.npy", centre_weight=0.5
            ),
            n_dimensions=1280,
            licence="Apache-2.0",
            summary="EfficientNet-Lite0, ImageNet, pooled features, statically quantised to 8 bits",
        ),
        *(vgg16_model(name, layer) for name, layer in _VGG16.items()),
    )
}


def find_model(name: str, *, weights: Path | None = None) -> Model:
    """Declaration of the model of that name.

    Parameters
    ----------
    name
        A key of `MODELS`.
    weights
        The user's own file of weights, for VGG16; default: the environment variable IMAGECLUSTER_VGG16_WEIGHTS, and
        then the official file, which is looked for only when a picture must be fingerprinted. The version of other
        weights contains a part of their checksum.

    Raises
    ------
    ModelError
        There is no such model (the message names the known ones), or the weights are missing or another network's.
    ArgumentError
        `weights` was given for a model that takes none.
    """
    if name not in MODELS:
        raise ModelError(f"no model is called {name!r}; known: {', '.join(sorted(MODELS))}")
    if name in _VGG16:
        weights = weights or _path_from(os.environ.get(VGG16_VARIABLE))
        return vgg16_model(name, _VGG16[name], weights) if weights else MODELS[name]
    if weights is not None:
        raise ArgumentError(f"{name} takes no file of weights; {', '.join(_VGG16)} do")
    return MODELS[name]


def _path_from(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
