"""Operations on grey pictures of float32: by OpenCV where it is installed, else by NumPy.

Both give the same values but for rounding, except `aligned`, where NumPy has an optimiser of its own.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import MissingExtraError
from imagecluster.verify.features import opencv

__all__ = ["aligned", "blurred", "halved", "has_opencv", "inverse", "local_mean", "sampled", "warped"]

Plane = NDArray[np.float32]
Map = NDArray[np.float64]
"""Shape (3, 3): affine map of pixels (x, y), whose centres have whole numbers."""

_MOST_STEPS = 12
_SMALL_STEP_PX = 0.003
_LEAST_PIXELS = 64
_MOST_PIXELS = 30_000


@cache
def has_opencv() -> bool:
    """Whether OpenCV (the extra `verify`) is installed: without it only pictures of one frame are compared."""
    try:
        opencv()
    except MissingExtraError:
        return False
    return True


def inverse(found: Map) -> Map:
    """The map the other way."""
    return np.asarray(np.linalg.inv(found), np.float64)


def blurred(plane: Plane, sigma_px: float) -> Plane:
    """The picture under a Gaussian filter; as it is for less than 0.3 px."""
    if sigma_px <= 0.3:
        return plane
    if has_opencv():
        return np.asarray(opencv().GaussianBlur(plane, (0, 0), sigma_px))
    rows, columns = (_gaussian(n, round(sigma_px, 4)) for n in plane.shape)
    return np.asarray(rows @ plane @ columns.T, np.float32)


def halved(plane: Plane) -> Plane:
    """The picture at half its size: means of four pixels; an odd row or column at the end is left out."""
    rows, columns = (max(1, side // 2) for side in plane.shape)
    cut = plane[: 2 * rows, : 2 * columns]
    height, width = cut.shape
    return np.asarray(cut.reshape(rows, height // rows, columns, width // columns).mean(axis=(1, 3)))


def local_mean(plane: Plane, side_px: int) -> Plane:
    """Mean over a square of odd side around each pixel; the picture is continued by its mirror image."""
    if has_opencv():
        return np.asarray(opencv().blur(plane, (side_px, side_px)))
    rows, columns = (_box(n, side_px) for n in plane.shape)
    return np.asarray(rows @ plane @ columns.T, np.float32)


def warped(plane: Plane, to_plane: Map, shape: tuple[int, int]) -> Plane:
    """The picture seen from another grid, interpolated between pixels; 0 outside of it.

    Parameters
    ----------
    plane
        The picture.
    to_plane
        Map of the other grid's pixels to those of the picture.
    shape
        Height and width of the other grid.
    """
    if has_opencv():
        cv2 = opencv()
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(plane, to_plane[:2], shape[::-1], flags=flags))
    x, y = _grid(shape)
    at = to_plane[:2, :2] @ np.stack([x.ravel(), y.ravel()]) + to_plane[:2, 2:]
    padded = np.pad(plane, 1)
    return _between(padded, at[0] + 1, at[1] + 1).reshape(shape)


def sampled(plane: Plane, x: NDArray[np.float64], y: NDArray[np.float64]) -> Plane:
    """Values between pixels, which are all inside the picture."""
    return _between(plane, x, y)


def aligned(fixed: Plane, moving: Plane, counted: NDArray[np.bool_]) -> Map:
    """Map of the pixels of `fixed` to those of `moving` with which they correlate best, near to the identity.

    By the enhanced correlation coefficient (Evangelidis and Psarakis 2008), which no change of brightness or contrast
    affects, or by least squares with brightness and contrast as further unknowns; the identity where neither finds a
    better one.

    Parameters
    ----------
    fixed, moving
        Pictures of one shape, without their slow changes of brightness.
    counted
        The pixels that count.
    """
    start = np.eye(3)
    if has_opencv():
        cv2 = opencv()
        mask = None if counted.all() else counted.astype(np.uint8)
        try:
            _, found = cv2.findTransformECC(
                fixed, moving, start[:2].astype(np.float32), cv2.MOTION_AFFINE, (3, _MOST_STEPS, 1e-4), mask, 3
            )
        except cv2.error:  # it does not converge
            return start
        return _square(np.asarray(found, np.float64))
    return _by_least_squares(blurred(fixed, 0.8), blurred(moving, 0.8), start, counted)


def _by_least_squares(fixed: Plane, moving: Plane, start: Map, counted: NDArray[np.bool_]) -> Map:
    """Gauss-Newton steps (Lucas and Kanade 1981) for the six numbers of the map, brightness and contrast."""
    dy, dx = (np.asarray(slope, np.float32) for slope in np.gradient(moving))
    stride = max(1, int(np.sqrt(fixed.size / _MOST_PIXELS)))  # of a large picture a part of the pixels is enough
    x, y = (grid[::stride, ::stride] for grid in _grid(_shape(fixed)))
    chosen = counted[::stride, ::stride]
    x, y, values = x[chosen], y[chosen], fixed[::stride, ::stride][chosen]
    if len(values) < _LEAST_PIXELS:
        return start
    scale, middle_x, middle_y = max(fixed.shape) / 2, float(x.mean()), float(y.mean())
    u, v = (x - middle_x) / scale, (y - middle_y) / scale
    to_pixels = np.array([[1 / scale, 0, -middle_x / scale], [0, 1 / scale, -middle_y / scale], [0, 0, 1]])
    found, best, best_map = start.copy(), -2.0, start
    for _ in range(_MOST_STEPS):
        to_x, to_y = found[:2, :2] @ np.stack([x, y]) + found[:2, 2:]
        inside = (to_x >= 0) & (to_x <= moving.shape[1] - 1) & (to_y >= 0) & (to_y <= moving.shape[0] - 1)
        if inside.sum() < _LEAST_PIXELS:
            break
        seen, gx, gy = (_between(plane, to_x[inside], to_y[inside]) for plane in (moving, dx, dy))
        target = values[inside]
        correlation = _correlation(seen, target)
        if correlation <= best:
            break
        best, best_map = correlation, found
        contrast = float((seen * target).sum() / max(float((seen * seen).sum()), 1e-6))
        columns = [gx * u[inside], gx * v[inside], gx, gy * u[inside], gy * v[inside], gy]
        jacobian = np.stack([*(contrast * column for column in columns), seen, np.ones_like(seen)], axis=1)
        normal = (jacobian.T @ jacobian).astype(np.float64)
        normal[np.diag_indices(8)] *= 1 + 1e-6
        try:
            step = np.linalg.solve(normal, (jacobian.T @ (target - contrast * seen)).astype(np.float64))[:6]
        except np.linalg.LinAlgError:
            break
        found = found + np.vstack([step.reshape(2, 3), np.zeros(3)]) @ to_pixels
        if np.abs(step).max() < _SMALL_STEP_PX:
            break
    return best_map


def _correlation(one: Plane, other: Plane) -> float:
    if one.size < _LEAST_PIXELS:
        return -2.0
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt(max(float((one * one).sum() * (other * other).sum()), 1e-6)))


def _between(plane: Plane, x: NDArray[Any], y: NDArray[Any]) -> Plane:
    """Bilinear interpolation; the nearest edge outside."""
    height, width = plane.shape
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left = np.minimum(x.astype(np.int64), max(0, width - 2))
    top = np.minimum(y.astype(np.int64), max(0, height - 2))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    upper = plane[top, left] * (1 - fx) + plane[top, right] * fx
    lower = plane[bottom, left] * (1 - fx) + plane[bottom, right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


@lru_cache(maxsize=64)
def _grid(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return x.astype(np.float64), y.astype(np.float64)


@lru_cache(maxsize=256)
def _gaussian(n: int, sigma_px: float) -> Plane:
    """Matrix of the filter on `n` pixels."""
    radius = max(1, round(4 * sigma_px))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_px) ** 2)
    return _filter(n, weights / weights.sum())


@lru_cache(maxsize=256)
def _box(n: int, side_px: int) -> Plane:
    return _filter(n, np.full(side_px, 1 / side_px))


def _filter(n: int, weights: NDArray[np.float64]) -> Plane:
    """Matrix of a filter of odd length; beyond its edges the picture is mirrored, without repeating the edge."""
    radius = len(weights) // 2
    matrix = np.zeros((n, n), np.float64)
    at = np.arange(n)
    period = max(1, 2 * (n - 1))
    for offset, weight in zip(range(-radius, radius + 1), weights, strict=True):
        source = np.abs(at + offset) % period
        np.add.at(matrix, (at, np.minimum(source, period - source) if n > 1 else 0 * at), weight)
    return matrix.astype(np.float32)


def _shape(plane: Plane) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


def _square(found: NDArray[np.float64]) -> Map:
    return np.vstack([found, [0.0, 0.0, 1.0]])
