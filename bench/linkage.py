"""Average linkage: time and peak memory against scipy, fastcluster, and the bare half matrix product.

    python bench/linkage.py                                      # 5,000 and 20,000 x 256 and x 1280, all engines
    python bench/linkage.py --sizes 100000x256 --engines product ours approximate
    python bench/linkage.py --sizes 50000x1280 --engines ours added
    python bench/linkage.py --vectors fingerprints.npz ...       # grown from real ones (`imagecluster export`)

Engines: `product` the bare half product of all pairs, `ours`, `approximate` (ours from cells of neighbours), `added`
(ours once more after 1 % of the rows were added), `within` (each event by itself, of 10 rows on the mean, as `run
--within event` links), `scipy`, `fastcluster`. Each runs in a process of its own on the same vectors, one after the
other, `--repeats` times over, and the best of each counts: take the ratios within one run, not the seconds. Vectors: a
long-tailed mixture, or with `--vectors` real fingerprints: pictures around pictures that lie between two real ones, as
many around each as a Pareto law gives.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 1024
CHUNK_ROWS = 1 << 15


def unit(X: NDArray[np.float32]) -> NDArray[np.float32]:
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def members(n: int, rng: np.random.Generator) -> tuple[int, NDArray[np.int64]]:
    """How many groups, and the group of each row: a few have many rows, as photographs have."""
    n_groups = max(10, n // 20)
    weight = rng.pareto(1.2, n_groups) + 0.1
    return n_groups, rng.choice(n_groups, n, p=weight / weight.sum())


def write_vectors(path: Path, n: int, d: int, real: NDArray[np.float32] | None) -> None:
    """Unit vectors of shape (n, d), float32."""
    rng = np.random.default_rng(0)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (n, d))
    n_groups, group = members(n, rng)
    if real is None:
        spread = np.full(n_groups, 0.7, np.float32)
        scale = np.ones(d, np.float32)
        centres = rng.standard_normal((n_groups, d), dtype=np.float32)
    else:
        projected = unit(real @ axes(real, d))
        scale = projected.std(axis=0)
        first, second = projected[rng.integers(0, len(real), (2, n_groups))]
        between = rng.uniform(0, 0.5, (n_groups, 1)).astype(np.float32)
        noise = 0.7 * scale * rng.standard_normal((n_groups, d), dtype=np.float32)
        centres = unit((1 - between) * first + between * second + noise)
        spread = rng.uniform(0.2, 0.9, n_groups).astype(np.float32)
    for start in range(0, n, CHUNK_ROWS):
        mine = group[start : start + CHUNK_ROWS]
        noise = scale * rng.standard_normal((len(mine), d), dtype=np.float32)
        out[start : start + CHUNK_ROWS] = unit(centres[mine] + spread[mine, None] * noise)


def axes(real: NDArray[np.float32], d: int) -> NDArray[np.float32]:
    """Mean direction and principal axes, shape (n_dimensions, d)."""
    mean = real.mean(axis=0)
    principal = np.linalg.svd(real - mean, full_matrices=False)[2]
    basis = np.vstack([mean / np.linalg.norm(mean), principal])[:d]
    return np.linalg.qr(basis.T)[0].astype(np.float32)


def run_product(X: NDArray[np.float32], n_threads: int) -> None:
    """The symmetric half of the product of all pairs, block by block, and nothing else."""
    from threadpoolctl import threadpool_limits

    starts = range(0, len(X), BLOCK_ROWS)

    def one(pair: tuple[int, int]) -> None:
        np.matmul(X[pair[0] : pair[0] + BLOCK_ROWS], X[pair[1] : pair[1] + BLOCK_ROWS].T)

    with threadpool_limits(1), ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(one, [(i, j) for i in starts for j in starts if i <= j]))


def run_ours(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    from imagecluster.linkage import average_linkage

    return average_linkage(X, n_threads=n_threads).merges


def run_approximate(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    from imagecluster.linkage import link

    linkage = link(X, approximate=True, n_threads=n_threads)
    print(linkage.graph.recall, file=sys.stderr)
    return linkage.dendrogram.merges


def run_within(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    from imagecluster.linkage import average_linkage
    from imagecluster.linkage.apart import joined_apart, rows_of_groups
    from imagecluster.linkage.few import MOST_ROWS, average_of_few

    sizes = np.random.default_rng(0).lognormal(1.6, 1.2, len(X)).astype(int) + 1
    parts = []
    for rows in rows_of_groups(np.repeat(np.arange(len(X)), sizes)[: len(X)]):
        own = np.array(X[rows])
        few = len(rows) <= MOST_ROWS
        parts.append((rows, average_of_few(own) if few else average_linkage(own, n_threads=n_threads)))
    return joined_apart(parts, least_height=2.0).merges


def run_scipy(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    return linkage(pdist(X, "cosine"), "average")


def run_fastcluster(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    import fastcluster
    from scipy.spatial.distance import pdist

    return fastcluster.linkage(pdist(X, "cosine"), "average", preserve_input=False)


ENGINES = {
    "product": run_product,
    "ours": run_ours,
    "approximate": run_approximate,
    "added": None,
    "within": run_within,
    "scipy": run_scipy,
    "fastcluster": run_fastcluster,
}


def peak_mib() -> float:
    """Most memory this process has had; files that are mapped count."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def child(engine: str, path: Path, n_threads: int) -> None:
    from imagecluster.linkage import link

    X = np.load(path, mmap_mode="r")
    run = ENGINES[engine]
    known = None
    if engine == "added":
        known = link(X[: len(X) - len(X) // 100], n_threads=n_threads).graph
    elif engine in ("scipy", "fastcluster"):
        X = np.array(X)
    before_mib = peak_mib()
    started, cpu = time.perf_counter(), time.process_time()
    Z = run(X, n_threads) if run else link(X, known=known, n_threads=n_threads).dendrogram.merges
    result = {
        "wall_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": peak_mib(),
        "beyond_mib": peak_mib() - before_mib,
        "heights": [] if Z is None else np.sort(Z[:, 2])[:: max(1, len(X) // 500)].tolist(),
    }
    print(json.dumps(result))


def measure(engine: str, path: Path, n_threads: int) -> dict[str, float | list[float]]:
    arguments = ["--child", engine, "--path", str(path), "--threads", str(n_threads)]
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def report(path: Path, engines: list[str], n_threads: int, repeats: int) -> float | None:
    """Prints a table; seconds of ours."""
    rounds = [{engine: measure(engine, path, n_threads) for engine in engines} for _ in range(repeats)]
    best = {e: min((r[e] for r in rounds), key=lambda m: m["wall_s"]) for e in engines}
    base = best.get("ours", best[engines[0]])
    for engine, m in best.items():
        ratios = f"time x {m['wall_s'] / base['wall_s']:6.3f}  memory x {m['peak_mib'] / base['peak_mib']:5.2f}"
        print(
            f"  {engine:12} wall {m['wall_s']:8.2f} s  cpu {m['cpu_s']:8.2f} s  peak {m['peak_mib']:6.0f} MiB "
            f"(+{m['beyond_mib']:.0f})  {ratios}"
        )
        if m["heights"] and base["heights"] and m is not base:
            difference = np.abs(np.subtract(m["heights"], base["heights"])).max()
            print(f"  {'':12} largest difference of heights {difference:.1e}")
    if "product" in best and "ours" in best:
        print(f"  ours takes {best['ours']['wall_s'] / best['product']['wall_s']:.2f} times the bare half product")
    return best["ours"]["wall_s"] if "ours" in best else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["5000x256", "5000x1280", "20000x256", "20000x1280"])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["product", "ours", "scipy", "fastcluster"])
    parser.add_argument("--vectors", type=Path, help=".npz of real fingerprints to grow from")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.path, arguments.threads)
        return
    real = None if arguments.vectors is None else np.unique(np.load(arguments.vectors)["vectors"], axis=0)
    seconds: dict[str, list[tuple[int, float]]] = {}
    for size in arguments.sizes:
        n, d = (int(part) for part in size.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.npy"
            write_vectors(path, n, d, real)
            print(f"\n{n:,} x {d}, {arguments.threads} threads, vectors {n * d * 4 / 2**20:.0f} MiB", flush=True)
            ours = report(path, arguments.engines, arguments.threads, arguments.repeats)
        if ours is not None:
            seconds.setdefault(str(d), []).append((n, ours))
    for d, points in seconds.items():
        for (n, s), (m, t) in pairwise(points):
            print(f"ours, x {d}: from {n:,} to {m:,} time grows with n to the power {math.log(t / s, m / n):.2f}")


if __name__ == "__main__":
    main()
