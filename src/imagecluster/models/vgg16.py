"""VGG16 as the original imagecluster used it: the ImageNet network of Keras, cut at a layer, but without Keras.

Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015, configuration D.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imagecluster.decode import Frame
from imagecluster.errors import ModelError
from imagecluster.models.declaration import Model, Output, Pixels
from imagecluster.models.keras_weights import Weights, read_weights
from imagecluster.models.onnx_graph import Graph, Network, Stored
from imagecluster.models.sources import GivenSource, PublishedSource, Source, remembered_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["VGG16_LAYERS", "vgg16_model", "vgg16_network"]

VGG16_LAYERS = {"vgg16": "fc2", "vgg16-fc1": "fc1", "vgg16-flatten": "flatten"}
"""Layer at which the network is cut, by model name; the first is the original's default."""

FILE_NAME = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
URL = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{FILE_NAME}"
CHECKSUM = "md5:64373286793e3c8b2b4e3219cbf3544b"
N_BYTES = 553_467_096

MEAN_BGR = (103.939, 116.779, 123.68)
"""Mean of ImageNet's pixels with which the Caffe weights were trained, in the order of their channels."""

_VERSION = "keras.1"
_BLOCKS = (2, 2, 3, 3, 3)
_CONVOLUTIONS = tuple(f"block{block}_conv{i}" for block, n in enumerate(_BLOCKS, 1) for i in range(1, n + 1))
_SHRINKS = 2 ** len(_BLOCKS)
_USUAL_SIDE_PX = 224
_N_DIMENSIONS = {"fc2": 4096, "fc1": 4096, "flatten": 7 * 7 * 512}
_BATCH = 4
"""Number of pictures that go through the network at once. The dense layers' 480 MB of weights are then read once for
all of them, which saves a tenth of the time. Beyond 4 only memory grows (4 take 130 MB per thread)."""


class _Shape(NamedTuple):
    """Sizes of a network's input and output."""

    side_px: int
    n_dimensions: int


def vgg16_model(name: str, weights: Path | None = None) -> Model:
    """Declaration of the network cut at a model's layer, with the official weights or those in a file of the user.

    Raises
    ------
    ModelError
        The user's file is missing, or is not a VGG16 of Keras.
    """
    layer = VGG16_LAYERS[name]
    version, shape = _VERSION, _Shape(_USUAL_SIDE_PX, _N_DIMENSIONS[layer])
    source: Source = PublishedSource(URL, FILE_NAME, CHECKSUM, N_BYTES, other_places=_keras_models)
    if weights is not None:
        source = GivenSource(weights.absolute())
        checksum = remembered_digest(source.obtain(), CHECKSUM)
        shape = _checked_shape(read_weights(source.path), layer, source.path)
        if checksum != CHECKSUM:
            version = f"{_VERSION}-{checksum.removeprefix('md5:')[:8]}"
    return Model(
        name=name,
        version=version,
        source=source,
        geometry=Frame(shape.side_px, shape.side_px, fit="squash", interpolation="bicubic"),
        pixels=Pixels(mean=MEAN_BGR, channels="BGR"),
        output=Output(layer, unit=False),
        n_dimensions=shape.n_dimensions,
        licence="CC-BY-4.0",
        summary=f"VGG16, ImageNet, layer {layer}: the network of the original imagecluster",
        build=partial(vgg16_network, layer=layer),
        batch=_BATCH,
    )


def _keras_models() -> tuple[Path, ...]:
    """Place where Keras keeps the file."""
    home = os.environ.get("KERAS_HOME")
    return ((Path(home) if home else Path.home() / ".keras") / "models" / FILE_NAME,)


def vgg16_network(path: Path, layer: str) -> Network:
    """The network up to a layer, as a model whose weights stay in the Keras file.

    Its input is `image`, float32 of shape (n, 3, side_px, side_px), BGR with the mean subtracted; its output has the
    layer's name. Keras flattens in the order (height, width, channel), and pixels are put in that order, so that the
    dense weights can be read as they are.
    """
    path = path.resolve()  # the engine refuses weights behind a link
    weights = read_weights(path)
    shape = _checked_shape(weights, layer, path)
    graph = Graph(path.name)
    value = "image"
    for name, following in pairwise((*_CONVOLUTIONS, "")):
        kernel, bias = (graph.weight(f"{name}_{i}", array) for i, array in enumerate(weights[name]))
        kernel = graph.op("Transpose", kernel, perm=[3, 2, 0, 1])  # once, when the network is loaded
        value = graph.op("Relu", graph.op("Conv", value, kernel, bias, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        if name[:6] != following[:6]:
            value = graph.op("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
    value = graph.op("Transpose", value, perm=[0, 2, 3, 1])
    value = graph.op("Flatten", value, axis=1, output="flatten")
    for name in _dense(layer):
        kernel, bias = (graph.weight(f"{name}_{i}", array) for i, array in enumerate(weights[name]))
        value = graph.op("Relu", graph.op("Gemm", value, kernel, bias), output=name)
    side = shape.side_px
    model = graph.model({"image": ["n", 3, side, side]}, {layer: ["n", shape.n_dimensions]})
    return Network(model, path.parent, graph.arrays)


def _dense(layer: str) -> tuple[str, ...]:
    """Dense layers up to and including a layer."""
    return {"flatten": (), "fc1": ("fc1",), "fc2": ("fc1", "fc2")}[layer]


def _checked_shape(weights: Weights, layer: str, path: Path) -> _Shape:
    """Shape of the network with these weights; ModelError if they belong to another network."""
    needed = (*_CONVOLUTIONS, *_dense(layer))
    missing = [name for name in needed if name not in weights]
    if missing:
        raise ModelError(
            f"{path} lacks {', '.join(missing)}; expected the layers of keras.applications.VGG16 up to {layer}"
        )
    width, side_px = 3, _USUAL_SIDE_PX
    for name in _CONVOLUTIONS:
        width = _width(weights[name], name, (3, 3, width), path)
    n_dimensions = width * (side_px // _SHRINKS) ** 2
    if "fc1" in weights:
        side = round((weights["fc1"][0].shape[0] / width) ** 0.5)
        side_px, n_dimensions = side * _SHRINKS, side * side * width
    for name in _dense(layer):
        n_dimensions = _width(weights[name], name, (n_dimensions,), path)
    return _Shape(side_px, n_dimensions)


def _width(arrays: tuple[Stored | NDArray[np.float32], ...], name: str, inputs: tuple[int, ...], path: Path) -> int:
    """Number of outputs of a layer, whose arrays are a kernel (inputs, outputs) and a bias (outputs)."""
    shapes = [array.shape for array in arrays]
    if len(shapes) != 2 or shapes[0][:-1] != inputs or shapes[1] != shapes[0][-1:]:
        kernel = ", ".join(map(str, (*inputs, "n")))
        raise ModelError(f"{path} holds in {name} arrays of shapes {shapes}; expected ({kernel}) and (n,)")
    return int(shapes[0][-1])
