"""How well one picture, mapped onto another, is the other: block by block over what both show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.planes import Map, Plane, aligned, blurred, halved, inverse, local_mean, sampled, warped

__all__ = ["Detail", "Residual", "residual", "worst_detail"]

_BLOCK_PX = 16
"""Side of a block. The mean of twice the side around each pixel is taken off: changes of tone are no difference."""

_DETAIL_PX = 8
"""Side of the small blocks of strong contrast."""
_USUAL_SHARE = 0.98
_STRONG_DEVIATION = 10.0
"""Grey levels: the contrast of letters and outlines."""

_GOOD = 0.7
_MOSTLY_GOOD = 0.8
_BAD = 0.5

_GAIN = 0.002
"""Gain in agreement from which on a map is improved once more."""

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
    shared_median: float
    shared_good: float
    """The same of the blocks that have texture in both pictures: letters over a plain sky have it in one alone."""
    detail: float
    """Mean correlation of the lowest hundredth of small blocks of strong contrast: letters, faces."""
    textured: float
    """Share of the blocks that have texture."""
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
    placed = _placed_on_coarser(a, b, b_to_a)
    if placed is None:
        return None
    pair, to_fine, swapped = placed
    if pair.likeness(to_fine) < _LEAST_LIKENESS:
        return None
    # To a tenth of a pixel: without it no frame could be said to lie inside another.
    found, to_fine = _aligned(pair, to_fine)
    if found is None:
        return None
    if found.is_partly_bad:
        # What was written over the picture may have moved the map: once more without it.
        found, to_fine = _better((found, to_fine), pair.placed(pair.aligned(to_fine, without=found.bad)))
    if found is None or not _LEAST_AREA < abs(np.linalg.det(to_fine[:2, :2])) < 1 / _LEAST_AREA:
        return None
    return _described(a, b, inverse(to_fine) if swapped else to_fine, found, swapped=swapped)


class Detail(NamedTuple):
    """How the small blocks of strong contrast of two large pictures agree."""

    worst: float
    """Correlation of the worst one; 1 without any."""
    usual: float
    """What correlation of the other ones lacks to 1: that which 98 of 100 stay below."""


def worst_detail(
    a: NDArray[np.uint8], b: NDArray[np.uint8], b_to_a: Map, *, enough: Callable[[Detail], bool] = lambda _: False
) -> Detail:
    """How the small blocks of strong contrast of two large pictures agree.

    The map, known from smaller forms of the pictures, is improved at half their size, which is exact to a tenth of
    their pixels and takes a quarter of the time.

    Parameters
    ----------
    a, b, b_to_a
        As for `residual`.
    enough
        Whether it no longer matters that the map as it was given might agree better.
    """
    placed = _placed_on_coarser(a, b, b_to_a)
    if placed is None:
        return Detail(-1.0, 0.0)
    pair, to_fine, _ = placed
    found = pair.worst_detail(_as_whole(pair.halved().aligned(_as_half(to_fine))))
    return found if enough(found) else max(found, pair.worst_detail(to_fine))


def _placed_on_coarser(a: NDArray[np.uint8], b: NDArray[np.uint8], b_to_a: Map) -> tuple[_Pair, Map, bool] | None:
    """Two pictures on the coarser of their grids, the map to the finer one, and whether the coarser one is b's.

    None where too little can be compared.
    """
    area = abs(np.linalg.det(b_to_a[:2, :2]))
    if not np.isfinite(area) or not _LEAST_AREA < area < 1 / _LEAST_AREA or min(*a.shape, *b.shape) < _SMALLEST_PX:
        return None
    swapped = bool(area > 1.0)  # b's pixels are the larger ones: a is brought onto b's grid
    coarse, fine = (b, a) if swapped else (a, b)
    to_fine = b_to_a if swapped else inverse(b_to_a)
    return _Pair.of(coarse, fine, scale=1 / abs(np.linalg.det(to_fine[:2, :2])) ** 0.5), to_fine, swapped


_HALF = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
"""Map of a picture's pixels to those of the picture at half its size, whose centres have whole numbers."""


def _as_half(found: Map) -> Map:
    """A map between two pictures, as one between both at half their size."""
    return np.asarray(_HALF @ found @ inverse(_HALF))


def _as_whole(found: Map) -> Map:
    """The map from the one that `_as_half` gave."""
    return np.asarray(inverse(_HALF) @ found @ _HALF)


_Placed = tuple["_Agreement | None", Map]
"""How two pictures agree, and the map."""


def _aligned(pair: _Pair, to_fine: Map) -> _Placed:
    """The best map near a first estimate: improved once, and once more if that still helped."""
    start = pair.placed(to_fine)
    found = _better(start, pair.placed(pair.aligned(to_fine)))
    gained = 0.0 if found[0] is None or start[0] is None else found[0].quality - start[0].quality
    return found if gained < _GAIN else _better(found, pair.placed(pair.aligned(found[1])))


def _better(one: _Placed, other: _Placed) -> _Placed:
    """The one of two maps under which the pictures agree better."""
    if other[0] is None or (one[0] is not None and one[0].quality >= other[0].quality):
        return one
    return other


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two pictures with the detail that the coarser one can show."""

    coarse: Plane
    fine: Plane
    scale: float
    """Side of a pixel of the fine picture in those of the coarse one, at most 1."""

    @classmethod
    def of(cls, coarse: NDArray[np.uint8], fine: NDArray[np.uint8], *, scale: float) -> _Pair:
        scale = min(1.0, scale)
        seen = blurred(blurred(fine.astype(np.float32), 0.5 * (1 / scale**2 - 1) ** 0.5), 1 / scale)
        return cls(blurred(coarse.astype(np.float32), 1.0), seen, scale)

    def likeness(self, to_fine: Map) -> float:
        """Correlation of coarse features before the alignment, which most wrong maps do not pass."""
        seen, mask = self._seen(to_fine)
        inside = mask > 0
        if inside.sum() < _BLOCK_PX**2:
            return -1.0
        around_px = 3 * _BLOCK_PX + 1
        coarse = [blurred(plane * mask, 2) for plane in (seen, self.coarse)]
        near, around = blurred(mask, 2) + 1e-6, local_mean(mask, around_px) + 1e-6
        x, y = ((plane / near - local_mean(plane, around_px) / around)[inside] for plane in coarse)
        x, y = x - x.mean(), y - y.mean()
        return float((x * y).sum() / np.sqrt(max(float((x * x).sum() * (y * y).sum()), 1e-6)))

    def aligned(self, to_fine: Map, *, without: NDArray[np.bool_] | None = None) -> Map:
        """The map improved, by their features without slow changes of brightness; without a part of the coarse one.

        Only what both show counts: a frame around one of them would move the map.
        """
        seen, mask = self._seen(to_fine)
        around_px = 2 * _BLOCK_PX + 1
        n = local_mean(mask, around_px) + 1e-6
        fixed, moving = (plane - local_mean(plane * mask, around_px) / n for plane in (self.coarse, seen))
        counted = mask > 0 if without is None else (mask > 0) & ~without
        return np.asarray(to_fine @ aligned(fixed, moving, counted), np.float64)

    def halved(self) -> _Pair:
        """Both at half their size."""
        return _Pair(halved(self.coarse), halved(self.fine), self.scale)

    def worst_detail(self, to_fine: Map) -> Detail:
        """How small blocks of strong contrast agree under a map."""
        seen, mask = self._seen(to_fine)
        blocks = _correlations(self.coarse, seen, mask, _DETAIL_PX, _STRONG_DEVIATION)
        if blocks is None or not blocks[1].any():
            return Detail(1.0, 0.0)
        values = blocks[0][blocks[1]]
        return Detail(float(values.min()), 1 - float(np.quantile(values, 1 - _USUAL_SHARE)))

    def agreement(self, to_fine: Map) -> _Agreement | None:
        """How they agree under a map; None if there is no texture."""
        seen, mask = self._seen(to_fine)
        return _Agreement.of(self.coarse, seen, mask)

    def placed(self, to_fine: Map) -> _Placed:
        """How they agree under a map, and the map."""
        return self.agreement(to_fine), to_fine

    @property
    def shape(self) -> tuple[int, int]:
        return self.coarse.shape[0], self.coarse.shape[1]

    def _seen(self, to_fine: Map) -> tuple[Plane, Plane]:
        """The fine picture on the grid of the coarse one, and 1 where both show something, but for its edge."""
        covered = warped(np.ones(self.fine.shape, np.float32), to_fine, self.shape)
        return warped(self.fine, to_fine, self.shape), _eroded(covered > 0.99)


@dataclass(frozen=True, slots=True, eq=False)
class _Agreement:
    """Two pictures on one grid, and how their blocks correlate."""

    one: Plane
    other: Plane
    mask: Plane
    """1 where both show something."""
    correlation: NDArray[np.float32]
    """Shape (rows, columns) of blocks."""
    textured: NDArray[np.bool_]
    """Blocks that say something."""
    shared: NDArray[np.bool_]
    """Those of them that have texture in both pictures."""
    covered: NDArray[np.bool_]
    """Blocks that both show."""

    @classmethod
    def of(cls, one: Plane, other: Plane, mask: Plane) -> _Agreement | None:
        blocks = _correlations(one, other, mask, _BLOCK_PX, _LEAST_DEVIATION)
        if blocks is None or not blocks[1].any():
            return None
        return cls(one, other, mask, *blocks)

    @property
    def values(self) -> NDArray[np.float32]:
        """Correlations of the blocks that say something, ascending."""
        return np.sort(self.correlation[self.textured])

    @property
    def is_partly_bad(self) -> bool:
        """Whether most blocks agree, and some do not at all."""
        values = self.values
        return bool(np.median(values) > _MOSTLY_GOOD and values[0] < _BAD)

    @property
    def quality(self) -> float:
        """A number by which two maps are compared: the mean of the better half, which nothing was written over."""
        values = self.values
        return float(values[len(values) // 2 :].mean())

    @property
    def bad(self) -> NDArray[np.bool_]:
        """The pixels of blocks that do not agree, on the common grid."""
        bad = np.zeros(self.one.shape, np.bool_)
        rows, columns = self.correlation.shape
        blocks = self.textured & (self.correlation < _BAD)
        bad[: rows * _BLOCK_PX, : columns * _BLOCK_PX] = np.kron(blocks, np.ones((_BLOCK_PX, _BLOCK_PX), np.bool_))
        return bad

    def detail(self) -> float:
        """Mean correlation of the lowest hundredth of small blocks of strong contrast; 1 without any."""
        blocks = _correlations(self.one, self.other, self.mask, _DETAIL_PX, _STRONG_DEVIATION)
        if blocks is None or not blocks[1].any():
            return 1.0
        values = np.sort(blocks[0][blocks[1]])
        return float(values[: max(1, len(values) // 100)].mean())

    def tones(self, *, swapped: bool) -> tuple[float, float]:
        """Contrast and brightness of a over b's."""
        inside = self.mask > 0
        x, y = (self.other, self.one) if swapped else (self.one, self.other)
        x, y = x[inside], y[inside]
        return float((x.std() + 1e-3) / (y.std() + 1e-3)), float(x.mean() - y.mean())


def _correlations(
    one: Plane, other: Plane, mask: Plane, side_px: int, least_deviation: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Of each block: correlation, whether one or both have texture, and whether both show it; None if none fits."""
    around_px = 2 * side_px + 1
    n = local_mean(mask, around_px) + 1e-6
    x, y = ((plane - local_mean(plane * mask, around_px) / n) * mask for plane in (one, other))
    rows, columns = (side // side_px for side in mask.shape)
    if not rows or not columns:
        return None

    def sums(plane: Plane) -> Plane:
        cut = plane[: rows * side_px, : columns * side_px]
        return np.asarray(cut.reshape(rows, side_px, columns, side_px).sum(axis=(1, 3)))

    area, xx, yy, xy = sums(mask), sums(x * x), sums(y * y), sums(x * y)
    covered = area > _LEAST_COVERED * side_px**2
    correlation = xy / np.sqrt(xx * yy + (_NOISE * area) ** 2 + 1e-6)
    either, both = (covered & (of(xx, yy) > least_deviation**2 * area) for of in (np.maximum, np.minimum))
    return np.asarray(correlation, np.float32), either, both, covered


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


def _described(a: NDArray[np.uint8], b: NDArray[np.uint8], to_b: Map, found: _Agreement, *, swapped: bool) -> Residual:
    to_a = inverse(to_b)
    a_outside, b_covered = _placed(to_b, a.shape, b.shape)
    b_outside, a_covered = _placed(to_a, b.shape, a.shape)
    is_a_inside = a_outside <= b_outside
    inner, outer, frame = (a, b, to_b) if is_a_inside else (b, a, to_a)
    scales = np.linalg.svd(to_b[:2, :2], compute_uv=False)
    values, shared = found.values, found.correlation[found.shared]
    contrast, brightness = found.tones(swapped=swapped)
    return Residual(
        to_b=to_b,
        n_blocks=len(values),
        low=float(values[: max(1, len(values) // 40)].mean()),
        quarter=float(np.quantile(values, 0.25)),
        median=float(np.median(values)),
        good=float((values > _GOOD).mean()),
        shared_median=float(np.median(shared)) if len(shared) else 0.0,
        shared_good=float((shared > _GOOD).mean()) if len(shared) else 0.0,
        detail=found.detail(),
        textured=float(len(values) / max(1, found.covered.sum())),
        outside=min(a_outside, b_outside),
        share=b_covered if is_a_inside else a_covered,
        is_a_inside=is_a_inside,
        stretch=float(scales[0] / max(scales[1], 1e-9)),
        edge=_edge(outer, frame, inner.shape),
        contrast=contrast,
        brightness=brightness,
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


_ACROSS = ((-5.0, -2.0, 2.0, 5.0), (-3.0, -1.0, 1.0, 3.0))
"""Distances of four points across a side, in pixels: where the map is exact, near points tell an edge from texture."""

_LEAST_ACROSS = 4.0


def _is_edge(levels: list[Plane]) -> bool:
    """Whether there is more contrast between the second and third of four points across a side than at both sides."""
    outwards, across, inwards = (float(np.abs(q - p).mean()) for p, q in pairwise(levels))
    return across > inwards + outwards + _LEAST_ACROSS


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
        seen += any(_is_edge([sampled(grey, *along(side, at)) for at in places]) for places in _ACROSS)
    return seen / n_free if n_free else -1.0
