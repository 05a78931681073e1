"""Arguments that several commands share, and parsers of their values."""

from __future__ import annotations

import argparse
import math
import re

from imagecluster.cli.paths import existing_path, typed_path

UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds per unit in which durations are written."""

Commands = argparse._SubParsersAction
"""The object to which a command adds its parser; argparse has no public name for it."""


def add_debug(parser: argparse.ArgumentParser) -> None:
    """Add `--debug`."""
    parser.add_argument(
        "--debug", action="store_true", help="on failure, show where it happened (also: IMAGECLUSTER_DEBUG=1)"
    )


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Add the paths of a collection, of which there is at least one."""
    parser.add_argument(
        "paths", nargs="+", type=existing_path, metavar="PATH",
        help="a folder, or several folders and files, as for `imagecluster run`",
    )  # fmt: skip


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add `--places PRECISION`."""
    parser.add_argument(
        "--places", choices=("exact", "town", "region", "country", "none"), default="exact",
        help="how precisely trips and events are named by places, for outputs that leave the machine (default: exact)",
    )  # fmt: skip


def add_gone(parser: argparse.ArgumentParser) -> None:
    """Add `--gone`."""
    parser.add_argument(
        "--gone", action="store_true",
        help="continue even if most pictures of the collection are gone (default: stop)",
    )  # fmt: skip


def add_db(parser: argparse.ArgumentParser) -> None:
    """Add `--db DIR`."""
    parser.add_argument(
        "--db", type=typed_path, default=None, metavar="DIR", help="folder of the database (default: PATH/imagecluster)"
    )


def add_model(parser: argparse.ArgumentParser, *, default: str = "model of the latest run") -> None:
    """Add `--model NAME`, `--weights FILE` and `--preprocess SPEC`."""
    parser.add_argument(
        "--model", type=model_name, default=None, metavar="NAME",
        help="fingerprint model (see `imagecluster models`), an ONNX file, or several models together: NAME+NAME or"
        f" NAME:0.3+NAME:0.7 (default: {default})",
    )  # fmt: skip
    parser.add_argument(
        "--weights", type=existing_path, default=None, metavar="FILE",
        help="your own weight file for the model (for vgg16, a Keras .h5 file)",
    )  # fmt: skip
    parser.add_argument(
        "--preprocess", default=None, metavar="SPEC",
        help="how pictures are prepared for an ONNX file: imagenet, dinov2, clip, siglip, siglip2 or mobileclip,"
        " followed by any changes, such as clip,size=336,interpolation=bilinear",
    )  # fmt: skip


def add_sim_scale(
    parser: argparse.ArgumentParser, *, default: str = "calibrated if the model has such a scale"
) -> None:
    """Add `--sim-scale SCALE`."""
    parser.add_argument(
        "--sim-scale", choices=("calibrated", "relative"), default=None,
        help="meaning of S: calibrated is the model's own scale, fitted on labelled photographs; relative counts from"
        f" the two most different pictures (default: {default})",
    )  # fmt: skip


def add_n_clusters(parser: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup) -> None:
    """Add `-n K`."""
    parser.add_argument(
        "-n", "--n-clusters", type=positive, default=None, metavar="K",
        help="in place of --sim: cut into K clusters, or the nearest number if no cut has K",
    )  # fmt: skip


def add_cut(parser: argparse.ArgumentParser, *, default: str = "as in the latest run") -> None:
    """Add `--cut WAY`."""
    parser.add_argument(
        "--cut", choices=("branch", "flat"), default=None,
        help="branch cuts each branch of the dendrogram where it is most a group around the closeness that S names;"
        f" flat cuts all of them at the same distance (default: {default})",
    )  # fmt: skip


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device NAME`."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "directml", "coreml", "openvino"), default="cpu", metavar="NAME",
        help="device that runs the networks: cpu, cuda, directml, coreml, openvino, or auto, which is cuda or directml"
        " if onnxruntime offers one (default: cpu)",
    )  # fmt: skip


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add `--force`."""
    parser.add_argument(
        "--force", action="store_true",
        help="replace a file that was not written by imagecluster (default: leave it alone)",
    )  # fmt: skip


def model_name(text: str) -> str:
    """Name of a model, or several with `+`; `~` before the path of an ONNX file is the home folder."""
    parts = (str(typed_path(part)) if part.startswith("~") else part for part in text.split("+"))
    return "+".join(parts)


def listing(text: str) -> str:
    """Path of a list, or `-` for standard input."""
    return text if text == "-" else str(existing_path(text))


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
    """A duration such as 90s, 10min, 6h, 2d or 1.5w in seconds; at least one second."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|min|h|d|w)", text.strip())
    value = float(found[1]) * UNITS_S[found[2]] if found else 0.0
    if not 1 <= value < math.inf:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a duration of at least 1s: write a number followed by s, min, h, d or w, such as 6h"
        )
    return value


def not_negative(text: str) -> float:
    """A finite number, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number of 0 or more")
    return value


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value


_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def memory(text: str) -> int:
    """A size such as `500M`, `2G` or `1.5GiB` in bytes; a number without a unit is in bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?) ?([kmgt]?)(?:i?b)?", text.strip().lower())
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500M or 2G")
    return size


def port(text: str) -> int:
    """A port number; 0 stands for any free port."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)
