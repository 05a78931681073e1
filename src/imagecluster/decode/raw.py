"""Cameras' raw files, through the preview that the camera put into them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from imagecluster.decode.exif import exif_block, read_exif
from imagecluster.decode.opening import check_pixels, open_header
from imagecluster.errors import DecodeError
from imagecluster.scan import RAW_SUFFIXES

if TYPE_CHECKING:
    from rawpy import RawPy

__all__ = ["RawPicture", "looks_raw", "open_raw"]

# Raw files that Pillow does not take for TIFF (or would, showing the wrong image): Canon CR2 and CR3, CRW,
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

# LibRaw's flip (how far the sensor stood turned) as EXIF orientation.
_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}
_TURNED = frozenset((5, 6, 7, 8))


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A raw file's picture, not yet upright."""

    image: Image.Image
    """Preview (perhaps not loaded yet) or developed picture."""
    orientation: int
    """EXIF orientation that makes `image` upright."""
    width_px: int
    """Of the raw picture, upright."""
    height_px: int
    exif: bytes
    """EXIF block of the preview; empty where there is none."""


def looks_raw(data: bytes, suffix: str) -> bool:
    """Whether the data should be tried as a camera's raw file first."""
    if any(data.startswith(magic, offset) for offset, magic in _MAGIC):
        return True
    return suffix.lower() in RAW_SUFFIXES and not data.startswith((b"\xff\xd8", b"\x89PNG"))


def open_raw(data: bytes, *, short_side_px: int, max_pixels: int) -> RawPicture:
    """The preview of a raw file, or the file developed at half size where the preview is missing or small.

    Raises
    ------
    DecodeError
        LibRaw does not know the file, or it is damaged or too large.

    """
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            return _picture(raw, short_side_px=short_side_px, max_pixels=max_pixels)
    except rawpy.LibRawError as error:
        text = error.args[0] if error.args else type(error).__name__
        reason = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        msg = f"camera raw file cannot be decoded: {reason}"
        raise DecodeError(msg) from error


def _picture(raw: RawPy, *, short_side_px: int, max_pixels: int) -> RawPicture:
    sizes = raw.sizes
    orientation = _ORIENTATION_OF_FLIP.get(sizes.flip, 1)
    width, height = sizes.width, sizes.height
    if orientation in _TURNED:
        width, height = height, width
    preview = _preview(raw, max_pixels=max_pixels)
    block = b"" if preview is None else exif_block(preview.info)
    if preview is not None and min(preview.size) >= min(short_side_px, width, height):
        orientation = read_exif(block).orientation or orientation
        turn = _preview_orientation(preview, orientation, upright=(width, height))
        return RawPicture(preview, turn, width, height, block)
    check_pixels(sizes.raw_width, sizes.raw_height, max_pixels)
    developed = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    return RawPicture(Image.fromarray(developed), 1, width, height, block)


def _preview(raw: RawPy, *, max_pixels: int) -> Image.Image | None:
    """The embedded preview; None where there is none that can be read."""
    import rawpy

    try:
        thumbnail = raw.extract_thumb()
        if isinstance(thumbnail.data, bytes):
            return open_header(thumbnail.data, max_pixels=max_pixels)
        return Image.fromarray(thumbnail.data)
    except (rawpy.LibRawNonFatalError, rawpy.NotSupportedError, DecodeError):
        return None


def _preview_orientation(preview: Image.Image, orientation: int, *, upright: tuple[int, int]) -> int:
    """EXIF orientation that makes the preview stand as the raw picture does.

    Some cameras and converters store a preview that is upright already; its shape tells.
    """
    width, height = preview.size
    if width == height or orientation not in _TURNED:
        return orientation
    stands_as_it_is = (width > height) == (upright[0] > upright[1])
    return 1 if stands_as_it_is else orientation
