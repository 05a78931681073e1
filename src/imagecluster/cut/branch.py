"""The cut by branch: each branch is cut where it is most a group around the closeness that a similarity index names.

One height for all branches cannot be right for a collection that holds objects, scenes and kinds. Here each node v of
the dendrogram, a leaf too, gains size(v)^a x [F(h' / h0) - F(h / h0)], where h is its height, h' that of its parent and
F(x) = x^q / (1 + x^q): the part of a bell around ln h0 that lies in the range of heights in which v is a whole of its
own. (F is the logistic distribution of ln h.) The cut at h0 is the set of disjoint nodes that hold every leaf and gain
most together.

It is nested: a smaller h0 always refines. The ranges of descendants lie below that of v, and the bell is log-concave,
so (gain of a descendant) / (gain of v) falls when h0 rises. So v, once it gains at least as much as every choice of its
parts, always does: it is whole from one h0 on, t(v), and its leaves are together from the least t of v and its
ancestors on. That is a new height for each merge of the same tree, and a flat cut of the new heights is the cut by
branch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imagecluster.cut.sim_scale import LARGEST_COSINE_DISTANCE, SimScale
from imagecluster.records import Dendrogram

__all__ = ["BRANCH_FROM", "FLAT_UP_TO", "LADDER", "blended_sims", "branch_heights", "by_branch", "merge_places"]

FLAT_UP_TO = 0.25
"""Up to this similarity index, that of kinds of things, `by_branch` is the flat cut: kinds overlap too much for a
branch to tell where one ends."""

BRANCH_FROM = 0.5
"""From this similarity index on `by_branch` is the cut by branch; between the two it is a weighted mean."""

_SIZE_POWER = 0.5
"""Above 0, so that a large group is worth more than one of its parts, and below 1, so that it is worth less than all of
them."""

_STEEPNESS = 5.0
"""q in F. The bell is about as wide as a normal distribution of ln h with a standard deviation of 0.35."""

_LEAST_HEIGHT = 1e-6
"""Lower merges are of identical pictures, whose distance is not quite 0 by rounding."""

LADDER = np.concatenate(
    [np.geomspace(_LEAST_HEIGHT, 0.002, 28, endpoint=False), np.geomspace(0.002, LARGEST_COSINE_DISTANCE, 100)]
)
"""The values of h0 at which gains are compared; t(v) is found between two of them. Finer where curves of sim are."""

_BLOCK_BYTES = 1 << 27


def branch_heights(dendrogram: Dendrogram) -> NDArray[np.float64]:
    """The least h0 at which the leaves of each merge are together in the cut by branch.

    Parameters
    ----------
    dendrogram : Dendrogram
        Its heights are cosine distances that do not fall towards the root.

    Returns
    -------
    array of float64, shape (n_merges,)
        h0, as a cosine distance, in the order of `merges`: 0 for identical leaves, never less than that of a merge
        below, and at most 2. It is exact at the steps of a ladder of h0, 7 % apart (30 % below 0.002), and
        interpolated between them.

    Notes
    -----
    It takes memory for `_BLOCK_BYTES` and a few numbers per leaf. Merges of the same level (their longest way to a
    leaf) are computed together, so that a tree like a chain takes longest.

    Examples
    --------
    >>> from imagecluster.linkage import average_linkage
    >>> X = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, 0.2], [0.0, 1.0]])
    >>> branch_heights(average_linkage(X)).round(3).tolist()
    [0.005, 0.013, 0.968]

    """
    n_merges = len(dendrogram.merges)
    if not n_merges:
        return np.empty(0)
    tree = _Tree(dendrogram)
    found = np.full(n_merges, np.inf)
    before = np.full(n_merges, np.nan)
    width = max(1, min(len(LADDER), _BLOCK_BYTES // (4 * 8 * n_merges)))
    # A merge of height 0 has no parts that gain, and one no lower than its parent gains nothing itself.
    with np.errstate(divide="ignore", invalid="ignore"):
        for first in range(0, len(LADDER), width):
            z = LADDER[first : first + width] ** _STEEPNESS
            parts, whole = tree.best_parts(z)
            new = np.flatnonzero(np.isinf(found) & whole.any(axis=1))
            column = whole[new].argmax(axis=1)
            lead = np.log(tree.gain(z[column], new)) - np.log(parts[new, column])
            at = np.maximum(column - 1, 0)
            earlier = np.log(tree.gain(z[at], new)) - np.log(parts[new, at])
            found[new] = _crossing(first + column, np.where(column > 0, earlier, before[new]), lead)
            before = np.log(tree.gain(z[-1:], slice(None))) - np.log(parts[:, -1])
    found = found[tree.rank]
    found[tree.height == 0.0] = 0.0
    found[-1] = min(found[-1], LARGEST_COSINE_DISTANCE)
    return _least_of_ancestors(found, tree.children, dendrogram.n_leaves)


def merge_places(dendrogram: Dendrogram) -> NDArray[np.int64]:
    """The place in `gap` of each merge, shape (n_merges,): where its two parts meet in the leaf order."""
    return _Tree(dendrogram).places(dendrogram.order) if len(dendrogram.merges) else np.empty(0, np.int64)


def blended_sims(flat: NDArray[np.float64], branch: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest similarity index at which the leaves of each merge are together, flat and by branch taken together.

    At the index s they are together if w x `branch` + (1 - w) x `flat` >= s, where the weight w goes from 0 at
    `FLAT_UP_TO` to 1 at `BRANCH_FROM`. What is together at an index counts as together at smaller ones too. The result
    does not fall when either argument rises, so that it is nested as both of them are.

    Parameters
    ----------
    flat, branch : array of float64, shape (n_merges,)
        The largest index at which each merge is made by the flat cut, and by the cut by branch.

    Examples
    --------
    >>> blended_sims(np.array([0.2, 0.4, 0.4]), np.array([0.3, 0.4, 0.6])).round(3).tolist()
    [0.2, 0.4, 0.6]

    """
    above_flat = np.maximum(flat - FLAT_UP_TO, 0.0)
    below_branch = np.maximum(BRANCH_FROM - branch, 0.0)
    total = above_flat + below_branch
    share = np.divide(above_flat, total, out=np.zeros_like(total), where=total > 0.0)
    between = np.where(flat < FLAT_UP_TO, flat, FLAT_UP_TO + (BRANCH_FROM - FLAT_UP_TO) * share)
    return np.where(branch >= BRANCH_FROM, branch, between)


def by_branch(
    dendrogram: Dendrogram,
    flat: SimScale,
    branch: SimScale,
    *,
    heights: NDArray[np.float64] | None = None,
    places: NDArray[np.int64] | None = None,
) -> Dendrogram:
    """The same tree with heights whose cut at `flat.height(sim)` is flat for kinds and by branch for anything closer.

    Parameters
    ----------
    dendrogram : Dendrogram
        Average linkage of cosine distances.
    flat : SimScale
        The calibrated scale of merge heights. The cut is flat up to the index `FLAT_UP_TO`, and the new heights are
        on this scale.
    branch : SimScale
        The scale of h0: the cut is by branch, at `branch.height(sim)`, from the index `BRANCH_FROM` on.
    heights, places
        `branch_heights` and `merge_places` of the dendrogram, if they are known.

    Returns
    -------
    Dendrogram
        The same leaf order and clusters. Merges are sorted by their new heights; `largest_distance` is unchanged, and
        infinite gaps stay infinite.

    """
    if not len(dendrogram.merges):
        return dendrogram
    h0 = branch_heights(dendrogram) if heights is None else heights
    places = merge_places(dendrogram) if places is None else places
    old = _heights(dendrogram)
    new = flat.height(blended_sims(flat.sim(old), branch.sim(h0)))
    new[old == 0.0] = 0.0
    children = dendrogram.merges[:, :2].astype(np.int64)
    n_leaves = dendrogram.n_leaves
    # Both scales are monotone, so this only mends rounding.
    new = _least_of_ancestors(new, children, n_leaves)
    is_apart = np.isinf(dendrogram.gap[places])
    new[is_apart] = np.nextafter(new.max(), np.inf)
    gap = np.empty(len(new))
    gap[places] = np.where(is_apart, np.inf, new)
    sequence = np.argsort(new, kind="stable")  # which leaves parts before what they are part of
    number = np.arange(2 * n_leaves - 1)
    number[n_leaves + sequence] = n_leaves + np.arange(len(new))
    merges = dendrogram.merges[sequence]
    merges[:, :2] = np.sort(number[children[sequence]], axis=1)
    merges[:, 2] = new[sequence]
    return replace(dendrogram, merges=merges, gap=gap)


class _Tree:
    """The merges of a dendrogram, level by level: all merges of a level have their parts in lower ones."""

    def __init__(self, dendrogram: Dendrogram) -> None:
        merges = dendrogram.merges
        n, n_merges = len(merges) + 1, len(merges)
        self.children = merges[:, :2].astype(np.int64)
        self.height = _heights(dendrogram)
        level = [0] * n
        for i, j in self.children.tolist():
            level.append(1 + max(level[i], level[j]))
        of_merges = np.array(level[n:])
        sequence = np.argsort(of_merges, kind="stable")
        self.bounds = np.concatenate([[0], np.cumsum(np.bincount(of_merges)[1:])]).tolist()
        self.rank = np.empty(n_merges, np.int64)
        """Row of each merge in level order, which is the order of all that follows."""
        self.rank[sequence] = np.arange(n_merges)
        self.sequence = sequence
        is_leaf = self.children < n
        # Leaves share one row, of zeros: what they gain follows from the height of their parent.
        row = np.where(is_leaf, n_merges, self.rank[np.where(is_leaf, 0, self.children - n)])
        self.left, self.right = row[sequence, 0], row[sequence, 1]
        above = np.full(2 * n - 1, max(LARGEST_COSINE_DISTANCE, 1.01 * float(self.height[-1])))
        above[self.children.ravel()] = np.repeat(self.height, 2)
        self.low = self.height[sequence] ** _STEEPNESS
        self.high = above[n:][sequence] ** _STEEPNESS
        self.weight = merges[sequence, 3] ** _SIZE_POWER
        self.n_leaf_parts = is_leaf.sum(axis=1)[sequence].astype(np.float64)

    def gain(self, z: NDArray[np.float64], rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Gains of rows over h0^q at z = h0^q, one z for each row, or one for all.

        In this form nothing cancels, and nothing is divided by 0.
        """
        low, high = self.low[rows], self.high[rows]
        return np.asarray(self.weight[rows] * (high - low) / ((low + z) * (high + z)))

    def best_parts(self, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Greatest total gain of disjoint nodes strictly below each merge, and whether the merge gains as much.

        Both have the shape (n_merges, len(z)).
        """
        n_merges = len(self.low)
        best = np.zeros((n_merges + 1, len(z)))
        own = best[:n_merges]
        np.add(self.low[:, None], z, out=own)
        parts = own * z
        np.divide((self.n_leaf_parts * self.low)[:, None], parts, out=parts)
        own *= self.high[:, None] + z
        np.divide((self.weight * (self.high - self.low))[:, None], own, out=own)
        whole = np.empty(own.shape, np.bool_)
        for start, end in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            here, total = own[start:end], parts[start:end]
            total += best[self.left[start:end]]
            total += best[self.right[start:end]]
            np.greater_equal(here, total, out=whole[start:end])
            np.maximum(here, total, out=here)
        return parts, whole

    def places(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the two parts of each merge meet in the leaf order, in the order of the merges."""
        n = len(order)
        start = np.empty(2 * n - 1, np.int64)
        start[order] = np.arange(n)
        for first, end in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            merges = self.sequence[first:end]
            start[n + merges] = start[self.children[merges]].min(axis=1)
        return np.asarray(start[self.children].max(axis=1) - 1)


def _heights(dendrogram: Dendrogram) -> NDArray[np.float64]:
    """Heights of the merges, 0 for identical pictures."""
    height = dendrogram.merges[:, 2]
    return np.where(height < _LEAST_HEIGHT, 0.0, height)


def _crossing(step: NDArray[np.int64], before: NDArray[np.float64], lead: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where ln(own gain / gain of the parts) becomes 0, between a step of the ladder and the one before it.

    The logarithm is nearly straight in ln h0. The result is above the step before, so that a cut at any step is exact.
    """
    last = np.maximum(step - 1, 0)
    usable = np.isfinite(before) & (before < 0.0)
    share = np.ones(len(step))
    share[usable] = before[usable] / (before[usable] - lead[usable])
    logs = np.log(LADDER)
    found = np.exp(logs[last] + share * (logs[step] - logs[last]))
    lowest = np.where(step > 0, np.nextafter(LADDER[last], np.inf), 0.0)
    return np.asarray(np.clip(found, lowest, LADDER[step]))


def _least_of_ancestors(
    heights: NDArray[np.float64], children: NDArray[np.int64], n_leaves: int
) -> NDArray[np.float64]:
    """The least of each merge's height and those of all merges above it, by doubling the steps upwards."""
    n_merges = len(heights)
    parent = np.full(2 * n_leaves - 1, n_merges - 1, np.int64)
    parent[children.ravel()] = np.repeat(np.arange(n_merges), 2)
    above = parent[n_leaves:]
    least = heights.copy()
    while True:
        np.minimum(least, least[above], out=least)
        higher = above[above]
        if np.array_equal(higher, above):
            return least
        above = higher
