"""How good a collection's fingerprints and clusters are, by labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster import cut, evaluate
from imagecluster.collection.clustering import kept_leaves, kept_tree, paths_of
from imagecluster.collection.fingerprinting import Progress
from imagecluster.collection.labels import FOLDERS, Labels, folder_labels, table_labels
from imagecluster.collection.scales import scale_of, sim_scale_name
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import InputError
from imagecluster.records import Dendrogram, SimScaleName
from imagecluster.store import Store

RECALL_AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class BestCut:
    """Where a score is highest."""

    value: float
    sim: float
    n_clusters: int
    """Clusters of all pictures, single ones included."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of one collection with one model."""

    model: str
    sim_scale: SimScaleName
    n_images: int
    labelling: evaluate.Labelling
    n_strangers: int
    """Rows of the table of labels that name no picture of the collection."""
    retrieval: evaluate.Retrieval
    curve: evaluate.Curve
    sims: tuple[float, ...]
    """Similarity index of each cut of the curve."""
    sim: float
    """The index that was asked about."""
    at_sim: dict[str, float]
    """Scores at that index, by name."""
    n_clusters_at_sim: int
    best: dict[str, BestCut]
    """The best cut for each score, by name."""


def read_labels(
    source: str, root: Path, paths: Sequence[Path], *, path_column: str | None = None, label_column: str | None = None
) -> Labels:
    """Labels of pictures from a table's file, or from their folders where the source is called `folders`.

    Raises
    ------
    InputError
        As for `table_labels`, or no picture lies in a folder.

    """
    if source != FOLDERS:
        return table_labels(Path(source), root, paths, path_column=path_column, label_column=label_column)
    found = folder_labels(root, paths)
    if not any(found.labels):
        raise InputError(f"no picture of {root} lies in a folder inside it, so that folders give no labels")
    return found


def evaluate_collection(
    store: Store,
    model: str,
    source: str,
    *,
    sim: float,
    sim_scale: SimScaleName | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    distractors: Collection[str] = (),
    n_threads: int | None = None,
    progress: Progress,
) -> Evaluation:
    """Scores of retrieval and of all cuts of a collection as its latest scan left it.

    Parameters
    ----------
    store
        Open; a reader is enough.
    model
        `name@version`.
    source
        File of the labels, or `folders`.
    sim
        Similarity index whose scores are asked for.
    sim_scale
        What it means; default: the model's curve, where it has one.
    path_column, label_column
        Names of the table's columns.
    distractors
        Labels that mean "belongs to no class".
    n_threads
        Default: one a core.
    progress
        Called with (stage, done, total).

    Raises
    ------
    ArgumentError
        `sim` is outside [0, 1], the model has no curve, or no picture has a class.
    InputError
        The labels cannot be read, or are of other pictures.
    StoreError
        A picture has no fingerprint of this model.

    """
    scale_name = sim_scale_name(model, sim_scale)
    leaves = kept_leaves(store)
    paths = paths_of(leaves)
    found = read_labels(source, store.root, paths, path_column=path_column, label_column=label_column)
    labelling = evaluate.labelling(found.labels, distractors=distractors)
    tree = kept_tree(leaves, store, model, n_threads=n_threads, progress=progress)
    dendrogram = tree.dendrogram
    curve = evaluate.curve(dendrogram, labelling.numbers)
    retrieval = evaluate.retrieval(
        tree.vectors,
        labelling.numbers,
        ks=RECALL_AT,
        n_threads=n_threads,
        progress=lambda fraction: progress("searching for each picture", round(1000 * fraction), 1000),
    )
    scale = scale_of(model, scale_name, dendrogram)
    height = cut.cut_height(dendrogram, sim=sim, scale=scale)
    return Evaluation(
        model=model,
        sim_scale=scale_name,
        n_images=len(leaves),
        labelling=labelling,
        n_strangers=found.n_strangers,
        retrieval=retrieval,
        curve=curve,
        sims=tuple(cut.sim_at_height(dendrogram, float(height), scale=scale) for height in curve.height),
        sim=sim,
        at_sim=curve.at(height),
        n_clusters_at_sim=curve.n_clusters_at(height),
        best=best_cuts(curve, dendrogram, scale),
    )


def best_cuts(curve: evaluate.Curve, dendrogram: Dendrogram, scale: SimScale | None = None) -> dict[str, BestCut]:
    """The best cut for each score, by name, on a scale of sim (default: the relative one)."""
    found = {}
    for name in curve.scores:
        best = curve.best(name)
        found[name] = BestCut(best.value, cut.sim_at_height(dendrogram, best.height, scale=scale), best.n_clusters)
    return found
