"""The models that are available by name."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models.declaration import Crop, Model, Output, Pixels
from imagecluster.models.encoders import EXPORTS, export_model, file_model
from imagecluster.models.joint import is_joint_name, joint_model, parse_joint
from imagecluster.models.plugins import plugin_model, plugin_names
from imagecluster.models.preprocess import PRESETS
from imagecluster.models.sources import PackagedSource, RetiredSource
from imagecluster.models.sscd import SSCD, sscd_model
from imagecluster.models.vgg16 import VGG16_LAYERS, vgg16_model

__all__ = [
    "ALIASES",
    "DEFAULT_MODEL",
    "MODELS",
    "RETIRED",
    "VGG16_VARIABLE",
    "WEIGHTS",
    "find_model",
    "is_retired",
    "model_names",
    "real_name",
    "text_models",
]

WEIGHTS = Path(__file__).parents[1] / "weights"
DEFAULT_MODEL = "efficientnet-lite1-regions"
VGG16_VARIABLE = "IMAGECLUSTER_VGG16_WEIGHTS"
"""Environment variable with the Keras weight file of VGG16."""

ALIASES = {"best": "efficientnet-lite1-regions+efficientnet-lite2-regions"}
"""Names that stand for the model which is best for a purpose in this version."""

_LITE_PIXELS = Pixels(mean=(127.0, 127.0, 127.0), scale=(128.0, 128.0, 128.0))
_Curve = tuple[tuple[float, float], ...]


def _regions_model(variant: int, sha256: str, *, sim_curve: _Curve, branch_curve: _Curve) -> Model:
    """EfficientNet-Lite with regions; see tools/weights/make_regions_model.py."""
    name = f"efficientnet-lite{variant}-regions"
    return Model(
        name=name,
        version="int8.1",
        source=PackagedSource(WEIGHTS / f"{name}-int8.onnx", sha256=sha256),
        geometry=Crop(short_side_px=240, side_px=240),
        pixels=_LITE_PIXELS,
        output=Output("features"),
        n_dimensions=512,
        licence="Apache-2.0",
        summary=f"EfficientNet-Lite{variant}, ImageNet, 8 bits, four regions of a picture, with a learned projection",
        sim_curve=sim_curve,
        branch_curve=branch_curve,
    )


_LITE1 = _regions_model(
    1,
    "5de2599185217c31d0e9dc6eba8e5c313759e71b65dc30ae293e338322a063e5",
    sim_curve=((0.0, 1.0), (0.049, 0.9), (0.09, 0.75), (0.29, 0.5), (0.721, 0.25), (0.85, 0.05), (2.0, 0.0)),
    branch_curve=((0.0, 1.0), (0.057, 0.9), (0.096, 0.75), (0.36, 0.5), (0.895, 0.25), (1.055, 0.05), (2.0, 0.0)),
)
_LITE2 = _regions_model(
    2,
    "0f70b1198de3675ccf9ddce76f6987d7534f08db4713f2b44063bcb9c8905c56",
    sim_curve=((0.0, 1.0), (0.05, 0.9), (0.085, 0.75), (0.29, 0.5), (0.71, 0.25), (0.836, 0.05), (2.0, 0.0)),
    branch_curve=((0.0, 1.0), (0.058, 0.9), (0.09, 0.75), (0.37, 0.5), (0.906, 0.25), (1.067, 0.05), (2.0, 0.0)),
)
_BEST = replace(
    joint_model([(_LITE1, 0.5), (_LITE2, 0.5)]),
    sim_curve=((0.0, 1.0), (0.05, 0.9), (0.085, 0.75), (0.305, 0.5), (0.721, 0.25), (0.844, 0.05), (2.0, 0.0)),
    branch_curve=((0.0, 1.0), (0.058, 0.9), (0.09, 0.75), (0.37, 0.5), (0.875, 0.25), (1.024, 0.05), (2.0, 0.0)),
)

MODELS = {
    model.name: model
    for model in (
        _LITE1,
        _LITE2,
        _BEST,
        Model(
            name="efficientnet-lite0",
            version="int8.2",
            source=PackagedSource(
                WEIGHTS / "efficientnet-lite0-int8.onnx",
                sha256="58242340aa4fb21161d936eec9fea318cd98571f4f114f2b4c88327ec35389d0",
            ),
            geometry=Crop(short_side_px=256, side_px=224),
            pixels=_LITE_PIXELS,
            output=Output(
                "features", power=0.5, centre=WEIGHTS / "efficientnet-lite0-int8.centre.npy", centre_weight=0.5
            ),
            n_dimensions=1280,
            licence="Apache-2.0",
            summary="EfficientNet-Lite0, ImageNet, pooled features, statically quantised to 8 bits",
            sim_curve=((0.0, 1.0), (0.066, 0.9), (0.12, 0.75), (0.32, 0.5), (0.649, 0.25), (0.787, 0.05), (2.0, 0.0)),
            branch_curve=(
                (0.0, 1.0),
                (0.076, 0.9),
                (0.128, 0.75),
                (0.39, 0.5),
                (0.791, 0.25),
                (0.959, 0.05),
                (2.0, 0.0),
            ),
        ),
        *(sscd_model(name) for name in SSCD),
        *(vgg16_model(name) for name in VGG16_LAYERS),
        *(export_model(name) for name in EXPORTS),
    )
}


RETIRED = {
    model.name: model
    for model in (
        Model(
            name="efficientnet-lite-duo",
            version="int8.1",
            source=RetiredSource("efficientnet-lite-duo", DEFAULT_MODEL),
            geometry=Crop(short_side_px=260, side_px=260),
            pixels=_LITE_PIXELS,
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
    )
}
"""Models of former versions by name. Their networks are gone, so that they give no fingerprints of new pictures, but
collections that were fingerprinted with them can be shown, cut and searched as before."""


def find_model(name: str, *, weights: Path | None = None, preprocess: str | None = None) -> Model:
    """The declaration of a model.

    Parameters
    ----------
    name
        A key of `MODELS`, `ALIASES` or `RETIRED`, the name of a model that an installed package adds, the path of an
        ONNX file, which ends with .onnx, or several names together (see `parse_joint`).
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
    name = real_name(name)
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
        joint = joint_model([(find_model(part), share) for part, share in parse_joint(name)])
        return MODELS.get(joint.name, joint)
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


def real_name(name: str) -> str:
    """The name that an alias stands for in this version; every other name is returned unchanged."""
    return ALIASES.get(name, name)


def is_retired(name: str) -> bool:
    """Whether the network of a model, or of a part of it, is no longer shipped."""
    return any(part.partition(":")[0] in RETIRED for part in name.split("+"))


def model_names() -> tuple[str, ...]:
    """Names of all models: those in `MODELS`, then those that installed packages add."""
    return (*MODELS, *(name for name in plugin_names() if name not in MODELS))


def text_models() -> tuple[str, ...]:
    """Names of the models in `MODELS` that have a text tower."""
    return tuple(name for name, model in MODELS.items() if model.text_tower is not None)


def _plugin(name: str, weights: Path | None) -> Model:
    """The model that a package adds; ModelError with all known names if there is none."""
    model = plugin_model(name) or RETIRED.get(name)
    if model is None:
        known = ", ".join(sorted((*model_names(), *ALIASES)))
        raise ModelError(
            f"no model is called {name!r}; known: {known}, files whose names end with .onnx, and NAME+NAME"
        )
    if weights is not None:
        raise ArgumentError(f"{name} takes no weight file; {', '.join((*VGG16_LAYERS, *EXPORTS))} do")
    return model


def _path_from(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
