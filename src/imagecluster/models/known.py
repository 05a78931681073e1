"""The models that are available by name."""

from __future__ import annotations

import os
from pathlib import Path

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models.declaration import Crop, Model, Output, Pixels
from imagecluster.models.encoders import EXPORTS, export_model, file_model
from imagecluster.models.joint import is_joint_name, joint_model, parse_joint
from imagecluster.models.plugins import plugin_model, plugin_names
from imagecluster.models.preprocess import PRESETS
from imagecluster.models.sources import PackagedSource
from imagecluster.models.sscd import SSCD, sscd_model
from imagecluster.models.vgg16 import VGG16_LAYERS, vgg16_model

__all__ = ["DEFAULT_MODEL", "MODELS", "VGG16_VARIABLE", "WEIGHTS", "find_model", "model_names", "text_models"]

WEIGHTS = Path(__file__).parents[1] / "weights"
DEFAULT_MODEL = "efficientnet-lite-duo"
VGG16_VARIABLE = "IMAGECLUSTER_VGG16_WEIGHTS"
"""Environment variable with the Keras weight file of VGG16."""

MODELS = {
    model.name: model
    for model in (
        Model(
            name="efficientnet-lite-duo",
            version="int8.1",
            source=PackagedSource(
                WEIGHTS / "efficientnet-lite-duo-int8.onnx",
                sha256="90c799254f400ed900464b990fd499846dedb434bd1b04ddadda68553968d666",
            ),
            geometry=Crop(short_side_px=260, side_px=260),
            pixels=Pixels(mean=(127.0, 127.0, 127.0), scale=(128.0, 128.0, 128.0)),
            output=Output("features"),
            n_dimensions=1024,
            licence="Apache-2.0",
            summary="EfficientNet-Lite0 and Lite2 side by side, ImageNet, 8 bits, with a learned projection",
            sim_curve=((0.0, 1.0), (0.038, 0.9), (0.095, 0.75), (0.35, 0.5), (0.635, 0.25), (0.8, 0.05), (2.0, 0.0)),
            branch_curve=(
                (0.0, 1.0),
                (0.043, 0.9),
                (0.109, 0.75),
                (0.4, 0.5),
                (0.726, 0.25),
                (0.914, 0.05),
                (2.0, 0.0),
            ),
        ),
        Model(
            name="efficientnet-lite0",
            version="int8.1",
            source=PackagedSource(
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
            sim_curve=((0.0, 1.0), (0.047, 0.9), (0.12, 0.75), (0.36, 0.5), (0.625, 0.25), (0.775, 0.05), (2.0, 0.0)),
            branch_curve=(
                (0.0, 1.0),
                (0.052, 0.9),
                (0.133, 0.75),
                (0.4, 0.5),
                (0.694, 0.25),
                (0.861, 0.05),
                (2.0, 0.0),
            ),
        ),
        *(sscd_model(name) for name in SSCD),
        *(vgg16_model(name) for name in VGG16_LAYERS),
        *(export_model(name) for name in EXPORTS),
    )
}


def find_model(name: str, *, weights: Path | None = None, preprocess: str | None = None) -> Model:
    """The declaration of a model.

    Parameters
    ----------
    name
        A key of `MODELS`, the name of a model that an installed package adds, the path of an ONNX file, which ends
        with .onnx, or several names together (see `parse_joint`).
    weights
        The user's own weight file, for a model of `MODELS` that takes one. For VGG16 the environment variable
        IMAGECLUSTER_VGG16_WEIGHTS may name one too; otherwise the official file is looked for when the first picture
        is fingerprinted. The version of other weights contains part of their checksum.
    preprocess
        How pictures are prepared for an ONNX file (see `parse_preprocess`).

    Raises
    ------
    ModelError
        There is no such model (the message lists the known ones), or the weights are missing or those of another
        network.
    ArgumentError
        `weights` or `preprocess` was given for a model that does not take it, or `preprocess` is missing.
    """
    if name.endswith(".onnx") and name not in MODELS:
        if weights is not None:
            raise ArgumentError(f"{name} is itself a weight file; leave out --weights")
        if not os.path.lexists(name):
            raise ModelError(f"there is no weight file {name!r}; give the path of an ONNX file, or the name of a model")
        if not preprocess:
            raise ArgumentError(f"{name} needs --preprocess: one of {', '.join(PRESETS)}, followed by any changes")
        return file_model(Path(name).expanduser(), preprocess)
    if is_joint_name(name) and name not in MODELS:
        if weights is not None or preprocess:
            raise ArgumentError(f"{name} takes no --weights and no --preprocess; only single models do")
        return joint_model([(find_model(part), share) for part, share in parse_joint(name)])
    if preprocess:
        raise ArgumentError(f"{name} takes no --preprocess; only ONNX files do")
    if name not in MODELS:
        return _plugin(name, weights)
    if name in VGG16_LAYERS:
        weights = weights or _path_from(os.environ.get(VGG16_VARIABLE))
        return vgg16_model(name, weights) if weights else MODELS[name]
    if name in EXPORTS:
        return export_model(name, weights) if weights else MODELS[name]
    if weights is not None:
        raise ArgumentError(f"{name} takes no weight file; {', '.join((*VGG16_LAYERS, *EXPORTS))} do")
    return MODELS[name]


def model_names() -> tuple[str, ...]:
    """Names of all models: those in `MODELS`, then those that installed packages add."""
    return (*MODELS, *(name for name in plugin_names() if name not in MODELS))


def text_models() -> tuple[str, ...]:
    """Names of the models in `MODELS` that have a text tower."""
    return tuple(name for name, model in MODELS.items() if model.text_tower is not None)


def _plugin(name: str, weights: Path | None) -> Model:
    """The model that a package adds; ModelError with all known names if there is none."""
    model = plugin_model(name)
    if model is None:
        known = ", ".join(sorted(model_names()))
        raise ModelError(
            f"no model is called {name!r}; known: {known}, files whose names end with .onnx, and NAME+NAME"
        )
    if weights is not None:
        raise ArgumentError(f"{name} takes no weight file; {', '.join((*VGG16_LAYERS, *EXPORTS))} do")
    return model


def _path_from(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
