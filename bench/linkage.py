"""Average linkage: time and peak memory against scipy, fastcluster, and the bare half matrix product.

    python bench/linkage.py                                  # 5,000 and 20,000 x 1280 and x 256 against the others
    python bench/linkage.py --sizes 100000x256 --ours-only   # against the bare product alone

Every engine runs in a process of its own on the same long-tailed mixture, one after the other, `--repeats` times over,
and the best of each counts: take the ratios within one run, not the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 1024


def mixture(n: int, d: int) -> NDArray[np.float32]:
    """Unit vectors around centres of which a few have many (Pareto), as photographs have."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((max(10, n // 20), d), dtype=np.float32)
    weight = rng.pareto(1.2, len(centres)) + 0.1
    X = 0.7 * rng.standard_normal((n, d), dtype=np.float32)
    X += centres[rng.choice(len(centres), n, p=weight / weight.sum())]
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    return X


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


def run_scipy(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    return linkage(pdist(X, "cosine"), "average")


def run_fastcluster(X: NDArray[np.float32], n_threads: int) -> NDArray[np.float64]:
    import fastcluster
    from scipy.spatial.distance import pdist

    return fastcluster.linkage(pdist(X, "cosine"), "average", preserve_input=False)


ENGINES = {"product": run_product, "ours": run_ours, "scipy": run_scipy, "fastcluster": run_fastcluster}


def peak_mib() -> float:
    """Most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(engine: str, n: int, d: int, n_threads: int) -> None:
    X = mixture(n, d)
    before_mib = peak_mib()
    started, cpu = time.perf_counter(), time.process_time()
    Z = ENGINES[engine](X, n_threads)
    result = {
        "wall_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": peak_mib(),
        "beyond_mib": peak_mib() - before_mib,
        "heights": [] if Z is None else np.sort(Z[:, 2])[:: max(1, n // 500)].tolist(),
    }
    print(json.dumps(result))


def measure(engine: str, n: int, d: int, n_threads: int) -> dict[str, float | list[float]]:
    arguments = ["--child", engine, "--sizes", f"{n}x{d}", "--threads", str(n_threads)]
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def report(n: int, d: int, engines: list[str], n_threads: int, repeats: int) -> None:
    print(f"\n{n:,} x {d}, {n_threads} threads, vectors {n * d * 4 / 2**20:.0f} MiB, best of {repeats}")
    rounds = [{engine: measure(engine, n, d, n_threads) for engine in engines} for _ in range(repeats)]
    best = {e: min((r[e] for r in rounds), key=lambda m: m["wall_s"]) for e in engines}
    ours = best["ours"]
    for engine, m in best.items():
        ratios = f"time x {m['wall_s'] / ours['wall_s']:5.2f}  memory x {m['peak_mib'] / ours['peak_mib']:5.2f} of ours"
        print(
            f"  {engine:12} wall {m['wall_s']:8.2f} s  cpu {m['cpu_s']:8.2f} s  peak {m['peak_mib']:6.0f} MiB "
            f"(+{m['beyond_mib']:.0f})  {ratios}"
        )
        if m["heights"] and engine != "ours":
            difference = np.abs(np.subtract(m["heights"], ours["heights"])).max()
            print(f"  {'':12} largest difference of heights {difference:.1e}")
    ratio = ours["wall_s"] / best["product"]["wall_s"]
    print(f"  ours takes {ratio:.2f} times the bare half product")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["5000x256", "5000x1280", "20000x256", "20000x1280"])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--ours-only", action="store_true", help="leave out the engines that hold all pairs")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for size in arguments.sizes:
        n, d = (int(part) for part in size.split("x"))
        if arguments.child:
            child(arguments.child, n, d, arguments.threads)
            return
        engines = ["product", "ours"] if arguments.ours_only else list(ENGINES)
        report(n, d, engines, arguments.threads, arguments.repeats)


if __name__ == "__main__":
    main()
