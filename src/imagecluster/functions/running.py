"""The main job: scan, fingerprint, cluster, and write all outputs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from imagecluster.collection import DENDROGRAM, Collection, Settings, Verification, bring_up
from imagecluster.present.notebook import Html, gallery
from imagecluster.present.outputs import PAGE_STAMP, Outputs, page_stamp_of, write_outputs
from imagecluster.present.thumbnails import thumbnail_of
from imagecluster.records import Clusters, Recall, Skip, TimeTerm, Within
from imagecluster.scan import StrPath, as_paths
from imagecluster.store import Run
from imagecluster.system.progress import OnProgress, silent


@dataclass(frozen=True)
class Result:
    """The result of a run."""

    root: Path
    directory: Path
    """Folder of the database and of all outputs."""
    model: str
    """`name@version`."""
    method: str
    metric: str
    n_scanned: int
    """Number of files scanned: fingerprinted + reused + skipped."""
    n_fingerprinted: int
    n_reused: int
    skips: tuple[Skip, ...]
    ignored: Mapping[str, int]
    """Number of files ignored because their suffix is not that of a picture, by suffix."""
    names: tuple[str, ...]
    """Path of each row, relative to the root; members of the clusters are row numbers."""
    clusters: Clusters
    largest_distance: float
    recall: Recall | None
    """Quality of the neighbours from which the dendrogram was made; None if all pairs were compared."""
    time: TimeTerm | None
    """The part that time played; None if it played none."""
    outputs: Outputs
    seconds: float
    verification: Verification | None = None
    """How many pairs of pictures were compared by local features; None if none should be."""
    notes: Mapping[Path, str] = field(default_factory=dict)
    """Notes on what is missing from partly read pictures, by path."""
    beside: Path | None = None
    """Folder of another collection's database that this run did not change, since these files are only part of it."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of folders and hidden pictures that were passed over, by reason: trash, previews of other programs ..."""
    look_alikes: Mapping[str, int] = field(default_factory=dict)
    """Number of those among `ignored` that begin like pictures, by suffix."""
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further names of pictures, hard and symbolic links, by name; they are not counted as scanned."""
    n_clusters_requested: int | None = None
    """`n_clusters` of the settings. Where no cut has that number of clusters, `clusters` has the nearest number."""
    within: Within | None = None
    """The events or trips that no cluster crosses, except by hand; None if the settings ask for no such bounds."""

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Absolute path of each row; members of the clusters are row numbers."""
        return tuple(self.root / name for name in self.names)

    def show(self, *, n_clusters: int = 24) -> Html:
        """Covers and sizes of the largest clusters, as HTML for a notebook cell.

        `imagecluster view` shows the whole collection.
        """
        return gallery(self.clusters, self.paths, cover=thumbnail_of, n_clusters=n_clusters)

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()


def run(
    paths: Iterable[StrPath] | StrPath,
    settings: Settings | None = None,
    *,
    db: StrPath | None = None,
    gone: bool = False,
    rehash: bool = False,
    progress: OnProgress = silent,
) -> Result:
    """Cluster the pictures in folders and files: fingerprint new ones, and write all outputs.

    A single folder has its database and outputs inside it, in `folder/imagecluster`. Several folders, or files, have
    them in the working directory; if the collection there holds other pictures too, they become a collection of their
    own beside it (`imagecluster-2` ...), and the outputs of the other collection are not changed.

    Parameters
    ----------
    paths
        One folder or file, or several.
    settings
        Settings of the run; default: `Settings()`.
    db
        Folder of the database and of all outputs; default: as described above.
    gone
        Whether most of the collection may be missing, because it was deleted for good. Otherwise a run that finds less
        than half of it refuses to empty the outputs: most likely a drive is unplugged.
    rehash
        Whether to read all files again, also those that do not look changed by size and times. Fingerprints of
        contents that are still the same are kept.
    progress
        Called with a `Progress` as work goes on, from this thread.

    Returns
    -------
    Result
        Clusters, counts, and the places of the outputs.

    Raises
    ------
    InputError
        A path cannot be scanned, the database in `db` holds other pictures, which this run would remove from its
        outputs, or most of the collection is gone.
    ArgumentError
        The calibrated scale of sim or a cut by branch was requested, and there is none.
    ModelError
        The model is unknown or damaged.
    StoreError
        The database cannot be used; the message says what to do.
    OutputError
        An output cannot be written, or something that imagecluster did not make is in its place.
    """
    started_s, started = time.time(), time.monotonic()
    settings = settings or Settings()
    database = None if db is None else Path(db)
    with bring_up(as_paths(paths), settings, db=database, gone=gone, rehash=rehash, progress=progress) as brought_up:
        collection = brought_up
        if settings.n_clusters is not None:
            sim = collection.sim_for_clusters(settings.n_clusters)
            collection = replace(collection, settings=replace(collection.settings, sim=sim, n_clusters=None))
        clusters = collection.cut()
        outputs = write_outputs(collection, clusters, progress=progress)
        scanned = collection.scanned
        result = Result(
            root=collection.root,
            directory=collection.directory,
            model=collection.model,
            method=settings.method,
            metric=settings.metric,
            n_scanned=scanned.n_scanned,
            n_fingerprinted=scanned.n_fingerprinted,
            n_reused=scanned.n_reused,
            skips=scanned.skips,
            ignored=scanned.ignored,
            notes=scanned.notes,
            names=collection.names,
            clusters=clusters,
            largest_distance=collection.dendrogram.largest_distance,
            recall=collection.recall,
            time=collection.time,
            verification=collection.tree.verification,
            outputs=outputs,
            seconds=time.monotonic() - started,
            beside=collection.beside,
            left_out=scanned.left_out,
            look_alikes=scanned.look_alikes,
            other_names=scanned.other_names,
            n_clusters_requested=settings.n_clusters,
            within=collection.within,
        )
        _remember(collection, started_s, result.seconds, page_stamp=outputs.page_stamp)
        collection.store.keep_leaves(collection.model, collection.leaves)
    return result


def update(paths: Sequence[Path], settings: Settings, *, db: Path | None = None, progress: OnProgress = silent) -> None:
    """Fingerprint new pictures in folders and files, and keep the dendrogram, but write no outputs.

    Arguments and errors are those of `run`. If `settings` ask for a page, it is not written, but thumbnails are kept.
    """
    started_s, started = time.time(), time.monotonic()
    with bring_up(paths, settings, db=db, progress=progress) as collection:
        stamp = page_stamp_of(collection.store.runs())
        _remember(collection, started_s, time.monotonic() - started, page_stamp=stamp)


def _remember(collection: Collection, started_s: float, duration_s: float, *, page_stamp: str) -> None:
    """Record a run in the store."""
    scanned = collection.scanned
    collection.store.record_run(
        Run(
            started_s=started_s,
            duration_s=duration_s,
            model=collection.model,
            n_scanned=scanned.n_scanned,
            n_fingerprinted=scanned.n_fingerprinted,
            n_reused=scanned.n_reused,
            n_skipped=len(scanned.skips),
            settings={
                **collection.settings.as_kept(),
                "sim_scale": collection.scale.name,
                "cut": collection.cut_name,
                PAGE_STAMP: page_stamp,
                DENDROGRAM: collection.tree.key,
            },
        )
    )
