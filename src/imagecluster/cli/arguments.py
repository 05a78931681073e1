"""Arguments that several commands take, and what they allow."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path

UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of each unit in which lengths of time are written."""

Commands = argparse._SubParsersAction
"""Where a command adds its parser; argparse has no public name for it."""


def add_db(parser: argparse.ArgumentParser) -> None:
    """`--db DIR`."""
    parser.add_argument(
        "--db", type=Path, default=None, metavar="DIR", help="folder of the database (default: PATH/imagecluster)"
    )


def add_model(parser: argparse.ArgumentParser, *, default: str = "that of the latest run") -> None:
    """`--model NAME`, `--weights FILE` and `--preprocess SPEC`."""
    parser.add_argument(
        "--model", default=None, metavar="NAME",
        help="fingerprint model, see `imagecluster models`, an ONNX file, or several together: NAME+NAME, or"
        f" NAME:0.3+NAME:0.7 (default: {default})",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=Path, default=None, metavar="FILE",
        help="your own file of weights for a model (for vgg16 one of Keras, .h5)",
    )  # fmt: skip
    parser.add_argument(
        "--preprocess", default=None, metavar="SPEC",
        help="how pictures are prepared for an ONNX file: imagenet, dinov2, clip, siglip, siglip2 or mobileclip, and"
        " what differs, such as clip,size=336,interpolation=bilinear",
    )  # fmt: skip


def add_sim_scale(parser: argparse.ArgumentParser) -> None:
    """`--sim-scale SCALE`."""
    parser.add_argument(
        "--sim-scale", choices=("calibrated", "relative"), default=None,
        help="what S means: the model's own scale, fitted on labelled photographs, or one that counts from the two most"
        " different pictures (default: calibrated where the model has a scale)",
    )  # fmt: skip


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device NAME`."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "directml", "coreml", "openvino"), default="cpu", metavar="NAME",
        help="what networks run on: cpu, cuda, directml, coreml, openvino, or auto, which is cuda or directml where"
        " onnxruntime offers one (default: cpu)",
    )  # fmt: skip


def similarity(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def seconds(text: str) -> float:
    """Seconds of a length of time such as 90s, 10min, 6h, 2d or 1.5w; at least one second."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|d|w)", text.strip())
    value = float(found[1]) * UNITS_S[found[2]] if found else 0.0
    if not 1 <= value < math.inf:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a length of time: write a number and s, min, h, d or w, such as 6h; at least 1s"
        )
    return value


def not_negative(text: str) -> float:
    """A number from 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return value


def positive(text: str) -> int:
    """A whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return value


_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def memory(text: str) -> int:
    """Bytes: `500M`, `2G`, `1.5GiB`; without a unit, bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?) ?([kmgt]?)(?:i?b)?", text.strip().lower())
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500M or 2G")
    return size


def port(text: str) -> int:
    """A number of a port; 0 stands for any free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)
