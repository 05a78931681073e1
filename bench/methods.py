"""Single linkage and Ward's method from the vectors, against fastcluster's own ways from vectors, in one run.

    python bench/methods.py [N_ROWS [N_DIMENSIONS]]

Prints CPU seconds, of all threads, and by how much the heights differ.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import fastcluster
import numpy as np

from imagecluster.linkage import linkage


def rows(n: int, d: int) -> np.ndarray:
    """A long-tailed mixture of unit vectors, 20 to a centre on the mean."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((n // 20, d))
    share = rng.pareto(1.0, len(centres)) + 0.05
    vectors = centres[rng.choice(len(centres), n, p=share / share.sum())] + 0.5 * rng.standard_normal((n, d))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returns."""
    started = time.process_time()
    result = function()
    return time.process_time() - started, result


def main() -> None:
    n, d = (int(a) if a else b for a, b in zip([*sys.argv[1:], "", ""], (20_000, 256), strict=False))
    X = rows(n, d)
    half_s, _ = timed(lambda: [X[at : at + 1024] @ X[at:].T for at in range(0, n, 1024)])
    print(f"{n} x {d}; half of the product of all pairs in float64 {half_s:.1f} CPU s")
    for method in ("single", "ward"):
        ours_s, tree = timed(lambda method=method: linkage(X, method=method, metric="euclidean"))
        theirs_s, Z = timed(lambda method=method: fastcluster.linkage_vector(X, method, "euclidean"))
        off = np.abs(tree.merges[:, 2] - Z[:, 2]).max()
        print(f"{method}: ours {ours_s:.1f}, fastcluster {theirs_s:.1f} CPU s; heights differ by {off:.1e} at most")


if __name__ == "__main__":
    main()
