"""Reading of camera raw files through their embedded preview."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from imagecluster.decode.exif import exif_block, exif_orientation, xmp_packet
from imagecluster.decode.memory import room
from imagecluster.decode.opening import check_pixels, open_header
from imagecluster.decode.scaling import shrink
from imagecluster.errors import DecodeError
from imagecluster.scan import RAW_SUFFIXES

if TYPE_CHECKING:
    from rawpy import RawPy

__all__ = ["RawPicture", "looks_raw", "open_raw"]

# Raw files that Pillow does not take for TIFF (or would, but show the wrong image): Canon CR2 and CR3, CRW,
# Fujifilm, Olympus, Panasonic, Sigma, Minolta.
_MAGIC = (
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),
    (0, b"FOVb"),
    (0, b"\0MRM"),
    (4, b"ftypcrx "),
    (6, b"HEAPCCDR"),
    (8, b"CR\x02\0"),
)

# LibRaw's flip (the rotation of the sensor) as EXIF orientation.
_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}
_TURNED = frozenset((5, 6, 7, 8))


@dataclass(frozen=True, slots=True)
class RawPicture:
    """The picture of a raw file, not yet upright."""

    image: Image.Image
    """Resized, in one of the modes of `flatten`."""
    orientation: int
    """EXIF orientation that makes `image` upright."""
    width_px: int
    """Width of the upright raw picture."""
    height_px: int
    exif: bytes
    """EXIF block of the preview; empty if there is none."""
    xmp: bytes
    """XMP packet of the preview; empty if there is none."""


def looks_raw(data: bytes, suffix: str) -> bool:
    """Whether to try the data as a camera raw file first."""
    if any(data.startswith(magic, offset) for offset, magic in _MAGIC):
        return True
    return suffix.lower() in RAW_SUFFIXES and not data.startswith((b"\xff\xd8", b"\x89PNG"))


def open_raw(data: bytes, *, short_side_px: int, max_pixels: int) -> RawPicture:
    """Read the preview of a raw file, or develop it at half size if the preview is missing or small.

    Raises
    ------
    DecodeError
        LibRaw does not know the format, or the file is damaged or too large.
    """
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            return _picture(raw, len(data), short_side_px=short_side_px, max_pixels=max_pixels)
    except rawpy.LibRawError as error:
        text = error.args[0] if error.args else type(error).__name__
        reason = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        msg = f"camera raw file cannot be decoded: {reason}"
        raise DecodeError(msg) from error


def _picture(raw: RawPy, n_bytes: int, *, short_side_px: int, max_pixels: int) -> RawPicture:
    sizes = raw.sizes
    orientation = _ORIENTATION_OF_FLIP.get(sizes.flip, 1)
    width, height = sizes.width, sizes.height
    if orientation in _TURNED:
        width, height = height, width
    preview = _preview(raw, at_least_px=min(short_side_px, width, height), max_pixels=max_pixels)
    if preview is not None:
        block = exif_block(preview.info)
        orientation = _preview_orientation(preview, exif_orientation(block) or orientation, (width, height))
        # There may be damage behind an intact header; the raw pixels may still be readable.
        with contextlib.suppress(Exception):
            small = shrink(preview, short_side_px=short_side_px, max_pixels=max_pixels)
            return RawPicture(small, orientation, width, height, block, xmp_packet(preview.info))
    check_pixels(sizes.raw_width, sizes.raw_height, max_pixels)
    # The file and its copy, two bytes per sensor pixel, four samples of two bytes per pixel of half size, that picture.
    with room(2 * n_bytes + 6 * sizes.raw_width * sizes.raw_height):
        developed = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8))
        small = shrink(developed, short_side_px=short_side_px, max_pixels=max_pixels)
    return RawPicture(small, 1, width, height, b"", b"")


def _preview(raw: RawPy, *, at_least_px: int, max_pixels: int) -> Image.Image | None:
    """The embedded preview; None if there is none, or it is too small or cannot be opened."""
    import rawpy

    try:
        thumbnail = raw.extract_thumb()
        preview: Image.Image
        if isinstance(thumbnail.data, bytes):
            preview = open_header(thumbnail.data, max_pixels=max_pixels)
        else:
            preview = Image.fromarray(thumbnail.data)
    except (rawpy.LibRawError, rawpy.NotSupportedError, DecodeError):
        return None
    return preview if min(preview.size) >= at_least_px else None


def _preview_orientation(preview: Image.Image, orientation: int, upright: tuple[int, int]) -> int:
    """EXIF orientation that turns the preview like the raw picture.

    Some cameras and converters store a preview that is upright already; its shape tells which.
    """
    width, height = preview.size
    if width == height or orientation not in _TURNED:
        return orientation
    stands_as_it_is = (width > height) == (upright[0] > upright[1])
    return 1 if stands_as_it_is else orientation
