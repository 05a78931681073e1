"""The facts of one cut, from which every output is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import ArgumentError
from imagecluster.records import Clusters, Skip, TimeTerm, Within
from imagecluster.system.folder_names import distinct_folders, folder_name

_OF_SIZE = re.compile(r"cluster_with_\d+", re.IGNORECASE)

if TYPE_CHECKING:
    from imagecluster.collection.occasion_table import OccasionTable
    from imagecluster.corrections import Choice


@dataclass(frozen=True, slots=True)
class Report:
    """A cut and its origin.

    Raises
    ------
    ArgumentError
        The counts do not add up (scanned = pictures with a fingerprint + skipped), a picture is in no cluster or in
        several, or there is not exactly one folder per cluster or one time per picture.

    """

    root: Path
    """Absolute path of the folder to which the paths in all outputs are relative."""
    model: str
    """Fingerprint model, `name@version`."""
    scale: SimScale
    """Meaning of `clusters.sim`."""
    largest_distance: float
    """Largest distance between two pictures, in the metric."""
    clusters: Clusters
    names: Sequence[str]
    """Path of each row, shape (n_images,): relative to `root` with '/' between folders, absolute if outside `root`."""
    skips: Sequence[Skip]
    n_scanned: int
    folders: Sequence[str] = ()
    """Folder of each cluster in the tree of links; empty if no tree was built."""
    time: TimeTerm | None = None
    """The part that time played, row by row; None if it played none."""
    method: str = "average"
    """Linkage method of the dendrogram."""
    metric: str = "cosine"
    """Metric of all distances except `clusters.max_diameter`."""
    distances: Sequence[float] = ()
    """Distance at which the members of each cluster joined; empty if these are the heights of the clusters."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Notes on what is missing from partly read pictures, by name."""
    other_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Further names of pictures, hard and symbolic links, by name."""
    within: Within | None = None
    """The events or trips that no cluster crosses, except by hand; None if there are no such bounds."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Remarks on pictures that are copies of others, by name, as far as they are known."""
    occasions: OccasionTable | None = None
    """The trip, event, scene and burst of each picture; None if they are not known."""
    choices: Mapping[int, Choice] = field(default_factory=dict)
    """What was chosen for pictures by hand, by row."""

    def __post_init__(self) -> None:
        n_images, n_skipped = len(self.names), len(self.skips)
        if self.n_scanned != n_images + n_skipped:
            raise ArgumentError(
                f"{self.n_scanned} scanned, but {n_images} with a fingerprint + {n_skipped} skipped; they must add up"
            )
        members = [cluster.members for cluster in self.clusters.clusters]
        rows = np.fromiter(chain(self.clusters.singles, self.clusters.hidden, *members), np.int64)
        if not np.array_equal(np.sort(rows), np.arange(n_images)):
            raise ArgumentError(
                f"clusters, singles and hidden pictures hold {len(rows)} rows; each row from 0 to {n_images - 1} must"
                " be in exactly one of them"
            )
        if self.folders and len(self.folders) != len(members):
            raise ArgumentError(f"{len(self.folders)} folders for {len(members)} clusters; there must be one for each")

        if self.time is not None and len(self.time.origins) != n_images:
            raise ArgumentError(f"{len(self.time.origins)} times for {n_images} pictures; there must be one for each")

    @property
    def n_clustered(self) -> int:
        """Number of pictures in clusters."""
        return self.n_visible - len(self.clusters.singles)

    @property
    def n_visible(self) -> int:
        """Number of pictures that are not hidden."""
        return len(self.names) - len(self.clusters.hidden)


def cluster_folders(sizes: Iterable[int], names: Sequence[str] = ()) -> tuple[str, ...]:
    """Folder of each cluster: its name if it has one, else `cluster_with_N/cluster_i`.

    N is its size, and i counts clusters of that size without a name from 0. Names are changed as little as possible to
    be names of folders on every file system, and none is `cluster_with_N`.

    >>> cluster_folders([4, 2, 2])
    ('cluster_with_4/cluster_0', 'cluster_with_2/cluster_0', 'cluster_with_2/cluster_1')
    >>> cluster_folders([4, 2, 2, 2], ["Anna", "", "9/11", "anna"])
    ('Anna', 'cluster_with_2/cluster_0', '9-11', 'anna 2')
    """
    n_of_size: dict[int, int] = {}
    folders = []
    for place, size in enumerate(sizes):
        if names and names[place]:
            own = folder_name(names[place])
            folders.append(f"{own}_" if _OF_SIZE.fullmatch(own) else own)
            continue
        i = n_of_size.get(size, 0)
        n_of_size[size] = i + 1
        folders.append(f"cluster_with_{size}/cluster_{i}")
    return tuple(distinct_folders(folders) if names else folders)


def relative_names(root: Path, paths: Sequence[Path]) -> list[str]:
    """Paths relative to `root` with `/` between folders; a path outside `root` stays absolute."""
    prefix = os.path.join(root, "")  # noqa: PTH118 - text: for 500,000 paths Path.relative_to takes seconds
    names = [os.fspath(path).removeprefix(prefix) for path in paths]
    return names if os.sep == "/" else [name.replace(os.sep, "/") for name in names]
