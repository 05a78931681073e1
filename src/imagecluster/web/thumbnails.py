"""Pictures in the sizes that the page shows, made once and kept by content."""

from __future__ import annotations

import threading
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from imagecluster.decode.thumbnail import THUMBNAIL_MEDIA_TYPE, make_thumbnail
from imagecluster.errors import ImageclusterError
from imagecluster.explore.sharpness import SHARPNESS_PX, sharpness
from imagecluster.explore.snapshot import Snapshot
from imagecluster.store import Thumbnails
from imagecluster.system.cores import n_cores

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["ORIGINAL_PX", "SIDES_PX", "Shown", "ThumbnailMaker"]

SIDES_PX = (192, 384, 1024)
"""Longer sides that a request may name."""

ORIGINAL_PX = 2048
"""Longer side of the picture that replaces an original in a format that browsers do not show."""

_PLACEHOLDER = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 192 144" width="{width}" height="{height}">
<title>{reason}</title><rect width="192" height="144" fill="#808080" fill-opacity=".18"/>
<path d="M48 104 83 56l22 29 13-14 26 33z" fill="#808080" fill-opacity=".5"/>
<circle cx="120" cy="48" r="9" fill="#808080" fill-opacity=".5"/></svg>
"""


class Shown(NamedTuple):
    """A picture as it is sent."""

    image: bytes
    media_type: str
    reason: str | None
    """Why this is a placeholder; None if it is the picture."""


class ThumbnailMaker:
    """Thumbnails from the store's cache, or else from the file.

    At most one picture per core is decoded at a time, however many are requested.

    Parameters
    ----------
    cache
        The store's cache.
    keep
        Whether new thumbnails may be written to it.

    """

    def __init__(self, cache: Thumbnails, *, keep: bool) -> None:
        self._cache = cache
        self._keep = keep
        self._slots = threading.BoundedSemaphore(n_cores())
        self._sharpness: dict[bytes, float | None] = {}

    def shown(self, snapshot: Snapshot, picture: int, *, side_px: int) -> Shown:
        """The picture with a longer side of at most `side_px`; a placeholder if it cannot be decoded."""
        content_hash = snapshot.leaves.hashes[picture]
        found = self._cache.get(content_hash, side_px=side_px)
        if found is not None:
            return Shown(found, THUMBNAIL_MEDIA_TYPE, None)
        try:
            with self._slots:
                image = self._made(snapshot, picture, side_px=side_px)
        except ImageclusterError as error:
            return _placeholder(str(error), snapshot, picture, side_px=side_px)
        if self._keep and side_px in SIDES_PX:
            self._cache.put(content_hash, image, side_px=side_px)
        return Shown(image, THUMBNAIL_MEDIA_TYPE, None)

    def sharpness(self, snapshot: Snapshot, picture: int) -> float | None:
        """How sharp a picture is (see `explore.sharpness`); None if that cannot be said."""
        content_hash = snapshot.leaves.hashes[picture]
        if content_hash not in self._sharpness:
            try:
                with self._slots:
                    grey = np.asarray(self._decoded(snapshot, picture, side_px=SHARPNESS_PX).convert("L"))
            except ImageclusterError:
                return None
            self._sharpness[content_hash] = sharpness(grey)
        return self._sharpness[content_hash]

    def _made(self, snapshot: Snapshot, picture: int, *, side_px: int) -> bytes:
        return make_thumbnail(self._decoded(snapshot, picture, side_px=side_px), long_side_px=side_px)

    def _decoded(self, snapshot: Snapshot, picture: int, *, side_px: int) -> Image.Image:
        """The upright picture, with a longer side of at least `side_px` where the file has so many pixels."""
        path = snapshot.path(picture)
        width, height = int(snapshot.leaves.width_px[picture]), int(snapshot.leaves.height_px[picture])
        scale = min(1.0, side_px / max(width, height, 1))
        short_side_px = max(1, round(scale * min(width, height)))
        from imagecluster.decode import decode, read_bytes

        return decode(read_bytes(path), short_side_px=short_side_px, suffix=path.suffix).image


def _placeholder(reason: str, snapshot: Snapshot, picture: int, *, side_px: int) -> Shown:
    width, height = int(snapshot.leaves.width_px[picture]), int(snapshot.leaves.height_px[picture])
    scale = side_px / max(width, height, 1)
    text = _PLACEHOLDER.format(
        reason=escape(reason), width=max(1, round(width * scale)), height=max(1, round(height * scale))
    )
    return Shown(text.encode("utf-8", "replace"), "image/svg+xml", reason)
