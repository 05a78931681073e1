"""Brings every colour mode of Pillow to 8 bits a channel, alpha on white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

__all__ = ["flatten", "to_rgb"]

_FILTERABLE = frozenset(("L", "RGB", "CMYK", "YCbCr", "LAB"))


def flatten(image: Image.Image) -> Image.Image:
    """The picture in a mode whose channels can be averaged: 8 bits each, nothing transparent.

    Colour is left as it is (L, RGB, CMYK, YCbCr, LAB, or RGBA without transparency), since it is cheaper to
    convert after the resize. The argument may be changed in place.
    """
    if image.mode.startswith("I;16"):
        return Image.fromarray(_sixteen_bits(np.asarray(image)))
    if image.mode in ("I", "F"):
        return Image.fromarray(_by_range(np.asarray(image)))
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode in _FILTERABLE:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def to_rgb(image: Image.Image) -> Image.Image:
    """The flattened picture in RGB."""
    if image.mode == "LAB":
        from PIL import ImageCms

        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        converted = ImageCms.applyTransform(image, transform)
        assert converted is not None
        return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """The picture laid on white, as RGBA whose alpha is 255 everywhere."""
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema() != (255, 255):
        # In place: a second picture of the size of the largest that we allow would take another gigabyte.
        rgba.paste((255, 255, 255, 255), mask=ImageChops.invert(alpha))
    return rgba


def _sixteen_bits(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Grey of up to 16 bits as 8; shape (height, width).

    12-bit and 8-bit values in a 16-bit container would come out black, so the depth is the smallest of 8, 12
    and 16 that holds the brightest pixel.
    """
    depth = int(values.max()).bit_length()
    shift = 0 if depth <= 8 else 4 if depth <= 12 else 8
    eight = np.empty(values.shape, np.uint8)
    np.right_shift(values, shift, out=eight, casting="unsafe")
    return eight


def _by_range(values: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """32-bit grey as 8 bits by the range that holds it: 0..1 (floats), 0..255, 0..65535, else its own."""
    floats = values.dtype.kind == "f"
    usable = values[np.isfinite(values)] if floats else values
    low, high = (float(usable.min()), float(usable.max())) if usable.size else (0.0, 0.0)
    if low < 0 or high > 65535:
        bottom, top = low, max(high, np.nextafter(low, np.inf))
    else:
        bottom, top = 0.0, 1.0 if floats and high <= 1 else 255.0 if high <= 255 else 65535.0
    scaled = (values.astype(np.float64) - bottom) * (255.0 / (top - bottom))
    scaled = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    eight: NDArray[np.uint8] = np.clip(scaled + 0.5, 0, 255).astype(np.uint8)
    return eight
