"""Traces that earlier lives leave in pixels: a JPEG that was saved again, and a picture that was enlarged.

A coarse JPEG that is saved again at a high quality looks fine by its tables; but its DCT coefficients still stand on
the multiples of the first table's steps (Lukas and Fridrich, "Estimation of primary quantization matrix in double
compressed JPEG images", DFRWS 2003). An enlarged picture has no detail beyond that of the one it came from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imagecluster.decode.coding import Coding, standard_table
from imagecluster.decode.opening import open_header
from imagecluster.decode.quiet import quiet
from imagecluster.decode.reading import MAX_PIXELS, read_bytes

__all__ = ["earlier_quality", "is_enlarged"]

_QUALITIES = range(30, 97)
_MOST_BLOCKS = 4096
_END = 128
_COARSER = 1.5
"""Steps of the earlier table that are this much larger than the present ones tell something."""
_SMALLEST_STEP = 3
"""Coefficients of decoded pixels are off by up to one, since pixels are whole numbers."""
_FEWEST_STEPS, _FEWEST_COEFFICIENTS = 4, 200
_NEAR, _FAR = 0.2, 0.6
_SHARE_NEAR = 0.75
"""Share of coefficients near a multiple by which a table is known. By chance .67 or less (54 first saves of photographs
of six sets, at JPEG 60 to 100 and as PNG); of the same at JPEG 70, 85 and 92 that were saved again, at 95, at 98 and as
PNG, .83 or more, and the table is the right one in all of them."""

_SPECTRUM_PX = 128
_MOST_SPECTRA = 32
_STEPS = 64
_DROP = 1.2
"""Powers of ten by which detail must drop past the end of the smaller picture's. On 80 photographs of six sets, reduced
1.34 to 3 times: of copies that were enlarged again with three filters and saved at JPEG 80 and 95, 76 % are above; of
the originals, also saved at JPEG 60, the largest is 1.11, apart from those that had been enlarged themselves."""


def earlier_quality(path: Path, coding: Coding, *, others: Sequence[Coding] = ()) -> float | None:
    """The quality of the coarsest JPEG through which a picture's pixels have gone before, on the present grid.

    Parameters
    ----------
    path
        The picture. All of it is decoded: about 15 ms per megapixel.
    coding
        How it is coded now.
    others
        How its copies are coded: their tables are tried too, since those of cameras follow no standard.

    Returns
    -------
    float or None
        A quality, in [1, 100]; None if nothing shows: a picture that was resized, turned by pixels or cropped between
        saves has lost the grid, and steps that are hardly larger than the present ones leave no trace.
    """
    pixels = _brightness(path)
    if pixels is None:
        return None
    coefficients = _coefficients(pixels)
    own = np.asarray(coding.tables[0] if coding.tables else (1,) * 64, np.float64)
    tables = {table: float(quality) for quality in _QUALITIES for table in (standard_table(quality),)}
    tables.update({other.tables[0]: other.quality for other in others if other.tables and other.quality is not None})
    found = [(share, quality) for table, quality in tables.items()
             if (share := _share_near(coefficients, np.asarray(table, np.float64), own)) >= _SHARE_NEAR]  # fmt: skip
    return max(found)[1] if found else None


def is_enlarged(large: Path, small: Path) -> bool:
    """Whether the larger of two copies shows no detail beyond that of the smaller one; False if it cannot be told.

    Both are decoded as a whole. A blurred original passes for itself, since its reduced copy is as blurred.
    """
    drop = detail_drop(_brightness(large), _brightness(small))
    return drop is not None and drop >= _DROP


def detail_drop(large: NDArray[np.float32] | None, small: NDArray[np.float32] | None) -> float | None:
    """Powers of ten by which a copy's detail drops beyond the finest that a smaller copy can hold; None if unknown."""
    if large is None or small is None or max(small.shape) >= max(large.shape):
        return None
    end = max(small.shape) / max(large.shape)
    spectra = _spectrum(large), _spectrum(small)
    if spectra[0] is None or spectra[1] is None:
        return None
    # Both against the power of the same coarser detail.
    bands = (_band(spectra[0], 0.15 * end, 0.3 * end), _band(spectra[0], 1.1 * end, min(1.5 * end, 1.0)),
             _band(spectra[1], 0.15, 0.3), _band(spectra[1], 0.75, 0.95))  # fmt: skip
    coarse, beyond, small_coarse, within = bands
    if coarse is None or beyond is None or small_coarse is None or within is None:
        return None
    return (within - small_coarse) - (beyond - coarse)


def _brightness(path: Path) -> NDArray[np.float32] | None:
    """A picture's brightness at full size, as stored, shape (height, width); None if it cannot be read."""
    with contextlib.suppress(Exception), quiet():  # whatever a decoder throws: nothing is known then
        image: Image.Image = open_header(read_bytes(path), max_pixels=MAX_PIXELS, suffix=path.suffix)
        if image.mode == "RGB":
            image.draft("L", None)  # a JPEG's own brightness, without a way through colours
        if image.mode not in ("L", "YCbCr"):
            image = image.convert("YCbCr" if image.mode == "RGB" else "L")
        return np.asarray(image.getchannel(0), np.float32) - 128
    return None


def _coefficients(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """DCT coefficients of the blocks that have most in them, shape (n_blocks, 64)."""
    height, width = (side // 8 for side in pixels.shape)
    blocks = pixels[: height * 8, : width * 8].reshape(height, 8, width, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    # Black and white are cut off at the ends of the scale, which moves coefficients.
    is_whole = (blocks.min(axis=(1, 2)) > -_END) & (blocks.max(axis=(1, 2)) < _END - 1)
    blocks = np.asarray(blocks[is_whole], np.float32)
    fullest = np.argsort(blocks.var(axis=(1, 2)), kind="stable")[-_MOST_BLOCKS:]
    rows, columns = np.arange(8)[:, None], np.arange(8)[None]
    scale = np.where(rows == 0, np.sqrt(1 / 8), 0.5)
    matrix = (scale * np.cos((2 * columns + 1) * rows * np.pi / 16)).astype(np.float32)
    found: NDArray[np.float32] = np.asarray(matrix @ blocks[fullest] @ matrix.T, np.float32).reshape(-1, 64)
    return found


def _share_near(coefficients: NDArray[np.float32], table: NDArray[np.float64], own: NDArray[np.float64]) -> float:
    """Share of the larger coefficients that lie near a multiple of a table's step, in [0, 1]; 0 if too few tell."""
    is_coarser = (table >= np.maximum(_SMALLEST_STEP, _COARSER * own)) & (np.arange(64) > 0)
    if is_coarser.sum() < _FEWEST_STEPS:
        return 0.0
    multiples = coefficients[:, is_coarser] / table[is_coarser].astype(np.float32)
    multiples = multiples[np.abs(multiples) > _FAR]
    if len(multiples) < _FEWEST_COEFFICIENTS:
        return 0.0
    return float((np.abs(multiples - np.rint(multiples)) < _NEAR).mean())


def _spectrum(pixels: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Mean power by frequency, in `_STEPS` up to the highest, of the parts that have most in them."""
    height, width = pixels.shape
    size = _SPECTRUM_PX
    parts = [pixels[top : top + size, left : left + size]
             for top in range(0, height - size + 1, size) for left in range(0, width - size + 1, size)]  # fmt: skip
    if not parts:
        return None
    parts = sorted(parts, key=lambda part: -float(part.var()))[:_MOST_SPECTRA]
    window = np.hanning(size)[:, None] * np.hanning(size)
    power = np.zeros((size, size))
    for part in parts:
        power += np.abs(np.fft.fft2((part - part.mean()) * window)) ** 2
    share = np.abs(np.fft.fftfreq(size)) * 2
    steps = np.minimum((np.maximum(share[:, None], share) * _STEPS).astype(np.int64), _STEPS - 1).ravel()
    return np.bincount(steps, power.ravel(), _STEPS) / np.bincount(steps, minlength=_STEPS)


def _band(spectrum: NDArray[np.float64], start: float, end: float) -> float | None:
    """Mean logarithm (base 10) of the power between two shares of the highest frequency; None if that is too narrow."""
    steps = spectrum[round(start * _STEPS) : round(end * _STEPS)]
    return float(np.log10(np.maximum(steps, 1e-12)).mean()) if len(steps) >= 2 else None
