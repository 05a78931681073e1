"""Correlation of small grey pictures by rank, over shifts."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from imagecluster.events.greys import correlations


def of(greys, first, second, enough=1.0):
    rows = np.array(first), np.array(second)
    return correlations(lambda some: greys[some], *rows, np.full(len(first), enough))


def smooth(rng, n):
    """Pictures with some structure, of 40 x 40 pixels."""
    waves = np.fft.rfft2(rng.normal(size=(n, 40, 40)))
    waves[:, 8:-8], waves[:, :, 8:] = 0, 0
    picture = np.fft.irfft2(waves)
    picture -= picture.min(axis=(1, 2), keepdims=True)
    return (picture / picture.max(axis=(1, 2), keepdims=True) * 255).astype(np.uint8)


def test_it_is_the_best_of_all_shifts():
    rng = np.random.default_rng(0)
    greys = smooth(rng, 12)[:, 4:36, 4:36]
    first, second = [0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]
    found = of(greys, first, second)
    ranks = np.array([np.argsort(np.argsort(grey.ravel(), kind="stable")).reshape(32, 32) for grey in greys], float)
    for grey, rank in zip(greys, ranks, strict=True):  # equal greys have their mean rank
        for value in np.unique(grey):
            rank[grey == value] = rank[grey == value].mean()
    for a, b, correlation in zip(first, second, found, strict=True):
        tried = []
        for dy in range(-4, 5):
            for dx in range(-4, 5):
                x = ranks[a][max(0, dy) : 32 + min(0, dy), max(0, dx) : 32 + min(0, dx)]
                y = ranks[b][max(0, -dy) : 32 + min(0, -dy), max(0, -dx) : 32 + min(0, -dx)]
                tried.append(np.corrcoef(x.ravel(), y.ravel())[0, 1])
        assert abs(correlation - max(tried)) < 1e-3


def test_without_a_shift_it_is_spearmans():
    greys = np.random.default_rng(1).integers(0, 256, (2, 32, 32)).astype(np.uint8)
    expected = spearmanr(greys[0].ravel(), greys[1].ravel()).statistic
    assert abs(of(greys, [0], [1], enough=-1.0)[0] - expected) < 1e-4


def test_exposure_and_small_shifts_change_nothing_and_large_shifts_do():
    picture = smooth(np.random.default_rng(2), 1)[0]
    darker = (255 * (picture / 255) ** 3).astype(np.uint8)
    greys = np.array([picture[4:36, 4:36], darker[4:36, 4:36], picture[1:33, 8:40], picture[:32, 8:40][::-1]])
    assert of(greys, [0, 0], [1, 2]).min() > 0.97
    assert of(greys, [0], [3])[0] < 0.7


def test_plain_pictures_are_like_nothing():
    greys = np.full((2, 32, 32), 7, np.uint8)
    assert of(greys, [0], [1]).tolist() == [0.0]
