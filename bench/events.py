"""How well trips, events, scenes and bursts are found, and how fast.

    python bench/events.py PHOTOS            # PHOTOS/trips_meta/*.tsv; see events_truth.py for what is known of them
    python bench/events.py PHOTOS --only speed

For each level: B-cubed F (Bagga and Baldwin 1998) and the adjusted Rand index (ARI) of the method, of fixed gaps, the
calendar day, DBSCAN in time and place, PhotoTOC (Platt, Czerwinski and Field 2003) and the program's own time weight.
Only pictures whose truth is known count; a level of which all pictures are in one group has no ARI.

With leave-one-collection-out the numbers of a rule are chosen on the other collections and scored on the one left out.
There are three collections of two owners and two kinds, all of them away from home: this tells a bad rule from a good
one, but not two good ones.

Speed: find_occasions on made-up collections, as ratio to sorting and to one pass over the fingerprints, which no method
that looks at content can do without; and find_events on a database of the first of them, which also reads what is known
of each picture, looks at thumbnails for bursts, names everything and keeps it, as ratio to reading the fingerprints.
"""

from __future__ import annotations

import argparse
import io
import itertools
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from events_truth import LEVELS, Known, known_collections
from imagecluster import cut
from imagecluster.collection.events import find_events
from imagecluster.collection.fingerprinting import THUMBNAIL_PX
from imagecluster.events import EventSettings, Moments, Occasions, find_occasions
from imagecluster.events.globe import points_km
from imagecluster.functions import dendrogram
from imagecluster.records import Exposure, ImageFile, Metadata, Place, Taken
from imagecluster.store import OCCASIONS_NAME, Batch, HashedFile, Store

HOUR_S, DAY_S = 3600.0, 86_400.0
Labels = NDArray[np.int64]
Method = Callable[[Known], Labels]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--only", choices=("quality", "speed"))
    arguments = parser.parse_args()
    if arguments.only != "speed":
        collections = known_collections(arguments.photos / "trips_meta")
        for level in LEVELS:
            table(level, collections)
        left_out(collections)
    if arguments.only != "quality":
        speed()


# ---- scores


def b_cubed(found: Labels, truth: NDArray[np.str_]) -> float:
    """Harmonic mean of the mean precision and the mean recall of the groups of pictures."""
    rows = np.flatnonzero(truth != "")
    if not len(rows):
        return np.nan
    a, b = (np.unique(labels[rows], return_inverse=True)[1] for labels in (found, truth))
    both = np.unique(np.stack([a, b]), axis=1, return_inverse=True)[1].reshape(-1)
    n_both = np.bincount(both)[both]
    precision, recall = np.mean(n_both / np.bincount(a)[a]), np.mean(n_both / np.bincount(b)[b])
    return float(2 * precision * recall / (precision + recall))


def ari(found: Labels, truth: NDArray[np.str_]) -> float:
    rows = np.flatnonzero(truth != "")
    return float(adjusted_rand_score(truth[rows], found[rows])) if len(np.unique(truth[rows])) > 1 else np.nan


def table(level: str, collections: Sequence[Known]) -> None:
    measured = [known for known in collections if (known.truth[level] != "").any()]
    print(f"\n{level}: B-cubed F and ARI")
    print(f"{'':28}" + "".join(f"{known.name:>18}" for known in measured) + f"{'mean F':>9}")
    for name, method in methods(level).items():
        scores = [(b_cubed(found, known.truth[level]), ari(found, known.truth[level]))
                  for known in measured for found in [method(known)]]  # fmt: skip
        cells = "".join(f"{f:>11.3f}{number(rand)}" for f, rand in scores)
        print(f"{name:28}{cells}{np.mean([f for f, _ in scores]):>9.3f}")


def number(value: float) -> str:
    return f"{'-' if np.isnan(value) else f'{value:.3f}':>7}"


# ---- methods


def methods(level: str) -> dict[str, Method]:
    gaps = {
        "trip": (2 * DAY_S, 14 * DAY_S),
        "stay": (12 * HOUR_S, DAY_S),
        "event": (HOUR_S, 2 * HOUR_S, 6 * HOUR_S),
        "scene": (120.0, 240.0, 600.0),
        "burst": (1.0, 10.0, 30.0),
    }[level]
    found: dict[str, Method] = {"imagecluster": lambda known: of_level(known, level)}
    found |= {f"gap {words(gap_s)}": partial(by_gap, gap_s=gap_s) for gap_s in gaps}
    if level in ("stay", "event"):
        found["calendar day"] = by_day
        found["PhotoTOC"] = phototoc
        found["DBSCAN 2 h, 1 km"] = partial(dbscan, reach_s=2 * HOUR_S, reach_km=1.0)
        found["time weight 0.3, 1 h"] = partial(time_weight, scale_s=HOUR_S)
    return found


def words(gap_s: float) -> str:
    return f"{gap_s / DAY_S:g} d" if gap_s >= DAY_S else f"{gap_s / HOUR_S:g} h" if gap_s >= HOUR_S else f"{gap_s:g} s"


def of_level(known: Known, level: str, settings: EventSettings | None = None) -> Labels:
    """Labels of the method; bursts are found with the likenesses of the table."""
    found = find_occasions(known.plain if level == "burst" else known.moments, None, settings)
    return labels(found, len(known.moments.names), level)


def labels(found: Occasions, n: int, level: str) -> Labels:
    label = np.full(n, -1)
    parts: Mapping[str, Sequence[Sequence[int]]] = {
        "trip": [trip.rows for trip in found.trips],
        "stay": [
            [row for event in trip.events[stay.first : stay.first + stay.n_events] for row in event.rows]
            for trip in found.trips
            for stay in trip.stays
        ]
        + [trip.rows for trip in found.trips if not trip.stays],
        "event": [event.rows for event in found.events()],
        "scene": [scene.rows for event in found.events() for scene in event.scenes],
        "burst": [burst.rows for event in found.events() for scene in event.scenes for burst in scene.bursts],
    }
    for number, rows in enumerate(parts[level]):
        label[list(rows)] = number
    return label


def by_gap(known: Known, gap_s: float) -> Labels:
    return at_boundaries(known.moments, lambda gaps: gaps > gap_s)


def at_boundaries(moments: Moments, boundary: Callable[[NDArray[np.float64]], NDArray[np.bool_]]) -> Labels:
    order = np.argsort(moments.instant_s, kind="stable")
    label = np.zeros(len(order), np.int64)
    label[order[1:]] = np.cumsum(boundary(np.diff(moments.instant_s[order])))
    return label


def by_day(known: Known) -> Labels:
    return np.floor((known.moments.instant_s + known.moments.zone_s) / DAY_S).astype(np.int64)


def phototoc(known: Known) -> Labels:
    """A gap is a boundary if its logarithm exceeds the mean of those of ten gaps on both sides by log 17."""

    def boundary(gaps: NDArray[np.float64]) -> NDArray[np.bool_]:
        log_gap = np.log(np.maximum(gaps, 1.0))
        around = [log_gap[max(0, i - 10) : i + 11].mean() for i in range(len(log_gap))]
        return log_gap >= np.log(17) + np.array(around)

    return at_boundaries(known.moments, boundary)


def dbscan(known: Known, reach_s: float, reach_km: float) -> Labels:
    """Pictures are neighbours if they are near in time, and in place where both places are known."""
    m = known.moments
    apart = np.abs(m.instant_s[:, None] - m.instant_s[None]) / reach_s
    points = points_km(m.latitude_deg, m.longitude_deg)
    km = np.linalg.norm(points[:, None] - points[None], axis=2) / reach_km
    return DBSCAN(eps=1.0, min_samples=1, metric="precomputed").fit_predict(np.maximum(apart, np.nan_to_num(km)))


def time_weight(known: Known, scale_s: float) -> Labels:
    m = known.moments
    tree = dendrogram(m.vectors, times_s=m.instant_s, time_weight=0.3, time_scale_s=scale_s)
    return cut.flat_clusters(tree, cut.cut_height(tree, sim=0.5))


# ---- leave one collection out

RULES: dict[str, dict[str, Sequence[float]]] = {
    "plain gap": {"power": (0.0,), "content": (0.0,), "density": (0.0,)},
    "effective gap": {"power": (0.35, 0.7), "content": (1.0, 2.0), "density": (0.0,)},
    "gap by density": {"power": (0.0,), "content": (0.0,), "density": (0.15, 0.3, 0.45)},
    "effective gap by density": {"power": (0.35, 0.7), "content": (1.0, 2.0), "density": (0.15, 0.3, 0.45)},
}
GAPS_S = (1800.0, 2400.0, 3000.0, 3600.0, 5400.0, 7200.0, 10_800.0)


def left_out(collections: Sequence[Known]) -> None:
    """Print for each rule the best mean F on all collections, and the mean of those left out."""
    print("\nevent: B-cubed F of rules whose numbers were chosen on the other collections")
    print(f"{'':28}" + "".join(f"{known.name:>18}" for known in collections) + f"{'mean':>9}{'fitted to all':>15}")
    for name, grid in RULES.items():
        choices = list(itertools.product(GAPS_S, *grid.values()))
        scores = np.array([[f_of_events(known, choice) for known in collections] for choice in choices])
        own = []
        for number in range(len(collections)):
            others = np.delete(scores, number, axis=1).mean(axis=1)
            own.append(scores[int(np.argmax(others)), number])
        cells = "".join(f"{f:>18.3f}" for f in own)
        print(f"{name:28}{cells}{np.mean(own):>9.3f}{scores.mean(axis=1).max():>15.3f}")
    ours = [b_cubed(of_level(known, "event"), known.truth["event"]) for known in collections]
    print(f"{'as it is':28}" + "".join(f"{f:>18.3f}" for f in ours) + f"{np.mean(ours):>9.3f}")


def f_of_events(known: Known, choice: tuple[float, ...]) -> float:
    gap_s, power, content, density = choice
    settings = EventSettings(
        event_gap_s=gap_s, event_distance_power=power, event_content_weight=content, event_density_weight=density
    )
    return b_cubed(of_level(known, "event", settings), known.truth["event"])


# ---- speed


def speed() -> None:
    print("\nspeed: times that of sorting by time, and that of the cosines of neighbours; peak memory over the input's")
    for name, n, one_day in (("100,000 of 14 years", 100_000, False), ("50,000 of one day", 50_000, True)):
        made = made_up(n, one_day=one_day)
        sort_s = least_time(lambda made=made: np.argsort(made.instant_s, kind="stable"))
        pass_s = least_time(lambda made=made: np.einsum("ij,ij->i", made.vectors[1:], made.vectors[:-1]))
        own_s = least_time(lambda made=made: find_occasions(made), repeat=2)
        tracemalloc.start()
        find_occasions(made)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"{name:22}{own_s:6.2f} s {own_s / sort_s:8.0f} x sorting {own_s / pass_s:6.1f} x one pass"
            f"{peak / n:8.0f} bytes a picture ({peak / made.vectors.nbytes:.2f} of the fingerprints)"
        )
    with tempfile.TemporaryDirectory() as folder:
        whole(Path(folder), made_up(100_000, one_day=False))


def whole(folder: Path, made: Moments) -> None:
    """Times from a database to the tree with its names: made, and kept from the time before."""
    model, n = "toy@1", len(made.names)
    shown = [noise(seed) for seed in range(64)]
    hashes = [number.to_bytes(16, "big") for number in range(n)]
    with Store.open(folder / "db", root=folder) as store:
        for start in range(0, n, 5_000):
            rows = range(start, min(n, start + 5_000))
            files = [HashedFile(ImageFile(folder / made.names[row], 1, 10**18), hashes[row]) for row in rows]
            metadata = {hashes[row]: said_of(made, row) for row in rows}
            store.commit(Batch(tuple(files), metadata, {hashes[row]: made.vectors[row] for row in rows}), model=model)
        store.keep_leaves(model)
        with store.thumbnails() as thumbnails:
            for row, content_hash in enumerate(hashes):
                thumbnails.put(content_hash, shown[row // 8 % len(shown)], side_px=THUMBNAIL_PX)
        read_s = least_time(lambda: store.vectors(model, hashes))
        for state in ("made", "made, with kept greys", "kept"):
            if state == "made, with kept greys":
                shutil.rmtree(store.directory / OCCASIONS_NAME)
            start_s = time.perf_counter()
            found = find_events(store, model)
            own_s = time.perf_counter() - start_s
            print(
                f"find_events, {state:22}{own_s:6.2f} s {own_s / read_s:6.1f} x reading the fingerprints"
                f"  ({found.n_dated:,} pictures in {len(found.events):,} events)"
            )


def noise(seed: int) -> bytes:
    """A thumbnail."""
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((THUMBNAIL_PX * 4 // 3, THUMBNAIL_PX)).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def said_of(made: Moments, row: int) -> Metadata:
    """What a picture of a made-up collection says."""
    taken = Taken(float(made.instant_s[row]), 0, "second", "EXIF DateTimeOriginal", "EXIF OffsetTime")
    where = float(made.latitude_deg[row]), float(made.longitude_deg[row])
    place = None if np.isnan(where[0]) else Place(*where, "EXIF")
    return Metadata(4000, 3000, "JPEG", taken, place, camera=made.cameras[row], exposure=Exposure(0.01))


def least_time(work: Callable[[], object], repeat: int = 5) -> float:
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def made_up(n: int, *, one_day: bool, n_dimensions: int = 512) -> Moments:
    """Pictures of 1,500 days in 14 years, or of one day, three cameras, every ninth week on a trip, 30 % without place.

    Eight pictures in a row show the same, so that every pair of neighbours of a camera is looked at closely.
    """
    rng = np.random.default_rng(0)
    days = np.zeros(1, np.int64) if one_day else np.sort(rng.choice(14 * 365, 1500, replace=False))
    day = rng.choice(days, n)
    instant_s = day * DAY_S + rng.uniform(8, 22, n) * HOUR_S
    order = np.argsort(instant_s)
    day, instant_s = day[order], instant_s[order]
    week = day // 7
    places = rng.normal(0, 1, (int(week.max()) + 1, 2)) * (30, 80)
    at = np.where((week % 9 == 8)[:, None], places[week], (52.5, 13.4)) + rng.normal(0, 0.05, (n, 2))
    at = np.stack([np.clip(at[:, 0], -89, 89), (at[:, 1] + 180) % 360 - 180], axis=1)
    at[rng.random(n) < 0.3] = np.nan
    subject = np.arange(n) // 24 * 3 + np.arange(n) % 3
    vectors = rng.normal(size=(subject.max() + 1, n_dimensions)).astype(np.float32)[subject]
    vectors += 0.5 * rng.normal(size=(n, n_dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    greys = rng.integers(0, 256, (n, 32, 32)).astype(np.uint8)
    return Moments(
        instant_s=instant_s,
        zone_s=np.full(n, HOUR_S),
        latitude_deg=at[:, 0],
        longitude_deg=at[:, 1],
        cameras=tuple(f"camera {number % 3}" for number in range(n)),
        exposure_s=np.full(n, 0.01),
        iso=np.full(n, 100.0),
        f_number=np.full(n, 2.8),
        focus_m=np.full(n, np.nan),
        names=tuple(f"{number:07d}.jpg" for number in range(n)),
        vectors=vectors,
        load_grey=lambda rows: greys[rows],
    )


if __name__ == "__main__":
    main()
