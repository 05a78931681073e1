"""The settings of a run, and those of the latest run."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from imagecluster.collection.recipe import Exactness, Recipe
from imagecluster.collection.scales import cut_name, has_branch_curve, has_curve, sim_scale_name
from imagecluster.cut import DEFAULT_SIM, check_n_clusters
from imagecluster.decode import MAX_PIXELS
from imagecluster.errors import ArgumentError, StoreDamagedError
from imagecluster.models import DEFAULT_MODEL, Model, check_device, find_model, real_name
from imagecluster.places import PlacePrecision, check_precision
from imagecluster.records import TIME_SCALE_S, CutName, SimScaleName, TimeSource, WithinLevel
from imagecluster.store import Run, Store

Links = Literal["symlink", "hardlink", "copy", "none"]
CsvForm = Literal["plain", "spreadsheet"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. Every field has the default of the command line."""

    sim: float = DEFAULT_SIM
    """Similarity index of the cut, in [0, 1]: 0 puts all pictures together, 1 only identical ones."""
    sim_scale: SimScaleName | None = None
    """Meaning of `sim`: 'calibrated' (by the model's curve from distance to sim) or 'relative' (to the largest distance
    in the collection). Default: calibrated if the model has a curve, for average linkage under cosine distance without
    time."""
    cut: CutName | None = None
    """'branch': each branch of the dendrogram is cut where it is most a group around the closeness of `sim`; 'flat':
    all are cut at the same distance. Default: by branch on the calibrated scale if the model has a curve for it."""
    model: str = DEFAULT_MODEL
    """Fingerprint model, an ONNX file, or several models together: `NAME+NAME`. `best` is replaced by the real name."""
    weights: Path | None = None
    """Your own weight file, for models that take one."""
    preprocess: str | None = None
    """How pictures are prepared for an ONNX file; see `imagecluster.models.parse_preprocess`."""
    method: str = "average"
    """Linkage method, by its name in scipy."""
    metric: str = "cosine"
    """Distance between fingerprints, by its name in scipy."""
    max_diameter: float | None = None
    """Clusters in which two pictures are farther apart than this cosine distance are divided."""
    min_size: int = 2
    """Size of the smallest cluster that is shown; at least 1."""
    links: Links = "symlink"
    """How the folders of clusters hold their pictures."""
    csv: CsvForm = "plain"
    """Form of clusters.csv: `spreadsheet` has a byte order mark, and no cell that would be computed as a formula."""
    time_weight: float = 0.0
    """Share of time in the similarity, in [0, 1]: 0 is content alone, 1 is time alone."""
    time_scale_s: float = TIME_SCALE_S
    """Time after which two pictures' nearness in time has fallen to 1/e; at least 1 s."""
    time_source: TimeSource = "auto"
    """`exif` (what pictures and their sidecars say), `stat` (the file's modification time), or `auto`: the former, else
    the date in the file's name, else its modification time."""
    page: bool = True
    """Whether to write the page of contact sheets, and to keep thumbnails for it."""
    recursive: bool = True
    """Whether subfolders are scanned too."""
    max_pixels: int = MAX_PIXELS
    """Pictures with more pixels are skipped before they are decoded."""
    n_threads: int | None = None
    """Number of threads; default: one per core."""
    device: str = "cpu"
    """Device that runs the networks; see `imagecluster.models.choose_device`."""
    exactness: Exactness = "auto"
    """Whether all pairs of pictures are compared ('exact'), or part of them with a measured recall ('approximate');
    'auto' is exact up to 250,000 pictures."""
    verify: bool = False
    """Whether each picture is compared with its nearest few by local features, and pairs whose geometry agrees count as
    near each other; needs the extra `verify`."""
    max_memory_bytes: int | None = None
    """Limit on the memory that clustering takes in addition to the fingerprints; default: no limit."""
    n_clusters: int | None = None
    """Number of clusters of at least `min_size` pictures to cut into, in place of `sim`; if no cut has that number,
    the nearest one."""
    within: WithinLevel | None = None
    """'event' or 'trip': no cluster holds pictures of two events (or trips), whatever `sim`; undated pictures that
    belong to none are a group of their own. Only what a person puts together may cross. Default: no such bounds."""
    places: PlacePrecision = "exact"
    """How precisely trips and events are named by places in outputs: 'exact', 'town', 'region', 'country' or 'none'."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", real_name(self.model))
        if not 0 <= self.sim <= 1:
            raise ArgumentError(f"sim is {self.sim}; it must be from 0 (all together) to 1 (only identical ones)")
        check_n_clusters(self.n_clusters, self.sim)
        check_precision(self.places, "places")
        _ = self.recipe
        if self.max_diameter is not None and not self.max_diameter >= 0:
            raise ArgumentError(f"max_diameter is {self.max_diameter}; it must be a cosine distance, 0 or more")
        if self.sim_scale not in (None, "calibrated", "relative"):
            raise ArgumentError(f"sim_scale is {self.sim_scale!r}; it must be calibrated, relative or None")
        if self.cut not in (None, "branch", "flat"):
            raise ArgumentError(f"cut is {self.cut!r}; it must be branch, flat or None")
        if self.min_size < 1:
            raise ArgumentError(f"min_size is {self.min_size}; it must be at least 1")
        if self.links not in ("symlink", "hardlink", "copy", "none"):
            raise ArgumentError(f"links is {self.links!r}; it must be symlink, hardlink, copy or none")
        if self.csv not in ("plain", "spreadsheet"):
            raise ArgumentError(f"csv is {self.csv!r}; it must be plain or spreadsheet")
        if self.max_pixels < 1:
            raise ArgumentError(f"max_pixels is {self.max_pixels}; it must be at least 1")
        if self.n_threads is not None and self.n_threads < 1:
            raise ArgumentError(f"n_threads is {self.n_threads}; it must be at least 1, or None for one per core")
        check_device(self.device)
        if self.max_memory_bytes is not None and self.max_memory_bytes < 1:
            raise ArgumentError(f"max_memory_bytes is {self.max_memory_bytes}; it must be at least 1, or None")

    @property
    def recipe(self) -> Recipe:
        """How the pictures are joined into a hierarchy."""
        return Recipe(
            self.method,
            self.metric,
            self.time_weight,
            self.time_scale_s,
            self.time_source,
            exactness=self.exactness,
            verify=self.verify,
            within=self.within,
        )

    def find_model(self) -> Model:
        """The model, with the weights and the preparation of pictures that these settings name.

        Raises
        ------
        ModelError
            The model is unknown.

        """
        return find_model(self.model, weights=self.weights, preprocess=self.preprocess)

    def scale_name(self, model: str) -> SimScaleName:
        """The scale of `sim` that applies with a model, `name@version`.

        Raises
        ------
        ArgumentError
            The model has no such scale.

        """
        return sim_scale_name(model, self.sim_scale, recipe=self.recipe)

    def cut_name(self, model: str) -> CutName:
        """The way of cutting that applies with a model, `name@version`.

        Raises
        ------
        ArgumentError
            The model, or the scale of `sim`, has no cut by branch.

        """
        return cut_name(model, self.cut, self.scale_name(model))

    def as_kept(self) -> dict[str, Any]:
        """The settings for the store: plain values by name. A requested number of clusters has become a `sim`."""
        weights = None if self.weights is None else os.fspath(self.weights)
        return {**asdict(self), "n_clusters": None, "weights": weights}


def settings_of(run: Run) -> Settings:
    """The settings of a run; those that a run of another version did not remember have their default.

    A run from before there were two scales of `sim` used the relative one. So does a run whose model is known only in
    another version, which has another curve.

    Raises
    ------
    StoreDamagedError
        The run remembers settings that cannot be.

    """
    known = {field.name: run.settings[field.name] for field in fields(Settings) if field.name in run.settings}
    if known.get("sim_scale") is None or not has_curve(run.model):
        known["sim_scale"] = "relative"
    if known["sim_scale"] == "relative":
        known["cut"] = "flat"
    elif not has_branch_curve(run.model):
        known["cut"] = None
    try:
        for name in ("model", "preprocess"):
            if not isinstance(known.get(name), str | None):
                raise TypeError(f"{name} is {known[name]!r:.40}")
        if known.get("weights") is not None:
            known["weights"] = Path(known["weights"])
        return Settings(**known)
    except (TypeError, ValueError) as error:
        raise StoreDamagedError(
            f"the database remembers settings of its latest run that cannot be ({error}): `imagecluster run` on the"
            " collection remembers its own in their place"
        ) from error


def is_from_before_branches(run: Run | None) -> bool:
    """Whether a run cut at one height since there was no other way, and is cut by branch now."""
    if run is None:
        return False
    settings = settings_of(run)
    return "cut" not in run.settings and settings.cut_name(run.model) == "branch"


def latest_run(store: Store, model: str | None = None) -> Run | None:
    """The latest run, of any model or of one model (`name@version`); None if there is none."""
    return next((run for run in reversed(store.runs()) if model in (None, run.model)), None)
