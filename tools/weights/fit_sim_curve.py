"""Fit the two curves of the calibrated scale of sim of models, and show what they are worth on other pictures.

Usage: python tools/weights/fit_sim_curve.py PHOTOS PACKAGES [--model NAME ...]

Prints the points that go into each model's declaration, `sim_curve` (heights of the dendrogram) and `branch_curve`
(positions of the cut by branch), and what they give on pictures that were not fitted.

PACKAGES holds unpacked packages with pictures (`package_pictures`), PHOTOS the sets named below, each with a
MANIFEST.tsv. Fitted are: photographs and cut-outs of packages, their simulated edits, bursts and views, and the three
sets of PHOTOS in `FITTED_SETS`, which serve for the networks' statistics too. All other sets of PHOTOS only test.

What is fitted are cuts, not pairs: a merge of average linkage happens at the mean distance of all pairs between its two
parts, so the height at which clusters are right is not the distance at which single pairs are. Each level has libraries
of its own:

- 0.9 lightly edited copies: the position at which half of them are in one cluster with their original, but at most
  MOST_OF_A_SHOT of that of 0.75, since some edits change a picture more than the next frame of a burst does;
- 0.75 the same shot again, with other views of the same thing or scene beside it;
- 0.5 the same thing or scene from another side, with others of the same kind beside it;
- 0.25 the same kind of thing;
- 0.05 unrelated: the median distance of pictures of different groups;
- 1 is distance 0, and 0 is distance 2, the largest there is.

Those of 0.75 and 0.25 are where the mean of B-cubed F1 and adjusted Rand index of the cut, averaged over the libraries
of the level, is best (the middle of the positions that come within PLATEAU of it). That of 0.5 is the largest position
that comes within 2 x PLATEAU, since simulated views are easier than photographs from the other side. The positions that
come as near to it are printed too: it may be chosen among them by looking at what is joined there. Kinds are cut at one
height for all branches, so that below 0.5 the branch curve only follows the other: in the ratio of both at 0.5.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from burst_frames import burst_frames
from edited_copies import edited_copies
from numpy.typing import NDArray
from package_pictures import cutouts, photographs, several_views
from PIL import Image
from simulated_views import scene_views, thing_views

from imagecluster.cut import flat_clusters
from imagecluster.cut.branch import branch_heights, merge_places
from imagecluster.cut.sim_scale import calibrated
from imagecluster.decode import decode
from imagecluster.embed import load_embedders
from imagecluster.errors import DecodeError
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, Model, find_model, joined
from imagecluster.records import Dendrogram

FITTED_SETS = ("albums_pigallery", "many_flowers", "many_landscapes")
"""The album, and the kinds."""
COPIES, SHOTS, THINGS, KINDS = 0.9, 0.75, 0.5, 0.25
"""Levels."""
MOST_OF_A_SHOT = 0.75
TOO_ALIKE = 0.8
"""Two sources whose grey levels correlate more, at some turn, are one picture."""
SOURCE_PX = 340
"""Short side of the pictures that are edited, shaken or seen from elsewhere."""
FLATTEST = 12.0
"""A picture whose grey levels deviate less is nothing to tell frames or copies by."""
N_PHOTOS, N_CUTOUTS = 22, 60
"""Pictures of an album, and cut-outs, that are edited or shaken."""
N_A_KIND, N_STRANGERS = 40, 20
"""Pictures of each kind where kinds are the groups, and where they are to stay apart."""
N_VIEWS, N_FRAMES = 3, 3
N_VIEWS_WITH_BURSTS = 2
LIGHT_EDITS = (1, 4, 12, 13, 15)
"""Numbers of `edited_copies`: JPEG quality 30, 90 % of the area, less contrast, more colour, a caption."""
POSITIONS = np.geomspace(0.004, 1.6, 200)
"""Heights, and positions of the cut by branch, that are tried."""
PLATEAU = 0.01

Pictures = Iterable[tuple[str, Path | Image.Image]]
"""Group and picture."""


class Library(NamedTuple):
    """Pictures whose groups should be the clusters at one sim."""

    name: str
    level: float
    is_fitted: bool
    groups: NDArray[np.int64]
    flat: Dendrogram
    branch: Dendrogram
    """The same tree, whose gaps are positions of the cut by branch."""
    unrelated: float
    """Median distance of pictures of different groups."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--model", nargs="+", default=[DEFAULT_MODEL], metavar="NAME")
    arguments = parser.parse_args()
    models = [find_model(name) for name in arguments.model]
    for model, libraries in zip(models, all_libraries(arguments.photos, arguments.packages, models), strict=True):
        flat = fitted_flat(libraries)
        branch = fitted_by_branch(libraries, flat)
        print(f"## {model.identity}\n")
        for name, points in (("sim_curve", flat), ("branch_curve", branch)):
            print(f"{name}={tuple((round(height, 3), sim) for height, sim in points)},")
        for name, tree_of in (("flat", flat_tree), ("by branch", branch_tree)):
            low, high = things_between(libraries, tree_of)
            print(f"{THINGS} {name}: from {low:.3f} to {high:.3f}")
        for name, tree_of, points in (("Flat", flat_tree, flat), ("By branch", branch_tree, branch)):
            print(f"\n{name}\n")
            show(libraries, tree_of, points)
        print(flush=True)


def flat_tree(known: Library) -> Dendrogram:
    """The tree with its heights."""
    return known.flat


def branch_tree(known: Library) -> Dendrogram:
    """The tree with its positions of the cut by branch."""
    return known.branch


def fitted_flat(libraries: list[Library]) -> list[tuple[float, float]]:
    """Points (height, sim) of `sim_curve`."""
    shots, kinds = (fitted(libraries, level, flat_tree) for level in (SHOTS, KINDS))
    things = things_between(libraries, flat_tree)[1]
    unrelated = np.median([known.unrelated for known in libraries if known.level <= THINGS and known.is_fitted])
    inner = ((copies_at(libraries, flat_tree, shots), COPIES), (shots, SHOTS), (things, THINGS), (kinds, KINDS))
    return [(0.0, 1.0), *inner, (max(float(unrelated), 1.1 * kinds), 0.05), (2.0, 0.0)]


def fitted_by_branch(libraries: list[Library], flat: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points (position, sim) of `branch_curve`."""
    shots, things = fitted(libraries, SHOTS, branch_tree), things_between(libraries, branch_tree)[1]
    height_of = {sim: height for height, sim in flat}
    looser = [(min(1.9, height_of[sim] * things / height_of[THINGS]), sim) for sim in (KINDS, 0.05)]
    return [
        (0.0, 1.0),
        (copies_at(libraries, branch_tree, shots), COPIES),
        (shots, SHOTS),
        (things, THINGS),
        *looser,
        (2.0, 0.0),
    ]


def fitted(libraries: list[Library], level: float, tree_of: Callable[[Library], Dendrogram]) -> float:
    """The best position for a level."""
    return best_position(mean_scores(libraries, level, tree_of))


def things_between(libraries: list[Library], tree_of: Callable[[Library], Dendrogram]) -> tuple[float, float]:
    """The range of positions among which that of things is chosen."""
    both = mean_scores(libraries, THINGS, tree_of).mean(axis=0)
    near = POSITIONS[both >= both.max() - 2 * PLATEAU]
    return float(near[0]), float(near[-1])


def mean_scores(
    libraries: list[Library], level: float, tree_of: Callable[[Library], Dendrogram]
) -> NDArray[np.float64]:
    """Scores, as by `scores`, averaged over the fitted libraries of a level."""
    chosen = [known for known in libraries if known.level == level and known.is_fitted]
    return np.asarray(np.mean([scores(tree_of(known), known.groups) for known in chosen], axis=0))


def copies_at(libraries: list[Library], tree_of: Callable[[Library], Dendrogram], shots: float) -> float:
    """The position at which half of the edited copies are with their original, if that is well below that of shots."""
    shares = np.mean(
        [
            [np.mean(with_first(flat_clusters(tree_of(known), position), known.groups)) for position in POSITIONS]
            for known in libraries
            if known.level == COPIES and known.is_fitted
        ],
        axis=0,
    )
    return min(float(POSITIONS[np.argmax(shares >= 0.5)]), MOST_OF_A_SHOT * shots)


def with_first(labels: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each picture but the first of its group is in the cluster of the first."""
    _, first = np.unique(groups, return_index=True)
    others = np.setdiff1d(np.arange(len(groups)), first)
    return np.asarray(labels[others] == labels[first[groups[others]]])


def best_position(of_positions: NDArray[np.float64]) -> float:
    """The middle of the positions whose mean of both scores is best; scores as by `scores`."""
    both = of_positions.mean(axis=0)
    return float(np.median(POSITIONS[both >= both.max() - PLATEAU]))


def show(libraries: list[Library], tree_of: Callable[[Library], Dendrogram], points: list[tuple[float, float]]) -> None:
    """A row for each library: its scores at its own sim and at best, and the position and sim of the best."""
    scale = calibrated(points)
    print("| library | groups are | fitted | B-cubed F1 there | best | ARI there | best | best position | its sim |")
    print("|---|---|---|---|---|---|---|---|---|")
    for known in libraries:
        found = scores(tree_of(known), known.groups)
        f1, ari = found
        at = int(np.argmin(np.abs(POSITIONS - scale.height(known.level))))
        best = best_position(found)
        print(
            f"| {known.name} | {known.level} | {'yes' if known.is_fitted else ''} | {f1[at]:.3f} | {f1.max():.3f} | "
            f"{ari[at]:.3f} | {ari.max():.3f} | {best:.3f} | {scale.sim(best):.2f} |"
        )


def scores(tree: Dendrogram, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """B-cubed F1 and adjusted Rand index of the cuts at POSITIONS, shape (2, n_positions)."""
    return np.array([f1_and_ari(flat_clusters(tree, position), groups) for position in POSITIONS]).T


def f1_and_ari(labels: NDArray[np.int64], groups: NDArray[np.int64]) -> tuple[float, float]:
    """B-cubed F1 (Amigo et al. 2009) and adjusted Rand index (Hubert & Arabie 1985)."""
    n = len(labels)
    cells, sizes = np.unique(labels * (groups.max() + 1) + groups, return_counts=True)
    of_label, of_group = np.bincount(labels), np.bincount(groups)
    squares = sizes.astype(np.float64) ** 2
    precision = (squares / of_label[cells // (groups.max() + 1)]).sum() / n
    recall = (squares / of_group[cells % (groups.max() + 1)]).sum() / n
    joint, a, b = (float((x * (x - 1.0) / 2).sum()) for x in (sizes, of_label, of_group))
    expected = a * b / (n * (n - 1) / 2)
    ari = 1.0 if joint == a == b else (joint - expected) / ((a + b) / 2 - expected)
    return 2 * precision * recall / (precision + recall), ari


def all_libraries(photos: Path, packages: Path, models: Sequence[Model]) -> list[list[Library]]:
    """The libraries of each model, fitted ones first. Pictures are made once for all models."""
    found: list[list[Library]] = [[] for _ in models]
    fingerprints = fingerprinter(models)
    for is_fitted, made in ((True, fitted_pictures(photos, packages)), (False, test_pictures(photos))):
        for name, level, pictures in made:
            names, all_vectors = fingerprints(pictures)
            groups = np.unique(names, return_inverse=True)[1]
            for X, libraries in zip(all_vectors, found, strict=True):
                libraries.append(library(name, level, is_fitted, groups, X))
    return found


def library(name: str, level: float, is_fitted: bool, groups: NDArray[np.int64], X: NDArray[np.float32]) -> Library:
    """A library of pictures with these fingerprints."""
    flat = average_linkage(X)
    gap = np.empty(len(flat.gap))
    gap[merge_places(flat)] = branch_heights(flat)
    apart = (1 - X @ X.T)[np.triu(groups[:, None] != groups)]
    return Library(name, level, is_fitted, groups, flat, replace(flat, gap=gap), float(np.median(apart)))


def fingerprinter(models: Sequence[Model]) -> Callable[[Pictures], tuple[list[str], list[NDArray[np.float32]]]]:
    """A function that gives the groups of pictures, and their fingerprints by each model; those of files are kept."""
    members = {member.identity: member for model in models for member in model.members}
    embedders = {identity: load_embedders(member)[0] for identity, member in members.items()}
    known: dict[Path, list[NDArray[np.float32]]] = {}

    def fingerprint(picture: Path | Image.Image) -> list[NDArray[np.float32]]:
        if isinstance(picture, Path) and picture in known:
            return known[picture]
        short_sides_px = {identity: member.geometry.short_side_px for identity, member in members.items()}
        sized = {px: _sized(picture, px) for px in set(short_sides_px.values())}
        of_member = {identity: embedders[identity](sized[px]) for identity, px in short_sides_px.items()}
        parts = [(model, [of_member[member.identity] for member in model.members]) for model in models]
        vectors = [joined(model, of_parts).astype(np.float16).astype(np.float32) for model, of_parts in parts]
        if isinstance(picture, Path):
            known[picture] = vectors
        return vectors

    def fingerprints(pictures: Pictures) -> tuple[list[str], list[NDArray[np.float32]]]:
        groups, found = [], []
        for group, picture in pictures:
            groups.append(group)
            found.append(fingerprint(picture))
        return groups, [np.array(vectors) for vectors in zip(*found, strict=True)]

    return fingerprints


def fitted_pictures(photos: Path, packages: Path) -> Iterator[tuple[str, float, Pictures]]:
    """Name, level and pictures of the fitted libraries."""
    files = [*photographs(packages), *_files(photos / "albums_pigallery", labelled=False)]
    scenes = dict(_unlike(_sources(files, 5 * N_PHOTOS)))
    things = [(path.stem, Image.open(path)) for _, path in cutouts(packages)]
    some_things = things[:: max(1, len(things) // N_CUTOUTS)]
    seen = {
        "photographs": lambda n, rng: ((name, v) for name, image in scenes.items() for v in scene_views(image, n, rng)),
        "cut-outs": lambda n, rng: ((name, v) for name, thing in some_things for v in thing_views(thing, n, rng)),
    }
    for name, views in seen.items():
        yield f"copies of {name}", COPIES, _copies(views(1, np.random.default_rng(1)))
    for name, views in seen.items():
        rng = np.random.default_rng(3)
        yield f"bursts of {name}", SHOTS, _shots(views(N_VIEWS_WITH_BURSTS, rng), rng)
    strangers = [
        (f"{name}/{i}", path)
        for name in ("many_landscapes", "many_flowers")
        for i, (_, path) in enumerate(_some_of_each(photos / name, N_STRANGERS))
    ]
    yield "views of photographs", THINGS, [*seen["photographs"](N_VIEWS, np.random.default_rng(5)), *strangers]
    rng = np.random.default_rng(6)
    yield "views of cut-outs", THINGS, ((name, v) for name, thing in things for v in thing_views(thing, N_VIEWS, rng))
    album = [(group, path) for group, path in _files(photos / "albums_pigallery") if group]
    yield "photographs from several sides", THINGS, [*several_views(packages), *album, *strangers]
    for name in ("many_landscapes", "many_flowers"):
        yield name, KINDS, _some_of_each(photos / name, N_A_KIND)
    rng = np.random.default_rng(7)
    yield (
        "kinds of cut-outs",
        KINDS,
        ((kind, next(thing_views(Image.open(path), 1, rng))) for kind, path in cutouts(packages) if kind),
    )


def test_pictures(photos: Path) -> Iterator[tuple[str, float, Pictures]]:
    """Name, level and pictures of the libraries that only test."""
    rng = np.random.default_rng(0)
    for name in ("objects_ukbench", "scenes_sfm", "categories_clothing"):
        sources = _sources(list(_files(photos / name))[::2], N_PHOTOS)
        yield f"bursts of {name}", SHOTS, _shots(((str(path), image) for path, image in sources), rng)
    for name in ("objects_ukbench", "scenes_sfm", "copies_clothing"):
        yield name, THINGS, _files(photos / name)
    yield "categories_clothing", KINDS, _files(photos / "categories_clothing")


def _shots(views: Iterable[tuple[str, Image.Image]], rng: np.random.Generator) -> Iterator[tuple[str, Image.Image]]:
    """A burst of each view, which is a group of its own."""
    for i, (name, view) in enumerate(views):
        for frame in (view, *burst_frames(view, N_FRAMES, rng)):
            yield f"{name}/{i}", frame


def _copies(views: Iterable[tuple[str, Image.Image]]) -> Iterator[tuple[str, Image.Image]]:
    """Each view with its light edits, which are a group."""
    for name, view in views:
        edits = list(edited_copies(view))
        yield name, view
        for number in LIGHT_EDITS:
            yield name, edits[number]


def _unlike(sources: Iterable[tuple[Path, Image.Image]]) -> Iterator[tuple[str, Image.Image]]:
    """The sources that are no copies, turned or not, of an earlier one."""
    earlier: list[NDArray[np.float64]] = []
    for path, image in sources:
        turns = [_small_look(image.transpose(turn)) for turn in Image.Transpose] + [_small_look(image)]
        if not earlier or np.max(np.array(turns) @ np.array(earlier).T) < TOO_ALIKE:
            earlier.append(turns[-1])
            yield path.as_posix(), image


def _small_look(image: Image.Image) -> NDArray[np.float64]:
    """Grey levels of the picture squashed to 16 by 16, of mean 0 and length 1."""
    levels = np.asarray(image.convert("L").resize((16, 16), Image.Resampling.BOX), np.float64).ravel()
    levels -= levels.mean()
    return np.asarray(levels / max(float(np.linalg.norm(levels)), 1e-9))


def _sources(files: Iterable[tuple[str, Path]], limit: int) -> Iterator[tuple[Path, Image.Image]]:
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
            yield path, image
            n_found += 1


def _image(path: Path, short_side_px: int) -> Image.Image:
    return decode(path.read_bytes(), short_side_px=short_side_px).image


def _sized(picture: Path | Image.Image, short_side_px: int) -> Image.Image:
    """A picture with this short side."""
    if isinstance(picture, Path):
        return _image(picture, short_side_px)
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


def _some_of_each(folder: Path, n: int) -> list[tuple[str, Path]]:
    """The first n files of each group, evenly spread."""
    by_group: dict[str, list[Path]] = {}
    for group, path in _files(folder):
        by_group.setdefault(group, []).append(path)
    return [(group, path) for group, paths in by_group.items() for path in paths[:: len(paths) // n][:n]]


if __name__ == "__main__":
    main()
