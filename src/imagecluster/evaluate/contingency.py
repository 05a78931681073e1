"""Numbers of pictures of each class in each cluster, followed through all merges of a dendrogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.evaluate.chance import expected_information
from imagecluster.evaluate.labels import UNLABELLED
from imagecluster.records import Dendrogram


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums from which all scores are computed, after 0, 1, 2 ... merges; arrays of shape (n_leaves,).

    Of n items, n_ij are of class j in cluster i; cluster i has a_i items, class j has b_j.
    """

    n_items: int
    class_sizes: NDArray[np.int64]
    """Shape (n_classes,)."""
    n_clusters: NDArray[np.int64]
    """Number of clusters that hold an item."""
    joint_pairs: NDArray[np.float64]
    """Number of pairs of the same class in the same cluster."""
    cluster_pairs: NDArray[np.float64]
    """Number of pairs in the same cluster."""
    joint_log: NDArray[np.float64]
    """Sum of n_ij ln n_ij."""
    cluster_log: NDArray[np.float64]
    """Sum of a_i ln a_i."""
    expected_information: NDArray[np.float64]
    """Mutual information expected by chance, in nats."""
    precision: NDArray[np.float64]
    """Sum of n_ij^2 / a_i."""
    recall: NDArray[np.float64]
    """Sum of n_ij^2 / b_j."""


@dataclass(frozen=True, slots=True)
class _Merged:
    """The changes that each merge makes, and the contents of each node."""

    pairs: NDArray[np.int64]
    """Shape (n_merges,): number of pairs of the same class that come together."""
    log: NDArray[np.float64]
    """Shape (n_merges,): change of the sum of n_ij ln n_ij."""
    recall: NDArray[np.float64]
    """Shape (n_merges,): change of the sum of n_ij^2 / b_j."""
    size: NDArray[np.int64]
    """Shape (n_nodes,): items of a node."""
    squares: NDArray[np.int64]
    """Shape (n_nodes,): sum of n_ij^2 over the classes of a node."""


def contingency_sums(dendrogram: Dendrogram, labels: NDArray[np.int64]) -> Sums:
    """The sums for every number of merges.

    Parameters
    ----------
    dendrogram : Dendrogram
    labels : array of int, shape (n_leaves,)
        Classes from 0 without gaps; `UNLABELLED` leaves are not items.

    """
    n_leaves = dendrogram.n_leaves
    left, right = dendrogram.merges[:, :2].astype(np.int64).T
    items = labels[labels != UNLABELLED]
    class_sizes = np.bincount(items)
    counted = np.arange(len(items) + 1.0)
    x_log_x = counted * np.log(np.maximum(1.0, counted))
    merged = _followed(left, right, labels, class_sizes, x_log_x)
    size = merged.size
    purity: NDArray[np.float64] = merged.squares / np.maximum(1, size)
    chance = _chance_of(size, class_sizes, len(items))

    def after(at_leaves: float, change: NDArray[np.float64]) -> NDArray[np.float64]:
        return at_leaves + np.concatenate([[0.0], np.cumsum(change)])

    def over_clusters(of_node: NDArray[np.float64]) -> NDArray[np.float64]:
        return after(float(of_node[:n_leaves].sum()), of_node[n_leaves:] - of_node[left] - of_node[right])

    joined = (size[left] > 0) & (size[right] > 0)
    return Sums(
        n_items=len(items),
        class_sizes=class_sizes,
        n_clusters=len(items) - np.concatenate([[0], np.cumsum(joined)]),
        joint_pairs=after(0.0, merged.pairs.astype(np.float64)),
        cluster_pairs=after(0.0, (size[left] * size[right]).astype(np.float64)),
        joint_log=after(0.0, merged.log),
        cluster_log=over_clusters(x_log_x[size]),
        expected_information=over_clusters(chance),
        precision=over_clusters(purity),
        recall=after(float(len(class_sizes)), merged.recall),
    )


def _followed(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    labels: NDArray[np.int64],
    class_sizes: NDArray[np.int64],
    x_log_x: NDArray[np.float64],
) -> _Merged:
    """Class counts of all nodes; the smaller child is looked up in the larger one, which takes O(n log n) look-ups."""
    n_leaves, n_merges = len(labels), len(left)
    counts: list[dict[int, int]] = [{} if label == UNLABELLED else {label: 1} for label in labels.tolist()]
    size = [len(count) for count in counts]
    squares = list(size)
    weight = (2.0 / class_sizes).tolist()
    f = x_log_x.tolist()
    pairs, log, recall = [0] * n_merges, [0.0] * n_merges, [0.0] * n_merges
    for t, (i, j) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        small, large = counts[i], counts[j]
        if len(small) > len(large):
            small, large = large, small
        for label, x in small.items():
            y = large.get(label, 0)
            if y:
                pairs[t] += x * y
                log[t] += f[x + y] - f[x] - f[y]
                recall[t] += x * y * weight[label]
            large[label] = x + y
        counts[i] = counts[j] = {}
        counts.append(large)
        size.append(size[i] + size[j])
        squares.append(squares[i] + squares[j] + 2 * pairs[t])
    assert len(counts) == n_leaves + n_merges
    return _Merged(np.array(pairs, np.int64), np.array(log), np.array(recall), np.array(size), np.array(squares))


def _chance_of(size: NDArray[np.int64], class_sizes: NDArray[np.int64], n_items: int) -> NDArray[np.float64]:
    """Expected mutual information that each node adds as a cluster, shape (n_nodes,)."""
    known = np.zeros(n_items + 1)
    different = np.unique(size[size > 0])
    known[different] = expected_information(different, class_sizes, n_items)
    return known[size]
