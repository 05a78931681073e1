"""Choice of the frame of an animation that begins with an empty one: black, white, transparent, or hardly faded in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from PIL import Image, ImageFile

__all__ = ["later_frame"]

_ANIMATED = frozenset(("GIF", "WEBP", "PNG", "AVIF"))

_EMPTY = 12
"""Largest difference of levels in a frame that counts as empty: compression leaves some."""

_FAINT = 32
"""Largest difference of levels in a first frame that is left for a clear one: the second frame of a fade-in, say."""

_CLEAR = 96
"""Difference of levels from which a frame shows something."""

_GROWING = 1.05
"""Ratio of the differences of two frames up to which a fade-in has ended, so that a GIF and a WebP of one animation,
in which the levels differ a little, show the same frame."""

_MOST_FRAMES = 100
_MOST_PX = 50_000_000
_LARGEST_PX = 8_000_000
"""Limits that depend on nothing but the file, so that the same frame is chosen on every computer."""


class _Decoded(Protocol):
    @property
    def image(self) -> Image.Image: ...


Frame = TypeVar("Frame", bound=_Decoded)


def later_frame(image: ImageFile.ImageFile, first: Frame, decode: Callable[[], Frame]) -> Frame:
    """The frame to show instead of an empty or faint first one; the first one if it is neither, or none is better.

    It is returned as it was decoded, because some animations cannot be read from their beginning a second time.

    Parameters
    ----------
    image
        An opened picture whose first frame has been decoded.
    first
        That frame, small and in RGB.
    decode
        Returns the current frame of `image` in the same form.

    """
    if image.format not in _ANIMATED or (of_first := _contrast(first.image)) > _FAINT:
        return first
    best, most = first, max(of_first, _EMPTY)
    for number in _later(image):
        try:
            image.seek(number)
            frame = decode()
            contrast = _contrast(frame.image)
        except MemoryError:
            raise
        except Exception:  # whatever a decoder throws at a damaged frame: those before it count
            break
        if most >= _CLEAR and contrast <= most * _GROWING:
            break
        if contrast > most:
            best, most = frame, contrast
    return best if of_first <= _EMPTY or most >= _CLEAR else first


def _later(image: ImageFile.ImageFile) -> Iterator[int]:
    """Numbers of the frames to examine."""
    n_pixels = image.width * image.height
    if n_pixels <= _LARGEST_PX and getattr(image, "is_animated", False):
        yield from range(1, min(_MOST_FRAMES, max(2, _MOST_PX // max(1, n_pixels))))


def _contrast(image: Image.Image) -> int:
    """Largest difference of levels in any channel."""
    extrema = image.getextrema()
    assert isinstance(extrema[0], tuple)
    return int(max(high - low for low, high in extrema))
