"""Average colours of pictures, which are shown until the thumbnails arrive; they are made from kept thumbnails."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.viewer_cache import keep, kept
from imagecluster.store import HASH_BYTES, Thumbnails
from imagecluster.system.array_cache import CacheKind, Kept

__all__ = ["UNKNOWN", "Colours"]

UNKNOWN = 0xFF808080
"""Value of an unknown colour: the top byte says so, and the others are a medium grey."""

_HASH = f"V{HASH_BYTES}"
_KIND = CacheKind("colours", "list of average colours", "imagecluster-colours", version=1, n_keys=1)
_KEY = "average"
_SAVE_EVERY = 20_000
_TELL_EVERY = 2_000


class Colours:
    """Average colours by content, in memory and in the cache of arrays, which may be deleted at any time.

    Parameters
    ----------
    cache
        The store's thumbnails.
    directory
        Folder of the database, where they are kept from one start to the next.
    keep
        Whether anything may be written to it.
    follow
        Whether that folder may be a link when it is written to.

    """

    def __init__(self, cache: Thumbnails, directory: Path, *, keep: bool, follow: bool = True) -> None:
        self._cache = cache
        self._directory = directory
        self._keep = keep
        self._follow = follow
        self._known: dict[bytes, int] = kept(directory, _KIND, _KEY, _colours) or {}

    def of(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.uint32], int]:
        """Colours 0xRRGGBB of contents, or `UNKNOWN`, shape (n,); and the number of unknown ones."""
        known = self._known
        colours = np.array([known.get(content_hash, UNKNOWN) for content_hash in hashes], np.uint32)
        return colours, int(np.count_nonzero(colours == UNKNOWN))

    def complete(
        self, hashes: Sequence[bytes], *, side_px: int, tell: Callable[[int], None], ended: Callable[[], bool]
    ) -> None:
        """Compute unknown colours of contents that have a thumbnail.

        Parameters
        ----------
        hashes
            Contents.
        side_px
            Longer side of the thumbnails that the store keeps.
        tell
            Called now and then with the number of new colours so far, and at the end if there are any.
        ended
            Returns whether to stop; called before each picture.

        """
        n_new = 0
        for content_hash in dict.fromkeys(hashes):
            if content_hash in self._known:
                continue
            if ended():
                break
            thumbnail = self._cache.get(content_hash, side_px=side_px)
            colour = None if thumbnail is None else _average(thumbnail)
            if colour is None:
                continue
            self._known[content_hash] = colour
            n_new += 1
            if n_new % _TELL_EVERY == 0:
                tell(n_new)
            if n_new % _SAVE_EVERY == 0:
                self._save()
        if n_new:
            self._save()
            tell(n_new)

    def _save(self) -> None:
        if not self._keep:
            return
        known = dict(self._known)
        hashes = np.frombuffer(b"".join(known), np.uint8)
        colours = np.fromiter(known.values(), np.uint32, len(known))
        keep(self._directory, _KIND, _KEY, {"hashes": hashes, "colours": colours}, follow=self._follow)


def _colours(found: Kept) -> dict[bytes, int]:
    hashes, colours = found.arrays["hashes"].view(_HASH), found.arrays["colours"]
    if hashes.shape != colours.shape:
        raise ValueError(f"arrays of shapes {hashes.shape} and {colours.shape}")
    return dict(zip(hashes.tolist(), colours.tolist(), strict=True))


def _average(thumbnail: bytes) -> int | None:
    """Average colour of a JPEG, decoded at an eighth of its size; None if that fails."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as image:
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            red, green, blue = (
                np.asarray(image.convert("RGB"), np.uint8).reshape(-1, 3).mean(axis=0).round().astype(int)
            )
    except Exception:  # a damaged cache costs a colour
        return None
    return int(red) << 16 | int(green) << 8 | int(blue)
