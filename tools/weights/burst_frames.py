"""Simulated frames of a burst: the same shot again, from a hand that did not keep quite still."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageEnhance

LARGEST_SHIFT = 0.05
"""Of the corners, as a share of the sides: framing, zoom, turn and perspective at once."""
LARGEST_TONE = 0.12
NOISE_LEVELS = 3.0


def burst_frames(image: Image.Image, n_frames: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Frames of the size of the picture, each framed, exposed and compressed a little differently."""
    for _ in range(n_frames):
        frame = image.transform(
            image.size, Image.Transform.QUAD, _corners(image.size, rng), resample=Image.Resampling.BICUBIC
        )
        frame = ImageEnhance.Brightness(frame).enhance(1 + rng.uniform(-LARGEST_TONE, LARGEST_TONE))
        frame = ImageEnhance.Contrast(frame).enhance(1 + rng.uniform(-LARGEST_TONE, LARGEST_TONE))
        noisy = np.asarray(frame, np.float64) + rng.normal(0, NOISE_LEVELS, (*frame.size[::-1], 3))
        stream = io.BytesIO()
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=88)
        yield Image.open(stream).convert("RGB")


def _corners(size: tuple[int, int], rng: np.random.Generator) -> tuple[float, ...]:
    """Corners of the part that becomes the frame: upper left, lower left, lower right, upper right."""
    width, height = size
    common = rng.uniform(0, LARGEST_SHIFT, 2)
    left, top = common * size
    right, bottom = width * (1 - LARGEST_SHIFT + common[0]), height * (1 - LARGEST_SHIFT + common[1])
    corners = np.array([(left, top), (left, bottom), (right, bottom), (right, top)])
    wobble = rng.uniform(-0.012, 0.012, (4, 2)) * size
    return tuple(float(value) for value in (corners + wobble).ravel())
