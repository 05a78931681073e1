"""VGG16 as a function of arrays, for programs that prepare pictures themselves, as users of the original did."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from imagecluster.embed import Embedder
from imagecluster.errors import ArgumentError
from imagecluster.models import VGG16_LAYERS, Model, find_model
from imagecluster.system.cores import n_cores
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["Vgg16", "load_vgg16", "vgg16_of_layer"]

_MODEL_OF_LAYER = {layer: name for name, layer in VGG16_LAYERS.items()}


class Vgg16:
    """The loaded network, cut at a layer. Several threads may call it at once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def model(self) -> Model:
        """The declaration; fingerprints are comparable if they have the same `identity`."""
        return self._embedder.model

    @property
    def layer(self) -> str:
        """Name of the layer: 'fc2', 'fc1' or 'flatten'."""
        return self.model.output.name

    @property
    def n_dimensions(self) -> int:
        """Length of a fingerprint: 4096, 4096 or 25088 with the official weights."""
        return self.model.n_dimensions

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures that the network takes: 224 x 224 with the official weights."""
        return self.model.geometry.size

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Output of the layer, shape (n, n_dimensions), as from Keras and not scaled to unit length.

        Parameters
        ----------
        images
            RGB pictures, uint8, shape (n, height, width, 3).

        Raises
        ------
        ArgumentError
            The array has another type or shape.
        """
        images = np.asarray(images)
        width, height = self.size
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (height, width, 3):
            raise ArgumentError(
                f"got an array of shape {images.shape} and type {images.dtype}; expected RGB pictures, uint8 of shape"
                f" (n, {height}, {width}, 3)"
            )
        rows = np.empty((len(images), self.n_dimensions), np.float32)
        for start in range(0, len(images), self.model.batch):
            part = slice(start, start + self.model.batch)
            rows[part] = self._embedder.all_features([Image.fromarray(image) for image in images[part]])
        return rows


def load_vgg16(
    layer: str = "fc2", *, weights: str | os.PathLike[str] | None = None, progress: OnProgress = silent
) -> Vgg16:
    """The ImageNet network of Keras, cut at a layer.

    Parameters
    ----------
    layer
        'fc2' or 'fc1' (4096 numbers), or 'flatten' (25088, in the order of height, width, channel).
    weights
        Weight file of Keras (HDF5). Default: the file that IMAGECLUSTER_VGG16_WEIGHTS names, the one that Keras keeps
        in ~/.keras/models, or an earlier download; otherwise the file is downloaded (528 MB) and kept.
    progress
        Called during a download.

    Raises
    ------
    ArgumentError
        There is no such layer.
    ModelError
        The weights are missing, damaged or those of another network, or cannot be downloaded.
    """
    model = vgg16_of_layer(layer, weights=weights)
    return Vgg16(Embedder(model, n_threads=n_cores(), progress=progress))


def vgg16_of_layer(layer: str = "fc2", *, weights: str | os.PathLike[str] | None = None) -> Model:
    """Declaration of the network that `load_vgg16` loads; arguments and errors are the same.

    Nothing is loaded or downloaded; of given weights only the shapes are read.
    """
    if layer not in _MODEL_OF_LAYER:
        raise ArgumentError(f"layer is {layer!r}; it must be one of {', '.join(_MODEL_OF_LAYER)}")
    return find_model(_MODEL_OF_LAYER[layer], weights=None if weights is None else Path(weights))
