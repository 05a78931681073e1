"""JPEG XL, if its decoder is installed (the extra `jxl`).

The decoder decodes a file as it opens it, without limits of its own, so the size is read here first (ISO/IEC 18181-1,
annex D.2), and memory and time are estimated from it.
"""

from __future__ import annotations

from PIL import Image

from imagecluster.errors import DecodeError, ResourceError
from imagecluster.system.extras import install_command

__all__ = ["check_size", "is_jxl", "is_upright", "needed_bytes", "register_jxl"]

_CODESTREAM = b"\xff\x0a"
_CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"

_BYTES_PER_PIXEL = 40
"""Memory of libjxl's buffers of 32-bit floats, its output and Pillow's copies, at most."""
_PX_PER_S = 5e6
_MOST_S = 8.0

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def is_jxl(data: bytes) -> bool:
    """Whether a file's bytes begin like JPEG XL."""
    return data.startswith((_CODESTREAM, _CONTAINER))


def check_size(data: bytes) -> tuple[int, int]:
    """Width and height in the header of a JPEG XL file; DecodeError if it has none or would take too long."""
    width, height = _size(_header(data))
    seconds = width * height / _PX_PER_S
    if seconds > _MOST_S:
        raise DecodeError(f"decoding it would take about {seconds:.0f} s, the limit is {_MOST_S:.0f} s")
    return width, height


def needed_bytes(data: bytes) -> int:
    """Memory that opening a JPEG XL file takes."""
    width, height = _size(_header(data))
    return len(data) + width * height * _BYTES_PER_PIXEL


def register_jxl() -> None:
    """Make Pillow read JPEG XL; ResourceError if there is no decoder, since it may be there at another time."""
    try:
        from pillow_jxl import JpegXLImagePlugin
    except ImportError:
        raise ResourceError(f"JPEG XL needs the extra jxl: {install_command('jxl')}") from None
    JpegXLImagePlugin.DECODE_THREADS = 0  # one picture per thread, as with all formats


def is_upright(image: Image.Image) -> bool:
    """Whether a picture's pixels are upright whatever its EXIF block says: all of JPEG XL but recompressed JPEGs."""
    return image.format == "JXL" and not getattr(image, "jpeg", False)


def _header(data: bytes) -> bytes:
    """The first bytes of the codestream."""
    if data.startswith(_CODESTREAM):
        return data[2:32]
    at = 0
    while at + 8 <= len(data):
        size, kind, start = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16]), at + 16
        if kind in (b"jxlc", b"jxlp"):
            start += 4 * (kind == b"jxlp")
            if data[start : start + 2] == _CODESTREAM:
                return data[start + 2 : start + 32]
        if size < 8:
            break
        at += size
    raise DecodeError("damaged: a JPEG XL file without a picture")


class _Bits:
    """Numbers in bits, lowest first."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")

    def take(self, n_bits: int) -> int:
        """The next number."""
        value = self._bits & ((1 << n_bits) - 1)
        self._bits >>= n_bits
        return value


def _size(header: bytes) -> tuple[int, int]:
    """Width and height; 0 bits follow where the header is cut off."""
    bits = _Bits(header)
    is_small = bits.take(1)

    def side() -> int:
        return 8 * (bits.take(5) + 1) if is_small else bits.take((9, 13, 18, 30)[bits.take(2)]) + 1

    height = side()
    ratio = bits.take(3)
    if ratio == 0:
        return side(), height
    over, under = _RATIOS[ratio - 1]
    return height * over // under, height
