"""One output of a collection that was fingerprinted and clustered before, for any cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.chain import Settings, scale_name_of, settings_of, tree_by
from imagecluster.collection.clustering import Tree, clusters_of, kept_leaves, paths_of
from imagecluster.collection.fingerprinting import Progress
from imagecluster.collection.kept_centres import KeptCentres
from imagecluster.collection.output import ThumbnailOf
from imagecluster.collection.scales import scale_of
from imagecluster.corrections import EDITS_NAME, History
from imagecluster.cut.own_cuts import OwnCut
from imagecluster.errors import ArgumentError
from imagecluster.present import Report, write_csv, write_json, write_page, write_parquet
from imagecluster.present.links import cluster_folders, make_links
from imagecluster.records import Clusters, Dendrogram, TimeTerm
from imagecluster.store import HashedFile, Run, Store

Output = Literal["links", "csv", "json", "parquet", "page"]


def write_output(
    directory: Path,
    kind: Output,
    *,
    model: str,
    sim: float,
    min_size: int,
    own_cuts: Sequence[OwnCut] = (),
    order: NDArray[np.int64] | None = None,
) -> Path:
    """Write one output of a cut, corrected by hand, into the folder of a database; the file or folder written.

    Nothing is scanned and nothing is fingerprinted: the pictures are those of the latest run.

    Parameters
    ----------
    directory
        Folder of the database.
    kind
        Which output.
    model
        `name@version`.
    sim, min_size
        The cut, on the scale of the latest run with this model. Clusters are not wider than that run let them be.
    own_cuts
        Branches that are cut at heights of their own.
    order : array of int64, shape (n,)
        The leaf order whose places they give; needed with them.

    Raises
    ------
    ArgumentError
        `kind`, `sim`, `min_size` or a branch is outside its range, or the leaf order is another one by now.
    MissingExtraError
        Parquet needs the extra `parquet`.
    StoreError
        There is no database, or another process writes to it.
    OutputError
        The output cannot be written.
    """
    if kind not in get_args(Output):
        raise ArgumentError(f"no output is called {kind!r}; known: {', '.join(get_args(Output))}")
    with Store.open(directory) as store:
        leaves, term, settings, tree = _clustered(store, model, _silent)
        if own_cuts and not np.array_equal(tree.dendrogram.order, [] if order is None else order):
            raise ArgumentError("the collection has changed since its branches were cut: look at it again, then export")
        scale = scale_of(model, scale_name_of(settings, model), tree.dendrogram)
        clusters = clusters_of(
            leaves,
            tree.dendrogram,
            lambda: tree.vectors,
            sim=sim,
            scale=scale,
            min_size=min_size,
            max_diameter=settings.max_diameter,
            own_cuts=own_cuts,
            edits=History(directory / EDITS_NAME).edits,
            kept=KeptCentres(directory, tree.key),
        )
        skips = store.known_skips()
        if kind == "links":
            return _write_links(store, leaves, clusters)
        report = Report(
            root=store.root,
            model=model,
            scale=scale,
            largest_distance=tree.dendrogram.largest_distance,
            clusters=clusters,
            paths=paths_of(leaves),
            skips=skips,
            n_scanned=len(leaves) + len(skips),
            folders=cluster_folders([len(cluster.members) for cluster in clusters.clusters]),
            time=term,
            method=settings.method,
            metric=settings.metric,
        )
        if kind == "page":
            with store.thumbnails() as cache:
                write_page(report, store.directory / "clusters.html", thumbnail=ThumbnailOf(leaves, cache))
            return store.directory / "clusters.html"
        writers: dict[str, Callable[[Report, Path], None]] = {
            "csv": write_csv, "json": write_json, "parquet": write_parquet,
        }  # fmt: skip
        file = store.directory / f"clusters.{kind}"
        writers[kind](report, file)
        return file


def cluster_known(directory: Path, *, model: str, progress: Progress) -> str:
    """Key of the dendrogram of the pictures that the latest run found, which is made if the database keeps none.

    Raises
    ------
    StoreError
        There is no database, or another process writes to it.
    """
    with Store.open(directory) as store:
        return _clustered(store, model, progress)[-1].key


def bounded_tree(store: Store, model: str) -> Dendrogram:
    """The dendrogram of the latest run with a model; at no height are its clusters wider than that run let them be."""
    *_, settings, tree = _clustered(store, model, _silent)
    if settings.max_diameter is None:
        return tree.dendrogram
    from imagecluster.cut.diameter import bounded

    return bounded(tree.dendrogram, tree.vectors, max_diameter=settings.max_diameter)


def latest_run(store: Store, model: str) -> Run | None:
    """The latest run with a model; None where there is none."""
    return next((run for run in reversed(store.runs()) if run.model == model), None)


def _clustered(
    store: Store, model: str, progress: Progress
) -> tuple[list[HashedFile], TimeTerm | None, Settings, Tree]:
    """Pictures, how time counts, and the dendrogram, as in the latest run with this model."""
    run = latest_run(store, model)
    settings = settings_of(run) if run else Settings()
    leaves = kept_leaves(store, model)
    term, tree = tree_by(settings, leaves, store, model, now_s=time.time(), progress=progress)
    return leaves, term, settings, tree


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _write_links(store: Store, leaves: list[HashedFile], clusters: Clusters) -> Path:
    paths = paths_of(leaves)
    members = [[paths[row] for row in cluster.members] for cluster in clusters.clusters]
    return make_links(members, store.directory / "clusters").directory
