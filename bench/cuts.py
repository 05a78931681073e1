"""The cut by branch against the flat cut, at the default `sim`, on labelled photographs: the table of docs/sim.md.

Usage: python bench/cuts.py PHOTOS [--model NAME] [--sim S] [--keep FOLDER] [--write docs/sim.md]

PHOTOS holds folders with a MANIFEST.tsv that has the columns `path` and `group`; every folder with at least two groups
of at least two pictures is measured, and the mixture of four of them in one database. `--keep` keeps fingerprints in a
folder, so that the same sets are measured again at once.
"""

from __future__ import annotations

import argparse
import csv
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import imagecluster
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import Clusters, CutName, Dendrogram, Fingerprints

BEGIN, END = "<!-- made by bench/cuts.py: begin -->\n", "<!-- made by bench/cuts.py: end -->\n"
MIXED = ("objects_ukbench", "scenes_sfm", "copies_clothing", "categories_clothing")
ALONE = "categories_clothing"
"""A set of kinds of things, whose pictures are each alone in the mixture."""


class Labelled(NamedTuple):
    """A set with its fingerprints and the group of each picture; empty for a picture without one."""

    name: str
    found: Fingerprints
    groups: list[str]


class Score(NamedTuple):
    """How right the clusters of a cut are."""

    ari: float
    pair_precision: float
    singles: float
    """Share of pictures in no cluster."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--sim", type=float, default=0.5)
    parser.add_argument("--keep", type=Path, default=None, metavar="FOLDER")
    parser.add_argument("--write", type=Path, default=None, metavar="FILE")
    arguments = parser.parse_args()
    found = table(arguments.photos, arguments.model, arguments.sim, arguments.keep)
    print(found)
    if arguments.write is not None:
        page = arguments.write.read_text(encoding="utf-8")
        start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        arguments.write.write_text(page[:start] + "\n" + found + "\n" + page[end:], encoding="utf-8")


def table(photos: Path, model: str, sim: float, keep: Path | None) -> str:
    """A row for each set and for the mixture, in Markdown."""
    folders = sorted(folder for folder in photos.iterdir() if is_labelled(folder))
    sets = [labelled(folder, model, keep) for folder in folders]
    mixed = [each for each in sets if each.name in MIXED]
    if len(mixed) == len(MIXED):
        sets.append(mixture(mixed))
    lines = [
        f"At sim {sim:g} with `{find_model(model).identity}`:",
        "",
        "| set | pictures | ARI, flat | by branch | pair precision, flat | by branch | singles, flat | by branch |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in sets:
        tree = imagecluster.dendrogram(each.found)
        flat, branch = (score(each, tree, sim, cut) for cut in ("flat", "branch"))
        cells = [f"{value:.3f}" for pair in zip(flat[:2], branch[:2], strict=True) for value in pair]
        cells += [f"{value:.0%}" for value in (flat.singles, branch.singles)]
        lines.append(f"| {each.name} | {len(each.groups):,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def score(each: Labelled, tree: Dendrogram, sim: float, cut: CutName) -> Score:
    """How right the clusters are, among the pictures that have a group."""
    clusters = imagecluster.cluster(each.found, sim=sim, cut=cut, tree=tree)
    labels = labels_of(clusters, len(each.groups))
    known = [row for row, group in enumerate(each.groups) if group]
    groups = np.unique([each.groups[row] for row in known], return_inverse=True)[1]
    return Score(*pair_scores(groups, labels[known]), len(clusters.singles) / len(each.groups))


def labels_of(clusters: Clusters, n: int) -> NDArray[np.int64]:
    """Cluster of each picture; a single is alone."""
    labels = np.arange(n) + len(clusters.clusters) + 1
    for each in clusters.clusters:
        labels[list(each.members)] = each.number
    return labels


def pair_scores(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Adjusted Rand index, and the share of pairs in one cluster that are of one group (1 without such pairs)."""
    both = Counter(zip(groups.tolist(), labels.tolist(), strict=True))
    pairs = [
        sum(size * (size - 1) // 2 for size in sizes.values())
        for sizes in (both, Counter(groups.tolist()), Counter(labels.tolist()))
    ]
    right, of_groups, of_labels = pairs
    expected = of_groups * of_labels / max(1, len(groups) * (len(groups) - 1) // 2)
    mean = (of_groups + of_labels) / 2
    return (right - expected) / (mean - expected) if mean != expected else 1.0, right / of_labels if of_labels else 1.0


def is_labelled(folder: Path) -> bool:
    """Whether there is something to measure: two groups of two pictures."""
    if not (folder / "MANIFEST.tsv").is_file():
        return False
    sizes = Counter(group for group in manifest(folder).values() if group)
    return sum(size > 1 for size in sizes.values()) > 1


def manifest(folder: Path) -> dict[Path, str]:
    """Group of each picture of a set, by path."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        return {folder / row["path"]: row["group"] for row in csv.DictReader(lines, delimiter="\t")}


def labelled(folder: Path, model: str, keep: Path | None) -> Labelled:
    """A set with its fingerprints, as the store would keep them."""
    groups = manifest(folder)
    identity = find_model(model).identity
    file = None if keep is None else keep / f"{folder.name}-{identity.replace('/', '_')}.npz"
    if file is not None and file.is_file():
        with np.load(file) as kept:
            found = Fingerprints(tuple(map(Path, kept["paths"].tolist())), kept["vectors"], identity)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures that cannot be read
            found = imagecluster.fingerprint(list(groups), model=model, on_skip="omit")
        found = Fingerprints(found.paths, found.vectors.astype(np.float16).astype(np.float32), identity)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, paths=np.array([str(path) for path in found.paths]), vectors=found.vectors)
    return Labelled(folder.name, found, [groups[path] for path in found.paths])


def mixture(sets: list[Labelled]) -> Labelled:
    """Several sets in one database: groups of different sets are different, and garments are each alone."""
    groups = [
        f"{each.name}/{group}" if each.name != ALONE else f"{each.name}/{path.name}"
        for each in sets
        for group, path in zip(each.groups, each.found.paths, strict=True)
    ]
    paths = tuple(path for each in sets for path in each.found.paths)
    vectors = np.concatenate([each.found.vectors for each in sets])
    return Labelled("mixture", Fingerprints(paths, vectors, sets[0].found.model), groups)


if __name__ == "__main__":
    main()
