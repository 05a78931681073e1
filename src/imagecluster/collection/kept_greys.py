"""Small grey squares of pictures, by which bursts are told: made from the kept thumbnails, and kept by content."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.fingerprinting import THUMBNAIL_PX
from imagecluster.collection.rereading import of_content
from imagecluster.decode import MAX_PIXELS, decode
from imagecluster.store import GREYS_NAME, Leaves, Store, Thumbnails
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.cores import n_cores

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["GREY_PX", "KeptGreys"]

GREY_PX = 32
"""Side of the squares."""

_KIND = CacheKind(GREYS_NAME, "grey pictures", "imagecluster-greys", version=1, n_keys=1)
_KEY = "greys/1"
_HASH_BYTES = 16
_AT_ONCE = 64
_PART = 8192
"""Number of squares in one array: growing a single one would copy all of them again and again."""


class KeptGreys:
    """Grey squares of a collection's pictures; what was computed once is kept with the database.

    A hundred thousand of them take 100 MB on disk and in memory, and are there again in a fraction of a second.

    Parameters
    ----------
    leaves
        The pictures.
    store
        Holds their thumbnails; squares are kept in its folder if it is open for writing.
    max_pixels
        Pictures without a thumbnail are read from their files if they have no more pixels.
    n_threads
        Number of threads; default: one per core.
    """

    def __init__(
        self, leaves: Leaves, store: Store, *, max_pixels: int = MAX_PIXELS, n_threads: int | None = None
    ) -> None:
        self._leaves = leaves
        self._store = store
        self._max_pixels = max_pixels
        self._n_threads = n_threads
        self._cache = ArrayCache(store.folder, _KIND)
        self._parts: list[NDArray[np.uint8]] | None = None
        self._place: dict[bytes, int] = {}
        self._unread: set[bytes] = set()
        self._n_kept = 0

    def load(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Grey values of whole pictures, upright, squeezed to squares: shape (k, 32, 32) for k rows of the leaves.

        A picture that cannot be read any more, and has no thumbnail, is black.
        """
        parts = self._loaded()
        hashes = [self._leaves.hashes[row] for row in rows.tolist()]
        missing = [h for h in dict.fromkeys(hashes) if h not in self._place and h not in self._unread]
        if missing:
            self._add(parts, missing, dict(zip(hashes, rows.tolist(), strict=True)))
        squares = np.zeros((len(hashes), GREY_PX, GREY_PX), np.uint8)
        for square, content_hash in zip(squares, hashes, strict=True):
            place = self._place.get(content_hash)
            if place is not None:
                square[:] = parts[place // _PART][place % _PART]
        return squares

    def keep(self) -> None:
        """Keep what was computed, if anything was and the store can be written to; of contents that are there."""
        if self._parts is None or len(self._place) == self._n_kept or not self._store.writable:
            return
        there = set(self._leaves.hashes)
        places = {h: place for h, place in self._place.items() if h in there}
        squares = np.concatenate(self._parts)
        arrays = {
            "hashes": np.frombuffer(b"".join(places), np.uint8).reshape(-1, _HASH_BYTES),
            "greys": squares[np.fromiter(places.values(), np.int64, len(places))],
        }
        self._cache.save_if_possible(_KEY, arrays)
        self._n_kept = len(self._place)

    def _loaded(self) -> list[NDArray[np.uint8]]:
        """The parts of all squares; on first use those that were kept are read."""
        if self._parts is None:
            hashes, squares = self._cache.load(_KEY, _squares) or ([], np.empty((0, GREY_PX, GREY_PX), np.uint8))
            self._place = {content_hash: place for place, content_hash in enumerate(hashes)}
            self._n_kept = len(self._place)
            self._parts = [squares[start : start + _PART] for start in range(0, len(squares), _PART)]
        return self._parts

    def _add(self, parts: list[NDArray[np.uint8]], missing: Sequence[bytes], row_of: dict[bytes, int]) -> None:
        """Compute the squares of contents, in parallel."""
        with (
            self._store.thumbnails() as thumbnails,
            ThreadPoolExecutor(self._n_threads or n_cores(), thread_name_prefix="greys") as pool,
        ):
            some = [missing[start : start + _AT_ONCE] for start in range(0, len(missing), _AT_ONCE)]
            found = pool.map(lambda hashes: [self._square(h, row_of[h], thumbnails) for h in hashes], some)
            for content_hash, square in zip(missing, (each for group in found for each in group), strict=True):
                if square is None:
                    self._unread.add(content_hash)
                    continue
                place = len(self._place)
                if place % _PART == 0 or len(parts[-1]) < _PART:  # full, or as it was kept
                    self._make_room(parts, place)
                parts[place // _PART][place % _PART] = square
                self._place[content_hash] = place

    @staticmethod
    def _make_room(parts: list[NDArray[np.uint8]], place: int) -> None:
        """The last part gets its full length, or a new one is begun."""
        room = np.zeros((_PART, GREY_PX, GREY_PX), np.uint8)
        if place % _PART:
            room[: len(parts[-1])] = parts[-1]
            parts[-1] = room
        else:
            parts.append(room)

    def _square(self, content_hash: bytes, row: int, thumbnails: Thumbnails) -> NDArray[np.uint8] | None:
        """The square of a content, from its thumbnail or from its file; None if neither can be read."""
        from PIL import Image

        small = thumbnails.get(content_hash, side_px=THUMBNAIL_PX)
        if small is not None:
            with Image.open(BytesIO(small)) as image:
                image.draft("L", (2 * GREY_PX, 2 * GREY_PX))
                return _squeezed(image)
        path = self._store.path_of(self._leaves.keys[row])

        def read(data: bytes) -> NDArray[np.uint8]:
            return _squeezed(
                decode(data, short_side_px=2 * GREY_PX, max_pixels=self._max_pixels, suffix=path.suffix).image
            )

        return of_content(path, content_hash, read)


def _squeezed(image: Image.Image) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(image.convert("L").resize((GREY_PX, GREY_PX), Image.Resampling.BILINEAR), np.uint8)


def _squares(kept: Kept) -> tuple[list[bytes], NDArray[np.uint8]]:
    hashes, squares = kept.arrays["hashes"], kept.arrays["greys"]
    if hashes.dtype != np.uint8 or squares.dtype != np.uint8 or hashes.shape[1:] != (_HASH_BYTES,):
        raise ValueError(f"arrays of {hashes.dtype} and {squares.dtype}, of shape {hashes.shape}")
    if squares.shape != (len(hashes), GREY_PX, GREY_PX):
        raise ValueError(f"{len(hashes)} hashes, and greys of shape {squares.shape}")
    data = hashes.tobytes()
    found = [data[at : at + _HASH_BYTES] for at in range(0, len(data), _HASH_BYTES)]
    if len({*found}) < len(found):
        raise ValueError("a content twice")
    return found, squares
