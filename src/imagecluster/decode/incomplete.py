"""Reading of JPEGs whose end is missing or replaced by something else.

Many phones write a panorama without its end marker and put a video, sound or a small JPEG right behind it; a failed
download lacks the last rows, or has zero bytes in their place, which decode to a grey area.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from imagecluster.decode.memory import room
from imagecluster.decode.needs import needed_bytes
from imagecluster.decode.opening import open_header
from imagecluster.errors import DecodeError

__all__ = ["Mended", "is_filled", "mended", "missing_rows_note"]

_END = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker: neither a byte of the scan, nor a restart marker, nor fill bytes."""

_START_OF_SCAN = 0xDA
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_BETWEEN_SCANS = frozenset((0xC4, 0xCC, 0xDB, 0xDD, _START_OF_SCAN))
"""Markers of tables, restart intervals and scans; anything else behind a scan is not part of the picture."""

_MOST_MISSING = 0.5

_FILL_BYTES = 256
"""Fewer zero bytes at the end of a file may be part of a picture."""

_LARGEST_BYTES = 100_000_000
_LARGEST_PX = 100_000_000
"""Larger pictures count as damaged: decoding them three times would take too long."""

_COMPARED_PX = 8_000_000


@dataclass(frozen=True, slots=True)
class Mended:
    """A file that a decoder reads to its end."""

    data: bytes
    note: str
    """What is missing, in one line; empty if nothing is."""
    size: tuple[int, int] = (0, 0)
    """Width and height of the whole picture, where its file cannot be opened for that."""


def is_filled(data: bytes) -> bool:
    """Whether a file ends with zero bytes, as failed downloads and copies of damaged disks do, and not with a JPEG."""
    return data.endswith(bytes(_FILL_BYTES)) and not data.rstrip(b"\0").endswith(_END)


def mended(data: bytes, *, max_pixels: int) -> Mended:
    """Make a JPEG that is not complete readable to its end.

    Missing rows are left out of its height. They are found by trial: the picture is decoded with nothing and with noise
    behind its last byte, and where the two results differ there was nothing to decode.

    Raises
    ------
    DecodeError
        More than half of the picture is missing; the file is too large for this, or is not a JPEG.

    """
    if len(data) > _LARGEST_BYTES:
        raise DecodeError("damaged: image file is truncated")
    scans = _scans(data)
    body = data[: scans.end]
    if body.endswith(bytes(_FILL_BYTES)):
        body = body.rstrip(b"\0")
    body = body.rstrip(b"\xff")
    max_pixels = min(max_pixels, _LARGEST_PX)
    if scans.n_scans > 1:
        # The first of several scans contains the whole picture at low detail.
        seen = _differences(body, scale=1, max_pixels=max_pixels)
        return Mended(body + _END, "incomplete: fine detail is missing" if seen.any() else "")
    differing = _differences(body, scale=8, max_pixels=max_pixels)
    if not differing.any():
        return Mended(body + _END, "")
    n_rows = scans.height_px * int(differing.argmax()) // len(differing) // scans.rows_per_mcu * scans.rows_per_mcu
    note = missing_rows_note(n_rows, scans.height_px)
    at = scans.height_at
    return Mended(body[:at] + n_rows.to_bytes(2) + body[at + 2 :] + _END, note)


def missing_rows_note(n_rows: int, height_px: int) -> str:
    """A note that the rows after the first `n_rows` are missing, or an empty one; DecodeError if most are."""
    if n_rows >= height_px:
        return ""
    missing = 1 - n_rows / height_px
    note = f"incomplete: last {max(1, round(100 * missing))} % missing"
    if missing > _MOST_MISSING:
        raise DecodeError(note)
    return note


@dataclass(frozen=True, slots=True)
class _Scans:
    """The positions of the parts of a JPEG."""

    height_at: int
    height_px: int
    rows_per_mcu: int
    n_scans: int
    end: int
    """The end of the last scan, or of the file."""


def _scans(data: bytes) -> _Scans:
    """Go through a JPEG's segments and scans (ITU-T T.81, annex B); DecodeError if there is no scan."""
    at, height_at, n_layers, n_scans, rows_per_mcu = 2, 0, 0, 0, 8
    end = len(data)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if n_scans and marker not in _BETWEEN_SCANS:
            break
        behind = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if behind > len(data):
            break
        if marker in _FRAMES and behind - at >= 10:
            height_at, n_layers = at + 5, data[at + 9]
            rows_per_mcu = 8 * max([1, *(data[i] & 15 for i in range(at + 11, behind, 3))])
        at = behind
        if marker == _START_OF_SCAN:
            n_scans += 1
            found = _MARKER.search(data, at)
            end = found.start() if found else len(data)
            is_last = n_scans == 1 and data[behind - 4 - 2 * n_layers : behind - 3 - 2 * n_layers] == bytes([n_layers])
            if found is None or (is_last and not _is_progressive(data, height_at)):
                break
            at = end
    if not n_scans or not height_at:
        raise DecodeError("damaged: a JPEG without a picture")
    return _Scans(height_at, int.from_bytes(data[height_at : height_at + 2]), rows_per_mcu, n_scans, end)


def _is_progressive(data: bytes, height_at: int) -> bool:
    """Whether the frame whose height is at this position is stored in scans of increasing detail."""
    return data[height_at - 4] in (0xC2, 0xCA)


def _differences(body: bytes, *, scale: int, max_pixels: int) -> NDArray[np.bool_]:
    """For each row at a scale, whether it depends on what follows the end of the file."""
    plain = _pixels(body + _END, scale, max_pixels)
    noisy = _pixels(body + _noise() + _END, scale, max_pixels)
    return np.asarray((plain != noisy).reshape(len(plain), -1).any(axis=1))


def _noise() -> bytes:
    """Bytes that do not continue any picture, with all restart markers among them."""
    rng = np.random.default_rng(1)
    parts = rng.integers(0, 255, (16, 512), dtype=np.uint8)
    return b"".join(part.tobytes() + bytes((0xFF, 0xD0 + i % 8)) for i, part in enumerate(parts))


def _pixels(data: bytes, scale: int, max_pixels: int) -> NDArray[np.uint8]:
    """The decoded JPEG at a scale, shape (height, width, n_bands) or (height, width)."""
    image = open_header(data, max_pixels=max_pixels)
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    size = image.size
    while size[0] * size[1] > _COMPARED_PX * scale**2 and scale < 8:
        scale *= 2
    image.draft(None, (max(1, size[0] // scale), max(1, size[1] // scale)))
    with room(needed_bytes(image, size)):
        image.load()
        return np.asarray(image)
