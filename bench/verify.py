"""What `--verify` gives and costs: a table for docs/quality.md.

Usage: python bench/verify.py PHOTOS [SET ...] [--model NAME] [--packaging] [--write docs/quality.md]

PHOTOS holds folders with a MANIFEST.tsv that has the columns `path` and `group`. Each set is brought up twice in a
database of its own, as `imagecluster run` does, without and with verification; `mixture` is all of them together, with
each picture of `categories_clothing` as a group of its own, since these are kinds of things and not things.
`--packaging` adds a set that is drawn from photographs of objects_ukbench: cartons with one half of their face in
common with four other products of the same brand.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from imagecluster import evaluate
from imagecluster.collection import Collection, Settings, bring_up, verified_pairs
from imagecluster.collection.verification import N_COMPARED
from imagecluster.cut import cut_height

SETS = ("objects_ukbench", "scenes_sfm", "copies_clothing", "categories_clothing")
KINDS = "categories_clothing"
BEGIN, END = "<!-- made by bench/verify.py: begin -->\n", "<!-- made by bench/verify.py: end -->\n"
HEAD = (
    "| set | pictures | pairs compared | verified | precision | recall | mAP | ARI at 0.5 | pair precision at 0.5 "
    "| singles | best ARI | CPU ms a picture |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


class Scores(NamedTuple):
    """Scores of a collection."""

    mean_average_precision: float
    ari: float
    pair_precision: float
    singles: float
    best_ari: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--model", default=Settings().model)
    parser.add_argument("--packaging", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks of this page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: arguments.photos / name for name in arguments.sets}
        jobs = [(name, [folder]) for name, folder in folders.items()]
        if len(folders) > 1:
            jobs.append(("mixture", list(folders.values())))
        if arguments.packaging:
            jobs.append(
                ("packaging, drawn", [packaging(arguments.photos / "objects_ukbench", Path(scratch) / "cartons")])
            )
        lines = [HEAD]
        for name, of in jobs:
            lines.append(row(name, of, Path(scratch) / f"db {name}", arguments.model))
            print(lines[-1], flush=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table = "\n".join(lines)
    print(f"\n{table}\n\nmodel {arguments.model}; peak memory of the process {peak_mb:.0f} MB")
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        arguments.write.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def row(name: str, folders: list[Path], db: Path, model: str) -> str:
    """One row: without and with verification."""
    with brought_up(folders, Settings(model=model), db) as (collection, _):
        groups = labels_of(collection, folders, kinds_apart=len(folders) > 1)
        before = scores_of(collection, groups)
    with brought_up(folders, Settings(model=model, verify=True), db) as (collection, cpu_s):
        after = scores_of(collection, groups)
        sure = verified_pairs(collection.leaves, collection.store)
        counts = collection.tree.verification
        assert counts is not None
        n = len(collection)
        rows = np.array(groups)
        right = (rows[sure.first] == rows[sure.second]) & (rows[sure.first] != "")
        near = near_pairs_of_one_group(collection, rows)
    recall = f"{right.sum() / near:.2f}" if near else ""
    precision = f"{right.mean():.3f}" if len(right) else ""

    def both(name: str, form: str) -> str:
        return f"{getattr(before, name):{form}} → {getattr(after, name):{form}}"

    return (
        f"| {name} | {n} | {counts.n_pairs:,} | {counts.n_verified:,} | {precision} | {recall} "
        f"| {both('mean_average_precision', '.4f')} | {both('ari', '.3f')} | {both('pair_precision', '.3f')} "
        f"| {both('singles', '.3f')} | {both('best_ari', '.3f')} | {1000 * cpu_s / n:.0f} |"
    )


@contextmanager
def brought_up(folders: list[Path], settings: Settings, db: Path) -> Iterator[tuple[Collection, float]]:
    """The collection, and the CPU seconds that it took."""
    started = time.process_time()
    with bring_up(folders, settings, db=db) as collection:
        yield collection, time.process_time() - started


def labels_of(collection: Collection, folders: list[Path], *, kinds_apart: bool) -> list[str]:
    """The group of each picture, empty for none; with `kinds_apart` each picture of a kind is a group of its own."""
    group_of: dict[Path, str] = {}
    for folder in folders:
        with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
            for line in csv.DictReader(lines, delimiter="\t"):
                own = line["path"] if kinds_apart and folder.name == KINDS else line["group"]
                group_of[folder / line["path"]] = f"{folder.name}/{own}" if own else ""
    return [group_of.get(path, "") for path in collection.paths]


def scores_of(collection: Collection, groups: list[str]) -> Scores:
    """Scores at the default similarity, and of the ranking by similarity, to which verified pairs belong."""
    labelling = evaluate.labelling(groups)
    curve = evaluate.curve(collection.dendrogram, labelling.numbers)
    at = curve.at(cut_height(collection.dendrogram, sim=collection.settings.sim, scale=collection.scale))
    clusters = collection.cut()
    return Scores(
        mean_average_precision(collection, np.array(groups)),
        at["ari"],
        at["pair_precision"],
        len(clusters.singles) / len(collection),
        curve.best("ari").value,
    )


def mean_average_precision(collection: Collection, groups: NDArray[np.str_]) -> float:
    """Of rankings by similarity; verified, a picture is the mean of itself and of what it was verified with."""
    X = collection.vectors / np.linalg.norm(collection.vectors, axis=1)[:, None]
    if collection.settings.verify:
        sure = verified_pairs(collection.leaves, collection.store)
        total, count = X.copy(), np.ones(len(X))
        for i, j in ((sure.first, sure.second), (sure.second, sure.first)):
            np.add.at(total, i, X[j])
            np.add.at(count, i, 1)
        X = total / count[:, None]
    return float(evaluate.retrieval(X, evaluate.labelling(groups.tolist()).numbers, ks=(1,)).mean_average_precision)


def near_pairs_of_one_group(collection: Collection, groups: NDArray[np.str_]) -> int:
    """Number of pairs of one group among the pairs that are compared."""
    from imagecluster.collection.trees import _verified_to
    from imagecluster.linkage import link
    from imagecluster.linkage.near_pairs import near_pairs

    linked = link(collection.vectors)
    beyond = _verified_to(collection.model, largest_distance=linked.dendrogram.top)
    first, second = near_pairs(collection.vectors, linked.graph, k=N_COMPARED, beyond=beyond)
    return int(((groups[first] == groups[second]) & (groups[first] != "")).sum())


def packaging(photos: Path, into: Path, *, n_brands: int = 6, n_products: int = 5, n_views: int = 6) -> Path:
    """A set of cartons, drawn from photographs: the upper part of the face is the brand's, the lower the product's."""
    rng = np.random.default_rng(5)
    files = sorted(photos.glob("*.jpg"))
    into.mkdir()
    lines = ["path\tgroup"]
    parts = [Image.open(file).convert("RGB") for file in files[::4]]
    grounds = [Image.open(file).convert("RGB").resize((640, 480)) for file in files[1::2]]
    for brand in range(n_brands):
        for product in range(n_products):
            face = Image.new("RGB", (300, 400))
            face.paste(parts[brand].resize((300, 190)), (0, 0))
            face.paste(parts[n_brands + brand * n_products + product].resize((300, 210)), (0, 190))
            for view in range(n_views):
                number = (brand * n_products + product) * n_views + view
                ground = grounds[number % len(grounds)].filter(ImageFilter.GaussianBlur(6))
                angle, scale = rng.uniform(-0.25, 0.25), rng.uniform(0.75, 1.1)
                linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                linear = linear @ np.array([[1, rng.uniform(-0.15, 0.15)], [0, rng.uniform(0.85, 1.1)]])
                shift = np.array([320, 240]) + rng.uniform(-50, 50, 2) - linear @ [150, 200]
                inverse = np.linalg.inv(np.vstack([np.column_stack([linear, shift]), [0, 0, 1]]))[:2].ravel().tolist()
                how = (Image.Transform.AFFINE, inverse, Image.Resampling.BICUBIC)
                seen = face.transform((640, 480), *how)
                mask = Image.new("L", face.size, 255).transform((640, 480), *how)
                ground.paste(seen, (0, 0), mask)
                pixels = np.asarray(ground, np.float64) * rng.uniform(0.8, 1.2) + rng.normal(0, 4, (480, 640, 3))
                name = f"{brand}-{product}-{view}.jpg"
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(into / name, quality=85)
                lines.append(f"{name}\t{brand}-{product}")
    (into / "MANIFEST.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return into


if __name__ == "__main__":
    main()
