"""Memory and time that a linkage will need."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from imagecluster.errors import MemoryLimitError
from imagecluster.neighbours import BLOCK_ROWS
from imagecluster.system.cores import n_cores

N_CANDIDATES = 16
"""Number of neighbours kept per row. More of them cost memory and time in every round; fewer need more rescans."""

_FEWEST_CANDIDATES = 4
_FIXED_BYTES = 64 << 20
"""Memory for tiles of the product, and for the rows of a rescan."""

_MERGING_S = 60e-6
"""Seconds per row that merging takes in addition to its products."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough needs of a linkage, within a factor of two for photographs on an idle machine."""

    exact_s: float
    approximate_s: float
    memory_bytes: int
    """Largest memory in addition to the vectors."""


def needed_bytes(n_images: int, n_dimensions: int, *, k: int = N_CANDIDATES) -> int:
    """Largest memory in bytes that `average_linkage` needs in addition to its argument."""
    return n_images * (4 * n_dimensions + 40 * k + 300) + _FIXED_BYTES


def fitting_candidates(n_images: int, n_dimensions: int, max_memory_bytes: int | None) -> int:
    """Largest number of neighbours per row for which the memory is enough; the result does not depend on it.

    Raises
    ------
    MemoryLimitError
        The memory is not enough for the smallest number; the message gives both figures.

    """
    if max_memory_bytes is None:
        return N_CANDIDATES
    for k in range(N_CANDIDATES, _FEWEST_CANDIDATES - 1, -2):
        if needed_bytes(n_images, n_dimensions, k=k) <= max_memory_bytes:
            return k
    least = needed_bytes(n_images, n_dimensions, k=_FEWEST_CANDIDATES)
    raise MemoryLimitError(
        f"average linkage of {n_images:,} x {n_dimensions} needs {least / 2**20:,.0f} MiB in addition to the vectors, "
        f"but {max_memory_bytes / 2**20:,.0f} MiB are allowed; allow more, or use a model with fewer dimensions"
    )


def estimate(n_images: int, n_dimensions: int, *, n_threads: int) -> Estimate:
    """Needs of a linkage of this many vectors, estimated from the speed of one product on this machine."""
    tile = np.ones((BLOCK_ROWS, n_dimensions), np.float32)
    best = np.inf
    for _ in range(3):
        started = time.perf_counter()
        np.matmul(tile, tile.T)
        best = min(best, time.perf_counter() - started)
    all_pairs_s = best * (n_images / BLOCK_ROWS) ** 2 / n_threads
    merging_s = n_images * _MERGING_S + 0.2 * all_pairs_s
    # Probed cells hold 2 to 10 % of the rows, and small tiles take longer.
    return Estimate(0.65 * all_pairs_s + merging_s, 0.1 * all_pairs_s + merging_s, needed_bytes(n_images, n_dimensions))


def expected_s(n_images: int, n_dimensions: int, *, approximate: bool, n_threads: int | None) -> float:
    """Rough time in seconds that a linkage will take; `n_threads` None stands for all cores."""
    expected = estimate(n_images, n_dimensions, n_threads=n_threads or n_cores())
    return expected.approximate_s if approximate else expected.exact_s
