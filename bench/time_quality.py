"""What time adds to the groups: the same subjects on two trips, five weeks apart, with and without time.

    python bench/time_quality.py PHOTOS            # with the exact kernel, as small collections have it
    python bench/time_quality.py PHOTOS --waves    # with the approximation that large ones have

Each group of a labelled set is photographed on both trips: its first half on the first, the rest on the second; the
pictures of a group within minutes, the groups of a trip over three days. True groups are subject and trip. The adjusted
Rand index (ARI) of average linkage is given for the best cut and for the one at sim 0.5, on the relative scale.

The album has its own EXIF times; its true groups are outings, told apart by 12 hours without a picture. They are made
from the times, so that they only show what time does to real pictures, not how good a guess it is.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from imagecluster import cut
from imagecluster.collection import Settings
from imagecluster.embed import Embedder
from imagecluster.functions import dendrogram, fingerprint
from imagecluster.functions.running import run
from imagecluster.linkage import time_kernel as timekernel
from imagecluster.models import DEFAULT_MODEL, find_model
from quality import fingerprints

SIMS = np.linspace(0.0, 1.0, 101)
SETS = ("objects_ukbench", "scenes_sfm", "copies_clothing")
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
SCALES_H = (1.0, 6.0, 24.0)
DAY_S = 86_400.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--waves", action="store_true")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    if arguments.waves:
        timekernel.is_exact = never
    model = find_model(arguments.model)
    embedder = Embedder(model)
    for name in SETS:
        found = fingerprints(arguments.photos / name, model, [embedder])
        labelled = np.flatnonzero(np.array(found.groups) != "")
        X, groups = found.vectors[labelled], np.array(found.groups)[labelled]
        trips, times_s = two_trips(groups, np.random.default_rng(0))
        truth = np.char.add(groups, np.where(trips == 0, "/first", "/second"))
        report(f"{name}, subject and trip", X, truth, trips, times_s)
    X, times_s = album(arguments.photos / "albums_pigallery" / "demo", model.name)
    order = np.argsort(times_s)
    outing = np.empty(len(X), np.int64)
    outing[order] = np.cumsum(np.diff(times_s[order], prepend=-np.inf) > DAY_S / 2)
    report("albums_pigallery, outings", X, outing.astype(str), outing, times_s)


def album(folder: Path, model: str) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Fingerprints and EXIF times of the pictures of a folder that have one."""
    settings = Settings(model=model, time_weight=0.5, time_source="exif", links="none", page=False)
    with tempfile.TemporaryDirectory() as directory:
        found = run([folder], settings, db=Path(directory) / "db")
    assert found.time is not None
    dated = np.flatnonzero(~np.isnan(found.time.times_s))
    return fingerprint([found.paths[row] for row in dated], model=model).vectors, found.time.times_s[dated]


def report(
    name: str,
    X: NDArray[np.float32],
    truth: NDArray[np.str_],
    trips: NDArray[np.int64],
    times_s: NDArray[np.float64],
) -> None:
    print(f"\n{name}: {len(X)} pictures, {len(np.unique(truth))} groups")
    print(f"{'scale':>8}{'weight':>8}{'best ARI':>10}{'at sim':>8}{'ARI 0.5':>9}{'trips mixed':>13}")
    for scale_h in SCALES_H:
        for weight in WEIGHTS:
            print(f"{scale_h:>6g} h{weight:>8g}" + scores(X, truth, trips, times_s, weight, scale_h * 3600))


def never(n_images: int, n_times: int) -> bool:
    """In place of `timekernel.is_exact`."""
    return False


def two_trips(groups: NDArray[np.str_], rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Trip (0 or 1) and time in seconds of each picture."""
    trips = np.zeros(len(groups), np.int64)
    times_s = np.zeros(len(groups))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        for trip, half in enumerate((members[: len(members) // 2], members[len(members) // 2 :])):
            trips[half] = trip
            begin = trip * 35 * DAY_S + rng.integers(3) * DAY_S + rng.random() * 10 * 3600
            times_s[half] = begin + np.cumsum(rng.exponential(60.0, len(half)))
    return trips, np.round(times_s)


def scores(
    X: NDArray[np.float32],
    truth: NDArray[np.str_],
    trips: NDArray[np.int64],
    times_s: NDArray[np.float64],
    weight: float,
    scale_s: float,
) -> str:
    """Rest of the line; the last figure is the share of pictures, at the best cut, in clusters of several trips."""
    tree = dendrogram(X, times_s=times_s, time_weight=weight, time_scale_s=scale_s)
    labels = [cut.flat_clusters(tree, cut.cut_height(tree, sim=sim)) for sim in SIMS]
    found = [adjusted_rand_score(truth, label) for label in labels]
    best = int(np.argmax(found))
    n_clusters = labels[best].max() + 1
    several = [len(np.unique(trips[labels[best] == number])) > 1 for number in range(n_clusters)]
    mixed = np.mean([several[label] for label in labels[best]])
    return f"{found[best]:>10.3f}{SIMS[best]:>8.2f}{found[50]:>9.3f}{mixed:>13.2f}"


if __name__ == "__main__":
    main()
