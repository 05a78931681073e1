"""The cut by branch: what it maximises, that it is nested, and that a flat cut of the new heights is the cut."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imagecluster import cut as cuts
from imagecluster.cut.branch import (
    BRANCH_FROM,
    FLAT_UP_TO,
    LADDER,
    blended_sims,
    branch_heights,
    by_branch,
    merge_places,
)
from imagecluster.cut.pruned import pruned
from imagecluster.cut.sim_scale import SimScale, calibrated
from imagecluster.linkage import average_linkage
from imagecluster.models import MODELS
from imagecluster.records import Dendrogram
from linkage_samples import TIE_FREE, TIED, partition, sample

FLAT = calibrated([(0, 1), (0.05, 0.9), (0.12, 0.75), (0.36, 0.5), (0.62, 0.25), (0.8, 0.05), (2, 0)])
BRANCH = calibrated([(0, 1), (0.06, 0.9), (0.14, 0.75), (0.4, 0.5), (0.7, 0.25), (0.9, 0.05), (2, 0)])
BRANCHED = [model for model in MODELS.values() if model.branch_curve]


def tree_of(gap: list[float]) -> Dendrogram:
    """The tree whose leaf order is 0, 1, 2 ... and whose neighbours meet at these heights."""
    n = len(gap) + 1
    order = np.arange(n)
    heights = np.array(gap, np.float64)
    largest = max(gap, default=0.0)
    return pruned(Dendrogram(np.empty((n - 1, 4)), largest, order, heights), np.empty(0, np.int64))[0]


def chain_of(n: int) -> Dendrogram:
    """A tree in which each picture joins all those before it."""
    return tree_of([0.01 + 1.5 * i / n for i in range(n)])


heights = st.one_of(
    st.floats(0.0, 2.0), st.sampled_from([0.0, 1e-9, 1e-6, 2e-6, 0.001, 0.1, 0.1, 0.4, 0.4, 1.0, 2.0, 2.0 + 1e-9])
)
gaps = st.lists(heights, max_size=40).map(tree_of)
rising = st.lists(heights, max_size=40).map(sorted).map(tree_of)
linked = st.builds(
    lambda kind, n, seed: average_linkage(sample(kind, n, 4, np.random.default_rng(seed))),
    st.sampled_from([*TIE_FREE, *TIED]), st.integers(1, 40), st.integers(0, 999),
)  # fmt: skip
trees = st.one_of(gaps, rising, linked)
sims = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.3, 0.49, 0.5, 0.75, 0.9, 0.99, 1.0]))
many = settings(max_examples=300, deadline=None)


def gain(size: int, height: float, above: float, h0: float) -> float:
    """The formula of the module's docstring."""

    def share(h: float) -> float:
        x = (h / h0) ** 5
        return x / (1 + x)

    return math.sqrt(size) * (share(above) - share(height))


def nodes_of(tree: Dendrogram) -> list[tuple[frozenset[int], float, float]]:
    """Leaves, own height and parent's height of each node; heights of rounding are 0."""
    n = tree.n_leaves
    found = [(frozenset([i]), 0.0) for i in range(n)]
    above = [2.0] * (2 * n - 1)
    for i, j, h, _ in tree.merges.tolist():
        height = 0.0 if h < 1e-6 else h
        found.append((found[int(i)][0] | found[int(j)][0], height))
        above[int(i)] = above[int(j)] = height
    above[-1] = max(2.0, 1.01 * found[-1][1])
    return [(leaves, height, top) for (leaves, height), top in zip(found, above, strict=True)]


def direct_cut(tree: Dendrogram, h0: float) -> NDArray[np.int64]:
    """Labels of the nodes of greatest total gain, by one maximum from the leaves up; the larger node if equal."""
    n = tree.n_leaves
    nodes = nodes_of(tree)
    best = [gain(1, *nodes[i][1:], h0) for i in range(n)]
    label = list(range(n))
    for t, (i, j, *_) in enumerate(tree.merges.tolist()):
        leaves, height, above = nodes[n + t]
        own, parts = gain(len(leaves), height, above, h0), best[int(i)] + best[int(j)]
        if own >= parts or height == 0.0:
            for leaf in leaves:
                label[leaf] = n + t
        best.append(max(own, parts))
    return np.array(label)


def refines(fine: NDArray[np.int64], coarse: NDArray[np.int64]) -> bool:
    """Whether every cluster of one cut lies in one cluster of another."""
    return len(set(zip(fine.tolist(), coarse.tolist(), strict=True))) == len(set(fine.tolist()))


@given(st.lists(heights, max_size=6).map(tree_of), st.floats(0.01, 2.0))
def test_the_direct_cut_has_the_greatest_gain_of_all(tree: Dendrogram, h0: float) -> None:
    """Of all ways to divide the pictures into nodes of the tree none gains more."""
    nodes = nodes_of(tree)
    everything = frozenset(range(tree.n_leaves))
    totals = [
        sum(gain(len(leaves), height, above, h0) for leaves, height, above in chosen)
        for size in range(1, tree.n_leaves + 1)
        for chosen in itertools.combinations(nodes, size)
        if sum(len(leaves) for leaves, *_ in chosen) == len(everything)
        and frozenset().union(*(leaves for leaves, *_ in chosen)) == everything
    ]
    labels = direct_cut(tree, h0)
    chosen = {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels.tolist()}
    # A node and a part of equal height can hold the same pictures only if one of them gains nothing.
    found = sum(max(gain(len(n), *rest, h0) for n, *rest in nodes if n == cluster) for cluster in chosen)
    assert found == pytest.approx(max(totals), rel=1e-9, abs=1e-12)


@many
@given(trees, st.integers(0, len(LADDER) - 2))
def test_a_flat_cut_of_the_heights_is_the_cut_by_branch(tree: Dendrogram, step: int) -> None:
    """Exactly at each step of the ladder below 2, which joins all, unless two choices gain the same up to rounding."""
    h0 = float(LADDER[step])
    found = branch_heights(tree)
    whole = Dendrogram(tree.merges, tree.largest_distance, tree.order, np.empty(len(found)))
    whole.gap[merge_places(tree)] = found
    nearby = [partition(direct_cut(tree, h0 * scale)) for scale in (1 - 1e-9, 1.0, 1 + 1e-9)]
    assert partition(cuts.flat_clusters(whole, h0)) in nearby


@many
@given(trees, st.floats(0.003, 1.95))
def test_between_steps_of_the_ladder_it_is_off_by_one_percent_at_most(tree: Dendrogram, h0: float) -> None:
    """The cut of the heights lies between the direct cuts of an h0 that is 1 % smaller and one that is 1 % larger."""
    whole = Dendrogram(tree.merges, tree.largest_distance, tree.order, np.empty(len(tree.merges)))
    whole.gap[merge_places(tree)] = branch_heights(tree)
    labels = cuts.flat_clusters(whole, h0)
    assert refines(direct_cut(tree, 0.99 * h0), labels)
    assert refines(labels, direct_cut(tree, 1.01 * h0))


@many
@given(trees, sims, sims)
def test_a_finer_position_always_refines(tree: Dendrogram, one: float, other: float) -> None:
    """Whatever the tree: ties, chains, identical pictures, one picture."""
    low, high = sorted((one, other))
    new = by_branch(tree, FLAT, BRANCH)
    assert refines(cuts.cut(new, sim=high, scale=FLAT), cuts.cut(new, sim=low, scale=FLAT))


@many
@given(trees, sims)
def test_the_blended_cut_is_flat_for_kinds_and_by_branch_for_what_is_closer(tree: Dendrogram, sim: float) -> None:
    """It is exactly the cut of one of the two, and between them lies between them."""
    new = by_branch(tree, FLAT, BRANCH)
    labels = cuts.cut(new, sim=sim, scale=FLAT)
    heights = branch_heights(tree)
    whole = Dendrogram(tree.merges, tree.largest_distance, tree.order, np.empty(len(heights)))
    whole.gap[merge_places(tree)] = heights
    flat = cuts.flat_clusters(tree, max(FLAT.height(sim), 1e-6) if sim > 0 else np.inf)
    branch = cuts.flat_clusters(whole, BRANCH.height(sim))
    if sim >= BRANCH_FROM:
        assert off_by_rounding(new, labels, branch, FLAT.height(sim))
    elif sim <= FLAT_UP_TO and (BRANCH.sim(heights) < BRANCH_FROM).all():
        assert off_by_rounding(new, labels, flat, FLAT.height(sim))


def off_by_rounding(tree: Dendrogram, found: NDArray[np.int64], other: NDArray[np.int64], height: float) -> bool:
    """Whether two cuts are the same, or a merge is within a rounding error of the height."""
    near = np.isclose(tree.gap, height, rtol=1e-9, atol=1e-12).any()
    return bool(near) or partition(found) == partition(other)


@many
@given(trees)
def test_the_new_heights_are_those_of_the_same_tree(tree: Dendrogram) -> None:
    """Same leaf order and clusters; heights rise towards the root, and each gap is the height of its merge."""
    new = by_branch(tree, FLAT, BRANCH)
    assert new.order is tree.order
    assert (np.diff(new.merges[:, 2]) >= 0).all()
    assert leaf_sets(new.merges) == leaf_sets(tree.merges)
    assert np.array_equal(new.gap[merge_places(new)], new.merges[:, 2])
    assert ((new.gap == 0) == (tree.gap < 1e-6)).all() or (new.gap[tree.gap < 1e-6] == 0).all()
    assert cuts.cut(new, sim=0.0, scale=FLAT).max(initial=0) == 0


def leaf_sets(merges: NDArray[np.float64]) -> set[frozenset[int]]:
    """The leaves of each merge; parts come before what they are part of."""
    found = [frozenset([i]) for i in range(len(merges) + 1)]
    for i, j, _, size in merges.tolist():
        found.append(found[int(i)] | found[int(j)])
        assert len(found[-1]) == size
    return set(found)


@many
@given(trees)
def test_a_merge_is_made_at_its_own_stop_of_the_slider(tree: Dendrogram) -> None:
    """The largest index at which a merge is made makes it, to the last bit, and the next number does not."""
    new = by_branch(tree, FLAT, BRANCH)
    for height in new.merges[:, 2].tolist():
        sim = FLAT.largest_sim_at(height)
        assert FLAT.height(sim) >= height or height > 2.0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2), st.lists(st.floats(0, 1), min_size=2, max_size=2))
@example([0.4, 0.4], [0.45, 0.5])
def test_blending_keeps_order_and_ends(flat: list[float], branch: list[float]) -> None:
    """It falls with neither argument, is that of kinds up to 0.25, and by branch from 0.5 on."""
    low = blended_sims(np.array([min(flat)]), np.array([min(branch)]))[0]
    high = blended_sims(np.array([max(flat)]), np.array([max(branch)]))[0]
    assert low <= high + 1e-15
    for f, b in zip(flat, branch, strict=True):
        sim = blended_sims(np.array([f]), np.array([b]))[0]
        if b >= BRANCH_FROM:
            assert sim == b
        elif f < FLAT_UP_TO:
            assert sim == f
        else:
            assert FLAT_UP_TO <= sim <= BRANCH_FROM
            w = (sim - FLAT_UP_TO) / (BRANCH_FROM - FLAT_UP_TO)
            assert w * b + (1 - w) * f == pytest.approx(sim, abs=1e-12)


def test_long_chains_and_many_copies_take_no_recursion() -> None:
    """A chain of 5,000, and 5,000 copies of one picture."""
    heights = branch_heights(chain_of(5000))
    assert (np.diff(heights) >= 0).all()
    assert not branch_heights(tree_of([0.0] * 5000)).any()


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_picture(n: int) -> None:
    """Nothing, and one picture, have nothing to cut."""
    empty = Dendrogram(np.empty((0, 4)), 0.0, np.arange(n), np.empty(0))
    assert by_branch(empty, FLAT, BRANCH).n_leaves == n
    assert branch_heights(empty).shape == merge_places(empty).shape == (0,)


def test_a_pair_with_a_wide_gap_around_it_stays_whole_where_a_chain_that_fades_is_divided() -> None:
    """At one height it is the other way round: the pair is a little looser than the start of the chain."""
    tree = tree_of([0.37, 1.2, 0.34, 0.35, 0.36, 0.37, 0.38, 0.4, 0.42, 0.45])
    flat = cuts.cut(tree, sim=0.5, scale=FLAT)
    assert partition(flat) == (0, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7)
    branch = cuts.cut(by_branch(tree, FLAT, BRANCH), sim=0.5, scale=FLAT)
    assert partition(branch) == (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)


@pytest.mark.parametrize("model", BRANCHED, ids=lambda model: model.name)
def test_curves_of_models_are_scales(model) -> None:
    """A branch curve comes with a curve of sim, and both are strict."""
    scales: list[SimScale] = [calibrated(model.sim_curve), calibrated(model.branch_curve)]
    assert all(scale.height(0.0) == 2.0 for scale in scales)
