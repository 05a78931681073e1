"""Scores of fingerprints and clusters against labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster import cut
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import InputError
from imagecluster.evaluate.label_table import FOLDERS, Labels, folder_labels, table_labels
from imagecluster.evaluate.labels import Labelling, labelling
from imagecluster.evaluate.partitions import ScoreCurve, curve
from imagecluster.evaluate.ranking import Retrieval, retrieval
from imagecluster.records import Dendrogram, SimScaleName
from imagecluster.system.progress import OnProgress, shares, silent

RECALL_AT = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class BestSim:
    """The cut at which a score is highest."""

    value: float
    sim: float
    n_clusters: int
    """Number of clusters of all pictures, including single ones."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of fingerprints and clusters against labels."""

    sim_scale: SimScaleName
    n_images: int
    labelling: Labelling
    n_strangers: int
    """Number of rows in the table of labels that name no picture of the collection."""
    retrieval: Retrieval
    curve: ScoreCurve
    sims: tuple[float, ...]
    """Similarity index of each cut of the curve."""
    sim: float
    """The similarity index in question."""
    at_sim: dict[str, float]
    """Scores at this index, by name."""
    n_clusters_at_sim: int
    n_singles_at_sim: int
    """Number of pictures, of all, that are alone in their cluster at this index."""
    best: dict[str, BestSim]
    """The best cut for each score, by name."""


def read_labels(
    source: str, root: Path, paths: Sequence[Path], *, path_column: str | None = None, label_column: str | None = None
) -> Labels:
    """Labels of pictures from a table, or from their folders if the source is `folders`.

    Raises
    ------
    InputError
        As for `table_labels`, or no picture is in a subfolder.

    """
    if source != FOLDERS:
        return table_labels(Path(source), root, paths, path_column=path_column, label_column=label_column)
    found = folder_labels(root, paths)
    if not any(found.labels):
        raise InputError(f"no picture of {root} is in a subfolder, so folders give no labels")
    return found


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """What to score, and how."""

    sim: float
    """Similarity index of the cut to score."""
    distractors: Collection[str] = ()
    """Labels that mean "belongs to no class"."""
    n_threads: int | None = None
    """Number of threads; default: one per core."""


def evaluate_clustering(
    dendrogram: Dendrogram,
    vectors: NDArray[np.float32],
    scale: SimScale,
    labels: Labels,
    settings: EvaluationSettings,
    *,
    progress: OnProgress = silent,
) -> Evaluation:
    """Scores of retrieval and of all cuts.

    Parameters
    ----------
    dendrogram
        Dendrogram of the pictures.
    vectors
        The vectors from which it was made, shape (n_images, n_dimensions).
    scale
        Scale of `sim`.
    labels
        A label for each picture.
    settings
        The subject of the evaluation.
    progress
        Called with the completed share of the search.

    Raises
    ------
    ArgumentError
        `sim` is outside [0, 1], or no picture has a class.

    """
    height = cut.cut_height(dendrogram, sim=settings.sim, scale=scale)
    numbered = labelling(labels.labels, distractors=settings.distractors)
    scores = curve(dendrogram, numbered.numbers)
    return Evaluation(
        sim_scale=scale.name,
        n_images=dendrogram.n_leaves,
        labelling=numbered,
        n_strangers=labels.n_strangers,
        retrieval=retrieval(
            vectors,
            numbered.numbers,
            ks=RECALL_AT,
            n_threads=settings.n_threads,
            progress=shares(progress, "retrieval"),
        ),
        curve=scores,
        sims=tuple(cut.sim_at_height(dendrogram, float(each), scale=scale) for each in scores.height),
        sim=settings.sim,
        at_sim=scores.at(height),
        n_clusters_at_sim=scores.n_clusters_at(height),
        n_singles_at_sim=scores.n_singles_at(height),
        best=best_cuts(scores, dendrogram, scale),
    )


def best_cuts(curve: ScoreCurve, dendrogram: Dendrogram, scale: SimScale | None = None) -> dict[str, BestSim]:
    """The best cut for each score, by name, on a scale of sim (default: the relative one)."""
    found = {}
    for name in curve.scores:
        best = curve.best(name)
        found[name] = BestSim(best.value, cut.sim_at_height(dendrogram, best.height, scale=scale), best.n_clusters)
    return found
