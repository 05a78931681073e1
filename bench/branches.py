"""The cut by branch: time and peak memory of computing the new heights of a dendrogram, once per tree.

    python bench/branches.py                     # 50,000 and 1,000,000 leaves
    python bench/branches.py --sizes 200000 --trees groups chain

Trees: `groups`, whose merges are as evenly spread as those of photographs, and `chain`, in which each leaf joins all
those before it, the slowest there is. Each runs in a process of its own. `heights` is computed once for a dendrogram
and kept; `blend` is computed at each start of a command; `flat` is a cut at one height of the result.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from imagecluster.cut import flat_clusters
from imagecluster.cut.branch import branch_heights, by_branch, merge_places
from imagecluster.cut.pruned import pruned
from imagecluster.cut.sim_scale import calibrated
from imagecluster.models import DEFAULT_MODEL, MODELS
from imagecluster.records import Dendrogram

MEBIBYTE = 1 << 20


def tree_of(n: int, kind: str) -> Dendrogram:
    """A dendrogram of n leaves whose heights are spread as those of photographs are, around 0.6."""
    rng = np.random.default_rng(0)
    gap = rng.beta(6.0, 4.0, n - 1)
    if kind == "chain":
        gap.sort()
    order = np.arange(n)
    return pruned(Dendrogram(np.empty((0, 4)), 1.0, order, gap), np.empty(0, np.int64))[0]


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time of a call, which uses one core, and what it returns."""
    started = time.process_time()
    found = call()
    return time.process_time() - started, found


def peak_bytes() -> int:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(n: int, kind: str) -> dict[str, float]:
    """Seconds of each step, and the memory that the heights take in addition."""
    tree = tree_of(n, kind)
    model = MODELS[DEFAULT_MODEL]
    flat, branch = calibrated(model.sim_curve), calibrated(model.branch_curve)
    before = peak_bytes()
    heights_s, heights = seconds(lambda: branch_heights(tree))
    more = peak_bytes() - before
    places_s, places = seconds(lambda: merge_places(tree))
    blend_s, new = seconds(lambda: by_branch(tree, flat, branch, heights=heights, places=places))
    cut_s, _ = seconds(lambda: flat_clusters(new, flat.height(0.5)))
    return {"heights": heights_s, "places": places_s, "blend": blend_s, "flat": cut_s, "MiB": more / MEBIBYTE}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[50_000, 1_000_000])
    parser.add_argument("--trees", nargs="+", choices=("groups", "chain"), default=["groups"])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(int(arguments.one[0]), arguments.one[1])))
        return
    print(f"{'leaves':>9}  {'tree':<7}{'heights s':>10}{'places s':>10}{'blend s':>9}{'flat s':>8}{'more MiB':>10}")
    for n in arguments.sizes:
        for kind in arguments.trees:
            command = [sys.executable, __file__, "--one", str(n), kind]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{n:>9,}  {kind:<7}{found['heights']:>10.2f}{found['places']:>10.2f}{found['blend']:>9.2f}"
                f"{found['flat']:>8.2f}{found['MiB']:>10.0f}"
            )


if __name__ == "__main__":
    main()
