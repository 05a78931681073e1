"""How far two pictures have the same framing, whatever their exposure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["correlations"]

_SIDE = 32
_MOST_SHIFT = 4
_BLOCK = 1024
"""Pairs that are compared at once: about 30 MB."""


def correlations(
    load_grey: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    enough: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Best correlation by rank of the grey pictures of each pair of rows, over shifts of up to 4 pixels, shape (k,).

    Ranks (Spearman's correlation, equal greys with their mean rank) do not depend on exposure. Of a pair that exceeds
    its `enough`, shape (k,), no further shift is tried. Plain pictures, which have no ranks, give 0.
    """
    found = np.zeros(len(first))
    for start in range(0, len(first), _BLOCK):
        part = slice(start, start + _BLOCK)
        rows, place = np.unique(np.concatenate([first[part], second[part]]), return_inverse=True)
        ranks = _ranks(load_grey(rows))
        a, b = place[: len(first[part])], place[len(first[part]) :]
        found[part] = _shifted(ranks, a, b, enough[part])
    return found


def _ranks(greys: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Ranks of the pixels of each picture, from -1 to 1."""
    n = len(greys)
    pixels = greys.reshape(n, -1).astype(np.int64)
    n_pixels = pixels.shape[1]
    counts = np.bincount((pixels + np.arange(n)[:, None] * 256).ravel(), minlength=n * 256).reshape(n, 256)
    mean_rank = np.cumsum(counts, axis=1) - (counts + 1) / 2
    ranks = np.take_along_axis(mean_rank, pixels, axis=1)
    return np.asarray((ranks * 2 / n_pixels - 1).reshape(n, _SIDE, _SIDE), np.float32)


def _shifted(
    ranks: NDArray[np.float32], a: NDArray[np.int64], b: NDArray[np.int64], enough: NDArray[np.float64]
) -> NDArray[np.float64]:
    best = _correlation(ranks[a], ranks[b])
    for dy, dx in _shifts():
        left = np.flatnonzero(best <= enough)
        if not len(left):
            break
        x = ranks[a[left], max(0, dy) : _SIDE + min(0, dy), max(0, dx) : _SIDE + min(0, dx)]
        y = ranks[b[left], max(0, -dy) : _SIDE + min(0, -dy), max(0, -dx) : _SIDE + min(0, -dx)]
        best[left] = np.maximum(best[left], _correlation(x, y))
    return best


def _shifts() -> list[tuple[int, int]]:
    """All shifts but none, the smallest first."""
    steps = range(-_MOST_SHIFT, _MOST_SHIFT + 1)
    shifts = [(dy, dx) for dy in steps for dx in steps if dy or dx]
    return sorted(shifts, key=lambda shift: shift[0] ** 2 + shift[1] ** 2)


def _correlation(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
    x, y = x - x.mean(axis=(1, 2), keepdims=True), y - y.mean(axis=(1, 2), keepdims=True)
    product = np.einsum("kij,kij->k", x, y).astype(np.float64)
    lengths = np.einsum("kij,kij->k", x, x).astype(np.float64) * np.einsum("kij,kij->k", y, y)
    return np.asarray(product / np.sqrt(lengths + 1e-6))
