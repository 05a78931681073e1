"""Conversion of every colour mode of Pillow to 8 bits per channel, with transparency laid on a visible background."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, TiffImagePlugin

__all__ = ["BAND_PX", "bands", "flatten", "flattener", "may_go_on", "to_rgb"]

BAND_PX = 1_000_000
"""Number of pixels converted to 8 bits at a time: whole pictures would take gigabytes."""

_FILTERABLE = frozenset(("L", "RGB", "CMYK", "YCbCr", "LAB"))

_WHITE, _DARK = (255, 255, 255, 255), (32, 32, 32, 255)

_VISIBLE = 32
"""Smallest alpha, or difference from the ground, that is visible."""

_MOSTLY = 10
"""How many times more of a picture has to be visible on a dark ground than on white for the ground to be dark."""

_SAMPLE = 1_000_000

_Grey = NDArray[np.int32] | NDArray[np.uint32] | NDArray[np.float32]


def flatten(image: Image.Image) -> Image.Image:
    """Convert the picture to a mode whose channels can be averaged: 8 bits each, nothing transparent.

    The colour space is kept (L, RGB, CMYK, YCbCr, LAB, or RGBA without transparency), since converting is cheaper
    after the resize. The argument may be changed in place.
    """
    convert = flattener(image)
    return convert(image) if convert else image


def flattener(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """A function that flattens the picture or a part of it; None if nothing is to be done."""
    if image.mode.startswith("I;16"):
        shift, is_negative = _shift(image), _is_negative(image)
        return lambda part: Image.fromarray(_sixteen_bits(np.asarray(part), shift, is_negative))
    if image.mode in ("I", "F"):
        kind = np.dtype(np.uint32) if _is_unsigned(image) else None
        limits, is_negative = _limits(image, kind), _is_negative(image)
        return lambda part: Image.fromarray(_scaled(_numbers(part, kind), limits, is_negative))
    if image.has_transparency_data:
        ground = _ground(image)
        return lambda part: _laid_on(part, ground)
    if image.mode in _FILTERABLE:
        return None
    return lambda part: part.convert("L" if part.mode == "1" else "RGB")


def to_rgb(image: Image.Image) -> Image.Image:
    """The flattened picture in RGB."""
    if image.mode == "LAB":
        from PIL import ImageCms

        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        converted = ImageCms.applyTransform(image, transform)
        assert converted is not None
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def bands(image: Image.Image, *, multiple_of: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """Parts of the picture of about a megapixel, from top to bottom, each with its first row.

    Parameters
    ----------
    image
        A loaded picture. A small one is given as one part.
    multiple_of
        Every part but the last has a multiple of this many rows.

    """
    width, height = image.size
    if width * height <= BAND_PX:
        yield 0, image
        return
    rows = max(1, BAND_PX // (width * multiple_of)) * multiple_of
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(height, top + rows)))


def may_go_on(image: Image.Image) -> bool:
    """Whether later frames may be composed on this one; the pages of other formats are pictures of their own."""
    return image.format == "GIF" or (image.format in ("PNG", "WEBP", "AVIF") and getattr(image, "n_frames", 1) > 1)


def _ground(image: Image.Image) -> tuple[int, int, int, int]:
    """The background colour of transparent parts: white, unless nearly everything visible would be white on white."""
    n_on_dark = n_on_white = 0
    for _, band in bands(image):
        rgba = band if band.mode == "RGBA" else band.convert("RGBA")
        alpha = rgba.getchannel("A")
        least, most = alpha.getextrema()
        if least == 255 or most < _VISIBLE:  # type: ignore[operator]
            continue
        grey = rgba.convert("L")
        n_on_white += _n_visible(alpha, ImageChops.invert(grey))
        if _MOSTLY * n_on_white >= image.width * image.height:
            return _WHITE
        n_on_dark += _n_visible(alpha, ImageChops.difference(grey, Image.new("L", grey.size, _DARK[0])))
    return _DARK if n_on_dark > _MOSTLY * n_on_white else _WHITE


def _n_visible(alpha: Image.Image, contrast: Image.Image) -> int:
    """Number of pixels of an opacity that can be seen with this difference from the ground."""
    return sum(ImageChops.multiply(alpha, contrast).histogram()[_VISIBLE:])


def _laid_on(image: Image.Image, ground: tuple[int, int, int, int]) -> Image.Image:
    """The picture on a background colour, as RGBA with alpha 255 everywhere."""
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema() != (255, 255):
        # In place, to save memory, unless later frames are composed on this one.
        if rgba is image and may_go_on(image):
            rgba = image.copy()
        rgba.paste(ground, mask=ImageChops.invert(alpha))
    return rgba


def _is_negative(image: Image.Image) -> bool:
    """Whether 0 is white: Pillow inverts TIFF pictures of 8 bits itself, but not those of more."""
    return isinstance(image, TiffImagePlugin.TiffImageFile) and bool(image.tag_v2.get(262) == 0)


def _is_unsigned(image: Image.Image) -> bool:
    """Whether the 32-bit integers are unsigned: Pillow takes their bits as they are."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or image.mode != "I":
        return False
    return bool(image.tag_v2.get(258, (1,)) == (32,) and image.tag_v2.get(339, (1,)) == (1,))


def _shift(image: Image.Image) -> int:
    """The number of bits by which grey of up to 16 bits exceeds 8 bits.

    12-bit and 8-bit values in a 16-bit container would come out black, so the depth is the smallest of 8, 12
    and 16 that holds the brightest pixel.
    """
    depth = max(int(np.asarray(band).max()).bit_length() for _, band in bands(image))
    return 0 if depth <= 8 else 4 if depth <= 12 else 8


def _sixteen_bits(values: NDArray[np.uint16], shift: int, is_negative: bool) -> NDArray[np.uint8]:
    """Grey of up to 16 bits converted to 8 bits, shape (height, width)."""
    eight = np.empty(values.shape, np.uint8)
    np.right_shift(values, shift, out=eight, casting="unsafe")
    return ~eight if is_negative else eight


def _numbers(image: Image.Image, kind: np.dtype[np.uint32] | None) -> _Grey:
    """32-bit grey as an array of shape (height, width)."""
    values: _Grey = np.asarray(image)
    return values if kind is None else values.view(kind)


def _limits(image: Image.Image, kind: np.dtype[np.uint32] | None) -> tuple[float, float]:
    """The range of 32-bit grey: 0..1 (floats), 0..255, 0..65535, all integers, else that of its own values.

    A few pixels far outside the range of all others, from broken sensors or filters, do not count.
    """
    step = max(1, image.width * image.height // _SAMPLE)
    lows, highs, samples = [], [], []
    for _, band in bands(image):
        values = _numbers(band, kind).ravel()
        low, high = float(values.min()), float(values.max())
        usable = values
        if not np.isfinite(low + high):
            usable = values[np.isfinite(values)]
        if usable.size:
            lows.append(low if usable is values else float(usable.min()))
            highs.append(high if usable is values else float(usable.max()))
            samples.append(usable[::step].copy())  # else it would keep the whole part
    if not samples:
        return 0.0, 1.0
    low, high = _without_outliers(min(lows), max(highs), np.sort(np.concatenate(samples)))
    if kind is not None and high > 2**31:
        return 0.0, 2.0**32 - 1
    if low < 0 or high > 65535:
        return low, max(high, float(np.nextafter(low, np.inf)))
    return 0.0, 1.0 if image.mode == "F" and high <= 1 else 255.0 if high <= 255 else 65535.0


def _without_outliers(low: float, high: float, sample: NDArray[np.generic]) -> tuple[float, float]:
    """The range without the thousandth of values at each end, if those lie beyond three times the range of the rest."""
    n_outside = max(1, len(sample) // 1000)
    if len(sample) <= 2 * n_outside:
        return low, high
    bottom, top = float(sample[n_outside]), float(sample[-1 - n_outside])
    if top <= bottom:
        return low, high
    reach = 3 * (top - bottom)
    return bottom if bottom - low > reach else low, top if high - top > reach else high


def _scaled(values: _Grey, limits: tuple[float, float], is_negative: bool) -> NDArray[np.uint8]:
    """32-bit grey converted to 8 bits, from black to white within the limits; NaN becomes black."""
    bottom, top = limits
    scaled = values.astype(np.float64)
    scaled -= bottom
    scaled *= 255.0 / (top - bottom)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    scaled += 0.5
    eight: NDArray[np.uint8] = np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)
    return ~eight if is_negative else eight
