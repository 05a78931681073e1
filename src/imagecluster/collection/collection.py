"""A collection: pictures with their fingerprints and dendrogram, and the one way to their clusters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster import cut
from imagecluster.collection.kept_branches import branches_of
from imagecluster.collection.kept_centres import KeptCentres
from imagecluster.collection.recipe import Recipe
from imagecluster.collection.report import Report, cluster_folders, relative_names
from imagecluster.collection.scales import branch_scale_of, cut_name, scale_of, sim_scale_name
from imagecluster.collection.settings import Settings
from imagecluster.collection.trees import Tree
from imagecluster.corrections import Choice, Correction, apply, replay
from imagecluster.cut.central import Centres
from imagecluster.cut.counting import numbers_of_clusters
from imagecluster.cut.own_cuts import OwnCut
from imagecluster.cut.sim_scale import SimScale
from imagecluster.records import Clusters, CutName, Dendrogram, Recall, SimScaleName, Skip, TimeTerm, Within
from imagecluster.store import Leaves, Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagecluster.collection.occasion_table import OccasionTable


@dataclass(frozen=True, slots=True)
class Scanned:
    """The outcome for the files that were scanned."""

    n_fingerprinted: int
    n_reused: int
    skips: tuple[Skip, ...]
    """Files without a fingerprint, and why."""
    ignored: Mapping[str, int] = field(default_factory=dict)
    """Number of files ignored because their suffix is not that of a picture, by suffix."""
    notes: Mapping[Path, str] = field(default_factory=dict)
    """Notes on what is missing from partly read pictures, by path."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    look_alikes: Mapping[str, int] = field(default_factory=dict)
    """Both as in `Scan`."""
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further names of pictures (hard and symbolic links) by name, as outputs give both; not counted as scanned."""

    @property
    def n_scanned(self) -> int:
        """Number of files scanned: fingerprinted + reused + skipped."""
        return self.n_fingerprinted + self.n_reused + len(self.skips)


@dataclass(frozen=True, eq=False)
class Collection:
    """Pictures with their fingerprints, and everything that determines their clusters.

    There are two ways to one: `opening.bring_up` scans the files and fingerprints new ones, `opening.open_latest` takes
    what the latest run left. A collection never changes, and works as long as its store is open.
    """

    store: Store
    model: str
    """`name@version`."""
    leaves: Leaves
    """The pictures, by content, then by path; this is the order of all row numbers."""
    settings: Settings
    """Settings of the run: how the pictures are joined, where they are cut, which outputs are written."""
    tree: Tree
    scale: SimScale
    """Meaning of `sim`."""
    corrections: tuple[Correction, ...]
    """Corrections made by hand, oldest first."""
    load_time: Callable[[], TimeTerm | None]
    """Returns `time`."""
    load_scanned: Callable[[], Scanned]
    """Returns `scanned`."""
    load_within: Callable[[], Within | None] = lambda: None
    """Returns `within`."""
    load_occasions: Callable[[], OccasionTable | None] = lambda: None
    """Returns `occasions`."""
    choices: Mapping[int, Choice] = field(default_factory=dict)
    """What was chosen for pictures by hand, by row."""
    branch_scale: SimScale | None = None
    """Scale of the cut by branch; None if all branches are cut at the same height."""
    is_provisional: bool = False
    """Whether the pictures are not clustered yet; if so, the dendrogram keeps all of them apart."""
    beside: Path | None = None
    """Folder of another collection's database that a run on these files did not change; None if there is none."""

    def __len__(self) -> int:
        return len(self.leaves)

    @property
    def root(self) -> Path:
        """The collection's folder, absolute."""
        return self.store.root

    @property
    def directory(self) -> Path:
        """Folder of the database and of all outputs."""
        return self.store.directory

    @property
    def recipe(self) -> Recipe:
        """How the dendrogram was made."""
        return self.settings.recipe

    @property
    def cut_name(self) -> CutName:
        """How the dendrogram is cut."""
        return "flat" if self.branch_scale is None else "branch"

    @cached_property
    def dendrogram(self) -> Dendrogram:
        """The hierarchy with the heights at which it is cut; leaf i is picture i.

        If it is cut by branch, these are not distances; `tree.dendrogram` has the distances of the same merges.
        """
        tree, store = self.tree, self.store
        if self.branch_scale is None or self.is_provisional:
            return tree.dendrogram
        from imagecluster.cut.branch import by_branch

        heights, places = branches_of(tree.dendrogram, tree.key, store.folder, writable=store.writable)
        return by_branch(tree.dendrogram, self.scale, self.branch_scale, heights=heights, places=places)

    @property
    def recall(self) -> Recall | None:
        """Quality of the neighbours from which the dendrogram was made; None if all pairs were compared."""
        return self.tree.recall

    @cached_property
    def time(self) -> TimeTerm | None:
        """The part that time played; None if it played none."""
        return self.load_time()

    @cached_property
    def within(self) -> Within | None:
        """The events or trips that no cluster of the dendrogram crosses; None if there are no such bounds."""
        return self.load_within()

    @cached_property
    def occasions(self) -> OccasionTable | None:
        """The trip, event, scene and burst of each picture; None if nobody has looked for them."""
        return self.load_occasions()

    @cached_property
    def scanned(self) -> Scanned:
        """The outcome for the scanned files; if none were scanned, for those that the latest run found."""
        return self.load_scanned()

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors from which the dendrogram was made, shape (n_images, n_dimensions); read on first use."""
        return self.tree.load()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Path of each picture as outputs give it: relative to the root with '/', absolute if outside the root."""
        return tuple(map(os.fsdecode, self.leaves.keys))

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Absolute path of each picture."""
        return self.store.paths_of(self.leaves.keys)

    @cached_property
    def path_order(self) -> Sequence[int]:
        """Row numbers in the order of the paths' bytes."""
        keys: Sequence[bytes] = self.leaves.keys
        if any(key.startswith(b"/") or key[1:2] == b":" for key in keys):
            keys = [bytes(path) for path in self.paths]
        return sorted(range(len(keys)), key=keys.__getitem__)

    @cached_property
    def narrow_dendrogram(self) -> Dendrogram:
        """The hierarchy, changed so that no cut has a cluster wider than the settings allow."""
        if self.settings.max_diameter is None or self.is_provisional:
            return self.dendrogram
        from imagecluster.cut.diameter import bounded

        return bounded(self.dendrogram, self.vectors, max_diameter=self.settings.max_diameter)

    @cached_property
    def hidden(self) -> NDArray[np.int64]:
        """Row numbers of the pictures hidden by hand, ascending."""
        import numpy as np

        if not self.corrections:
            return np.empty(0, np.int64)
        return np.sort(
            replay(np.zeros(len(self), np.int64), self.corrections, self.leaves.hashes, names=self.names).hidden
        )

    def on_scale(self, asked: SimScaleName | None, cut: CutName | None = None) -> Collection:
        """The same collection on another scale of `sim`, and cut in another way.

        Parameters
        ----------
        asked
            The scale; None stands for the calibrated one if there is one.
        cut
            How the dendrogram is cut; None stands for the way of the settings if it goes with the scale.

        Raises
        ------
        ArgumentError
            This model and recipe have no such scale, or the scale has no such cut.

        """
        name = sim_scale_name(self.model, asked, recipe=self.recipe)
        kept = self.settings.cut if name == "calibrated" and self.settings.sim_scale != "relative" else None
        way = cut_name(self.model, cut or kept, name)
        scale, branch_scale = scale_of(self.model, name, self.tree.dendrogram), branch_scale_of(self.model, way)
        return replace(self, scale=scale, branch_scale=branch_scale)

    def cut(
        self, sim: float | None = None, *, min_size: int | None = None, own_cuts: Sequence[OwnCut] = ()
    ) -> Clusters:
        """Clusters at a similarity index, with the largest diameter, branches cut on their own, and all corrections.

        Parameters
        ----------
        sim
            Similarity index in [0, 1], on `scale`; default: that of the settings.
        min_size
            Members of smaller clusters go to `singles`; default: that of the settings.
        own_cuts
            Branches to cut at heights of their own.

        Returns
        -------
        Clusters
            Members are row numbers of `leaves`.

        Raises
        ------
        ArgumentError
            An argument is outside its range.

        """
        kept = KeptCentres(self.store.folder, self.tree.key)
        known = kept.load(self.path_order)
        load = self._load_vectors
        centres = Centres(load, known)
        limit = self.settings.max_diameter
        found = cut.clusters(
            self.dendrogram,
            load,
            cut.Cut(
                sim=self.settings.sim if sim is None else sim,
                scale=self.scale,
                min_size=self.settings.min_size if min_size is None else min_size,
                max_diameter=limit,
                own_cuts=own_cuts,
            ),
            path_order=self.path_order,
            centres=centres,
        )
        if self.store.writable and len(centres.of_runs) > len(known):
            kept.save(self.path_order, centres.of_runs)
        found = replace(found, cut=self.cut_name)
        if not self.corrections:
            return found
        return apply(
            found,
            self.corrections,
            self.leaves.hashes,
            names=self.names,
            labels=cut.split_wide(self.dendrogram, load, found.cut_height, max_diameter=limit, own_cuts=own_cuts),
            path_order=self.path_order,
            measure=cut.measurer(self.dendrogram, load),
        )

    def sim_for_clusters(self, n_clusters: int, *, min_size: int | None = None) -> float:
        """The similarity index of a cut with a number of clusters, or the nearest number; see `cut.sim_for_clusters`.

        Corrections made by hand come after the cut, and may change the number. Within events it is at least that of
        sim = 0: fewer clusters would leave most pictures out.
        """
        least = self.settings.min_size if min_size is None else min_size
        if self.settings.within is not None:
            n_clusters = max(n_clusters, int(numbers_of_clusters(self.dendrogram, least)[1][-1]))
        return cut.sim_for_clusters(self.narrow_dendrogram, n_clusters, min_size=least, scale=self.scale)

    def report(self, clusters: Clusters) -> Report:
        """The facts of a cut from which every output is written."""
        skips, notes = self.scanned.skips, self.scanned.notes
        sizes = [len(cluster.members) for cluster in clusters.clusters]
        given = [cluster.name for cluster in clusters.clusters]
        return Report(
            root=self.root,
            model=self.model,
            method=self.recipe.method,
            metric=self.recipe.metric,
            scale=self.scale,
            largest_distance=self.dendrogram.largest_distance,
            clusters=clusters,
            names=self.names,
            skips=skips,
            notes=dict(zip(relative_names(self.root, list(notes)), notes.values(), strict=True)),
            other_names=self.scanned.other_names,
            n_scanned=len(self) + len(skips),
            time=self.time,
            within=self.within,
            occasions=self.occasions,
            choices=self.choices,
            folders=() if self.settings.links == "none" else cluster_folders(sizes, given),
            distances=()
            if clusters.cut == "flat"
            else cut.joined_at(self.tree.dendrogram, [cluster.members for cluster in clusters.clusters]),
        )

    def _load_vectors(self) -> NDArray[np.float32]:
        return self.vectors
