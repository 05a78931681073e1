"""Corrected clusters as a record, numbered like those of any cut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.corrections.kinds import Edit, corrections_of
from imagecluster.corrections.replay import Replayed, replay
from imagecluster.records import Cluster, Clusters

__all__ = ["apply"]

Measure = Callable[[Sequence[int]], tuple[float, int]]
"""Returns the height and the most central member of a cluster that the cut did not have."""


def apply(  # noqa: PLR0913  # a cut, what was said of it, and of which pictures
    clusters: Clusters,
    edits: Iterable[Edit],
    hashes: Sequence[bytes],
    *,
    names: Sequence[str],
    labels: NDArray[np.int64],
    path_order: Sequence[int] | NDArray[np.integer[Any]],
    measure: Measure,
) -> Clusters:
    """Clusters of a cut after corrections, numbered anew; without corrections they are returned unchanged.

    A cluster of fewer than `min_size`, but at least two, pictures still counts if pictures were put into it by hand or
    it has a name. Hidden pictures are neither in clusters nor singles.

    Parameters
    ----------
    clusters
        The cut.
    edits
        Corrections, oldest first.
    hashes
        Content hash of each picture.
    names
        Path of each picture as outputs give it.
    labels : array of int64, shape (n,)
        Cluster of each picture in the cut, including clusters of fewer than `min_size` pictures.
    path_order : sequence of int, length n
        Row numbers in the order of their paths.
    measure
        Called with the members of a cluster that the cut did not have.

    Raises
    ------
    ArgumentError
        The lengths do not agree.

    """
    edits = corrections_of(edits)
    if not edits:
        return clusters
    done = replay(labels, edits, hashes, names=names)
    rank = np.empty(len(hashes), np.int64)
    rank[np.asarray(path_order, np.int64)] = np.arange(len(hashes))
    kept = {int(labels[cluster.members[0]]): cluster for cluster in clusters.clusters}
    kept = {label: cluster for label, cluster in kept.items() if label not in done.changed}
    found = [replace(cluster, name=done.names.get(label, "")) for label, cluster in kept.items()]
    for label, members in _members_of(done, (done.changed | done.pinned | done.names.keys()) - kept.keys()).items():
        by_hand = label in done.pinned or label in done.names
        if len(members) >= (min(2, clusters.min_size) if by_hand else clusters.min_size):
            in_order = members[np.argsort(rank[members])].tolist()
            found.append(Cluster(0, tuple(in_order), *measure(in_order), name=done.names.get(label, "")))
    found.sort(key=lambda cluster: (-len(cluster.members), rank[cluster.members[0]]))
    single = np.ones(len(hashes), bool)
    single[done.hidden] = False
    for cluster in found:
        single[list(cluster.members)] = False
    rows = np.flatnonzero(single)
    return replace(
        clusters,
        clusters=tuple(replace(cluster, number=number) for number, cluster in enumerate(found, start=1)),
        singles=tuple(rows[np.argsort(rank[rows])].tolist()),
        hidden=tuple(done.hidden[np.argsort(rank[done.hidden])].tolist()),
    )


def _members_of(done: Replayed, labels: Collection[int]) -> dict[int, NDArray[np.int64]]:
    """Rows of each of these clusters that are not hidden, ascending; a cluster without such rows is left out."""
    wanted = np.isin(done.labels, np.fromiter(labels, np.int64, len(labels)))
    wanted[done.hidden] = False
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(done.labels[rows], kind="stable")]
    found, starts = np.unique(done.labels[rows], return_index=True)
    return dict(zip(found.tolist(), np.split(rows, starts[1:]), strict=False))
