"""Opening of a picture's header with the decoders that we allow, and refusal of pictures that are too large."""

from __future__ import annotations

import ctypes
import struct

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    PsdImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
    _imaging,
)

from imagecluster.decode.jxl import check_size, is_jxl, needed_bytes, register_jxl
from imagecluster.decode.memory import check_memory
from imagecluster.decode.needs import WEBP_BYTES_PER_PIXEL, check_tags
from imagecluster.decode.netpbm import read_fast
from imagecluster.decode.timed import MAX_DECODING_S, timed_bytes
from imagecluster.errors import DecodeError

__all__ = ["check_pixels", "open_header", "opening_bytes"]

# AVIF before HEIF: Pillow's own decoder (libavif with dav1d) then reads the files that both claim.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP", "DIB", "JPEG2000", "PPM", "PSD")
_TGA_SUFFIXES = frozenset((".tga", ".icb", ".vda", ".vst"))

# Files with this many scans are built to take minutes: encoders write about ten.
_MAX_JPEG_SCANS = 64

# Importing a plugin registers it; without this, Pillow would import all its plugins in the first thread.
_REGISTERED = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    PsdImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
Image.preinit()

# Motorola-order twins of what Pillow reads in Intel order.
for _kind, _modes in (((0, (1,), 1, (16,), ()), ("I;16B", "I;16B")), ((1, (1,), 1, (32,), ()), ("I", "I;32BS"))):
    TiffImagePlugin.OPEN_INFO.setdefault((b"MM", *_kind), _modes)

# Pillow's own limit warns through global state and cannot be set for one picture; check_pixels is stricter.
Image.MAX_IMAGE_PIXELS = None

# One picture per thread: threads inside the decoder would only take cores from other pictures.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def _silence_libtiff() -> None:
    """Stop libtiff from writing about damaged files to standard error, in the middle of a progress bar."""
    try:
        # Looking a name up in Pillow's module also finds what it is linked to; not so on Windows.
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)
    except (AttributeError, OSError):
        return


_silence_libtiff()


def check_pixels(width_px: int, height_px: int, max_pixels: int) -> None:
    """Refuse a size that is empty or above the limit.

    Raises
    ------
    DecodeError
        The reason gives the size, the limit and the option that lifts it.

    """
    if width_px < 1 or height_px < 1:
        msg = f"damaged: its header says {width_px} x {height_px} pixels"
        raise DecodeError(msg)
    if width_px * height_px > max_pixels:
        msg = f"{width_px} x {height_px} pixels are more than the limit of {max_pixels} (option --max-pixels)"
        raise DecodeError(msg)


def open_header(data: bytes, *, max_pixels: int, suffix: str = "") -> ImageFile.ImageFile:
    """Open a picture and check its size; none of its pixels are decoded.

    `suffix` matters only for Targa files, which cannot be recognised by their content.

    Raises
    ------
    DecodeError
        The picture is too large, built to take minutes, or not in a supported format.

    """
    check_memory(opening_bytes(data, max_pixels=max_pixels))
    check_tags(data)
    _register_heif(data)
    formats = [name for name in _FORMATS if name in Image.OPEN]
    if suffix.lower() in _TGA_SUFFIXES:
        formats.append("TGA")
    if is_jxl(data):
        check_pixels(*check_size(data), max_pixels)
        register_jxl()
        formats = ["JXL"]
    timed = timed_bytes(data)
    try:
        image = Image.open(timed, formats=formats)
    except RuntimeError:  # of JPEG XL, in words for those who built the decoder
        raise DecodeError("damaged: its pixels cannot be decoded") from None
    except UnidentifiedImageError:
        raise DecodeError(_what_it_is(data)) from None
    check_pixels(*image.size, max_pixels)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # libtiff allocates whole tiles, whatever the size of the picture.
        check_pixels(int(image.tag_v2.get(322, 1)), int(image.tag_v2.get(323, 1)), max_pixels)
    if "progressive" in image.info and data.count(b"\xff\xda") > _MAX_JPEG_SCANS:
        msg = f"damaged: a JPEG of more than {_MAX_JPEG_SCANS} scans"
        raise DecodeError(msg)
    _set_right(image)
    read_fast(image)
    timed.allow(MAX_DECODING_S)
    return image


def _set_right(image: ImageFile.ImageFile) -> None:
    """Make pixels decode as their file means them where Pillow reads them differently.

    CMYK in a JPEG is inverted if the file has an Adobe marker, and not otherwise, as in libjpeg, web browsers and
    editors. 16-bit samples in separate planes are read by libtiff: Pillow mixes their bytes up.
    """
    if isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode == "CMYK" and "adobe" not in image.info:
        decoder, extents, offset, _ = image.tile[0]
        image.tile = [ImageFile._Tile(decoder, extents, offset, ("CMYK", ""))]
    if isinstance(image, TiffImagePlugin.TiffImageFile) and not image.use_load_libtiff:
        tags = image.tag_v2
        if tags.get(284) == 2 and set(tags.get(258, ())) == {16} and image.mode in ("RGB", "RGBA", "CMYK"):
            image.use_load_libtiff = True
            size = (int(tags[256]), int(tags[257]))
            image.tile = [ImageFile._Tile("libtiff", (0, 0, *size), 0, (f"{image.mode};16N", False, tags.offset))]


def opening_bytes(data: bytes, *, max_pixels: int) -> int:
    """Memory to hold from the opening of a file on: 0 except for WebP and JPEG XL, which are decoded at once.

    Raises
    ------
    DecodeError
        The canvas is too large.

    """
    if is_jxl(data):
        check_pixels(*check_size(data), max_pixels)
        return needed_bytes(data)
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return 0
    if data[12:16] == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", data, 24)
        width, height = (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
    elif data[12:16] == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    check_pixels(max(1, width), max(1, height), max_pixels)
    return len(data) + int(width * height * WEBP_BYTES_PER_PIXEL)


def _register_heif(data: bytes) -> None:
    """Make Pillow read HEIF, once the first such file comes."""
    if data[4:8] != b"ftyp" or "HEIF" in Image.OPEN:
        return
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=True, depth_images=False, aux_images=False)


_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"version https://git-lfs", "a Git LFS pointer"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)


def _what_it_is(data: bytes) -> str:
    """The reason why no decoder accepts the data, with what it is instead if that can be recognised."""
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, name in _FOREIGN:
        if start.startswith(magic.lower()):
            return f"{name}, not a picture in a format that is read here"
    if data[4:8] == b"ftyp" and data[8:12] in (b"isom", b"mp42", b"qt  ", b"avc1", b"iso2", b"M4V "):
        return "a video, not a picture in a supported format"
    if not data.strip(b"\0"):
        return "damaged: nothing but zero bytes"
    return "not a picture in a supported format, or damaged at its start"
