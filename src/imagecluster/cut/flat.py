"""Flat clusters from a dendrogram, by one scan of `gap`; every cluster is a run of the leaf order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.central import Centres, Vectors, most_central, rows_of
from imagecluster.cut.heights import cut_height, height_for_n_clusters
from imagecluster.cut.own_cuts import OwnCut, own_segments, own_starts
from imagecluster.cut.sim_scale import SimScale, relative
from imagecluster.errors import ArgumentError
from imagecluster.records import Cluster, Clusters, Dendrogram

__all__ = [
    "Cut",
    "clusters",
    "cut",
    "flat_clusters",
    "joined_at",
    "measurer",
    "split_wide",
]


def flat_clusters(dendrogram: Dendrogram, height: float) -> NDArray[np.int64]:
    """Cluster label of each leaf, shape (n,), after all merges up to `height`.

    The same partition as ``scipy.cluster.hierarchy.fcluster(Z, height, criterion="distance")``. Labels count from 0 in
    the order in which the clusters first appear among the leaves 0, 1, 2 ...

    Raises
    ------
    ArgumentError
        `height` is not a number.

    """
    return _labels(dendrogram, _run_starts(dendrogram, height))


def split_wide(
    dendrogram: Dendrogram,
    X: Vectors,
    height: float,
    *,
    max_diameter: float | None,
    own_cuts: Sequence[OwnCut] = (),
) -> NDArray[np.int64]:
    """Cluster label of each leaf, shape (n,), after clusters in which two rows are too far apart have been divided.

    It starts with the cut of `flat_clusters`. Each cluster with two rows farther apart than `max_diameter` is divided
    into the two parts that made it, and these again, until there is none. Distances that are larger by less than 1e-12
    do not count as larger.

    Parameters
    ----------
    dendrogram : Dendrogram
    X : array, shape (n_images, n_dimensions)
        The vectors from which the dendrogram was made.
    height : float
        Distance of the cut, in the metric of the dendrogram.
    max_diameter : float
        Largest cosine distance of two rows in a cluster, whatever the metric; at least 0. None for no limit.
    own_cuts : sequence of OwnCut
        Branches that are cut at heights of their own; see `own_cuts.own_segments`.

    Raises
    ------
    ArgumentError
        `height` is not a number, `max_diameter` is negative or not a number, the lengths do not agree, or a row of `X`
        is zero or not finite.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> X = np.array([[1.0, 0.0], [1.0, 0.3], [1.0, 0.6], [1.0, 0.9]])
    >>> split_wide(average_linkage(X), X, 0.5, max_diameter=0.1).tolist()
    [0, 0, 1, 1]

    """
    _check_length(dendrogram, X)
    starts, _ = _all_starts(dendrogram, X, height, max_diameter, own_cuts)
    return _labels(dendrogram, starts)


def cut(
    dendrogram: Dendrogram,
    *,
    sim: float | None = None,
    height: float | None = None,
    n_clusters: int | None = None,
    scale: SimScale | None = None,
) -> NDArray[np.int64]:
    """Cluster label of each leaf, shape (n,), for a cut given in exactly one of three ways.

    Parameters
    ----------
    dendrogram : Dendrogram
    sim : float, optional
        Similarity index in [0, 1]; see `cut_height`.
    height : float, optional
        Distance in the metric of the dendrogram; no merge inside a cluster is higher.
    n_clusters : int, optional
        Largest number of clusters; see `height_for_n_clusters`.
    scale : SimScale, optional
        Scale of `sim`; see `cut_height`.

    Returns
    -------
    array of int64, shape (n,)
        Labels, as from `flat_clusters`.

    Raises
    ------
    ArgumentError
        None or several of the three are given, or one is outside its range.

    """
    given = {"sim": sim, "height": height, "n_clusters": n_clusters}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ArgumentError(f"got {' and '.join(names) or 'none'} of sim, height and n_clusters; give exactly one")
    if sim is not None:
        height = cut_height(dendrogram, sim=sim, scale=scale)
    elif n_clusters is not None:
        height = height_for_n_clusters(dendrogram, n_clusters)
    assert height is not None
    return flat_clusters(dendrogram, height)


@dataclass(frozen=True, slots=True)
class Cut:
    """Settings of a cut: where it is, and what counts as a cluster."""

    sim: float
    """Similarity index in [0, 1], see `cut_height`."""
    scale: SimScale | None = None
    """What `sim` means, see `cut_height`."""
    min_size: int = 2
    """Smaller clusters go to `singles`."""
    max_diameter: float | None = None
    """Clusters with two pictures farther apart than this cosine distance are divided, see `split_wide`."""
    own_cuts: Sequence[OwnCut] = ()
    """Branches that are cut at heights of their own, see `own_cuts.own_segments`."""


def clusters(
    dendrogram: Dendrogram,
    X: Vectors,
    asked: Cut,
    *,
    path_order: Sequence[int] | NDArray[np.integer[Any]],
    centres: Centres | None = None,
) -> Clusters:
    """The numbered clusters of a cut, each with its height and its most central picture.

    Parameters
    ----------
    dendrogram : Dendrogram
    X : array, shape (n_images, n_dimensions), or function
        The vectors from which the dendrogram was made, or a function that returns them, called only if necessary.
    asked : Cut
        The cut.
    path_order : sequence of int, length n_images
        Row numbers in the order of their paths.
    centres : Centres, optional
        Most central pictures that are already known; newly computed ones are added.

    Raises
    ------
    ArgumentError
        An argument is outside its range, or the lengths do not agree.

    """
    n = dendrogram.n_leaves
    centres = centres or Centres(X)
    scale = asked.scale or relative(dendrogram.top)
    height = cut_height(dendrogram, sim=asked.sim, scale=scale)
    rank = _path_rank(path_order, n)
    if asked.min_size < 1:
        raise ArgumentError(f"min_size is {asked.min_size}; it must be at least 1")
    _check_length(dendrogram, X)
    starts, n_own_cuts = _all_starts(dendrogram, X, height, asked.max_diameter, asked.own_cuts)
    ends = np.append(starts[1:], n)
    large = ends - starts >= asked.min_size
    by_number = _numbering(dendrogram, rank, starts[large], ends[large])
    found = []
    singles = [dendrogram.order[i:j] for i, j in zip(starts[~large], ends[~large], strict=True)]
    for number, (start, end) in enumerate(by_number, start=1):
        members = dendrogram.order[start:end]
        members = members[np.argsort(rank[members])]
        joined = float(dendrogram.gap[start : end - 1].max(initial=0.0))
        found.append(Cluster(number, tuple(members.tolist()), joined, centres.of((start, end), members)))
    rest = np.concatenate([np.empty(0, np.int64), *singles])
    rest = rest[np.argsort(rank[rest])]
    return Clusters(
        float(asked.sim),
        height,
        asked.min_size,
        tuple(found),
        tuple(rest.tolist()),
        asked.max_diameter,
        sim_scale=scale.name,
        n_own_cuts=n_own_cuts,
    )


def measurer(dendrogram: Dendrogram, X: Vectors) -> Callable[[Sequence[int]], tuple[float, int]]:
    """A function from a set of leaves, in the order of their paths, to its height and its most central member.

    The height is that of `joined_at`.
    """
    position = _positions(dendrogram)

    def measured(members: Sequence[int]) -> tuple[float, int]:
        rows = np.asarray(members, np.int64)
        return _joined_at(dendrogram, position[rows]), most_central(rows_of(X), rows)

    return measured


def joined_at(dendrogram: Dendrogram, clusters: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """For each set of leaves the lowest height at which one cluster of the dendrogram holds all of them.

    It is that of sim = 0 where none does.
    """
    position = _positions(dendrogram)
    return tuple(_joined_at(dendrogram, position[np.asarray(members, np.int64)]) for members in clusters)


def _positions(dendrogram: Dendrogram) -> NDArray[np.int64]:
    """Place of each leaf in the leaf order."""
    position = np.empty(dendrogram.n_leaves, np.int64)
    position[dendrogram.order] = np.arange(dendrogram.n_leaves)
    return position


def _joined_at(dendrogram: Dendrogram, places: NDArray[np.int64]) -> float:
    height = float(dendrogram.gap[places.min() : places.max()].max(initial=0.0))
    return height if height < np.inf else dendrogram.top


def _run_starts(dendrogram: Dendrogram, height: float) -> NDArray[np.int64]:
    """Place in the leaf order at which each cluster starts."""
    if np.isnan(height):
        raise ArgumentError("height is not a number; it must be a distance")
    inner = np.flatnonzero(dendrogram.gap > height) + 1
    return np.concatenate([np.zeros(min(1, dendrogram.n_leaves), np.int64), inner])


def _all_starts(
    dendrogram: Dendrogram,
    X: Vectors,
    height: float,
    max_diameter: float | None,
    own_cuts: Sequence[OwnCut],
) -> tuple[NDArray[np.int64], int]:
    """Place in the leaf order at which each cluster starts, and the number of branches with cuts of their own."""
    if not own_cuts:
        starts = _run_starts(dendrogram, height)
        if max_diameter is not None:
            from imagecluster.cut.diameter import narrow_runs

            starts = narrow_runs(dendrogram, rows_of(X), starts, max_diameter=max_diameter)
        return starts, 0
    if max_diameter is not None:
        from imagecluster.cut.diameter import bounded

        dendrogram = bounded(dendrogram, rows_of(X), max_diameter=max_diameter)
    segments = own_segments(dendrogram.gap, height, own_cuts)
    return own_starts(dendrogram.gap, segments), len(set(segments) & set(own_cuts))


def _labels(dendrogram: Dendrogram, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels of runs of the leaf order, counted from 0 in the order of their first leaves."""
    n = dendrogram.n_leaves
    run = np.zeros(n, np.int64)
    run[starts[1:]] = 1
    label = np.empty(n, np.int64)
    label[dendrogram.order] = np.cumsum(run)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _check_length(dendrogram: Dendrogram, X: Vectors) -> None:
    """Raise ArgumentError unless there is one vector per leaf."""
    n = dendrogram.n_leaves
    if not callable(X) and len(X) != n:
        raise ArgumentError(f"got {len(X)} vectors for a dendrogram of {n} leaves; there must be one per leaf")


def _path_rank(path_order: Sequence[int] | NDArray[np.integer[Any]], n: int) -> NDArray[np.int64]:
    """Place of each row in the order of the paths."""
    order = np.asarray(path_order, np.int64)
    if order.shape != (n,) or not np.array_equal(np.sort(order), np.arange(n)):
        raise ArgumentError(
            f"path_order of length {len(order)} must hold each row number from 0 to {n - 1} exactly once"
        )
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    return rank


def _numbering(
    dendrogram: Dendrogram, rank: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Runs of the clusters, larger ones first, then by the place of the first member."""
    first = [int(rank[dendrogram.order[i:j]].min()) for i, j in zip(starts, ends, strict=True)]
    runs = sorted(zip((starts - ends).tolist(), first, starts.tolist(), ends.tolist(), strict=True))
    return [(start, end) for _, _, start, end in runs]
