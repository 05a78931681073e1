"""A loaded network, from an upright picture to its output."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models import Model, choose_device, open_session, to_fingerprint
from imagecluster.system.progress import OnProgress, silent

__all__ = ["Embedder", "LazyEmbedder", "load_embedders", "to_pixels"]

_log = logging.getLogger(__name__)


class Embedder:
    """A loaded network. Several threads may call it at once."""

    def __init__(
        self,
        model: Model,
        *,
        n_threads: int = 1,
        device: str = "cpu",
        batch: int | None = None,
        progress: OnProgress = silent,
    ) -> None:
        """Load the network of a model, after downloading its weights if they are not on this machine yet.

        Parameters
        ----------
        model
            Declaration of the model.
        n_threads
            Number of threads that share a picture. One is best if many pictures are processed at once.
        device
            Device that runs the network, as for `imagecluster.models.choose_device`.
        batch
            Largest number of pictures that go through the network at once. Default: the model's own number, or 64 on a
            graphics processor, unless the network fixes it. If memory does not hold them, fewer are tried.
        progress
            Called while weights are downloaded.

        Raises
        ------
        ArgumentError
            There is no such device, or the model is a joint one, which has several networks (see `load_embedders`).
        ModelError
            The weights are missing, are not the expected ones or cannot be downloaded, or the model is retired.
        """
        if model.parts:
            raise ArgumentError(f"{model.name} has {len(model.parts)} networks; use load_embedders to load them")
        self.model = model
        self._turn: AbstractContextManager[Any] = nullcontext()
        path = model.source.obtain(progress)
        self._session = open_session(model.build(path), name=model.name, n_threads=n_threads, device=device)
        entry = self._session.get_inputs()[0]
        self._input = entry.name
        chosen = choose_device(device)
        is_fixed = isinstance(entry.shape[0], int)
        self.batch = batch or (chosen.batch if chosen.batch and not is_fixed else model.batch)
        if not chosen.threads_share:
            self._turn = threading.Lock()

    def features(self, image: Image.Image) -> NDArray[np.float32]:
        """Output of the network, shape (n_dimensions,), for an upright RGB picture.

        The picture must have the model's frame or, if the model takes the middle of it, the model's short side.
        """
        features: NDArray[np.float32] = self.all_features([image])[0]
        return features

    def all_features(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Outputs of the network, shape (n_images, n_dimensions), in runs of at most `batch` pictures; see `features`.

        If a run of several pictures fails, for example for lack of memory, half as many are tried from then on.
        """
        pixels = [to_pixels(image, self.model) for image in images]
        found: list[NDArray[np.float32]] = []
        done = 0
        while done < len(pixels):
            part = pixels[done : done + self.batch]
            try:
                found.append(self._run(part[0] if len(part) == 1 else np.concatenate(part)))
            except Exception as error:  # the engine's exceptions share no base of their own
                if len(part) == 1 or isinstance(error, ModelError):
                    raise
                self.batch = max(1, len(part) // 2)
                _log.warning(
                    "%s: a run of %d pictures failed (%.200s); trying %d", self.model.name, len(part), error, self.batch
                )
                continue
            done += len(part)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _run(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Outputs of one run for the result of `to_pixels`."""
        with self._turn:
            (features,) = self._session.run([self.model.output.name], {self._input: pixels})
        if features.ndim == 3:
            features = features[:, 0]
        expected = (len(pixels), self.model.n_dimensions)
        if features.shape != expected:
            raise ModelError(f"the output of {self.model.name} has shape {features.shape}, expected {expected}")
        return np.asarray(features, dtype=np.float32)

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        """Fingerprint of an upright RGB picture, shape (n_dimensions,); for the picture see `features`."""
        return to_fingerprint(self.features(image), self.model)


class LazyEmbedder(Embedder):
    """A network that is loaded for the first picture, for files that probably hold known pictures and need none.

    What `Embedder` raises, this raises for the first picture.
    """

    def __init__(self, model: Model, *, device: str = "cpu", progress: OnProgress = silent) -> None:
        self.model = model
        self.batch = 1
        self._load = partial(super().__init__, model, device=device, progress=progress)
        self._is_loaded = False
        self._loading = threading.Lock()

    def _run(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        with self._loading:
            if not self._is_loaded:
                self._load()
                self._is_loaded = True
        return super()._run(pixels)


def load_embedders(model: Model, *, device: str = "cpu", progress: OnProgress = silent) -> tuple[Embedder, ...]:
    """The loaded network of each member of a model: one, unless the model is joint. Errors are those of `Embedder`."""
    return tuple(Embedder(member, device=device, progress=progress) for member in model.members)


def to_pixels(image: Image.Image, model: Model) -> NDArray[Any]:
    """The network's input: the middle of the picture, scaled as in the network's training.

    Its shape is (1, 3, height_px, width_px), or (1, height_px, width_px, 3) if the model has channels last; its type is
    float32, or uint8 if the network takes levels as they are.
    """
    width, height = model.geometry.size
    left, top = (image.width - width) // 2, (image.height - height) // 2
    levels = np.asarray(image.crop((left, top, left + width, top + height))).transpose(2, 0, 1)
    if model.pixels.channels == "BGR":
        levels = levels[::-1]
    if model.pixels.levels:
        levels = levels[None] if not model.pixels.last else levels.transpose(1, 2, 0)[None]
        return np.ascontiguousarray(levels)
    mean, scale = (np.array(values)[:, None, None] for values in (model.pixels.mean, model.pixels.scale))
    pixels = np.empty((1, 3, height, width), np.float32)
    np.subtract(levels, mean.astype(np.float32), out=pixels[0])
    pixels *= (1 / scale).astype(np.float32)
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)) if model.pixels.last else pixels
