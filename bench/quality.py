"""Quality of fingerprints and groups on labelled photographs, as the tables of docs/quality.md.

Usage: python bench/quality.py PHOTOS [--model NAME ...] [--write docs/quality.md]

PHOTOS holds folders with a MANIFEST.tsv that has the columns `path` and `group`. Every folder with at least two groups
of at least two pictures is measured, for every model that is present; a picture without a group is passed over. Each
set is brought up as `imagecluster run` does it, into a database that is removed afterwards, so that what is scored are
the clusters that the program gives. The pooled rows search for the pictures of one set in one database of several. A
mixture is one database of several sets: the groups of those where a group is one thing or place or the copies of one
photograph, and every picture of a set of kinds as a group of its own.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster import cut, evaluate
from imagecluster.collection import Settings, bring_up
from imagecluster.cut.sim_scale import SimScale
from imagecluster.cut.suggest import Suggestion, levels_of, suggest
from imagecluster.explore.looks import Looks
from imagecluster.models import Model, find_model, model_names
from imagecluster.present.thumbnails import SmallPictures, ThumbnailOf
from imagecluster.records import Dendrogram

SIMS = (0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9)
LEVELS = (0.25, 0.5, 0.75, 0.9)
"""Points of the scale of sim."""
POOLED = ("copies_clothing", "categories_clothing", "objects_ukbench")
QUERIES = ("copies_clothing", "objects_ukbench")
GROUPS_ARE_ONE = ("copies_clothing", "objects_ukbench", "scenes_sfm")
"""Sets of a mixture that keep their groups."""
MIXTURES = {
    "mixture": (*GROUPS_ARE_ONE, "categories_clothing"),
    "mixture with small pictures": (*GROUPS_ARE_ONE, "categories_clothing", "many_flowers", "many_landscapes"),
}
MARKS = {"ari": 0.9, "pair_precision": 0.9}
"""What the first mixture is to reach at the default."""
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


class Labelled(NamedTuple):
    """A set of photographs, its groups, and what the program makes of it."""

    name: str
    vectors: NDArray[np.float32]
    groups: list[str]
    """Empty for a picture without one."""
    hashes: Sequence[bytes]
    """Content hash of each picture."""
    dendrogram: Dendrogram
    """With the heights at which the program cuts."""
    scale: SimScale
    cut_name: str
    curve: evaluate.ScoreCurve
    suggestions: tuple[Suggestion, ...]

    @property
    def title(self) -> str:
        """What the set is of."""
        return TITLES.get(self.name, self.name)

    def at(self, sim: float) -> dict[str, float]:
        """Scores at a sim, with the share of single pictures."""
        height = cut.cut_height(self.dendrogram, sim=sim, scale=self.scale)
        return {**self.curve.at(height), "singles": self.curve.n_singles_at(height) / len(self.groups)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", nargs="+", metavar="NAME", help="only these (default: all that are present)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this page")
    arguments = parser.parse_args()
    models = [find_model(name) for name in arguments.model or model_names()]
    models = [model for model in models if arguments.model or is_present(model)]
    tables = "\n".join(table(model, arguments.photos) for model in models)
    print(tables)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        arguments.write.write_text(before + BEGIN + "\n" + tables + "\n" + END + rest.split(END)[1], encoding="utf-8")


def is_present(model: Model) -> bool:
    """Whether all networks of a model are on this machine."""
    return all(member.source.present() for member in model.members)


def table(model: Model, photos: Path) -> str:
    """The tables of one model."""
    folders = [folder for folder in sorted(photos.iterdir()) if is_labelled(folder)]
    sets = [brought_up(folder.name, [folder], model, of_groups([folder])) for folder in folders]
    mixtures = [
        brought_up(name, [photos / part for part in parts], model, of_mixture([photos / part for part in parts]))
        for name, parts in MIXTURES.items()
        if all(is_labelled(photos / part) for part in parts)
    ]
    sim = Settings().sim
    kinds = ", ".join(level.name for level in levels_of(sets[0].scale))
    lines = [
        f"### `{model.identity}`",
        "",
        f"Cuts are on the {sets[0].scale.name} scale of sim ({sets[0].cut_name}).",
        "",
        "| set | pictures | groups | mAP (95 %) | recall@1 |",
        "|---|---|---|---|---|",
        *(retrieval_row(s.title, s.vectors, s.groups) for s in sets),
        *pooled_rows([s for s in sets if s.name in POOLED]),
        "",
        f"| set | best ARI | at sim | ARI at {sim:g} | B-cubed P, R, F1 at {sim:g} "
        f"| pair precision, recall at {sim:g} | singles at {sim:g} |",
        "|---|---|---|---|---|---|---|",
        *(clustering_row(s, sim) for s in [*sets, *mixtures]),
        "",
        *(marks_line(s, sim) for s in mixtures[:1]),
        "| pair precision, recall at sim | " + " | ".join(f"{level:g}" for level in LEVELS) + " |",
        "|---" * (len(LEVELS) + 1) + "|",
        *(reliability_row(s) for s in [*sets, *mixtures]),
        "",
        "| B-cubed F1 at sim | " + " | ".join(f"{s:g}" for s in SIMS) + " |",
        "|---" * (len(SIMS) + 1) + "|",
        *(row_of_sims(s) for s in [*sets, *mixtures]),
        "",
        f"| set | `suggest`: ARI of {kinds} | their sims; in brackets: unsure |",
        "|---|---|---|",
        *(suggestion_row(s) for s in sets),
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


def of_groups(folders: Iterable[Path]) -> dict[Path, str]:
    """The group of each picture."""
    return {path: group for folder in folders for path, group in manifest(folder)}


def of_mixture(folders: Iterable[Path]) -> dict[Path, str]:
    """The group of each picture of a mixture; empty for one that is a group of its own."""
    return {
        path: f"{folder.name}/{group}" if group and folder.name in GROUPS_ARE_ONE else ""
        for folder in folders
        for path, group in manifest(folder)
    }


def brought_up(name: str, folders: Sequence[Path], model: Model, group_of: dict[Path, str]) -> Labelled:
    """A set as the program sorts it by default, in a database of its own that is removed."""
    settings = Settings(model=model.name, links="none", page=False)
    with TemporaryDirectory() as place, bring_up(folders, settings, db=Path(place) / "db") as collection:
        groups = [group_of.get(path, "") for path in collection.paths]
        hashes = list(collection.leaves.hashes)
        if name in MIXTURES:
            # A picture of a set of kinds may be the original of copies: the same bytes are the same group.
            known = {content: group for content, group in zip(hashes, groups, strict=True) if group}
            groups = [known.get(content, content.hex()) for content in hashes]
        dendrogram, scale = collection.dendrogram, collection.scale
        with collection.store.thumbnails() as cache:
            found = suggest(
                dendrogram,
                height_of=scale.height,
                levels=levels_of(scale),
                look=Looks(SmallPictures(ThumbnailOf(collection.paths, hashes, cache))),
            )
        return Labelled(
            name=name,
            vectors=collection.vectors,
            groups=groups,
            hashes=hashes,
            dendrogram=dendrogram,
            scale=scale,
            cut_name={"branch": "by branch", "flat": "flat"}[collection.cut_name],
            curve=evaluate.curve(dendrogram, evaluate.labelling(groups).numbers),
            suggestions=found,
        )


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


def clustering_row(of: Labelled, sim: float) -> str:
    """The best cut, and the default one."""
    best, at = of.curve.best("ari"), of.at(sim)
    best_sim = cut.sim_at_height(of.dendrogram, best.height, scale=of.scale)
    bcubed = ", ".join(f"{at[f'bcubed_{part}']:.3f}" for part in ("precision", "recall", "f1"))
    return (
        f"| {of.title} | {best.value:.3f} | {best_sim:.2f} | {at['ari']:.3f} | {bcubed} "
        f"| {at['pair_precision']:.3f}, {at['pair_recall']:.3f} | {at['singles']:.2f} |"
    )


def marks_line(of: Labelled, sim: float) -> str:
    """Whether a mixture reaches the marks."""
    at = of.at(sim)
    told = "; ".join(f"{name.replace('_', ' ')} {at[name]:.3f} (at least {least})" for name, least in MARKS.items())
    met = all(at[name] >= least for name, least in MARKS.items())
    return f"Marks of the {of.title} at {sim:g}: {told}: {'met' if met else 'not met'}.\n"


def reliability_row(of: Labelled) -> str:
    """Precision and recall of pairs at the points of the scale."""
    cells = (f"{at['pair_precision']:.2f}, {at['pair_recall']:.2f}" for at in map(of.at, LEVELS))
    return f"| {of.title} | " + " | ".join(cells) + " |"


def row_of_sims(of: Labelled) -> str:
    """B-cubed F1 of one cut after the other."""
    return f"| {of.title} | " + " | ".join(f"{of.at(sim)['bcubed_f1']:.2f}" for sim in SIMS) + " |"


def suggestion_row(of: Labelled) -> str:
    """What the suggested cuts are worth."""
    scores = ", ".join(f"{of.curve.at(suggestion.height)['ari']:.3f}" for suggestion in of.suggestions)
    sims = ", ".join(f"({s.sim:.2f})" if s.unsure else f"{s.sim:.2f}" for s in of.suggestions)
    return f"| {of.title} | {scores} | {sims} |"


if __name__ == "__main__":
    main()
