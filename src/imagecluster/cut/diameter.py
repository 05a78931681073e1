"""Clusters of bounded diameter: clusters in which two pictures are too far apart are divided along their own branch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.linkage.vectors import inverse_norms
from imagecluster.records import Dendrogram

__all__ = ["bounded", "narrow_runs"]

_TIE = 1e-12
"""Distances that are larger by less than this do not count as larger."""

_CHUNK_ROWS = 1024


def narrow_runs(
    dendrogram: Dendrogram, X: NDArray[Any], starts: NDArray[np.int64], *, max_diameter: float
) -> NDArray[np.int64]:
    """Places in the leaf order at which clusters start, after wide ones have been divided.

    A cluster is divided into the two parts that made it, and these again, until none is too wide. The result is the
    largest clusters on each branch in which no two rows are farther apart than `max_diameter`.

    Parameters
    ----------
    dendrogram : Dendrogram
    X : array, shape (n_images, n_dimensions)
        The vectors from which the dendrogram was made.
    starts : array of int64
        Start of each cluster of a cut, ascending.
    max_diameter : float
        Largest cosine distance of two rows in a cluster, at least 0.

    Raises
    ------
    ArgumentError
        `max_diameter` is negative or not a number, or a row has no direction.

    Notes
    -----
    It takes memory for a few numbers per row. Cosine distance is a function of the angle, and angles obey the triangle
    inequality, so most clusters are narrow by their two largest angles to their mean. In the others each pair of rows
    is compared at most once, where the parts that hold them meet, and never above a cluster that is known to be wide.

    """
    if not max_diameter >= 0.0:
        raise ArgumentError(f"max_diameter is {max_diameter}; it must be a cosine distance, 0 or more")
    if max_diameter >= 2.0 or dendrogram.n_leaves < 2:
        return starts
    return _Branches(dendrogram, X, max_diameter).divide(starts)


def bounded(dendrogram: Dendrogram, X: NDArray[Any], *, max_diameter: float) -> Dendrogram:
    """The same dendrogram, changed so that no cut has a cluster with two rows farther apart than `max_diameter`.

    A cluster that contains a wide one is wide itself, so `narrow_runs` divides a cut into the largest clusters that are
    neither joined above the cut nor wide. Where a merge makes a wide cluster, `gap` becomes infinite. Every cut of the
    result is then the cut of the dendrogram with its wide clusters divided.

    Parameters and errors are those of `narrow_runs`.
    """
    runs = np.concatenate(
        [np.zeros(min(1, dendrogram.n_leaves), np.int64), np.flatnonzero(np.isinf(dendrogram.gap)) + 1]
    )
    starts = narrow_runs(dendrogram, X, runs, max_diameter=max_diameter)
    gap = dendrogram.gap.copy()
    gap[starts[1:] - 1] = np.inf
    return replace(dendrogram, gap=gap, largest_distance=dendrogram.top)


class _Branches:
    """The clusters of a dendrogram as runs of its leaf order; those below a narrow one are never examined.

    A node is the place of a leaf in the order, or n + the number of a merge. A narrow node has one of its members as
    its centre, and an angle as its radius: no other member is farther from the centre.
    """

    def __init__(self, dendrogram: Dendrogram, X: NDArray[Any], max_diameter: float) -> None:
        n = dendrogram.n_leaves
        self.n = n
        self.X = X
        self.order = dendrogram.order
        self.factor = inverse_norms(X)
        self.smallest_product = 1.0 - max_diameter - _TIE
        self.largest_angle = 2.0 * float(np.arcsin(np.sqrt(max_diameter / 2.0)))
        place = np.empty(n, np.int64)
        place[dendrogram.order] = np.arange(n)
        children = dendrogram.merges[:, :2].astype(np.int64)
        leaf = children < n
        children[leaf] = place[children[leaf]]
        self.size = np.append(np.ones(n, np.int64), dendrogram.merges[:, 3].astype(np.int64))
        self.start = np.append(np.arange(n), np.zeros(n - 1, np.int64))
        for t, (i, j) in enumerate(children.tolist()):
            self.start[n + t] = min(self.start[i], self.start[j])
        swap = self.start[children[:, 0]] > self.start[children[:, 1]]
        children[swap] = children[swap, ::-1]
        self.children = children
        self.centre: dict[int, tuple[int, float]] = {}

    def divide(self, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Starts of the clusters, including those of the parts of wide ones."""
        ends = np.append(starts[1:], self.n)
        roots = self._roots(starts, ends)
        within: list[int] = []
        for root in roots.tolist():
            within += self._wide(root)
        boundaries = self.start[self.children[within, 1]] if within else np.empty(0, np.int64)
        return np.sort(np.concatenate([starts, boundaries]))

    def _roots(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Nodes for runs of at least two leaves."""
        length = np.zeros(self.n, np.int64)
        length[starts] = ends - starts
        merges = self.start[self.n :]
        return self.n + np.flatnonzero(self.size[self.n :] == length[merges])

    def _wide(self, root: int) -> list[int]:
        """Numbers of the merges at and below a node that make wide clusters."""
        wide: set[int] = set()
        for node in sorted(self._open(root)):
            first, second = self.children[node - self.n].tolist()
            if first in wide or second in wide or self._is_too_wide(first, second):
                wide.add(node)
                continue
            self.centre[node] = self._joined_centre(first, second)
        self.centre.clear()
        return [node - self.n for node in wide]

    def _open(self, root: int) -> list[int]:
        """Nodes above those that are known to be narrow by their angles to their mean.

        A node is tried only if it has at most half the size of the last one that failed above it, so that a long chain
        is not tried at every link.
        """
        found = []
        waiting = [(root, 2 * int(self.size[root]))]
        while waiting:
            node, failed = waiting.pop()
            if node < self.n:
                self.centre[node] = node, 0.0
                continue
            size = int(self.size[node])
            if 2 * size <= failed:
                if self._try_mean(node):
                    continue
                failed = size
            found.append(node)
            waiting += [(child, failed) for child in self.children[node - self.n].tolist()]
        return found

    def _unit(self, places: slice) -> NDArray[np.float64]:
        """Unit vectors of a run of the leaf order."""
        rows = self.order[places]
        return np.asarray(np.asarray(self.X[rows], np.float64) * self.factor[rows, None])

    def _chunks(self, node: int) -> list[slice]:
        """The run of a node, in pieces."""
        start, end = int(self.start[node]), int(self.start[node] + self.size[node])
        return [slice(at, min(at + _CHUNK_ROWS, end)) for at in range(start, end, _CHUNK_ROWS)]

    def _try_mean(self, node: int) -> bool:
        """Whether a node is narrow by its two largest angles to its mean; if so, it gets a centre."""
        chunks = self._chunks(node)
        mean = np.sum([self._unit(chunk).sum(axis=0) for chunk in chunks], axis=0)
        length = float(np.sqrt(mean @ mean))
        if length < 1e-6 * self.size[node]:
            return False
        angles = np.concatenate([_angles(self._unit(chunk), mean / length) for chunk in chunks])
        if np.partition(angles, -2)[-2:].sum() > self.largest_angle:
            return False
        centre = int(self.start[node] + angles.argmin())
        vector = self._unit(slice(centre, centre + 1))[0]
        self.centre[node] = centre, max(float(_angles(self._unit(chunk), vector).max()) for chunk in chunks)
        return True

    def _is_too_wide(self, first: int, second: int) -> bool:
        """Whether a member of one narrow node is too far from a member of the other."""
        between = self._between(first, second)
        if between + self.centre[first][1] + self.centre[second][1] <= self.largest_angle:
            return False
        if 2.0 * np.sin(between / 2.0) ** 2 > 1.0 - self.smallest_product:
            return True
        for chunk in self._chunks(first):
            vectors = self._unit(chunk)
            for other in self._chunks(second):
                if (vectors @ self._unit(other).T).min() < self.smallest_product:
                    return True
        return False

    def _joined_centre(self, first: int, second: int) -> tuple[int, float]:
        """Centre and radius of two nodes together; the centre of the larger one is kept."""
        between = self._between(first, second)
        if self.size[first] < self.size[second]:
            first, second = second, first
        centre, radius = self.centre[first]
        return centre, max(radius, between + self.centre[second][1])

    def _between(self, first: int, second: int) -> float:
        """Angle between the centres of two nodes."""
        vectors = [self._unit(slice(at, at + 1)) for at in (self.centre[first][0], self.centre[second][0])]
        return float(_angles(vectors[0], vectors[1][0])[0])


def _angles(vectors: NDArray[np.float64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles between unit vectors and another one; small angles keep their digits, which their cosine would lose."""
    difference = vectors - unit
    return np.asarray(2.0 * np.arcsin(np.minimum(1.0, np.sqrt(np.einsum("ij,ij->i", difference, difference)) / 2.0)))
