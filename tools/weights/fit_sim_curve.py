"""Fit the calibrated scale of sim of a model on labelled photographs, and show what it is worth on others.

Usage: python tools/weights/fit_sim_curve.py PHOTOS [--model NAME]

PHOTOS holds the sets named below, each with a MANIFEST.tsv. Prints the points that go into the model's declaration, and
three tables.

What is fitted are cuts, not pairs: a merge of average linkage happens at the mean distance of all pairs between its two
parts, so the height at which clusters are right is not the distance at which single pairs are.

- 0.75 the same shot, 0.50 the same object or scene from another side, 0.25 the same kind of thing: the height at which
  the mean of B-cubed F1 and adjusted Rand index of average linkage, averaged over the sets of that level, is best (the
  middle of the heights that come within PLATEAU of it);
- 0.90 lightly edited copies: the median distance of a picture to its copies recompressed, toned, captioned, or with a
  narrow border cut off;
- 0.05 unrelated: the median distance of pictures of different groups;
- 1 is distance 0, and 0 is distance 2, the largest there is.

The photographs of bursts are simulated (`burst_frames`): no labelled set of real bursts is at hand.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from burst_frames import burst_frames
from edited_copies import edited_copies
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import adjusted_rand_score

from imagecluster.cut import flat_clusters
from imagecluster.cut.sim_scale import SimScale, calibrated
from imagecluster.decode import decode
from imagecluster.embed import Embedder
from imagecluster.errors import DecodeError
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, find_model

SOURCE_PX = 340
"""Short side of the pictures that are edited or shaken."""
FLATTEST = 12.0
"""A picture whose grey levels deviate less is nothing to tell frames or copies by."""
N_SOURCES, N_VIEWS, N_A_KIND = 22, 44, 40
"""Pictures that are edited or shaken, of a set and of the objects, and pictures of each kind."""
LIGHT_EDITS = (1, 4, 12, 13, 15)
"""Numbers of `edited_copies`: JPEG quality 30, 90 % of the area, less contrast, more colour, a caption."""
HEIGHTS = np.arange(0.01, 1.2, 0.01)
PLATEAU = 0.01


class Set(NamedTuple):
    """A labelled set."""

    name: str
    level: float
    """The sim at which its groups should be the clusters."""
    is_fitted: bool
    X: NDArray[np.float32]
    groups: NDArray[np.str_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    embedder = Embedder(find_model(arguments.model))
    sets = labelled_sets(arguments.photos, embedder)
    points = fitted(sets, edited(arguments.photos, embedder))
    print(f"{embedder.model.identity}\nsim_curve={tuple((round(h, 3), s) for h, s in points)},\n")
    show(sets, calibrated(points))


def fitted(sets: list[Set], copies: list[NDArray[np.float32]]) -> list[tuple[float, float]]:
    """Points (height, sim) of the curve."""
    light = np.concatenate([1 - X[LIGHT_EDITS, :] @ X[0] for X in copies])
    points = [(0.0, 1.0), (float(np.median(light)), 0.9)]
    for level in (0.75, 0.5, 0.25):
        chosen = [known for known in sets if known.level == level and known.is_fitted]
        mean = np.mean([scores(known) for known in chosen], axis=(0, 1))
        points.append((float(np.median(HEIGHTS[mean >= mean.max() - PLATEAU])), level))
    kinds = [known for known in sets if known.level <= 0.5 and known.is_fitted]
    points.append((float(np.median(np.concatenate([between_groups(known) for known in kinds]))), 0.05))
    return [*points, (2.0, 0.0)]


def show(sets: list[Set], scale: SimScale) -> None:
    """Tables: each set at its own sim and at best; each set at a row of sims; pair distances."""
    print("| set | groups are | fitted on | B-cubed F1 at that sim | best | ARI at that sim | best | best at sim |")
    print("|---|---|---|---|---|---|---|---|")
    for known in sets:
        at = int(np.argmin(np.abs(HEIGHTS - scale.height(known.level))))
        f1, ari = scores(known)
        both = (f1 + ari) / 2
        best = float(np.median(HEIGHTS[both >= both.max() - PLATEAU]))
        print(
            f"| {known.name} | {known.level} | {'yes' if known.is_fitted else ''} | {f1[at]:.3f} | {f1.max():.3f} | "
            f"{ari[at]:.3f} | {ari.max():.3f} | {scale.sim(best):.2f} |"
        )
    sims = np.array([0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9])
    print("\nB-cubed F1 by sim\n\n| set | " + " | ".join(map(str, sims)) + " |\n" + "|---" * (len(sims) + 1) + "|")
    for known in sets:
        at = np.argmin(np.abs(HEIGHTS[:, None] - scale.height(sims)), axis=0)
        print(f"| {known.name} | " + " | ".join(f"{value:.2f}" for value in scores(known)[0][at]) + " |")
    print("\nsim of pairs, by their distance\n\n| set | same group: 5 % | 50 % | 95 % | others: 5 % | 50 % | 95 % |")
    print("|---|---|---|---|---|---|---|")
    for known in sets:
        same, others = within_groups(known), between_groups(known)
        quantiles = [scale.sim(float(np.quantile(d, 1 - q))) for d in (same, others) for q in (0.05, 0.5, 0.95)]
        print(f"| {known.name} | " + " | ".join(f"{value:.2f}" for value in quantiles) + " |")


def scores(known: Set) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """B-cubed F1 and adjusted Rand index of average linkage cut at each of HEIGHTS."""
    tree = average_linkage(known.X)
    labels = [flat_clusters(tree, height) for height in HEIGHTS]
    f1 = [bcubed_f1(known.groups, label) for label in labels]
    return np.array(f1), np.array([adjusted_rand_score(known.groups, label) for label in labels])


def bcubed_f1(groups: NDArray[np.str_], labels: NDArray[np.int64]) -> float:
    """B-cubed F1 (Amigo et al. 2009)."""
    same_group, same_label = groups[:, None] == groups, labels[:, None] == labels
    both = (same_group & same_label).sum(1)
    precision, recall = (both / same_label.sum(1)).mean(), (both / same_group.sum(1)).mean()
    return float(2 * precision * recall / (precision + recall))


def within_groups(known: Set) -> NDArray[np.float64]:
    """Distances of all pairs of one group."""
    return _pairs(known, known.groups[:, None] == known.groups)


def between_groups(known: Set) -> NDArray[np.float64]:
    """Distances of all pairs of different groups."""
    return _pairs(known, known.groups[:, None] != known.groups)


def _pairs(known: Set, which: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray((1 - known.X @ known.X.T)[np.triu(which, 1)], np.float64)


def labelled_sets(photos: Path, embedder: Embedder) -> list[Set]:
    """All sets, fitted ones first within their level."""
    rng = np.random.default_rng(0)
    objects = list(_files(photos / "objects_ukbench"))
    number_of = {group: int(group.removeprefix("ukb")) for group, _ in objects}
    halves = [[file for file in objects if number_of[file[0]] % 2 == parity] for parity in (0, 1)]
    garments = list(_files(photos / "categories_clothing"))
    kinds = sorted({group for group, _ in garments})

    def shaken(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Image.Image]]:
        for path, image in _sources(files, N_VIEWS):
            for frame in (image, *burst_frames(image, 3, rng)):
                yield path, frame

    def bursts(name: str) -> Iterator[tuple[str, Image.Image]]:
        return shaken(list(_files(photos / name, labelled=False))[: 2 * N_SOURCES : 2])

    def made(name: str, level: float, is_fitted: bool, pictures: Iterable[tuple[str, Path | Image.Image]]) -> Set:
        groups, vectors = [], []
        for group, picture in pictures:
            groups.append(group)
            vectors.append(embedder(_image(picture, embedder.model.geometry.short_side_px)))
        return Set(name, level, is_fitted, np.array(vectors), np.array(groups))

    return [
        made("bursts of exif_samples", 0.75, True, bursts("exif_samples")),
        made("bursts of objects_ukbench, even", 0.75, True, shaken(halves[0])),
        made("bursts of objects_ukbench, odd", 0.75, False, shaken(halves[1])),
        made("bursts of scenes_sfm", 0.75, False, bursts("scenes_sfm")),
        made("bursts of categories_clothing", 0.75, False, bursts("categories_clothing")),
        made("objects_ukbench, even", 0.5, True, halves[0]),
        made("objects_ukbench, odd", 0.5, False, halves[1]),
        made("scenes_sfm", 0.5, False, _files(photos / "scenes_sfm")),
        made("many_landscapes", 0.25, True, _some_of_each(photos / "many_landscapes")),
        made("categories_clothing, five kinds", 0.25, True, [file for file in garments if file[0] in kinds[:5]]),
        made("categories_clothing, five others", 0.25, False, [file for file in garments if file[0] in kinds[5:]]),
        made("many_flowers", 0.25, False, _some_of_each(photos / "many_flowers")),
    ]


def edited(photos: Path, embedder: Embedder) -> list[NDArray[np.float32]]:
    """Fingerprints of `edited_copies`, picture by picture."""
    found = []
    for name in ("albums_pigallery", "exif_samples"):
        for _, image in _sources(list(_files(photos / name, labelled=False))[::2]):
            side_px = embedder.model.geometry.short_side_px
            found.append(np.array([embedder(_image(edit, side_px)) for edit in edited_copies(image)]))
    return found


def _sources(files: Iterable[tuple[str, Path]], limit: int = N_SOURCES) -> Iterator[tuple[str, Image.Image]]:
    """Up to `limit` pictures that are worth editing, with their paths."""
    n_found = 0
    for _, path in files:
        if n_found == limit:
            return
        try:
            image = _image(path, SOURCE_PX)
        except DecodeError:
            continue
        if np.asarray(image.convert("L")).std() >= FLATTEST:
            yield str(path), image
            n_found += 1


def _image(picture: Path | Image.Image, short_side_px: int) -> Image.Image:
    """A picture with this short side."""
    if isinstance(picture, Path):
        return decode(picture.read_bytes(), short_side_px=short_side_px).image
    factor = short_side_px / min(picture.size)
    width, height = (max(short_side_px, round(side * factor)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _files(folder: Path, *, labelled: bool = True) -> Iterator[tuple[str, Path]]:
    """Group and path of the readable pictures of a set."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            is_plain = row["opens_in_pillow"] == "1" and row["format"] in ("JPEG", "PNG", "WEBP")
            if is_plain and (row["group"] or not labelled):
                yield row["group"], folder / row["path"]


def _some_of_each(folder: Path) -> list[tuple[str, Path]]:
    """N_A_KIND files of each group."""
    by_group: dict[str, list[Path]] = {}
    for group, path in _files(folder):
        by_group.setdefault(group, []).append(path)
    return [(group, path) for group, paths in by_group.items() for path in paths[:: len(paths) // N_A_KIND][:N_A_KIND]]


if __name__ == "__main__":
    main()
