"""Decodes one picture: header, limits, pixels, resize, orientation, colour."""

from __future__ import annotations

import logging
import threading
from contextlib import nullcontext
from dataclasses import dataclass

from PIL import Image, ImageFile, JpegImagePlugin, TiffImagePlugin

from imagecluster.decode.colour import flatten, to_rgb
from imagecluster.decode.exif import Exif, exif_block, read_exif, xmp_orientation
from imagecluster.decode.opening import check_pixels, open_header
from imagecluster.decode.quiet import quiet
from imagecluster.decode.raw import RawPicture, looks_raw, open_raw
from imagecluster.errors import ArgumentError, DecodeError
from imagecluster.records import Metadata

__all__ = ["MAX_PIXELS", "Picture", "decode"]

MAX_PIXELS = 250_000_000
"""Largest picture that is decoded: 200-megapixel phones exist."""

_MAX_ASPECT = 16
_LARGE_PX = 50_000_000
_ONE_LARGE_PICTURE = threading.Lock()
_MAX_REASON = 180
_DNG_VERSION = 50706

_log = logging.getLogger(__name__)

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A decoded picture."""

    image: Image.Image
    """RGB, upright; the short side has exactly the length that was asked for."""
    metadata: Metadata


def decode(data: bytes, *, short_side_px: int, max_pixels: int = MAX_PIXELS, suffix: str = "") -> Picture:
    """The picture in a file's bytes, small, upright and in RGB.

    The short side becomes exactly `short_side_px`, smaller pictures are enlarged, and the long side follows
    in proportion. A picture longer than 16 times its width is cut to that at its middle. Transparent parts
    are white; of an animation the first frame counts, of several pages the first, of a burst the main one.

    Parameters
    ----------
    data
        The whole file.
    short_side_px
        Length of the short side, at least 1.
    max_pixels
        Larger pictures are refused, by their header.
    suffix
        Of the file's name, with its dot: camera raw and Targa files cannot be told by their content alone.

    Raises
    ------
    ArgumentError
        `short_side_px` or `max_pixels` is below 1.
    DecodeError
        The data is damaged, too large, or no picture; the text is one printable line below 200 characters.

    """
    for name, value in (("short_side_px", short_side_px), ("max_pixels", max_pixels)):
        if value < 1:
            msg = f"{name} is {value}, expected at least 1"
            raise ArgumentError(msg)
    try:
        with quiet():
            return _decode(data, short_side_px, max_pixels, suffix)
    except Exception as error:  # whatever a decoder throws at hostile data
        _log.debug("a picture could not be decoded", exc_info=True)
        reason = _reason(error)
    # Outside the handler, so that the error does not keep the half-decoded picture alive.
    raise DecodeError(reason)


def _decode(data: bytes, short_side_px: int, max_pixels: int, suffix: str) -> Picture:
    if not data:
        msg = "the file is empty"
        raise DecodeError(msg)
    image: ImageFile.ImageFile | None = None
    raw_error: DecodeError | None = None
    if not looks_raw(data, suffix):
        image = open_header(data, max_pixels=max_pixels, suffix=suffix)
    if image is None or (isinstance(image, TiffImagePlugin.TiffImageFile) and _DNG_VERSION in image.tag_v2):
        try:
            raw = open_raw(data, short_side_px=short_side_px, max_pixels=max_pixels)
            return _raw_picture(raw, data, short_side_px, max_pixels)
        except DecodeError as error:
            raw_error = error
    if image is None:
        try:
            image = open_header(data, max_pixels=max_pixels, suffix=suffix)
        except DecodeError:
            raise raw_error or DecodeError from None
    return _plain_picture(image, data, short_side_px, max_pixels)


def _plain_picture(image: ImageFile.ImageFile, data: bytes, short_side_px: int, max_pixels: int) -> Picture:
    width, height = image.size
    small = _shrink(image, short_side_px, max_pixels)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        exif, orientation = read_exif(data), 1  # Pillow turned the pixels (and the size) as it loaded them
    else:
        exif = read_exif(exif_block(image.info))
        orientation = exif.orientation or xmp_orientation(image.info) or 1
    if orientation >= 5:
        width, height = height, width
    return _finish(small, orientation, exif, size=(width, height), format_name=image.format or "")


def _raw_picture(raw: RawPicture, data: bytes, short_side_px: int, max_pixels: int) -> Picture:
    small = _shrink(raw.image, short_side_px, max_pixels)
    exif, second = read_exif(data), read_exif(raw.exif)
    if exif.latitude_deg is None:
        exif = Exif(exif.orientation, exif.taken_s, second.latitude_deg, second.longitude_deg)
    if exif.taken_s is None:
        exif = Exif(exif.orientation, second.taken_s, exif.latitude_deg, exif.longitude_deg)
    return _finish(small, raw.orientation, exif, size=(raw.width_px, raw.height_px), format_name="RAW")


def _finish(small: Image.Image, orientation: int, exif: Exif, *, size: tuple[int, int], format_name: str) -> Picture:
    """The resized picture made upright and RGB, with its metadata; `size` is the upright original's."""
    if orientation in _TRANSPOSE:
        small = small.transpose(_TRANSPOSE[orientation])
    metadata = Metadata(
        width_px=size[0],
        height_px=size[1],
        format=format_name,
        taken_s=exif.taken_s,
        latitude_deg=exif.latitude_deg,
        longitude_deg=exif.longitude_deg,
    )
    return Picture(image=to_rgb(small), metadata=metadata)


def _shrink(image: Image.Image, short_side_px: int, max_pixels: int) -> Image.Image:
    """Decodes the pixels and resizes them; colour mode and orientation are still the file's."""
    width, height = image.size
    box: tuple[float, float, float, float] = (0, 0, width, height)
    pixels = width * height
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # Scaling inside the JPEG decoder: a sixth of the time, fingerprints move by 0.0025 (1 - cosine).
        short = min(width, height)
        drafted = image.draft(None, (width * short_side_px // short, height * short_side_px // short))
        if drafted is not None:
            box = drafted[1]
            if "progressive" not in image.info:  # those hold all coefficients whatever the scale
                pixels = image.size[0] * image.size[1]
    with _ONE_LARGE_PICTURE if pixels > _LARGE_PX else nullcontext():
        before = image.size
        image.load()
        if image.size != before:  # a HEIF may turn out other than its header says
            check_pixels(*image.size, max_pixels)
            box = (0, 0, *image.size)
        return _resize(flatten(image), box, short_side_px)


def _resize(image: Image.Image, box: tuple[float, float, float, float], short_side_px: int) -> Image.Image:
    """The part of the picture inside `box`, cut to the largest aspect ratio, at its final size.

    Averaging whole blocks first, down to twice the final size, halves the time of LANCZOS on large pictures
    and moves their fingerprints by 0.0001.
    """
    short = min(box[2], box[3])
    cut_x, cut_y = (max(0.0, side - _MAX_ASPECT * short) / 2 for side in box[2:])
    box = (cut_x, cut_y, box[2] - cut_x, box[3] - cut_y)
    sides = (box[2] - box[0], box[3] - box[1])
    size = (max(short_side_px, round(side * short_side_px / short)) for side in sides)
    factor = int(short / short_side_px / 2)
    if factor > 1:
        image = image.reduce(factor)
        box = (box[0] / factor, box[1] / factor, box[2] / factor, box[3] / factor)
    if image.mode == "RGBA":  # opaque by now; LANCZOS would multiply by alpha once more
        image = image.convert("RGB")
    return image.resize((next(size), next(size)), Image.Resampling.LANCZOS, box=box)


def _reason(error: Exception) -> str:
    """One printable line on what went wrong."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        text = "not enough memory to decode it"
    elif text.startswith("decoder error"):  # all that Pillow knows of what went wrong inside libtiff
        text = "damaged: its pixels cannot be decoded"
    elif not isinstance(error, DecodeError):
        text = f"damaged: {text or type(error).__name__}"
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= _MAX_REASON else printable[: _MAX_REASON - 3] + "..."
