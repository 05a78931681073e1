"""Snapshots of made-up collections."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imagecluster.cut.sim_scale import relative
from imagecluster.explore.snapshot import Snapshot
from imagecluster.linkage import average_linkage
from imagecluster.store import Leaves
from store_samples import hash_of


def random_vectors(n, seed, *, n_dimensions=6):
    """Vectors that float16 holds, some of them equal."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((max(1, n - n // 4), n_dimensions)).astype(np.float16)
    return X[rng.integers(0, len(X), n)] if n else np.empty((0, n_dimensions), np.float16)


def sample_snapshot(n, seed, *, n_dimensions=6):
    """A snapshot whose pictures lie in another order in the matrix, among rows of others."""
    X = random_vectors(n, seed, n_dimensions=n_dimensions)
    rows = np.random.default_rng(seed).permutation(n + 3)[:n]
    matrix = np.full((n + 3, n_dimensions), 7, np.float16)
    matrix[rows] = X
    numbers = np.arange(n)
    leaves = Leaves(
        tuple(f"{i:03}.jpg".encode() for i in range(n)), tuple(map(hash_of, range(n))), rows.astype(np.int64),
        numbers, numbers, numbers, numbers.astype(float), 0,
    )  # fmt: skip
    dendrogram = average_linkage(X.astype(np.float32))
    return Snapshot(
        "key",
        Path("/pics"),
        "m@1",
        leaves,
        dendrogram,
        provisional=False,
        vectors=matrix,
        scale=relative(dendrogram.top),
    ), X
