"""Pictures that tests draw: groups that any network tells apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw(path: Path, seed: int, *, size: tuple[int, int] = (160, 128)) -> Path:
    """A picture of soft coloured blocks, a different one for each seed; the same seed in another size looks alike."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def draw_groups(folder: Path, sizes: tuple[int, ...] = (2, 3, 4)) -> Path:
    """A folder with one group of look-alikes for each size: `GROUP_MEMBER.png`."""
    for group, size in enumerate(sizes):
        for member in range(size):
            draw(folder / f"{group}_{member}.png", group, size=(160 + member, 128 + member))
    return folder
