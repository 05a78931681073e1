"""How far two pictures have the same framing, whatever their exposure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["correlations"]

_SIDE = 32
_MOST_SHIFT = 4
_BLOCK = 512
"""Pairs that are compared at once: about 30 MB."""
_TINY = 1e-3
"""Against division by 0, for plain pictures; squares of others sum to hundreds."""


def correlations(
    load_grey: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    enough: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Best correlation by rank of the grey pictures of each pair of rows, over shifts of up to 4 pixels, shape (k,).

    Ranks (Spearman's correlation, equal greys with their mean rank) do not depend on exposure. Of a pair that exceeds
    its `enough`, shape (k,), no shift is tried. Plain pictures, which have no ranks, give 0.
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
    left = np.flatnonzero(best <= enough)
    if not len(left):
        return best
    rows, place = np.unique(np.concatenate([a[left], b[left]]), return_inverse=True)
    x, y = place[: len(left)], place[len(left) :]
    # Products of all shifts at once by the correlation theorem; 36 wide, 4 pixels do not come round again.
    waves = np.fft.rfft2(ranks[rows], s=(_SIDE + _MOST_SHIFT, _SIDE + _MOST_SHIFT))
    products = np.fft.irfft2(waves[x] * waves[y].conj(), s=(_SIDE + _MOST_SHIFT, _SIDE + _MOST_SHIFT))
    products = products[:, _DY, _DX].astype(np.float64)
    sums, squares = (_overlap_sums(values) for values in (ranks[rows].astype(np.float64), np.square(ranks[rows])))
    n_pixels = (_SIDE - np.abs(_DY)) * (_SIDE - np.abs(_DX))
    spread = np.maximum(squares - sums**2 / n_pixels, 0.0)
    # The overlap lies in the second picture where it would for the opposite shift.
    above = products - sums[x] * sums[y, ::-1] / n_pixels
    correlation = above / np.sqrt(spread[x] * spread[y, ::-1] + _TINY)
    best[left] = np.maximum(best[left], correlation.max(axis=1))
    return best


_STEPS = np.arange(-_MOST_SHIFT, _MOST_SHIFT + 1)
_DY, _DX = np.repeat(_STEPS, len(_STEPS)), np.tile(_STEPS, len(_STEPS))
"""All shifts; the opposite of each is as far from the other end."""


def _overlap_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of each picture over what a shift leaves of it, shape (n, number of shifts)."""
    summed = np.zeros((len(values), _SIDE + 1, _SIDE + 1))
    summed[:, 1:, 1:] = values.cumsum(axis=1).cumsum(axis=2)
    top, bottom = np.maximum(0, _DY), _SIDE + np.minimum(0, _DY)
    left, right = np.maximum(0, _DX), _SIDE + np.minimum(0, _DX)
    whole = summed[:, bottom, right] - summed[:, top, right]
    return np.asarray(whole - summed[:, bottom, left] + summed[:, top, left])


def _correlation(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
    x, y = x - x.mean(axis=(1, 2), keepdims=True), y - y.mean(axis=(1, 2), keepdims=True)
    product = np.einsum("kij,kij->k", x, y).astype(np.float64)
    lengths = np.einsum("kij,kij->k", x, x).astype(np.float64) * np.einsum("kij,kij->k", y, y)
    return np.asarray(product / np.sqrt(lengths + _TINY))
