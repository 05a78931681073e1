"""Pictures that the page sends to search for similar ones."""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from imagecluster.collection import Settings
from imagecluster.errors import DecodeError
from imagecluster.explore.outside import OutsidePictures

__all__ = ["SentPictures"]


class SentPictures:
    """Fingerprints of such pictures, made one at a time with the collection's model, which stays loaded."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._settings: Settings | None = None
        self._pictures: OutsidePictures | None = None

    def direction(self, content: object, name: object, settings: Settings) -> NDArray[np.float32]:
        """Fingerprint of a picture at unit length, shape (n_dimensions,).

        Parameters
        ----------
        content
            The file in base64.
        name
            Its name; the part after the last dot distinguishes camera raw formats.
        settings
            Settings of the run that fingerprinted the collection.

        Raises
        ------
        HTTPException
            400 if the content is not base64, 422 if it is not a picture.

        """
        try:
            picture = base64.b64decode(content if isinstance(content, str) else "", validate=True)
        except (binascii.Error, ValueError):
            raise HTTPException(400, "content must be a file in base64") from None
        suffix = re.search(r"\.[a-z0-9]{1,5}$", str(name).lower())
        with self._one_at_a_time, tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch, f"picture{suffix[0] if suffix else ''}")
            path.write_bytes(picture)
            try:
                vector = self._pictures_of(settings).fingerprint(path).astype(np.float32)
            except DecodeError as error:
                raise HTTPException(422, f"the picture cannot be read: {str(error).rpartition(': ')[2]}") from None
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)

    def _pictures_of(self, settings: Settings) -> OutsidePictures:
        if self._pictures is None or self._settings != settings:
            model = settings.find_model()
            self._pictures = OutsidePictures(model, max_pixels=settings.max_pixels, device=settings.device)
            self._settings = settings
        return self._pictures
