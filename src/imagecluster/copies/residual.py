"""How well one picture, mapped onto another, is the other: block by block over what both show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.planes import Map, Plane, aligned, blurred, inverse, local_mean, sampled, warped

__all__ = ["Residual", "residual"]

_BLOCK_PX = 16
_NEIGHBOURHOOD_PX = 33
"""Side of the square whose mean is taken off each pixel: changes of tone are no difference."""

_LEAST_COVERED = 0.6
_LEAST_DEVIATION = 4.0
"""Grey levels: a block whose standard deviation is smaller says nothing."""

_NOISE = 2.25
"""Variance of noise in grey levels, which lowers the correlation of faint blocks."""

_LEAST_AREA = 1e-4
"""Smallest area of one pixel in those of the other picture; smaller maps have collapsed."""

_SMALLEST_PX = 16

_LEAST_LIKENESS = 0.2
"""Correlation of coarse features that copies have at least, although points place them to a pixel or two only."""


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """How two pictures `a` and `b` agree under a map."""

    to_b: Map
    """Shape (3, 3): map of a's pixels to b's."""
    n_blocks: int
    """Number of blocks with texture that both show."""
    low: float
    """Mean correlation of the lowest fortieth of the blocks."""
    quarter: float
    """Correlation that three quarters of the blocks exceed."""
    median: float
    good: float
    """Share of the blocks whose correlation is above 0.7."""
    outside: float
    """How far the frame of the inner picture sticks out of the outer's, over its own size."""
    share: float
    """Share of the outer picture that the inner one covers."""
    is_a_inside: bool
    """Whether a is the inner picture."""
    stretch: float
    """Ratio of the two scales of the map, at least 1."""
    edge: float
    """Share of the inner picture's free sides that are seen as edges in the outer one; -1 if no side is free."""
    contrast: float
    """Contrast of a over that of b, where both are seen."""
    brightness: float
    """Grey levels by which a is brighter."""
    noise: float
    """Root mean square difference of a and b in grey levels, after their brightness and contrast were made equal."""


def residual(a: NDArray[np.uint8], b: NDArray[np.uint8], b_to_a: Map) -> Residual | None:
    """How well b, mapped by `b_to_a` and aligned to a tenth of a pixel, is a; None where too little can be compared.

    Both are compared on the coarser of their grids, with the detail that it can show.

    Parameters
    ----------
    a, b
        Grey pictures, shape (height, width).
    b_to_a
        Shape (3, 3): map of b's pixels to a's.
    """
    area = abs(np.linalg.det(b_to_a[:2, :2]))
    if not np.isfinite(area) or not _LEAST_AREA < area < 1 / _LEAST_AREA or min(*a.shape, *b.shape) < _SMALLEST_PX:
        return None
    swapped = area > 1.0  # b's pixels are the larger ones: a is brought onto b's grid
    coarse, fine = (b, a) if swapped else (a, b)
    to_fine = b_to_a if swapped else inverse(b_to_a)
    scale = 1 / abs(np.linalg.det(to_fine[:2, :2])) ** 0.5  # at most 1
    blurred_fine = blurred(blurred(fine.astype(np.float32), 0.5 * (1 / scale**2 - 1) ** 0.5), 1 / scale)
    blurred_coarse = blurred(coarse.astype(np.float32), 1.0)
    if _likeness(blurred_coarse, blurred_fine, to_fine, scale) < _LEAST_LIKENESS:
        return None
    # To a tenth of a pixel: without it no frame could be said to lie inside another.
    to_fine = aligned(
        blurred_coarse - blurred(blurred_coarse, 8), blurred_fine - blurred(blurred_fine, 8 / scale), to_fine
    )
    if not _LEAST_AREA < abs(np.linalg.det(to_fine[:2, :2])) < 1 / _LEAST_AREA:
        return None
    seen = warped(blurred_fine, to_fine, coarse.shape)
    mask = _eroded(warped(np.ones(fine.shape, np.float32), to_fine, coarse.shape) > 0.99)
    blocks = _blocks(blurred_coarse, seen, mask)
    if blocks is None:
        return None
    to_b = inverse(to_fine) if swapped else to_fine
    return _described(a, b, to_b, blocks, _tones(blurred_coarse, seen, mask, swapped=swapped))


def _likeness(coarse: Plane, fine: Plane, to_fine: Map, scale: float) -> float:
    """Correlation of the coarse features of two pictures before they are aligned, which most wrong maps do not pass."""
    seen = warped(blurred(fine, 2 / scale), to_fine, coarse.shape)
    inside = warped(np.ones(fine.shape, np.float32), to_fine, coarse.shape) > 0.99
    if inside.sum() < _BLOCK_PX**2:
        return -1.0
    other = blurred(coarse, 2)
    x, y = (plane[inside] for plane in (seen - blurred(seen, 12), other - blurred(other, 12)))
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt(max(float((x * x).sum() * (y * y).sum()), 1e-6)))


def _eroded(mask: NDArray[np.bool_]) -> Plane:
    """The mask without its edge of one pixel."""
    inner = np.zeros_like(mask)
    height, width = mask.shape
    if height > 2 and width > 2:
        inner[1:-1, 1:-1] = True
        for y in range(3):
            for x in range(3):
                inner[1:-1, 1:-1] &= mask[y : height - 2 + y, x : width - 2 + x]
    return inner.astype(np.float32)


def _blocks(one: Plane, other: Plane, mask: Plane) -> NDArray[np.float32] | None:
    """Correlations of the blocks with texture, ascending; None if there are none."""
    n = local_mean(mask, _NEIGHBOURHOOD_PX) + 1e-6
    x, y = ((plane - local_mean(plane * mask, _NEIGHBOURHOOD_PX) / n) * mask for plane in (one, other))
    rows, columns = (side // _BLOCK_PX for side in mask.shape)
    if not rows or not columns:
        return None

    def sums(plane: Plane) -> Plane:
        cut = plane[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
        return np.asarray(cut.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).sum(axis=(1, 3)))

    area, xx, yy, xy = sums(mask), sums(x * x), sums(y * y), sums(x * y)
    textured = (area > _LEAST_COVERED * _BLOCK_PX**2) & (np.maximum(xx, yy) > _LEAST_DEVIATION**2 * area)
    if not textured.any():
        return None
    correlation = xy / np.sqrt(xx * yy + (_NOISE * area) ** 2 + 1e-6)
    return np.sort(correlation[textured])


def _tones(one: Plane, other: Plane, mask: Plane, *, swapped: bool) -> tuple[float, float, float]:
    """Contrast and brightness of a over b's, and what remains."""
    inside = mask > 0
    x, y = one[inside], other[inside]
    if swapped:
        x, y = y, x
    x_mean, y_mean = float(x.mean()), float(y.mean())
    x_deviation, y_deviation = float(x.std()) + 1e-3, float(y.std()) + 1e-3
    rest = (x - x_mean) / x_deviation - (y - y_mean) / y_deviation
    noise = float(np.sqrt((rest * rest).mean())) * min(x_deviation, y_deviation)
    return x_deviation / y_deviation, x_mean - y_mean, noise


def _described(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    to_b: Map,
    blocks: NDArray[np.float32],
    tones: tuple[float, float, float],
) -> Residual:
    to_a = inverse(to_b)
    a_outside, b_covered = _placed(to_b, a.shape, b.shape)
    b_outside, a_covered = _placed(to_a, b.shape, a.shape)
    is_a_inside = a_outside <= b_outside
    inner, outer, frame = (a, b, to_b) if is_a_inside else (b, a, to_a)
    scales = np.linalg.svd(to_b[:2, :2], compute_uv=False)
    return Residual(
        to_b=to_b,
        n_blocks=len(blocks),
        low=float(blocks[: max(1, len(blocks) // 40)].mean()),
        quarter=float(np.quantile(blocks, 0.25)),
        median=float(np.median(blocks)),
        good=float((blocks > 0.7).mean()),
        outside=min(a_outside, b_outside),
        share=b_covered if is_a_inside else a_covered,
        is_a_inside=is_a_inside,
        stretch=float(scales[0] / max(scales[1], 1e-9)),
        edge=_edge(outer, frame, inner.shape),
        contrast=tones[0],
        brightness=tones[1],
        noise=tones[2],
    )


def _placed(frame: Map, inner: tuple[int, ...], outer: tuple[int, ...]) -> tuple[float, float]:
    """How far the inner frame sticks out of the outer one, over its own size, and the share of the outer it covers."""
    (height, width), (outer_height, outer_width) = inner[:2], outer[:2]
    corners = np.array([[0, width - 1, width - 1, 0], [0, 0, height - 1, height - 1], [1, 1, 1, 1]], np.float64)
    x, y, _ = frame @ corners
    over = float(np.concatenate([-x, x - outer_width + 1, -y, y - outer_height + 1]).max())
    size = max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    covered = abs(float(np.linalg.det(frame[:2, :2]))) * height * width / (outer_height * outer_width)
    return max(0.0, over) / size, covered


def _edge(outer: NDArray[np.uint8], frame: Map, inner: tuple[int, ...]) -> float:
    """Share of the inner picture's sides, those inside the outer one, that are seen there as edges; -1 if none is.

    A picture that was pasted into another has edges there, one that shows the same thing from nearer has not.
    """
    (height, width), (outer_height, outer_width) = inner[:2], outer.shape[:2]
    grey = outer.astype(np.float32)
    step_x, step_y = (float(np.linalg.norm(frame[:2, axis])) for axis in (0, 1))
    t = np.linspace(0.05, 0.95, 64)
    seen = n_free = 0

    def along(side: int, distance_px: float) -> NDArray[np.float64]:
        """Points beside a side; the distance is that in the outer picture, inwards."""
        dx, dy = distance_px / step_x, distance_px / step_y
        x, y = (
            (t * (width - 1), 0 * t - 0.5 + dy),
            (t * (width - 1), 0 * t + height - 0.5 - dy),
            (0 * t - 0.5 + dx, t * (height - 1)),
            (0 * t + width - 0.5 - dx, t * (height - 1)),
        )[side]
        return np.asarray((frame @ np.stack([x, y, np.ones_like(x)]))[:2])

    for side in range(4):
        far = along(side, -5.0)
        if far.min() < 0 or far[0].max() > outer_width - 1 or far[1].max() > outer_height - 1:
            continue
        n_free += 1
        levels = [sampled(grey, *along(side, distance)) for distance in (-5.0, -2.0, 2.0, 5.0)]
        outwards, across, inwards = (float(np.abs(q - p).mean()) for p, q in pairwise(levels))
        seen += across > inwards + outwards + 4.0
    return seen / n_free if n_free else -1.0
