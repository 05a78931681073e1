"""Time as coordinates: error of exp(-|dt| / scale) by feature map and dimension, and what time adds to a linkage.

    python bench/time_kernel.py                     # errors of all maps
    python bench/time_kernel.py --linkage 20000     # CPU time of a linkage with and without time, as a ratio

The error is over all pairs of 3,000 pictures of each set (fewer where it has fewer), near pairs (kernel above 1e-3) and
far ones apart: largest / root mean square. Times are in units of the scale.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage import average_linkage
from imagecluster.linkage.time_kernel import FOURIER_DIMENSIONS, Features, joint_vectors

Times = NDArray[np.float64]
Map = Callable[[Times, int], NDArray[np.float64]]

MINUTE_S, HOUR_S, DAY_S, YEAR_S = 60.0, 3600.0, 86_400.0, 365.25 * 86_400
SAMPLE = 3000
NEAR = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--linkage", type=int, metavar="N", help="measure the linkage of N pictures instead")
    parser.add_argument("--content", type=int, default=1280, metavar="D", help="dimensions of the content")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.linkage:
        report_linkage(arguments.linkage, arguments.content, arguments.repeats)
    else:
        report_errors(arguments.dimensions)


def photographs(n: int, rng: np.random.Generator) -> Times:
    """Seconds within ten years: outings of a Pareto number of pictures, most a minute apart, some in bursts."""
    found: list[Times] = []
    while sum(map(len, found)) < n:
        size = int(min(1 + rng.pareto(1.1) * 8, 600))
        gaps = np.where(rng.random(size) < 0.3, rng.integers(0, 3, size), rng.exponential(3 * MINUTE_S, size))
        found.append(rng.random() * 10 * YEAR_S + np.cumsum(gaps))
    return np.round(np.concatenate(found)[:n])


def time_sets(rng: np.random.Generator) -> dict[str, Times]:
    """Times in units of a scale: each set with each scale that makes sense for it."""
    burst = np.round(np.cumsum(rng.exponential(0.5, 200)))
    day = np.sort(rng.integers(0, int(14 * HOUR_S), 600)).astype(float)
    decade = photographs(20_000, rng)
    return {
        "a burst, 10 min": burst / (10 * MINUTE_S),
        "a day, 10 min": day / (10 * MINUTE_S),
        "a day, 6 h": day / (6 * HOUR_S),
        "10 years, 10 min": decade / (10 * MINUTE_S),
        "10 years, 6 h": decade / (6 * HOUR_S),
        "10 years, 2 weeks": decade / (14 * DAY_S),
    }


def random_frequencies(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """Random Fourier features (Rahimi and Recht 2007): frequencies drawn from Cauchy's distribution."""
    return waves(t, np.random.default_rng(0).standard_cauchy(n_dimensions // 2))


def jittered_frequencies(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """One frequency drawn from each of equal shares of Cauchy's distribution."""
    share = (np.arange(n_dimensions // 2) + np.random.default_rng(0).random(n_dimensions // 2)) / (n_dimensions // 2)
    return waves(t, np.tan(np.pi / 2 * np.minimum(share, 1 - 1e-4)))


def midpoint_frequencies(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """The midpoints of equal shares: what `imagecluster.linkage.time_kernel` has, at any dimension."""
    n_waves = n_dimensions // 2
    return waves(t, np.tan(np.pi / 2 * (np.arange(n_waves) + 0.5) / n_waves))


def waves(t: Times, frequency: Times) -> NDArray[np.float64]:
    phase = np.multiply.outer(t, frequency)
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / np.sqrt(len(frequency))


def signed_bins(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """Random binning (Rahimi and Recht 2007), a coordinate a grid, the sign of a bin by a hash."""
    width, shift = random_grids(n_dimensions)
    return (1.0 - 2.0 * (hashed(bins(t, width, shift)) & 1)) / np.sqrt(n_dimensions)


def bucketed_bins(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """Random binning, 16 coordinates a grid, which bins share by a hash."""
    n_grids, n_buckets = n_dimensions // 16, 16
    width, shift = random_grids(n_grids)
    bucket = (hashed(bins(t, width, shift)) % n_buckets).astype(np.int64)
    found = np.zeros((len(t), n_dimensions))
    found[np.arange(len(t))[:, None], np.arange(n_grids) * n_buckets + bucket] = 1.0 / np.sqrt(n_grids)
    return found


def random_grids(n_grids: int) -> tuple[Times, Times]:
    """Widths (the Laplacian kernel is the mean of triangles of Gamma(2) widths) and shifts."""
    rng = np.random.default_rng(0)
    width = rng.gamma(2.0, 1.0, n_grids)
    return width, rng.random(n_grids) * width


def bins(t: Times, width: Times, shift: Times) -> NDArray[np.int64]:
    return np.floor((t[:, None] + shift) / width).astype(np.int64)


def hashed(number: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Bits that look random, another function for each column (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        column = np.arange(1, number.shape[1] + 1, dtype=np.uint64)
        x = number.astype(np.uint64) + column * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def regular_nystrom(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """Nystrom's map with inducing points at equal distances over the whole range, scaled to unit length."""
    return nystrom(t, np.linspace(t.min(), t.max(), n_dimensions))


def quantile_nystrom(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """Nystrom's map with inducing points at quantiles of the times, scaled to unit length."""
    return nystrom(t, np.unique(np.quantile(t, np.linspace(0, 1, n_dimensions))))


def nystrom(t: Times, points: Times) -> NDArray[np.float64]:
    kernel = np.exp(-np.abs(np.subtract.outer(points, points))) + 1e-10 * np.eye(len(points))
    found = np.linalg.solve(np.linalg.cholesky(kernel), np.exp(-np.abs(np.subtract.outer(points, t)))).T
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.where(length > 1e-6, found / np.maximum(length, 1e-6), 0.0)  # too far from all points


def hashed_innovations(t: Times, n_dimensions: int) -> NDArray[np.float64]:
    """What is new in each cell of a grid of 1/8, decaying; each block of cells has its own randomly signed basis."""
    cell, memory = 0.125, 64
    if n_dimensions & (n_dimensions - 1):
        raise ValueError("a power of two, for Hadamard's matrix")
    basis = np.ones((1, 1))
    while len(basis) < n_dimensions:
        basis = np.block([[basis, basis], [basis, -basis]])
    number = np.floor(t / cell).astype(np.int64)
    found = np.zeros((len(t), n_dimensions))
    for back in range(memory):
        low = (number - back) * cell
        high = np.minimum(low + cell, t)
        block, row = np.divmod(number - back, n_dimensions)
        sign = 1.0 - 2.0 * (hashed(np.repeat(block[:, None], n_dimensions, axis=1)) & 1)
        found += np.sqrt(np.exp(-2 * (t - high)) - np.exp(-2 * (t - low)))[:, None] * basis[row] * sign
    return found / np.linalg.norm(found, axis=1, keepdims=True)


MAPS: dict[str, Map] = {
    "random frequencies": random_frequencies,
    "one in each share": jittered_frequencies,
    "midpoints of shares": midpoint_frequencies,
    "binning, signs": signed_bins,
    "binning, 16 buckets": bucketed_bins,
    "Nystrom, regular": regular_nystrom,
    "Nystrom, quantiles": quantile_nystrom,
    "hashed innovations": hashed_innovations,
}


def report_errors(dimensions: list[int]) -> None:
    rng = np.random.default_rng(1)
    for name, all_times in time_sets(rng).items():
        # Neighbours in time must be among the sampled: runs of 30.
        starts = rng.choice(max(1, len(all_times) // 30), min(100, max(1, len(all_times) // 30)), replace=False) * 30
        few = len(all_times) <= SAMPLE
        t = np.sort(all_times) if few else np.sort(all_times)[np.add.outer(starts, np.arange(30)).ravel()]
        exact = np.exp(-np.abs(np.subtract.outer(t, t)))
        pairs = np.triu(np.ones(exact.shape, bool), 1)
        near = pairs & (exact > NEAR)
        far = pairs & ~near
        print(f"\n{name}: {len(t):,} of {len(all_times):,} pictures, near pairs {near.sum():,}, far {far.sum():,}")
        for map_name, features in MAPS.items():
            for n_dimensions in dimensions:
                # All times go through the map: some maps depend on the collection.
                found = features(np.concatenate([t, all_times]), n_dimensions)[: len(t)]
                error = found @ found.T - exact
                print(f"  {map_name:20} {n_dimensions:4}   near {spread(error[near])}   far {spread(error[far])}")
        shipped = Features(all_times, scale_s=1.0)
        error = shipped(t) @ shipped(t).T - exact
        print(f"  {'imagecluster':20} {shipped.n_dimensions:4}   near {spread(error[near])}   far {spread(error[far])}")


def spread(error: NDArray[np.float64]) -> str:
    if not error.size:
        return f"{'-':^15}"
    return f"{np.abs(error).max():.4f} / {np.sqrt((error**2).mean()):.4f}"


def report_linkage(n: int, d: int, repeats: int) -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((n // 20, d), dtype=np.float32)
    X = 0.7 * rng.standard_normal((n, d), dtype=np.float32) + centres[rng.integers(0, len(centres), n)]
    times_s = photographs(n, rng)
    seconds: dict[str, list[float]] = {"content alone": [], "joint vectors": [], "linkage of them": []}
    for _ in range(repeats):
        started = time.process_time()
        average_linkage(X)
        linked = time.process_time()
        joint = joint_vectors(X, times_s, weight=0.3, scale_s=6 * HOUR_S)
        made = time.process_time()
        average_linkage(joint)
        ended = time.process_time()
        for name, taken in zip(seconds, (linked - started, made - linked, ended - made), strict=True):
            seconds[name].append(taken)
    best = {name: min(taken) for name, taken in seconds.items()}
    print(f"{n:,} x {d}, {joint.shape[1] - d} coordinates of time (at most {FOURIER_DIMENSIONS}), best of {repeats}")
    for name, taken in best.items():
        print(f"  {name:16} {taken:7.2f} CPU s   x {taken / best['content alone']:.2f}")
    with_time = best["joint vectors"] + best["linkage of them"]
    print(f"  with time / content alone: {with_time / best['content alone']:.2f}")


if __name__ == "__main__":
    main()
