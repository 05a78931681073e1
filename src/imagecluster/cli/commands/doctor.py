"""`imagecluster doctor`: checks of the installation and of a folder."""

from __future__ import annotations

import argparse
import importlib
import json
import os
from pathlib import Path
from typing import NamedTuple

from imagecluster.cli.arguments import Commands, add_db
from imagecluster.cli.paths import existing_path
from imagecluster.cli.text import printable
from imagecluster.errors import ImageclusterError


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="check the installation and, if given, a folder",
        description="Print versions, decoders, devices and models, and test each model that is on this machine.",
    )
    parser.add_argument(
        "path", type=existing_path, nargs="?", metavar="PATH", help="a folder of pictures to check as well"
    )
    add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


PACKAGES = ("imagecluster", "numpy", "onnxruntime", "pillow", "pillow-heif", "rawpy", "starlette", "uvicorn", "xxhash")
EXTRAS = ("matplotlib", "opencv-python-headless", "pillow-jxl-plugin", "pyarrow", "scipy", "tokenizers", "umap-learn")


class Check(NamedTuple):
    """One line of the report."""

    name: str
    fine: bool
    detail: str


def command(arguments: argparse.Namespace) -> int:
    """Print the checks and return 1 if one of them failed, else 0."""
    import platform

    checks = [
        Check("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        _cores(),
        *(_package(name) for name in PACKAGES),
        *(_extra(name) for name in EXTRAS),
        *_decoders(),
        _providers(),
        *_models(),
        *([] if arguments.path is None and arguments.db is None else _folder(arguments.path, arguments.db)),
    ]
    if arguments.json:
        print(json.dumps([{"name": c.name, "fine": c.fine, "detail": c.detail} for c in checks]))
    else:
        for check in checks:
            print(f"{'ok  ' if check.fine else 'FAIL'} {check.name:<22} {check.detail}")
    return 0 if all(check.fine for check in checks) else 1


def _cores() -> Check:
    from imagecluster.system.cores import n_cores

    return Check("cores", True, str(n_cores()))


def _package(name: str) -> Check:
    found = _version(name)
    return Check(name, found is not None, found or "not installed; reinstall imagecluster")


def _extra(name: str) -> Check:
    return Check(name, True, _version(name) or "not installed (optional)")


def _version(name: str) -> str | None:
    """Version of an installed package, or None."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _decoders() -> list[Check]:
    from PIL import features

    checks = [
        Check(f"decoder {name}", bool(features.check(feature)), "present" if features.check(feature) else "missing")
        for name, feature in (("JPEG", "jpg"), ("PNG", "zlib"), ("WebP", "webp"), ("TIFF", "libtiff"), ("AVIF", "avif"))
    ]
    for name, module in (("HEIC", "pillow_heif"), ("camera raw", "rawpy")):
        try:
            importlib.import_module(module)
            checks.append(Check(f"decoder {name}", True, "present"))
        except ImportError as error:
            checks.append(Check(f"decoder {name}", False, str(error)))
    return checks


def _providers() -> Check:
    from imagecluster.models import offered_devices

    return Check("inference", True, f"--device {', '.join(offered_devices())} (default: cpu)")


def _models() -> list[Check]:
    """Load each model and check that it tells two drawn pictures apart."""
    import numpy as np
    from PIL import Image

    from imagecluster.embed import load_embedders
    from imagecluster.models import find_model, joined, model_names

    checks = []
    for name in model_names():
        try:
            model = find_model(name)
            if model.source.present() is None:
                checks.append(Check(f"model {name}", True, "not on this machine (optional; see `imagecluster models`)"))
                continue
            ramp, disc = (drawn.convert("RGB") for drawn in (Image.linear_gradient("L"), Image.radial_gradient("L")))
            found = [
                np.stack([embedder(picture.resize(embedder.model.geometry.size)) for picture in (ramp, ramp, disc)])
                for embedder in load_embedders(model)
            ]
            fingerprints = joined(model, found)
            fingerprints /= np.linalg.norm(fingerprints, axis=1, keepdims=True)
            same, other = (float(fingerprints[0] @ fingerprint) for fingerprint in fingerprints[1:])
            fine = abs(same - 1) < 1e-5 and other < 0.99
            detail = f"{model.n_dimensions} numbers, {model.licence}, loads and runs (test value {other:.4f})"
            checks.append(Check(f"model {name}", fine, detail))
        except ImageclusterError as error:
            checks.append(Check(f"model {name}", False, str(error)))
    return checks


def _folder(path: Path | None, db: Path | None) -> list[Check]:
    import tempfile

    from imagecluster.collection import locate
    from imagecluster.store import Store

    checks = []
    if path is not None:
        readable = path.is_dir() and os.access(path, os.R_OK | os.X_OK)
        checks.append(Check("folder", readable, printable(path) + (" is readable" if readable else " cannot be read")))
    if path is not None and db is None and not readable:
        return checks
    directory = locate(path, db).directory
    existing = next(folder for folder in (directory, *directory.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            checks.append(Check("database", True, f"{printable(directory)} can be written to"))
    except OSError as error:
        checks.append(Check("database", False, f"{printable(directory)} cannot be written to: {error.strerror}"))
    if Store.exists(directory):
        try:
            with Store.open(directory, writable=False) as store:
                info = store.info()
            checks.append(Check("database content", True, f"{info.n_files} pictures, format {info.format_version}"))
        except ImageclusterError as error:
            checks.append(Check("database content", False, str(error)))
    return checks
