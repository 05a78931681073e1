"""Fingerprints of pictures from outside the collection, for searches by them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import MAX_PIXELS
from imagecluster.errors import DecodeError
from imagecluster.models import Model, joined
from imagecluster.records import ImageFile
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from imagecluster.embed import Embedder

__all__ = ["OutsidePictures"]


class OutsidePictures:
    """Fingerprints of pictures that are not in the database, in the form in which it would keep them.

    Parameters
    ----------
    model : Model
    max_pixels, device, progress
        As for `imagecluster.explore.searching.Searcher`.

    """

    def __init__(
        self,
        model: Model,
        *,
        max_pixels: int = MAX_PIXELS,
        device: str = "cpu",
        progress: OnProgress = silent,
    ) -> None:
        self._model = model
        self._max_pixels = max_pixels
        self._device = device
        self._progress = progress
        self._embedders: tuple[Embedder, ...] = ()

    def fingerprint(self, path: Path) -> NDArray[np.float16]:
        """Fingerprint of a picture, shape (n_dimensions,); DecodeError if it cannot be read."""
        from imagecluster.embed import embed_files, load_embedders

        if not self._embedders:
            self._embedders = load_embedders(self._model, device=self._device, progress=self._progress)
        files = [ImageFile(path, 0, 0)]
        ((outcome,),) = embed_files(files, *self._embedders, max_pixels=self._max_pixels, n_threads=1)
        if outcome.content is None:
            reason = outcome.skip.reason if outcome.skip else "no reason given"
            raise DecodeError(f"cannot search for {str(path)!r}: {reason}")
        kept = [found.astype(np.float16).astype(np.float32) for found in outcome.content.fingerprints]
        return joined(self._model, kept).astype(np.float16)
