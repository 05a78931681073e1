"""Vectors that are hard on linkage, and what scipy and the definitions say of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import squareform

TIE_FREE = ("isotropic", "mixture", "power", "offset")
TIED = ("grid", "binary", "duplicates", "axes", "equal", "line")
SQUARED = ("centroid", "median", "ward")
"""Methods whose updates are of squared distances."""


def sample(kind: str, n: int, d: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Vectors of a kind; no row is zero or constant."""
    ramp = np.arange(1.0, d + 1.0)
    if kind == "mixture":
        centres = rng.standard_normal((max(1, n // 5), d))
        return centres[rng.integers(0, len(centres), n)] + 0.3 * rng.standard_normal((n, d))
    if kind == "power":
        return rng.standard_normal((n, d)) * rng.pareto(0.7, n)[:, None] + 0.1 * rng.standard_normal((n, d))
    if kind == "offset":
        return 5.0 * ramp + 0.1 * rng.standard_normal((n, d))
    if kind == "grid":
        return rng.integers(-1, 3, (n, d)) + 4.0 * ramp
    if kind == "binary":
        return (rng.random((n, d)) < 0.4) + 2.0 * ramp
    if kind == "duplicates":
        few = rng.standard_normal((max(1, n // 4), d))
        return few[rng.integers(0, len(few), n)]
    if kind == "axes":
        return np.eye(d)[rng.integers(0, d, n)]
    if kind == "equal":
        return np.tile(ramp, (n, 1))
    if kind == "line":
        return ramp + rng.integers(0, 9, (n, 1)) * np.eye(1, d)
    return rng.standard_normal((n, d))


def partition(labels: NDArray[np.int64]) -> tuple[int, ...]:
    """The labels with clusters numbered in the order of their first rows: equal for equal partitions."""
    number: dict[int, int] = {}
    return tuple(number.setdefault(label, len(number)) for label in labels.tolist())


def clear_heights(Z: NDArray[np.float64], gap: float = 1e-9) -> list[float]:
    """Heights of cuts below, between and above those of the merges, none of them within a rounding error of one."""
    heights = np.unique(Z[:, 2])
    between = (heights[1:] + heights[:-1])[np.diff(heights) > gap] / 2.0
    return [heights[0] - 1.0, *between, heights[-1] + 1.0]


def cuts_of_scipy(Z: NDArray[np.float64], heights: list[float]) -> list[tuple[int, ...]]:
    """The partitions of `fcluster` at some heights."""
    return [partition(fcluster(Z, height, "distance")) for height in heights]


def replay(merges: NDArray[np.float64], condensed: NDArray[np.float64], method: str) -> NDArray[np.float64]:
    """Distance at which each merge happens and the smallest one at that time, shape (n - 1, 2).

    By the formula of Lance and Williams (1967), on the full matrix.
    """
    n = len(merges) + 1
    distance = squareform(condensed) ** (2 if method in SQUARED else 1)
    np.fill_diagonal(distance, np.inf)
    row, size, seen = list(range(n)), [1] * n, []
    for i, j in merges[:, :2].astype(int).tolist():
        a, b, n_a, n_b = row[i], row[j], size[i], size[j]
        seen.append((distance[a, b], distance.min()))
        joined = lance_williams(method, distance, a, b, n_a, n_b, np.bincount(row, size, n))
        distance[a], distance[:, a] = joined, joined
        distance[a, a] = np.inf
        distance[b], distance[:, b] = np.inf, np.inf
        row.append(a)
        row[i] = row[j] = b  # counted no more
        size[i] = size[j] = 0
        size.append(n_a + n_b)
    result = np.maximum(np.array(seen).reshape(n - 1, 2), 0.0)
    return np.sqrt(result) if method in SQUARED else result


def lance_williams(
    method: str, distance: NDArray[np.float64], a: int, b: int, n_a: int, n_b: int, size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances of the cluster of a and b to all others."""
    to_a, to_b, between, n = distance[a], distance[b], distance[a, b], n_a + n_b
    with np.errstate(invalid="ignore"):
        return {
            "single": lambda: np.minimum(to_a, to_b),
            "complete": lambda: np.maximum(to_a, to_b),
            "average": lambda: (n_a * to_a + n_b * to_b) / n,
            "weighted": lambda: (to_a + to_b) / 2.0,
            "centroid": lambda: (n_a * to_a + n_b * to_b - n_a * n_b / n * between) / n,
            "median": lambda: (to_a + to_b - between / 2.0) / 2.0,
            "ward": lambda: ((size + n_a) * to_a + (size + n_b) * to_b - size * between) / (size + n),
        }[method]()
