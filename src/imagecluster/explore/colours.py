"""Average colours of pictures, shown until their thumbnails come: made from the thumbnails that the store keeps."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import NotOursError
from imagecluster.store import HASH_BYTES, Thumbnails
from imagecluster.system.files import OwnFolder

__all__ = ["COLOURS_NAME", "UNKNOWN", "Colours"]

_log = logging.getLogger(__name__)

COLOURS_NAME = "colours.bin"
UNKNOWN = 0xFF808080
"""Stands for a colour that is not known: its top byte says so, the others are a middle grey."""

_HASH = f"V{HASH_BYTES}"
_ENTRY = np.dtype([("hash", _HASH), ("colour", "<u4")])
_SAVE_EVERY = 20_000
_TELL_EVERY = 2_000


class Colours:
    """Average colours by content, in memory and in a file beside the database, which may be deleted at any time.

    Parameters
    ----------
    cache
        The store's thumbnails.
    file
        Where colours are kept from one start to the next.
    keep
        Whether that file may be written.
    follow
        Whether the folder around it may be a link.

    """

    def __init__(self, cache: Thumbnails, file: Path, *, keep: bool, follow: bool = True) -> None:
        self._cache = cache
        self._file = file
        self._keep = keep
        self._follow = follow
        self._known: dict[bytes, int] = _read(file)

    def of(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.uint32], int]:
        """Colours 0xRRGGBB of contents, `UNKNOWN` where not known yet, shape (n,); and how many are not known."""
        known = self._known
        colours = np.array([known.get(content_hash, UNKNOWN) for content_hash in hashes], np.uint32)
        return colours, int(np.count_nonzero(colours == UNKNOWN))

    def complete(
        self, hashes: Sequence[bytes], *, side_px: int, tell: Callable[[int], None], ended: Callable[[], bool]
    ) -> None:
        """Works out what is not known yet, where there is a thumbnail of it.

        Parameters
        ----------
        hashes
            Contents.
        side_px
            Of the thumbnails that the store keeps.
        tell
            Called now and then with the number of new colours so far, and at the end if there are any.
        ended
            Asked before each picture.

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
        table = np.empty(len(self._known), _ENTRY)
        known = dict(self._known)
        table["hash"] = np.frombuffer(b"".join(known), _HASH)
        table["colour"] = np.fromiter(known.values(), np.uint32, len(known))
        try:
            folder = OwnFolder(self._file.parent, follow=self._follow)
            with folder, folder.replacing(self._file.name) as stream:
                stream.write(table.tobytes())
        except NotOursError as error:
            _log.warning("colours are not kept: %s", error)
        except OSError as error:
            _log.debug("colours are not kept: %s", error)


def _read(file: Path) -> dict[bytes, int]:
    """Colours that were kept; none where the file is missing or of another form."""
    try:
        with OwnFolder(file.parent, follow=True) as folder, folder.open_reading(file.name) as stream:
            content = stream.read()
    except OSError:
        return {}
    except NotOursError as error:
        _log.warning("colours that were kept are passed over: %s", error)
        return {}
    if len(content) % _ENTRY.itemsize:
        return {}
    table = np.frombuffer(content, _ENTRY)
    return dict(zip(table["hash"].tolist(), table["colour"].tolist(), strict=True))


def _average(thumbnail: bytes) -> int | None:
    """Average colour of a JPEG, decoded at an eighth of its size; None where it cannot be."""
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
