"""Estimates, from its header alone, of the memory and time that decoding a picture will take.

Measured on Pillow 13 with pictures of 40 megapixels, peak of the process without the file itself, in bytes per pixel:
PNG, BMP, TIFF and PPM 4 (1 or 2 for one channel), progressive JPEG 3 to 6, AVIF 8.6 to 10, HEIF 7, WebP 16.
"""

from __future__ import annotations

import math
import struct

from PIL import AvifImagePlugin, Image, ImageFile, Jpeg2KImagePlugin, JpegImagePlugin, TiffImagePlugin

from imagecluster.errors import DecodeError

__all__ = ["WEBP_BYTES_PER_PIXEL", "check_tags", "check_time", "file_content", "needed_bytes", "pixel_bytes"]

WEBP_BYTES_PER_PIXEL = 16
"""For two canvases, the decoder's own buffer, its copy and Pillow's picture."""

_IN_PYTHON = frozenset(("bmp_rle", "ppm_plain"))
"""Formats whose decoders collect a picture's bytes and copy them."""

_BYTES_PER_S = {"AVIF": 9e6, "HEIF": 7e6, "JPEG2000": 4.6e6}
_PADDED_PX_PER_S = 3e6
"""Pixels by which Pillow's decoder of BMP run lengths, in Python, fills up rows that end early, one by one."""
_MOST_S = 8.0

_SMALL_MODES = {"1": 1, "L": 1, "P": 1}

# Bytes of a strip or tile as a Python object; only hostile files have more of them than this.
_ENTRY_BYTES = 400
_MOST_ENTRIES = 1_000_000

_NUMBER_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""Sizes of the types of tags whose values become objects."""


def pixel_bytes(mode: str) -> int:
    """Bytes per pixel that Pillow keeps in a mode."""
    return 2 if mode.startswith("I;16") else _SMALL_MODES.get(mode, 4)


def needed_bytes(image: Image.Image, size: tuple[int, int], *, whole: bool = False, turned: bool = False) -> int:
    """Bytes that loading a picture and converting it to RGB will take, including those of its file.

    Parameters
    ----------
    image
        An opened picture that is not loaded; the settings that make its decoder leave out detail are made.
    size
        Width and height in its header.
    whole
        Whether all its pixels are converted to RGB, and not only a small version of it.
    turned
        Whether all its pixels are rotated.

    """
    n_pixels = image.size[0] * image.size[1]
    per_pixel = pixel_bytes(image.mode)
    if whole:
        per_pixel += 4 * (image.mode != "RGB" or bool(image.info.get("icc_profile"))) + 4 * turned
    data_bytes = getattr(getattr(image, "fp", None), "n_bytes", 0)
    return data_bytes + n_pixels * per_pixel + _of_decoder(image, n_pixels, size)


def check_time(image: Image.Image) -> None:
    """Refuse a picture whose decoder cannot be stopped and would take too long for the number of bytes to read.

    Measured on noise, one core: AVIF 9 MB/s, HEIF 6 to 11 MB/s, JPEG 2000 4.6 MB/s and 4 million samples per second,
    1.5 million with hostile files. All others read more than 20 MB/s, or can be stopped.

    Raises
    ------
    DecodeError
        It would take more than eight seconds.

    """
    n_bytes = getattr(getattr(image, "fp", None), "n_bytes", 0)
    seconds = n_bytes / _BYTES_PER_S.get(image.format or "", math.inf)
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        seconds = min(seconds, image.width * image.height * len(image.getbands()) / 1.5e6)
    if isinstance(image, ImageFile.ImageFile) and any(tile[0] == "bmp_rle" for tile in image.tile):
        seconds = image.width * image.height / _PADDED_PX_PER_S
    if seconds > _MOST_S:
        msg = f"decoding it would take about {seconds:.0f} s, the limit is {_MOST_S:.0f} s"
        raise DecodeError(msg)


def _of_decoder(image: Image.Image, n_pixels: int, size: tuple[int, int]) -> int:
    """Bytes that the decoder of a format takes in addition to Pillow's picture."""
    per_pixel = 0
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return _coefficients(image, size)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return _strips(image, n_pixels)
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        return _wavelets(image)
    if isinstance(image, AvifImagePlugin.AvifImageFile):
        per_pixel = _planes(image)
    elif image.format in ("GIF", "PNG") and isinstance(image, ImageFile.ImageFile) and image.tell():
        per_pixel = 8  # later frames are composed on earlier ones
    elif image.format == "WEBP":
        per_pixel = WEBP_BYTES_PER_PIXEL - 4
    elif image.format == "HEIF":
        per_pixel = 5 if image.mode == "RGB" and image.info.get("bit_depth", 8) == 8 else 8
    elif isinstance(image, ImageFile.ImageFile) and any(tile[0] in _IN_PYTHON for tile in image.tile):
        per_pixel = 3 * len(image.getbands()) * (4 if image.mode == "I" else 1)
    return n_pixels * per_pixel


def _coefficients(image: JpegImagePlugin.JpegImageFile, size: tuple[int, int]) -> int:
    """Bytes of all coefficients of a JPEG with several scans; they are held whatever the scale."""
    if "progressive" not in image.info and not _has_several_scans(image):
        return 0
    width, height = size
    layers = [(max(h, 1), max(v, 1)) for _, h, v, _ in image.layer]
    h_most, v_most = (max((layer[axis] for layer in layers), default=1) for axis in (0, 1))
    mcus = -(-width // (8 * h_most)) * -(-height // (8 * v_most))
    return sum(mcus * h * v * 128 for h, v in layers)


def _has_several_scans(image: JpegImagePlugin.JpegImageFile) -> bool:
    """Whether the first scan has fewer components than the picture; the header was read up to the scan's end."""
    if image.layers < 2 or image.fp is None:
        return False
    position = image.fp.tell()
    image.fp.seek(max(0, position - 8 - 2 * image.layers))
    start = image.fp.read(2)
    image.fp.seek(position)
    return start != b"\xff\xda"


def check_tags(data: bytes) -> None:
    """Refuse a file with the structure of TIFF whose first directory holds an absurd number of values.

    Pillow makes an object from each: a tag of 100 MB would take gigabytes.

    Raises
    ------
    DecodeError
        There are more than a million values.

    """
    if data[:4] not in (b"II*\0", b"MM\0*", b"MM*\0", b"II\0*", b"II+\0", b"MM\0+"):
        return
    order, is_big = "<" if data[:2] == b"II" else ">", b"+" in data[2:4]
    start, entry = (8, struct.Struct(order + "HHQ8x")) if is_big else (4, struct.Struct(order + "HHI4x"))
    try:
        (offset,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, start)
        (n_tags,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, offset)
        offset += 8 if is_big else 2
        n_tags = min(n_tags, (len(data) - offset) // entry.size)
        entries = (entry.unpack_from(data, offset + i * entry.size) for i in range(n_tags))
        n_values = sum(count for _, kind, count in entries if 0 < count * _NUMBER_BYTES.get(kind, 0) <= len(data))
    except (struct.error, OverflowError):
        return
    if n_tags > 10_000 or n_values > _MOST_ENTRIES:
        msg = f"damaged: a TIFF of {n_tags:,} tags with {n_values:,} values"
        raise DecodeError(msg)


def _strips(image: TiffImagePlugin.TiffImageFile, n_pixels: int) -> int:
    """Bytes of one strip or tile in libtiff, of the offsets of all, and of a second picture if it is to be rotated."""
    tags = image.tag_v2
    offsets = tags.get(TiffImagePlugin.STRIPOFFSETS) or tags.get(TiffImagePlugin.TILEOFFSETS) or ()
    taken = _ENTRY_BYTES * len(offsets) if isinstance(offsets, tuple) else 0
    if tags.get(0x0112, 1) in range(2, 9):
        taken += n_pixels * pixel_bytes(image.mode)
    if any(tile[0] == "libtiff" for tile in image.tile):
        width, height = image.size
        rows = min(int(tags.get(TiffImagePlugin.ROWSPERSTRIP, height)), height)
        if TiffImagePlugin.TILEOFFSETS in tags:
            width, rows = int(tags.get(322, width)), int(tags.get(323, height))
        bits = max(8, *(int(bit) for bit in _numbers(tags.get(258, 8)))) * max(int(tags.get(277, 1)), 1)
        # Twice, since JPEG, WebP and others in TIFF hold their own copy.
        taken += 2 * width * rows * max(bits // 8, 4 if tags.get(262) == 6 else 1)
    return taken


def _numbers(value: object) -> tuple[int, ...]:
    """The numbers in a tag's value."""
    return value if isinstance(value, tuple) else (int(str(value)),)


def file_content(image: Image.Image) -> bytes:
    """All bytes of the file of a picture; empty if it is not open any more."""
    fp = getattr(image, "fp", None)
    if fp is None:
        return b""
    position = fp.tell()
    fp.seek(0)
    content: bytes = fp.read()
    fp.seek(position)
    return content


def _planes(image: Image.Image) -> int:
    """Bytes per pixel of the planes from an AV1 decoder and of Pillow's copy, according to the file's av1C box."""
    content = file_content(image)
    at = content.find(b"av1C")
    flags = content[at + 6] if 0 <= at < len(content) - 6 else 0x40
    chroma = 0.0 if flags & 0x10 else 2 / ((1 + bool(flags & 8)) * (1 + bool(flags & 4)))
    planes = (1 + chroma + (image.mode == "RGBA")) * (2 if flags & 0x40 else 1)
    return int(planes + 0.9) + len(image.getbands())


def _wavelets(image: Jpeg2KImagePlugin.Jpeg2KImageFile) -> int:
    """Bytes of the coefficients of the largest tile at the decoded scale, and of the bookkeeping for all its blocks."""
    content = file_content(image)
    at = content.find(b"\xff\x4f\xff\x51")
    try:
        width, height, left, top, tile_width, tile_height, _, _, n_layers = struct.unpack_from(">8IH", content, at + 8)
    except struct.error:
        return 0
    width, height = max(1, width - left), max(1, height - top)
    tile_width, tile_height = max(1, min(tile_width, width)), max(1, min(tile_height, height))
    n_tiles = -(-width // tile_width) * -(-height // tile_height)
    tile_pixels = tile_width * tile_height
    block = _smallest_block(content)
    reduced = min(tile_pixels, image.width * image.height)
    structure: int = n_tiles * (6_000 + 1_100 * n_layers) + n_layers * 2 * (tile_pixels // block) * 200
    return structure + int(reduced * n_layers * 5)


def _smallest_block(content: bytes) -> int:
    """Samples in the smallest block or precinct that a coding style marker asks for (ITU-T T.800, A.6.1 and A.6.2)."""
    smallest: int = 4096
    at = content.find(b"\xff\x52")
    while 0 <= at < len(content) - 14:
        body = content[at + 4 : at + 2 + int.from_bytes(content[at + 2 : at + 4])]
        if 10 <= len(body) <= 43 and body[5] <= 32 and body[6] <= 8 and body[7] <= 8:
            sides: list[int] = [body[6] + body[7] + 4]
            if body[0] & 1:
                sides += [max(0, (p & 15) - 1) + max(0, (p >> 4) - 1) for p in body[10 : 11 + body[5]]]
            smallest = min(smallest, 1 << min(sides))
        at = content.find(b"\xff\x52", at + 2)
    return smallest
