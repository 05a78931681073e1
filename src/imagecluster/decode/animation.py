"""Animations that begin with an empty frame: black, white, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL import Image, ImageFile

__all__ = ["later_frame"]

_ANIMATED = frozenset(("GIF", "WEBP", "PNG", "AVIF"))

_EMPTY = 12
"""Largest difference of levels in a frame that counts as empty: compression leaves some."""

_CLEAR = 96
"""Difference of levels from which a frame shows something: fading in begins with less."""

_MOST_FRAMES = 100
_MOST_PX = 50_000_000
_LARGEST_PX = 8_000_000
"""What is looked at depends on nothing but the file, so that the same frame is taken on every computer."""


def later_frame(image: ImageFile.ImageFile, first: Image.Image, decode: Callable[[], Image.Image]) -> int | None:
    """The number of the frame to show instead of an empty first one; None where the first is to stay.

    Parameters
    ----------
    image
        Opened, its first frame decoded.
    first
        That frame, small and in RGB.
    decode
        Gives the frame at which `image` stands in the same way.

    """
    if image.format not in _ANIMATED or _contrast(first) > _EMPTY:
        return None
    best, most = None, _EMPTY
    for number in _later(image):
        try:
            image.seek(number)
            contrast = _contrast(decode())
        except MemoryError:
            raise
        except Exception:  # whatever a decoder throws at a damaged frame: those before it count
            break
        if contrast > most:
            best, most = number, contrast
        if contrast >= _CLEAR:
            break
    return best


def _later(image: ImageFile.ImageFile) -> Iterator[int]:
    """Numbers of the frames that are looked at."""
    n_pixels = image.width * image.height
    if n_pixels <= _LARGEST_PX and getattr(image, "is_animated", False):
        yield from range(1, min(_MOST_FRAMES, max(2, _MOST_PX // max(1, n_pixels))))


def _contrast(image: Image.Image) -> int:
    """Largest difference of levels in any channel."""
    extrema = image.getextrema()
    assert isinstance(extrema[0], tuple)
    return int(max(high - low for low, high in extrema))
