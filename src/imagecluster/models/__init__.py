"""Declarations of the fingerprint models; none of the networks is loaded."""

from imagecluster.models.declaration import Crop, Model, Output, Part, Pixels
from imagecluster.models.devices import DEVICES, check_device, choose_device, offered_devices
from imagecluster.models.fingerprints import load_centre, to_fingerprint, unit_root
from imagecluster.models.joint import joined, joint_model, parse_joint
from imagecluster.models.known import (
    ALIASES,
    DEFAULT_MODEL,
    MODELS,
    RETIRED,
    VGG16_VARIABLE,
    WEIGHTS,
    find_model,
    is_retired,
    model_names,
    real_name,
    text_models,
)
from imagecluster.models.preprocess import PRESETS, parse_preprocess
from imagecluster.models.quality import QUALITY, Quality
from imagecluster.models.remembered import remember, remembered
from imagecluster.models.session import open_session
from imagecluster.models.sources import (
    MODELS_VARIABLE,
    GivenSource,
    InstalledSource,
    PackagedSource,
    PublishedSource,
    RetiredSource,
    Source,
    models_folder,
)
from imagecluster.models.text import TextTower, Words
from imagecluster.models.vgg16 import VGG16_LAYERS

__all__ = [
    "ALIASES",
    "DEFAULT_MODEL",
    "DEVICES",
    "MODELS",
    "MODELS_VARIABLE",
    "PRESETS",
    "QUALITY",
    "RETIRED",
    "VGG16_LAYERS",
    "VGG16_VARIABLE",
    "WEIGHTS",
    "Crop",
    "GivenSource",
    "InstalledSource",
    "Model",
    "Output",
    "PackagedSource",
    "Part",
    "Pixels",
    "PublishedSource",
    "Quality",
    "RetiredSource",
    "Source",
    "TextTower",
    "Words",
    "check_device",
    "choose_device",
    "find_model",
    "is_retired",
    "joined",
    "joint_model",
    "load_centre",
    "model_names",
    "models_folder",
    "offered_devices",
    "open_session",
    "parse_joint",
    "parse_preprocess",
    "real_name",
    "remember",
    "remembered",
    "text_models",
    "to_fingerprint",
    "unit_root",
]
