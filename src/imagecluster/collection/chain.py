"""The main job: scan, fingerprint, cluster, write everything down."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from imagecluster.collection.clustering import Exactness, Tree, clusters_of, leaf_order, paths_of, tree_of
from imagecluster.collection.fingerprinting import Collection, Progress, fingerprint_scan
from imagecluster.collection.kept_centres import KeptCentres
from imagecluster.collection.output import Links, Outputs, thumbnail_of, write_outputs
from imagecluster.collection.scales import has_curve, scale_of, sim_scale_name
from imagecluster.corrections import EDITS_NAME, History
from imagecluster.cut.sim_scale import SimScale
from imagecluster.decode import MAX_PIXELS
from imagecluster.errors import ArgumentError
from imagecluster.linkage.methods import check_method, check_time_metric
from imagecluster.models import DEFAULT_MODEL, check_device, find_model
from imagecluster.present import Html, gallery
from imagecluster.records import TIME_SCALE_S, Clusters, Recall, SimScaleName, Skip, TimeSource, TimeTerm
from imagecluster.scan import StrPath, as_paths, scan
from imagecluster.store import HashedFile, Run, Store, default_location

PAGE_STAMP = "page_stamp"
"""Under this name a run remembers which page it left."""

DENDROGRAM = "dendrogram"
"""Under this name a run remembers the key of its dendrogram."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. Every field has the command line's default."""

    sim: float = 0.5
    """Similarity index of the cut, in [0, 1]: 0 all in one cluster, 1 only identical pictures."""
    sim_scale: SimScaleName | None = None
    """What `sim` means: 'calibrated' (the model's curve from distance to sim) or 'relative' (counted from the largest
    distance in the collection). Default: calibrated where the model has a curve, for average linkage under cosine
    distance without time."""
    model: str = DEFAULT_MODEL
    weights: Path | None = None
    """The user's own file of weights, for models that take one."""
    preprocess: str | None = None
    """How pictures are prepared for an ONNX file, see `imagecluster.models.parse_preprocess`."""
    method: str = "average"
    """Linkage method, as scipy names it."""
    metric: str = "cosine"
    """Distance of fingerprints, as scipy names it."""
    max_diameter: float | None = None
    """Divide clusters with two pictures farther apart than this cosine distance."""
    min_size: int = 2
    """Smaller clusters are not laid out; at least 1."""
    links: Links = "symlink"
    time_weight: float = 0.0
    """Share of time in the similarity, in [0, 1]: 0 content alone, 1 time alone."""
    time_scale_s: float = TIME_SCALE_S
    """Time after which two pictures' nearness in time has fallen to 1/e; at least 1 s."""
    time_source: TimeSource = "auto"
    """`exif`, `stat` (the file's modification time), or `auto`: EXIF, and the file's where that gives none."""
    page: bool = True
    """Whether to write the page of contact sheets (and to keep thumbnails for it)."""
    recursive: bool = True
    max_pixels: int = MAX_PIXELS
    """Pictures of more pixels are skipped before they are decoded."""
    n_threads: int | None = None
    """Default: one a core."""
    device: str = "cpu"
    """What networks run on, see `imagecluster.models.choose_device`."""
    exactness: Exactness = "auto"
    """Whether all pairs of pictures are compared ('exact'), or part of them ('approximate'), with a measured recall."""
    max_memory_bytes: int | None = None
    """Most memory that clustering takes beside the fingerprints; default: no limit."""

    def __post_init__(self) -> None:
        if not 0 <= self.sim <= 1:
            raise ArgumentError(f"sim is {self.sim}; it must be from 0 (all in one cluster) to 1 (only identical ones)")
        _check_linkage(self)
        if self.max_diameter is not None and not self.max_diameter >= 0:
            raise ArgumentError(f"max_diameter is {self.max_diameter}; it must be a cosine distance, 0 or more")
        if self.sim_scale not in (None, "calibrated", "relative"):
            raise ArgumentError(f"sim_scale is {self.sim_scale!r}; it must be calibrated, relative or None")
        if self.min_size < 1:
            raise ArgumentError(f"min_size is {self.min_size}; it must be at least 1")
        if self.links not in ("symlink", "hardlink", "copy", "none"):
            raise ArgumentError(f"links is {self.links!r}; it must be symlink, hardlink, copy or none")
        if not 0 <= self.time_weight <= 1:
            raise ArgumentError(
                f"time_weight is {self.time_weight}; it must be from 0 (content alone) to 1 (time alone)"
            )
        if not 1 <= self.time_scale_s < math.inf:
            raise ArgumentError(f"time_scale_s is {self.time_scale_s}; it must be at least 1 second, and finite")
        if self.time_source not in ("auto", "exif", "stat"):
            raise ArgumentError(f"time_source is {self.time_source!r}; it must be auto, exif or stat")
        if self.max_pixels < 1:
            raise ArgumentError(f"max_pixels is {self.max_pixels}; it must be at least 1")
        if self.n_threads is not None and self.n_threads < 1:
            raise ArgumentError(f"n_threads is {self.n_threads}; it must be at least 1, or None for one a core")
        check_device(self.device)
        if self.exactness not in ("auto", "exact", "approximate"):
            raise ArgumentError(f"exactness is {self.exactness!r}; it must be auto, exact or approximate")
        if self.max_memory_bytes is not None and self.max_memory_bytes < 1:
            raise ArgumentError(f"max_memory_bytes is {self.max_memory_bytes}; it must be at least 1, or None")


def _check_linkage(settings: Settings) -> None:
    """ArgumentError if method, metric, time and exactness do not go together."""
    check_method(settings.method, settings.metric)
    if settings.time_weight > 0:
        check_time_metric(settings.metric)
    if settings.exactness == "approximate" and (settings.method, settings.metric) != ("average", "cosine"):
        raise ArgumentError(
            f"exactness is 'approximate'; it must be auto or exact for {settings.method} linkage under "
            f"{settings.metric}: only average linkage under cosine has an approximate way"
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did and found."""

    root: Path
    directory: Path
    """Folder of the database and of everything that was written."""
    model: str
    """`name@version`."""
    method: str
    metric: str
    n_scanned: int
    """fingerprinted + reused + skipped."""
    n_fingerprinted: int
    n_reused: int
    skips: tuple[Skip, ...]
    ignored: Mapping[str, int]
    """Files passed over because their suffix is not a picture's, by suffix."""
    paths: tuple[Path, ...]
    """Path of each row; members of the clusters are row numbers."""
    clusters: Clusters
    largest_distance: float
    recall: Recall | None
    """How good the neighbours were that the dendrogram was made from; None where all pairs were compared."""
    time: TimeTerm | None
    """How time counted; None where it did not."""
    outputs: Outputs
    seconds: float

    def show(self, *, n_clusters: int = 24) -> Html:
        """Covers and sizes of the largest clusters, for a notebook, which shows what a cell ends with.

        `imagecluster view` shows the same collection with everything in it.
        """
        return gallery(self.clusters, self.paths, cover=thumbnail_of, n_clusters=n_clusters)

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()


def locate(paths: Sequence[Path], db: Path | None = None) -> tuple[Path, Path]:
    """Root of a collection and folder of its database.

    One folder is its own root, and its database is `folder/imagecluster` (in the user's data directory where the
    folder cannot be written to). Several folders, or files, belong to the working directory.
    """
    root = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path.cwd()
    root = Path(root).absolute()
    return root, Path(db).absolute() if db is not None else default_location(root)


def run(
    paths: Iterable[StrPath] | StrPath,
    settings: Settings | None = None,
    *,
    db: StrPath | None = None,
    progress: Progress | None = None,
) -> Result:
    """Clusters of the pictures in folders and files; fingerprints what is new and writes all outputs.

    Parameters
    ----------
    paths
        Folder or file, or several.
    settings
        How to run.
    db
        Folder of the database; default as in `locate`.
    progress
        Called with (stage, done, total).

    Raises
    ------
    InputError
        A path cannot be scanned.
    ArgumentError
        The calibrated scale of sim is asked for, and there is none.
    ModelError
        The model is unknown or damaged.
    StoreError
        The database cannot be used; the message says what to do.
    OutputError
        A place that should be written is not ours or is not writable.
    """
    started_s, started = time.time(), time.monotonic()
    settings = settings or Settings()
    progress = progress or _silent
    with _brought_up(as_paths(paths), settings, None if db is None else Path(db), progress) as (store, fresh):
        clusters = clusters_of(
            fresh.leaves,
            fresh.tree.dendrogram,
            lambda: fresh.tree.vectors,
            sim=settings.sim,
            scale=fresh.scale,
            min_size=settings.min_size,
            max_diameter=settings.max_diameter,
            edits=History(store.directory / EDITS_NAME).edits,
            kept=KeptCentres(store.directory, fresh.tree.key),
        )
        outputs = write_outputs(
            store,
            fresh.leaves,
            clusters,
            fresh.collection,
            model=fresh.model,
            method=settings.method,
            metric=settings.metric,
            scale=fresh.scale,
            largest_distance=fresh.tree.dendrogram.largest_distance,
            time=fresh.term,
            links=settings.links,
            page=settings.page,
            last_page_stamp=_last_page_stamp(store),
            progress=progress,
        )
        result = Result(
            root=store.root,
            directory=store.directory,
            model=fresh.model,
            method=settings.method,
            metric=settings.metric,
            n_scanned=fresh.collection.n_scanned,
            n_fingerprinted=fresh.collection.n_fingerprinted,
            n_reused=fresh.collection.n_reused,
            skips=fresh.collection.skips,
            ignored=fresh.ignored,
            paths=paths_of(fresh.leaves),
            clusters=clusters,
            largest_distance=fresh.tree.dendrogram.largest_distance,
            recall=fresh.tree.recall,
            time=fresh.term,
            outputs=outputs,
            seconds=time.monotonic() - started,
        )
        remembered = _remembered(fresh, settings, page_stamp=outputs.page_stamp)
        store.record_run(replace(remembered, started_s=started_s, duration_s=result.seconds))
        store.keep_leaves(fresh.model)
    return result


def update(
    paths: Sequence[Path], settings: Settings, *, db: Path | None = None, progress: Progress | None = None
) -> None:
    """Fingerprint what is new in folders and files, and keep the dendrogram; write no outputs.

    Arguments and errors are those of `run`. A page that `settings` ask for is not written, but its thumbnails are kept.
    """
    started_s, started = time.time(), time.monotonic()
    with _brought_up(paths, settings, db, progress or _silent) as (store, fresh):
        remembered = _remembered(fresh, settings, page_stamp=_last_page_stamp(store))
        store.record_run(replace(remembered, started_s=started_s, duration_s=time.monotonic() - started))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A collection whose fingerprints and dendrogram are up to date."""

    model: str
    ignored: Mapping[str, int]
    collection: Collection
    leaves: list[HashedFile]
    term: TimeTerm | None
    tree: Tree
    scale: SimScale


@contextmanager
def _brought_up(
    paths: Sequence[Path], settings: Settings, db: Path | None, progress: Progress
) -> Iterator[tuple[Store, _Fresh]]:
    """The open store of a collection, after everything new in it was fingerprinted and clustered."""
    now_s = time.time()
    model = find_model(settings.model, weights=settings.weights, preprocess=settings.preprocess)
    scale_name = scale_name_of(settings, model.identity)
    root, directory = locate(paths, db)
    progress("scan", 0, 0)
    found = scan(paths, recursive=settings.recursive, exclude=[directory])
    with Store.open(directory, root=root) as store:
        collection = fingerprint_scan(
            found,
            store,
            model,
            max_pixels=settings.max_pixels,
            thumbnails=settings.page,
            n_threads=settings.n_threads,
            device=settings.device,
            progress=progress,
        )
        leaves = leaf_order(collection.files)
        term, tree = tree_by(settings, leaves, store, model.identity, now_s=now_s, progress=progress)
        scale = scale_of(model.identity, scale_name, tree.dendrogram)
        yield store, _Fresh(model.identity, found.ignored, collection, leaves, term, tree, scale)


def tree_by(
    settings: Settings, leaves: Sequence[HashedFile], store: Store, model: str, *, now_s: float, progress: Progress
) -> tuple[TimeTerm | None, Tree]:
    """How time counts (None where it does not), and the dendrogram, as the settings want them."""
    term = None
    if settings.time_weight > 0:
        from imagecluster.collection.times import time_term

        term = time_term(
            leaves,
            store,
            weight=settings.time_weight,
            scale_s=settings.time_scale_s,
            source=settings.time_source,
            now_s=now_s,
        )
    tree = tree_of(
        leaves,
        store,
        model,
        time=term,
        method=settings.method,
        metric=settings.metric,
        exactness=settings.exactness,
        n_threads=settings.n_threads,
        max_memory_bytes=settings.max_memory_bytes,
        progress=progress,
    )
    return term, tree


def _remembered(fresh: _Fresh, settings: Settings, *, page_stamp: str) -> Run:
    """What the store keeps of a run, but for its time."""
    return Run(
        started_s=0.0,
        duration_s=0.0,
        model=fresh.model,
        n_scanned=fresh.collection.n_scanned,
        n_fingerprinted=fresh.collection.n_fingerprinted,
        n_reused=fresh.collection.n_reused,
        n_skipped=len(fresh.collection.skips),
        settings={
            **asdict(settings),
            "weights": None if settings.weights is None else os.fspath(settings.weights),
            "sim_scale": fresh.scale.name,
            PAGE_STAMP: page_stamp,
            DENDROGRAM: fresh.tree.key,
        },
    )


def scale_name_of(settings: Settings, model: str) -> SimScaleName:
    """Which scale of `sim` settings mean with a model, `name@version`. ArgumentError where there is no such scale."""
    is_plain = (settings.method, settings.metric, settings.time_weight) == ("average", "cosine", 0)
    return sim_scale_name(model, settings.sim_scale, is_plain=is_plain)


def settings_of(run: Run) -> Settings:
    """How a run was made; what a run of another version did not remember is as by default.

    A run from before there were two scales of `sim` meant the relative one, and so does one whose model is known here
    in another version, with another curve.
    """
    known = {field.name: run.settings[field.name] for field in fields(Settings) if field.name in run.settings}
    if known.get("sim_scale") is None or not has_curve(run.model):
        known["sim_scale"] = "relative"
    if known.get("weights") is not None:
        known["weights"] = Path(known["weights"])
    return Settings(**known)


def _last_page_stamp(store: Store) -> str:
    """Stamp of the page that the latest run left; empty where there is none."""
    runs = store.runs()
    return str(runs[-1].settings.get(PAGE_STAMP, "")) if runs else ""


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
