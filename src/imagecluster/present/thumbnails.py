"""Small pictures for pages and plots, from the store's cache or else from the files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.collection.fingerprinting import THUMBNAIL_PX
from imagecluster.errors import ImageclusterError
from imagecluster.store import Thumbnails

if TYPE_CHECKING:
    from PIL import Image


class ThumbnailOf:
    """Thumbnails of rows, from the cache or else made from the file and kept.

    Parameters
    ----------
    paths, hashes
        Path and content hash of each row.
    cache
        The store's thumbnails.
    short_side_px
        Size at which files are decoded, as in the run that kept the other thumbnails (the first of its model's
        `decoding`), so that outputs are the same if the cache could not be written (a full disk, an I/O error).

    """

    def __init__(
        self, paths: Sequence[Path], hashes: Sequence[bytes], cache: Thumbnails, *, short_side_px: int = THUMBNAIL_PX
    ) -> None:
        self._paths = paths
        self._hashes = hashes
        self._cache = cache
        self._short_side_px = short_side_px

    def __call__(self, row: int) -> bytes | None:
        """JPEG thumbnail of a row; None if its file can no longer be read."""
        content_hash = self._hashes[row]
        found = self._cache.get(content_hash, side_px=THUMBNAIL_PX)
        if found is not None:
            return found
        made = thumbnail_of(self._paths[row], short_side_px=self._short_side_px)
        if made is not None:
            self._cache.put(content_hash, made, side_px=THUMBNAIL_PX)
        return made


def thumbnail_of(path: Path, *, short_side_px: int = THUMBNAIL_PX) -> bytes | None:
    """Thumbnail of a file; None if it can no longer be read."""
    from imagecluster.decode import decode, read_bytes
    from imagecluster.decode.thumbnail import make_thumbnail

    try:
        picture = decode(read_bytes(path), short_side_px=short_side_px, suffix=path.suffix)
        return make_thumbnail(picture.image, long_side_px=THUMBNAIL_PX)
    except ImageclusterError:
        return None


class SmallPictures:
    """Small pictures of rows, from the cache of thumbnails or else from the file."""

    def __init__(self, thumbnail: ThumbnailOf) -> None:
        self._thumbnail = thumbnail

    def __call__(self, row: int) -> Image.Image | None:
        """The small picture of a row; None if there is none."""
        from PIL import Image

        found = self._thumbnail(row)
        return None if found is None else Image.open(BytesIO(found))
