"""Edited copies of a picture: what a fingerprint should not mind."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps


def edited_copies(image: Image.Image) -> Iterator[Image.Image]:
    """The picture and 17 edits of it: recompressed, reduced, cropped, turned, mirrored, toned, captioned, framed."""
    width, height = image.size
    long_side = max(width, height)
    yield image
    yield _recompressed(image, 30)
    yield _recompressed(image, 10)
    yield image.resize((max(1, width // 4), max(1, height // 4)), Image.Resampling.LANCZOS)
    yield _part(image, 0.9, 0.5, 0.5)
    yield _part(image, 0.7, 0.5, 0.5)
    yield _part(image, 0.5, 0.0, 0.0)
    yield _part(image, 0.5, 1.0, 0.7)
    yield image.transpose(Image.Transpose.ROTATE_90)
    yield ImageOps.mirror(image)
    yield image.convert("L").convert("RGB")
    yield ImageEnhance.Brightness(image).enhance(1.5)
    yield ImageEnhance.Contrast(image).enhance(0.5)
    yield ImageEnhance.Color(image).enhance(1.8)
    yield image.filter(ImageFilter.GaussianBlur(long_side / 200))
    yield _captioned(image)
    yield ImageOps.expand(image, long_side // 12, fill=(255, 255, 255))
    yield image.rotate(-8 if width > height else 8, resample=Image.Resampling.BICUBIC)


def _recompressed(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def _part(image: Image.Image, area: float, x: float, y: float) -> Image.Image:
    """A part of the same shape with this share of the area; x and y from 0 to 1 say where."""
    width, height = (int(side * area**0.5) for side in image.size)
    left, top = int((image.width - width) * x), int((image.height - height) * y)
    return image.crop((left, top, left + width, top + height))


def _captioned(image: Image.Image) -> Image.Image:
    captioned = image.copy()
    draw = ImageDraw.Draw(captioned)
    draw.rectangle((0, int(image.height * 0.85), image.width, image.height), fill=(0, 0, 0))
    draw.text((10, int(image.height * 0.88)), "a caption of the picture", fill=(255, 255, 255))
    return captioned
