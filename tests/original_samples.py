"""Pictures and stand-ins for VGG16 for the tests of the original's API."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from keras_samples import make_weights, write_legacy

DATE_TIME = 306
ORIENTATION = 0x0112
COLOURS = {"red": (250, 5, 5), "white": (250, 250, 250), "black": (5, 5, 5)}


class MeanColours:
    """In place of a network: the mean colours of four quarters, 12 numbers."""

    n_dimensions = 12

    def predict(self, images, /):
        """Fingerprints, shape (n, 12)."""
        assert images.dtype == np.uint8
        n, h, w, _ = images.shape
        quarters = images.reshape(n, 2, h // 2, 2, w // 2, 3).astype(np.float32).mean(axis=(2, 4))
        return quarters.reshape(n, 12)


def write_stand_in(folder: Path, *, seed: int = 0, side_px: int = 224) -> Path:
    """Random weights of a narrow VGG16, in the layout of Keras' own file."""
    return write_legacy(folder / f"narrow{seed}.h5", make_weights(seed=seed, side_px=side_px))


def write_colour_network(folder: Path) -> Path:
    """Weights of a VGG16 whose fc1 and fc2 are the mean colour, in the layout of Keras' own file.

    Random weights scatter one colour and merge two others as they please; these keep their distances.
    """
    weights = make_weights((3, 3, 3, 3, 3), (3, 3, 3))
    for name, (kernel, bias) in weights.items():
        kernel[:] = 0
        bias[:] = 0
        if name.startswith("block"):
            kernel[1, 1] = np.eye(3)
        else:
            kernel[:] = np.tile(np.eye(3), (len(kernel) // 3, 1)) / (len(kernel) // 3)
    weights["block1_conv1"][1][:] = 130  # no channel less its mean is negative
    return write_legacy(folder / "colours.h5", weights)


def save(path: Path, colour, *, size=(64, 48), date_time: str | None = None, orientation: int | None = None) -> Path:
    """A picture of one colour, with a little noise that follows from its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = int.from_bytes(path.name.encode()[:8].ljust(8, b"\0"))
    noise = np.random.default_rng(seed).integers(-4, 5, (size[1], size[0], 3))
    image = Image.fromarray(np.clip(np.asarray(colour) + noise, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    if date_time is not None:
        exif[DATE_TIME] = date_time
    if orientation is not None:
        exif[ORIENTATION] = orientation
    image.save(path, exif=exif)
    return path


def save_scenario(folder: Path) -> dict[str, set[str]]:
    """The original's own scenario: 2 red, 3 white and 4 black pictures; names by colour."""
    names: dict[str, set[str]] = {}
    for colour, count in (("red", 2), ("white", 3), ("black", 4)):
        for i in range(count):
            path = save(folder / f"{colour}{i}.png", COLOURS[colour], size=(64 + i, 48))
            names.setdefault(colour, set()).add(os.fspath(path))
    return names
