"""Mutual information expected by chance: the share of each cluster size, summed over all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LOG_TAIL = 46.0
"""Counts with a probability below exp(-46), or 1e-20, are left out."""


def expected_information(
    cluster_sizes: NDArray[np.int64], class_sizes: NDArray[np.int64], n_items: int
) -> NDArray[np.float64]:
    """Expected mutual information, in nats, that a cluster of each size adds; it has the shape of `cluster_sizes`.

    The sum over the clusters of a partition is the expected mutual information of that partition and the classes under
    random permutation (Vinh, Epps & Bailey, JMLR 11, 2010, equation 24a). It has one term per cluster, so that merging
    two clusters changes three terms, whatever the others are.

    Parameters
    ----------
    cluster_sizes : array of int, shape (n_sizes,)
        Sizes from 1 to `n_items`.
    class_sizes : array of int, shape (n_classes,)
        Sizes whose sum is `n_items`.
    n_items : int

    """
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n_items + 1)))])
    sizes, counts = np.unique(class_sizes, return_counts=True)
    return np.array([_term(int(a), sizes, counts, n_items, log_factorial) for a in cluster_sizes], np.float64)


def _term(
    a: int, b: NDArray[np.int64], n_classes: NDArray[np.int64], n_items: int, log_factorial: NDArray[np.float64]
) -> float:
    """The term of a cluster of `a` items, over `n_classes` classes of each of the sizes `b`."""
    # By Bernstein's inequality, which holds for the hypergeometric distribution (Hoeffding 1963), the probability of
    # counts farther from the mean than `reach` is negligible.
    mean = a * b / n_items
    variance = mean * (1 - a / n_items)
    reach = _LOG_TAIL / 3 + np.sqrt((_LOG_TAIL / 3) ** 2 + 2 * _LOG_TAIL * variance)
    low = np.maximum(np.maximum(1, a + b - n_items), np.floor(mean - reach)).astype(np.int64)
    high = np.minimum(np.minimum(a, b), np.ceil(mean + reach)).astype(np.int64)
    length = np.maximum(0, high - low + 1)
    start = np.cumsum(length) - length
    n = np.arange(length.sum()) + np.repeat(low - start, length)
    size, weight = np.repeat(b, length), np.repeat(n_classes, length)
    f = log_factorial
    log_probability = (
        f[a] + f[size] + f[n_items - a] + f[n_items - size]
        - f[n_items] - f[n] - f[a - n] - f[size - n] - f[n_items - a - size + n]
    )  # fmt: skip
    information = n / n_items * np.log(n_items * n / (a * size))
    return float(np.sum(weight * information * np.exp(log_probability)))
