"""Simulated views: the same scene framed elsewhere, and the same thing turned and moved on its ground."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

SIDE_PX = 340
LARGEST_TONE = 0.25
SMALLEST_AREA, LARGEST_AREA = 0.3, 0.8
"""Share of the scene that a view shows."""
LARGEST_SKEW = 0.12
"""Shift of each corner by perspective, as a share of the sides."""
SMALLEST_THING, LARGEST_THING = 0.5, 0.85
"""Long side of a thing, as a share of the side of its ground."""
LARGEST_THING_SKEW = 0.18
LARGEST_TURN = 40.0
"""Turn of a thing on its ground, in degrees to either side."""


def scene_views(image: Image.Image, n_views: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Views of a photographed scene: a part of it, from a little to the side, in other light."""
    width, height = image.size
    for _ in range(n_views):
        side = float(np.sqrt(rng.uniform(SMALLEST_AREA, LARGEST_AREA)))
        left, top = rng.uniform(0, 1 - side, 2)
        corners = np.array([(left, top), (left, top + side), (left + side, top + side), (left + side, top)])
        corners = np.clip(corners + rng.uniform(-LARGEST_SKEW, LARGEST_SKEW, (4, 2)), 0, 1) * (width, height)
        size = max(SIDE_PX, round(width * side)), max(SIDE_PX, round(height * side))
        yield _toned(_warped(image, size, corners), rng)


def thing_views(cutout: Image.Image, n_views: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Views of a thing with transparent surroundings: moved, turned and skewed on the same ground, in other light."""
    thing = cutout.convert("RGBA")
    thing = thing.crop(thing.getchannel("A").getbbox())
    ground = _ground(rng)
    for _ in range(n_views):
        long_side = SIDE_PX * rng.uniform(SMALLEST_THING, LARGEST_THING)
        factor = long_side / max(thing.size)
        size = max(8, round(thing.width * factor)), max(8, round(thing.height * factor))
        skew = rng.uniform(-LARGEST_THING_SKEW, LARGEST_THING_SKEW, (4, 2))
        corners = (np.array([(0, 0), (0, 1), (1, 1), (1, 0)]) + skew) * thing.size
        seen = _warped(thing, size, corners).rotate(
            rng.uniform(-LARGEST_TURN, LARGEST_TURN), resample=Image.Resampling.BICUBIC, expand=True
        )
        picture = ground.rotate(rng.uniform(-20, 20), resample=Image.Resampling.BICUBIC).crop(
            (SIDE_PX // 4, SIDE_PX // 4, SIDE_PX // 4 + SIDE_PX, SIDE_PX // 4 + SIDE_PX)
        )
        room = [max(0, SIDE_PX - side) for side in seen.size]
        place = (int(room[0] * rng.uniform(0.2, 0.8)), int(room[1] * rng.uniform(0.2, 0.8)))
        picture.paste(seen, place, seen)
        yield _toned(picture, rng)


def _warped(image: Image.Image, size: tuple[int, int], corners: NDArray[np.float64]) -> Image.Image:
    """The quadrilateral between these corners: upper left, lower left, lower right, upper right."""
    flat = tuple(float(value) for value in corners.ravel())
    return image.transform(size, Image.Transform.QUAD, flat, resample=Image.Resampling.BICUBIC)


def _toned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture in other light, as a JPEG."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(1 + rng.uniform(-LARGEST_TONE, LARGEST_TONE))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=int(rng.integers(75, 93)))
    return Image.open(stream).convert("RGB")


def _ground(rng: np.random.Generator) -> Image.Image:
    """A ground with some structure and a colour of its own, half as wide again as a view."""
    side = SIDE_PX * 3 // 2
    colour = rng.uniform(60, 235) + rng.uniform(-30, 30, 3)
    levels = np.full((side, side, 3), colour)
    for n_cells, strength in ((4, 22.0), (24, 10.0), (120, 6.0)):
        cells = rng.normal(0, strength, (n_cells, n_cells)).astype(np.float32)
        noise = Image.fromarray(cells, "F").resize((side, side), Image.Resampling.BICUBIC)
        levels += np.asarray(noise)[:, :, None]
    ground = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    return ground.filter(ImageFilter.GaussianBlur(1))
