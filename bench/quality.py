"""Quality of fingerprints on labelled photographs, retrieval and clustering, as the tables of docs/quality.md.

Usage: python bench/quality.py PHOTOS [--model NAME] [--write docs/quality.md]

PHOTOS holds folders with a MANIFEST.tsv that has the columns `path` and `group`. Every folder with at least two groups
of at least two pictures is measured, for every model that is present; a picture without a group is passed over. The
pooled rows search for the pictures of one set in one database of several.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster import cut, evaluate
from imagecluster.collection import Settings, scale_of, sim_scale_name
from imagecluster.cut.sim_scale import SimScale
from imagecluster.cut.suggest import CALIBRATED_LEVELS, RELATIVE_LEVELS, suggest
from imagecluster.embed import Embedder, embed_files, load_embedders
from imagecluster.linkage import average_linkage
from imagecluster.models import Model, find_model, joined, model_names
from imagecluster.records import Dendrogram, ImageFile

SIMS = (0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9)
POOLED = ("copies_clothing", "categories_clothing", "objects_ukbench")
QUERIES = ("copies_clothing", "objects_ukbench")
BEGIN, END = "<!-- made by bench/quality.py: begin -->\n", "<!-- made by bench/quality.py: end -->\n"
TITLES = {
    "albums_pigallery": "photo album",
    "categories_clothing": "kinds of garment",
    "copies_clothing": "edited copies of a photograph",
    "copies_ukbench": "test pictures of duplicate finders",
    "exif_orientation": "two pictures in all orientations",
    "exif_samples": "EXIF samples, two pictures in all orientations",
    "many_flowers": "kinds of flower, 128 px",
    "many_landscapes": "kinds of landscape, 100 px",
    "objects_ukbench": "objects (UKBench, four photographs each)",
    "scenes_sfm": "views of a place",
}


class Scored(NamedTuple):
    """A set, its hierarchy, the scores of all its cuts, and what `sim` means for it."""

    labelled: Labelled
    dendrogram: Dendrogram
    curve: evaluate.ScoreCurve
    scale: SimScale

    @property
    def title(self) -> str:
        """What the set is of."""
        return TITLES.get(self.labelled.name, self.labelled.name)


class Labelled(NamedTuple):
    """A set of photographs with its fingerprints."""

    name: str
    vectors: NDArray[np.float32]
    groups: list[str]
    """Empty for a picture without one."""
    hashes: list[bytes]
    """Content hash of each picture."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", help="only this one (default: all that are present)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this page")
    arguments = parser.parse_args()
    models = [find_model(name) for name in ([arguments.model] if arguments.model else model_names())]
    models = [model for model in models if arguments.model or model.source.present()]
    tables = "\n".join(table(model, arguments.photos) for model in models)
    print(tables)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        arguments.write.write_text(before + BEGIN + "\n" + tables + "\n" + END + rest.split(END)[1], encoding="utf-8")


def table(model: Model, photos: Path) -> str:
    """The tables of one model."""
    embedders = load_embedders(model)
    sets = [fingerprints(folder, model, embedders) for folder in sorted(photos.iterdir()) if is_labelled(folder)]
    scored = [scores_of(s, model) for s in sets]
    sim = Settings().sim
    lines = [
        f"### `{model.identity}`",
        "",
        f"Cuts are on the {scored[0].scale.name} scale of sim.",
        "",
        "| set | pictures | groups | mAP (95 %) | recall@1 |",
        "|---|---|---|---|---|",
        *(retrieval_row(TITLES.get(s.name, s.name), s.vectors, s.groups) for s in sets),
        *pooled_rows([s for s in sets if s.name in POOLED]),
        "",
        "| set | best ARI | at sim | best AMI | best B-cubed F1 | at sim "
        f"| ARI at {sim:g} | B-cubed P, R, F1 at {sim:g} |",
        "|---|---|---|---|---|---|---|---|",
        *(clustering_row(of_set, sim) for of_set in scored),
        "",
        "| B-cubed F1 at sim | " + " | ".join(f"{s:g}" for s in SIMS) + " |",
        "|---" * (len(SIMS) + 1) + "|",
        *(row_of_sims(of_set) for of_set in scored),
        "",
        "| set | `suggest`: ARI of copies, scenes, themes | their sims |",
        "|---|---|---|",
        *(suggestion_row(of_set) for of_set in scored),
        "",
    ]
    return "\n".join(lines)


def is_labelled(folder: Path) -> bool:
    """Whether there is something to measure: two groups of two pictures."""
    if not (folder / "MANIFEST.tsv").is_file():
        return False
    sizes = Counter(group for _, group in manifest(folder) if group)
    return sum(size > 1 for size in sizes.values()) > 1


def manifest(folder: Path) -> list[tuple[Path, str]]:
    """Path and group of each picture of a set."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        return [(folder / row["path"], row["group"]) for row in csv.DictReader(lines, delimiter="\t")]


def fingerprints(folder: Path, model: Model, embedders: Sequence[Embedder]) -> Labelled:
    """Fingerprints, as the store would keep them, and groups of the pictures of a set that can be read."""
    group_of = dict(manifest(folder))
    files = [ImageFile(path, 0, 0) for path in group_of]
    found = [
        (
            joined(model, outcome.content.fingerprints).astype(np.float16),
            group_of[outcome.file.path],
            outcome.content_hash,
        )
        for outcomes in embed_files(files, *embedders)
        for outcome in outcomes
        if outcome.content
    ]
    vectors, groups, hashes = zip(*found, strict=True)
    return Labelled(folder.name, np.array(vectors, np.float32), list(groups), list(hashes))


def retrieval_row(
    title: str, X: NDArray[np.float32], groups: list[str], queries: NDArray[np.bool_] | None = None
) -> str:
    """Leave-one-out retrieval."""
    labelling = evaluate.labelling(groups)
    found = evaluate.retrieval(X, labelling.numbers, ks=(1,), queries=queries)
    sizes = Counter(group for i, group in enumerate(groups) if group and (queries is None or queries[i]))
    n_groups = sum(size > 1 for size in sizes.values())
    low, high = found.interval
    precision = f"{found.mean_average_precision:.4f} ({low:.3f} to {high:.3f})"
    return f"| {title} | {found.n_queries} | {n_groups} | {precision} | {found.recall[1]:.3f} |"


def pooled_rows(sets: list[Labelled]) -> list[str]:
    """Retrieval of one set among several.

    A picture of another set with the same bytes as one that is searched for is the right answer under a wrong name: it
    is passed over.
    """
    if len(sets) < len(POOLED):
        return []
    rows = []
    X = np.concatenate([s.vectors for s in sets])
    for asked in (s for s in sets if s.name in QUERIES):
        own = set(asked.hashes)
        groups = [
            "" if s is not asked and content_hash in own else f"{s.name}/{group}"
            for s in sets
            for group, content_hash in zip(s.groups, s.hashes, strict=True)
        ]
        queries = np.concatenate([np.full(len(s.groups), s is asked) for s in sets])
        rows.append(retrieval_row(f"{TITLES[asked.name]}, pooled", X, groups, queries))
    return rows


def scores_of(labelled: Labelled, model: Model) -> Scored:
    """Scores of all cuts of a set, on the scale that the command line takes for the model."""
    dendrogram = average_linkage(labelled.vectors)
    curve = evaluate.curve(dendrogram, evaluate.labelling(labelled.groups).numbers)
    name = sim_scale_name(model.identity, None)
    return Scored(labelled, dendrogram, curve, scale_of(model.identity, name, dendrogram))


def clustering_row(of: Scored, sim: float) -> str:
    """The best cuts, and the default one."""
    ari, ami, f1 = of.curve.best("ari"), of.curve.best("ami"), of.curve.best("bcubed_f1")
    at = of.curve.at(cut.cut_height(of.dendrogram, sim=sim, scale=of.scale))
    bcubed = ", ".join(f"{at[f'bcubed_{part}']:.3f}" for part in ("precision", "recall", "f1"))
    ari_sim, f1_sim = (cut.sim_at_height(of.dendrogram, best.height, scale=of.scale) for best in (ari, f1))
    return (
        f"| {of.title} | {ari.value:.3f} | {ari_sim:.2f} | {ami.value:.3f} "
        f"| {f1.value:.3f} | {f1_sim:.2f} | {at['ari']:.3f} | {bcubed} |"
    )


def row_of_sims(of: Scored) -> str:
    """B-cubed F1 of one cut after the other."""
    found = [of.curve.at(cut.cut_height(of.dendrogram, sim=sim, scale=of.scale))["bcubed_f1"] for sim in SIMS]
    return f"| {of.title} | " + " | ".join(f"{value:.2f}" for value in found) + " |"


def suggestion_row(of: Scored) -> str:
    """What the suggested cuts are worth."""
    levels = CALIBRATED_LEVELS if of.scale.name == "calibrated" else RELATIVE_LEVELS
    found = suggest(of.dendrogram, height_of=of.scale.height, levels=levels)
    scores = ", ".join(f"{of.curve.at(suggestion.height)['ari']:.3f}" for suggestion in found)
    sims = ", ".join(f"{suggestion.sim:.2f}" for suggestion in found)
    return f"| {of.title} | {scores} | {sims} |"


if __name__ == "__main__":
    main()
