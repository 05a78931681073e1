"""Scores of every cut of a dendrogram against classes; each merge updates only the sums that it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError
from imagecluster.evaluate.contingency import Sums, contingency_sums
from imagecluster.evaluate.labels import DISTRACTOR, UNLABELLED, checked
from imagecluster.records import Dendrogram

SCORES = (
    "ari",
    "ami",
    "v_measure",
    "homogeneity",
    "completeness",
    "bcubed_f1",
    "bcubed_precision",
    "bcubed_recall",
    "pair_precision",
    "pair_recall",
)
"""Names of the scores. 1 is perfect; by chance, `ari` and `ami` are 0."""

_EQUAL = 1e-12
"""Scores that differ by less are equally good."""


@dataclass(frozen=True, slots=True)
class BestHeights:
    """The cut at which a score is highest."""

    value: float
    low: float
    """The score has this value for all heights from `low` up to, but not including, `high`."""
    high: float
    height: float
    """Height in the middle of these, where rounding does not matter; for the last cut, the height of the root."""
    n_clusters: int
    """Number of clusters of all pictures at `height`, including single ones."""


@dataclass(frozen=True, slots=True)
class ScoreCurve:
    """Scores of all distinct cuts of a dendrogram, from single pictures to all in one cluster."""

    height: NDArray[np.float64]
    """Shape (n_cuts,): lowest height of each cut, increasing from 0."""
    n_clusters: NDArray[np.int64]
    """Shape (n_cuts,): number of clusters of all pictures, including single ones."""
    n_singles: NDArray[np.int64]
    """Shape (n_cuts,): number of pictures, of all, that are alone in their cluster."""
    scores: Mapping[str, NDArray[np.float64]]
    """Scores of the labelled pictures by the names in `SCORES`, each of shape (n_cuts,)."""
    n_scored: int
    """Number of pictures that are scored: those with a class, and distractors."""

    def at(self, height: float) -> dict[str, float]:
        """All scores of the cut at a height, by name."""
        place = self._place(height)
        return {name: float(values[place]) for name, values in self.scores.items()}

    def n_clusters_at(self, height: float) -> int:
        """Number of clusters of all pictures at a height, including single ones."""
        return int(self.n_clusters[self._place(height)])

    def n_singles_at(self, height: float) -> int:
        """Number of pictures, of all, that are alone in their cluster at a height."""
        return int(self.n_singles[self._place(height)])

    def _place(self, height: float) -> int:
        """Number of the cut at a height."""
        return max(0, int(np.searchsorted(self.height, height, "right")) - 1)

    def best(self, name: str) -> BestHeights:
        """The cut at which a score is highest: the longest range of heights, and the lowest of equally long ones.

        Raises
        ------
        ArgumentError
            No score has this name.

        """
        if name not in self.scores:
            raise ArgumentError(f"no score is called {name!r}; it must be one of {', '.join(self.scores)}")
        values = self.scores[name]
        is_best = np.concatenate([[False], values >= values.max() - _EQUAL, [False]])
        edges = np.flatnonzero(is_best[1:] != is_best[:-1])
        starts, ends = edges[::2], edges[1::2]
        ceiling = np.append(self.height, self.height[-1])  # the range above the root has no length
        longest = int(np.argmax(ceiling[ends] - self.height[starts]))
        start, end = starts[longest], ends[longest]
        low = float(self.height[start])
        high = float(self.height[end]) if end < len(self.height) else np.inf
        height = (low + high) / 2 if np.isfinite(high) else low
        return BestHeights(float(values.max()), low, high, height, self.n_clusters_at(height))


def curve(dendrogram: Dendrogram, labels: NDArray[Any]) -> ScoreCurve:
    """Scores of all distinct cuts of a dendrogram against classes.

    Parameters
    ----------
    dendrogram : Dendrogram
    labels : array of int, shape (n_leaves,)
        Classes from 0. `UNLABELLED` leaves are left out, and the partition of the others is scored. A `DISTRACTOR` is
        a class of its own, which lowers the score of every cluster that holds it together with others.

    Returns
    -------
    ScoreCurve

    Raises
    ------
    ArgumentError
        The lengths do not agree, no leaf has a class, or a merge is lower than one before it.

    Notes
    -----
    With n items, n_ij of class j in cluster i, a_i and b_j the sizes of clusters and classes: adjusted Rand index
    (Hubert & Arabie 1985); mutual information adjusted for chance with the arithmetic mean of the entropies (Vinh, Epps
    & Bailey 2010); homogeneity, completeness and V-measure (Rosenberg & Hirschberg 2007); B-cubed precision
    sum_ij n_ij^2 / a_i / n and recall sum_ij n_ij^2 / b_j / n with their harmonic mean (Bagga & Baldwin 1998; Amigo et
    al. 2009); pair precision and recall, the shares of pairs in one cluster that are of one class, and of pairs of one
    class that are in one cluster, which are 1 if there is no such pair. All are sums over clusters. A merge looks up
    the classes of the smaller cluster in the larger one, so that all cuts together take O(n log n) look-ups.

    """
    numbers = checked(labels, dendrogram.n_leaves)
    if not (numbers >= 0).any():
        raise ArgumentError("no picture has a class; scores need labels")
    numbers = _distractors_apart(numbers)
    heights = dendrogram.merges[:, 2]
    if (np.diff(heights) < 0).any():
        raise ArgumentError(
            "a merge is lower than one before it, as in centroid and median linkage; such cuts cannot be scored"
        )
    # Merges of equal height are made together, and no cut is below 0.
    # Merges above the top join what no cut joins.
    n_merges = np.flatnonzero(np.append(heights, np.inf) > np.concatenate([[0.0], heights]))
    n_merges = n_merges[np.concatenate([[0.0], heights])[n_merges] <= dendrogram.top]
    followed = contingency_sums(dendrogram, numbers)
    scores = _scores(followed)
    return ScoreCurve(
        height=np.concatenate([[0.0], heights])[n_merges],
        n_clusters=dendrogram.n_leaves - n_merges,
        n_singles=_n_singles(dendrogram)[n_merges],
        scores={name: scores[name][n_merges] for name in SCORES},
        n_scored=followed.n_items,
    )


def _distractors_apart(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels in which every distractor has its own class, and classes are numbered without gaps."""
    numbers = labels.copy()
    alone = np.flatnonzero(labels == DISTRACTOR)
    numbers[alone] = labels.max() + 1 + np.arange(len(alone))
    known = numbers != UNLABELLED
    numbers[known] = np.unique(numbers[known], return_inverse=True)[1]
    return numbers


def _scores(sums: Sums) -> dict[str, NDArray[np.float64]]:
    """All scores by name after each number of merges, each of shape (n_leaves,)."""
    homogeneity, completeness, v_measure = _v_measure(sums)
    precision, recall = sums.precision / sums.n_items, sums.recall / sums.n_items
    return {
        "ari": _adjusted_rand_index(sums),
        "ami": _adjusted_mutual_information(sums),
        "v_measure": v_measure,
        "homogeneity": homogeneity,
        "completeness": completeness,
        "bcubed_f1": _harmonic_mean(precision, recall),
        "bcubed_precision": precision,
        "bcubed_recall": recall,
        "pair_precision": _share(sums.joint_pairs, sums.cluster_pairs),
        "pair_recall": _share(sums.joint_pairs, np.full(len(recall), _pairs(sums.class_sizes).sum())),
    }


def _n_singles(dendrogram: Dendrogram) -> NDArray[np.int64]:
    """Number of leaves that no merge has reached yet, after 0, 1, 2 ... merges."""
    n_reached = (dendrogram.merges[:, :2] < dendrogram.n_leaves).sum(axis=1)
    return np.asarray(dendrogram.n_leaves - np.concatenate([[0], np.cumsum(n_reached)]), np.int64)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient, and 1 where the whole is 0."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def _harmonic_mean(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harmonic mean of two non-negative numbers; 0 if both are 0."""
    return 2 * x * y / np.maximum(x + y, np.finfo(float).tiny)


def _is_same_partition(sums: Sums) -> NDArray[np.bool_]:
    """Whether clusters and classes are the same sets."""
    class_pairs = _pairs(sums.class_sizes).sum()
    return np.asarray((sums.joint_pairs == sums.cluster_pairs) & (sums.joint_pairs == class_pairs))


def _pairs(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number of pairs inside sets of these sizes."""
    return sizes * (sizes - 1) / 2


def _adjusted_rand_index(sums: Sums) -> NDArray[np.float64]:
    """(index - expected) / (mean of both - expected); 1 for the same partition."""
    same = _is_same_partition(sums)
    class_pairs = _pairs(sums.class_sizes).sum()
    all_pairs = max(1.0, sums.n_items * (sums.n_items - 1) / 2)
    expected = sums.cluster_pairs * class_pairs / all_pairs
    span = (sums.cluster_pairs + class_pairs) / 2 - expected
    return np.where(same, 1.0, (sums.joint_pairs - expected) / np.where(same, 1.0, span))


def _entropies(sums: Sums) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Entropy of the classes, entropy of the clusters, and mutual information, in nats."""
    n, b = sums.n_items, sums.class_sizes
    class_log = float((b * np.log(b)).sum())
    classes, clusters = np.log(n) - class_log / n, np.log(n) - sums.cluster_log / n
    information = (sums.joint_log - sums.cluster_log - class_log) / n + np.log(n)
    return classes, clusters, np.maximum(0.0, information)


def _v_measure(sums: Sums) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Homogeneity, completeness and V-measure; they are 1 if there is nothing to tell apart."""
    classes, clusters, information = _entropies(sums)
    one_cluster = sums.n_clusters == 1
    homogeneity = np.ones(len(clusters)) if len(sums.class_sizes) == 1 else information / classes
    completeness = np.where(one_cluster, 1.0, information / np.where(one_cluster, 1.0, clusters))
    if len(sums.class_sizes) > 1:
        homogeneity[one_cluster] = 0.0
    else:
        completeness[~one_cluster] = 0.0
    return homogeneity, completeness, _harmonic_mean(homogeneity, completeness)


def _adjusted_mutual_information(sums: Sums) -> NDArray[np.float64]:
    """(information - expected) / (mean entropy - expected); 1 for the same partition, 0 for one cluster or class."""
    classes, clusters, information = _entropies(sums)
    same = _is_same_partition(sums)
    without = ((sums.n_clusters == 1) | (len(sums.class_sizes) == 1)) & ~same
    span = np.where(same | without, 1.0, (classes + clusters) / 2 - sums.expected_information)
    return np.where(same, 1.0, np.where(without, 0.0, (information - sums.expected_information) / span))
