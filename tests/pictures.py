"""Pictures that tests draw: groups that any network tells apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def draw(path: Path, seed: int, *, size: tuple[int, int] = (160, 128)) -> Path:
    """A pattern in colours, a different one for each seed; the same seed in another size looks alike.

    Seeds 0 to 5 are unlike each other to a network, not only other colours of the same thing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _pattern(seed).resize(size, Image.Resampling.LANCZOS).save(path)
    return path


def _pattern(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    width, height = 320, 256
    ground, ink = (tuple(int(level) for level in rng.integers(0, 256, 3)) for _ in range(2))
    image = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(image)
    match seed % 6:
        case 0:
            blocks = Image.fromarray(rng.integers(0, 256, (4, 5, 3), np.uint8))
            image = blocks.resize((width, height), Image.Resampling.BICUBIC)
        case 1:
            for x in range(0, width, 24):
                pen.rectangle((x, 0, x + 11, height), fill=ink)
        case 2:
            for radius in range(150, 0, -20):
                pen.ellipse((160 - radius, 128 - radius, 160 + radius, 128 + radius), outline=ink, width=8)
        case 3:
            blocks = Image.fromarray(rng.integers(0, 256, (16, 20, 3), np.uint8))
            image = blocks.resize((width, height), Image.Resampling.NEAREST)
        case 4:
            for row, y in enumerate(range(0, height, 32)):
                for x in range(32 * (row % 2), width, 64):
                    pen.rectangle((x, y, x + 31, y + 31), fill=ink)
        case 5:
            pen.polygon([(20, 240), (160, 20), (300, 240)], fill=ink)
    return image


def draw_groups(folder: Path, sizes: tuple[int, ...] = (2, 3, 4)) -> Path:
    """A folder with one group of look-alikes for each size: `GROUP_MEMBER.png`."""
    for group, size in enumerate(sizes):
        for member in range(size):
            draw(folder / f"{group}_{member}.png", group, size=(160 + member, 128 + member))
    return folder
