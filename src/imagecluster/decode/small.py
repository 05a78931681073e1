"""Pictures as they are compared with each other: small ones, and digests of all pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.decode.opening import open_header
from imagecluster.decode.pages import pages_note
from imagecluster.decode.picture import decode
from imagecluster.decode.reading import MAX_PIXELS
from imagecluster.errors import DecodeError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["CLOSE_PX", "LOOK_PX", "SmallPicture", "pixel_digest", "small_picture"]

LOOK_PX = 192
"""Longer side of a small picture."""

CLOSE_PX = 768
"""Longer side of a picture that is looked at closer."""

_PLAIN_MODES = frozenset(("1", "L", "RGB", "P", "YCbCr"))
"""Modes of which RGB with 8 bits shows everything, unless something is transparent."""

_MAY_MOVE = (b"GIF8", b"RIFF", b"\x89PNG")
"""How files begin that may hold an animation; those of AVIF say so in their brand."""


_MOVING = (b"ftypavis", b"ftypmsf1", b"ftyphevc")
_LOOKED_AT_BYTES = 1 << 17
"""Where a JPEG says that others follow it in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallPicture:
    """A picture as it is compared."""

    pixels: NDArray[np.uint8]
    """Shape (height, width, 3): upright RGB."""
    is_one_of_many: bool = False
    """Whether it is one frame of an animation, or one page of several: the file holds more than is compared."""


def small_picture(
    data: bytes, size: tuple[int, int], *, side_px: int = LOOK_PX, suffix: str = "", max_pixels: int = MAX_PIXELS
) -> SmallPicture:
    """A picture whose longer side is at most `side_px`; it is never enlarged.

    Parameters
    ----------
    data
        The whole file.
    size
        Width and height of the upright picture, as `Metadata` has them.
    side_px
        Largest length of the longer side.
    suffix, max_pixels
        As for `decode`.

    Raises
    ------
    DecodeError
        As for `decode`.

    """
    short_px, long_px = max(1, min(size)), max(1, *size)
    target = short_px if long_px <= side_px else max(1, round(side_px * short_px / long_px))
    image = decode(data, short_side_px=target, suffix=suffix, max_pixels=max_pixels).image
    return SmallPicture(np.asarray(image, np.uint8), _n_frames(data) > 1)


def pixel_digest(data: bytes, size: tuple[int, int], *, suffix: str = "", max_pixels: int = MAX_PIXELS) -> bytes:
    """128-bit xxhash (XXH3) of all pixels of a picture, upright RGB with 8 bits, and of its size; 16 bytes.

    Pictures of different formats have the same digest if they look the same to the last pixel. Transparency, colours
    other than three of eight bits, and further frames count too, since these pixels do not show them.

    Parameters
    ----------
    data, size, suffix, max_pixels
        As for `small_picture`. The picture is decoded as a whole, which takes a second for 50 megapixels.

    Raises
    ------
    DecodeError
        As for `decode`; also where the picture has another size, or is longer than 16 times its width.

    """
    image = decode(data, short_side_px=max(1, min(size)), suffix=suffix, max_pixels=max_pixels).image
    if image.size != tuple(size):
        raise DecodeError(f"a picture of {image.width} x {image.height} pixels, expected {size[0]} x {size[1]}")
    digest = xxhash.xxh3_128(f"{image.width} {image.height} {_beyond_rgb(data, suffix)}".encode())
    digest.update(np.ascontiguousarray(image, np.uint8).data)
    return digest.digest()


def _beyond_rgb(data: bytes, suffix: str) -> str:
    """What RGB with 8 bits does not show: mode and depth of the file, number of its frames; empty for nothing."""
    try:
        image = open_header(data, max_pixels=MAX_PIXELS, suffix=suffix)
    except (DecodeError, OSError, SyntaxError, ValueError):  # a camera raw file
        return "raw"
    is_plain = image.mode in _PLAIN_MODES and "transparency" not in image.info
    n_frames, depth = _n_frames(data), _depth_bits(data, image)
    return "" if is_plain and n_frames == 1 and depth <= 8 else f"{image.mode} {n_frames} {depth}"


def _depth_bits(data: bytes, image: Image.Image) -> int:
    """Bits of a level as the file has them, of which a picture that was opened has eight; 8 where it cannot be told."""
    said = image.info.get("bit_depth", 8)  # of HEIF
    tiles = getattr(image, "tile", ())
    raw_modes = [str(tile[3] if isinstance(tile[3], str) else (*(tile[3] or ()), "")[0]) for tile in tiles]
    if any(";16" in mode for mode in raw_modes):  # of PNG and TIFF
        return 16
    start = data[:_LOOKED_AT_BYTES]
    if (at := start.find(b"av1C")) > 0 and len(start) > at + 6:
        flags = start[at + 6]  # AV1-ISOBMFF 2.3.3: seq_tier, high_bitdepth, twelve_bit
        return 12 if flags & 0x20 and flags & 0x40 else 10 if flags & 0x40 else said
    if image.format == "JPEG2000" and (at := start.find(b"\xff\x51")) >= 0 and len(start) > at + 40:
        return int(start[at + 40] & 0x7F) + 1  # ISO/IEC 15444-1 A.5.1: Ssiz of the first component
    return int(said)


def _n_frames(data: bytes) -> int:
    """Number of frames of an animation, or 2 for several pages; 1 for anything else, and where it cannot be told."""
    if data[:2] in (b"II", b"MM"):
        return 2 if pages_note(data) else 1
    has_more = data.startswith(b"\xff\xd8") and data.find(b"MPF\0", 0, _LOOKED_AT_BYTES) > 0
    if not has_more and not data.startswith(_MAY_MOVE) and data[4:12] not in _MOVING:
        return 1
    try:
        image = open_header(data, max_pixels=MAX_PIXELS)
        n_frames = int(getattr(image, "n_frames", 1))
        if has_more and n_frames > 1:  # telephones put a smaller picture there, for bright screens or as a preview
            whole = image.size
            image.seek(1)
            return n_frames if image.size == whole else 1
        return n_frames
    except (DecodeError, OSError, SyntaxError, ValueError, EOFError):
        return 1
