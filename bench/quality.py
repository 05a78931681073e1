"""Quality of a model's fingerprints on labelled photographs: retrieval and clustering.

Usage: python bench/quality.py PHOTOS [--model NAME]

For every set: mAP and recall@1 of leave-one-out retrieval by cosine, and the adjusted Rand index (ARI) of average
linkage, the best over sim and the one at sim 0.5 (relative scale). The pooled rows search in one database of
copies_clothing, categories_clothing and objects_ukbench.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from imagecluster import cut
from imagecluster.embed import Embedder, embed_files
from imagecluster.linkage import average_linkage
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import ImageFile

SETS = ("objects_ukbench", "categories_clothing", "copies_clothing", "scenes_sfm")
POOLED = ("copies_clothing", "categories_clothing", "objects_ukbench")
SIMS = np.linspace(0, 1, 101)
Labelled = tuple[NDArray[np.float32], NDArray[np.str_]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    embedder = Embedder(find_model(arguments.model))
    sets = {name: fingerprints(arguments.photos / name, embedder) for name in SETS}
    print(f"model {embedder.model.identity}\n")
    print(
        f"{'set':<34}{'pictures':>9}{'groups':>8}{'mAP':>8}{'recall@1':>10}{'best ARI':>10}{'at sim':>8}{'ARI 0.5':>9}"
    )
    for name, (X, groups) in sets.items():
        print(row(name, X, groups, np.ones(len(X), bool)) + clustering(X, groups))
    X = np.concatenate([sets[name][0] for name in POOLED])
    groups = np.concatenate([np.char.add(f"{name}/", sets[name][1]) for name in POOLED])
    for name in ("copies_clothing", "objects_ukbench"):
        print(row(f"{name}, pooled", X, groups, np.char.startswith(groups, name + "/")))


def fingerprints(folder: Path, embedder: Embedder) -> Labelled:
    """Fingerprints (n, d) and groups (n,) of the pictures of a set that have a group and can be read."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
        rows = [entry for entry in csv.DictReader(lines, delimiter="\t") if entry["group"]]
    files = [ImageFile(folder / entry["path"], 0, 0) for entry in rows]
    group_of = {file.path: entry["group"] for file, entry in zip(files, rows, strict=True)}
    found = [
        (outcome.content.fingerprint.astype(np.float16), group_of[outcome.file.path])
        for outcomes in embed_files(files, embedder)
        for outcome in outcomes
        if outcome.content
    ]
    return np.array([vector for vector, _ in found], np.float32), np.array([group for _, group in found])


def row(name: str, X: NDArray[np.float32], groups: NDArray[np.str_], queries: NDArray[np.bool_]) -> str:
    """Line of the table up to the retrieval figures."""
    precision, recall = retrieval(X, groups, np.flatnonzero(queries))
    n_groups = len(np.unique(groups[queries]))
    return f"{name:<34}{queries.sum():>9}{n_groups:>8}{precision:>8.4f}{recall:>10.4f}"


def retrieval(X: NDArray[np.float32], groups: NDArray[np.str_], queries: Sequence[int]) -> tuple[float, float]:
    """Mean average precision and recall@1 of the queries, each searched for among all other pictures."""
    precisions, firsts = [], []
    for query in queries:
        order = np.argsort(-(X @ X[query]), kind="stable")
        relevant = groups[order[order != query]] == groups[query]
        if relevant.any():
            precisions.append((np.cumsum(relevant)[relevant] / (np.flatnonzero(relevant) + 1)).mean())
            firsts.append(relevant[0])
    return float(np.mean(precisions)), float(np.mean(firsts))


def clustering(X: NDArray[np.float32], groups: NDArray[np.str_]) -> str:
    """Rest of the line: best ARI over sim, where, and the ARI at sim 0.5."""
    dendrogram = average_linkage(X)
    scores = [
        adjusted_rand_score(groups, cut.flat_clusters(dendrogram, cut.cut_height(dendrogram, sim=sim))) for sim in SIMS
    ]
    best = int(np.argmax(scores))
    return f"{scores[best]:>10.3f}{SIMS[best]:>8.2f}{scores[50]:>9.3f}"


if __name__ == "__main__":
    main()
