"""Clusters that never cross an event or a trip: one dendrogram of groups that no cut puts together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagecluster import cut as cuts
from imagecluster.cut.branch import by_branch
from imagecluster.cut.diameter import bounded
from imagecluster.cut.pruned import pruned
from imagecluster.cut.sim_scale import calibrated, relative
from imagecluster.errors import VectorError
from imagecluster.evaluate.partitions import curve
from imagecluster.linkage import average_linkage, linkage
from imagecluster.linkage.apart import joined_apart, rows_of_groups
from imagecluster.linkage.few import average_of_few
from imagecluster.linkage.methods import METHODS
from imagecluster.records import Within
from linkage_samples import TIE_FREE, TIED, sample

FLAT = calibrated([(0, 1), (0.02, 0.9), (0.1, 0.75), (0.3, 0.5), (0.6, 0.25), (2, 0)])
BRANCH = calibrated([(0, 1), (0.03, 0.9), (0.15, 0.75), (0.4, 0.5), (0.7, 0.25), (2, 0)])


def metric_of(method):
    return "euclidean" if method in ("ward", "centroid", "median") else "cosine"


def apart(X, groups, method="average"):
    """The dendrogram of groups, and the rows and dendrogram of each."""
    metric = metric_of(method)
    parts = [(rows, linkage(X[rows], method=method, metric=metric)) for rows in rows_of_groups(groups)]
    return joined_apart(parts, least_height=2.0 if metric == "cosine" else 0.0), parts


def check_form(tree):
    """Every run of the leaf order between two gaps above all inside is a node, and the merges are a tree."""
    n = tree.n_leaves
    start, size = np.zeros(2 * n - 1, np.int64), np.ones(2 * n - 1, np.int64)
    start[tree.order] = np.arange(n)
    seen = []
    for t, (i, j, _, count) in enumerate(tree.merges):
        one, other = sorted((int(i), int(j)), key=lambda node: start[node])
        seen += [one, other]
        assert start[one] + size[one] == start[other], "parts that are not neighbours"
        assert max(one, other) < n + t
        start[n + t], size[n + t] = start[one], size[one] + size[other]
        assert size[n + t] == count
    assert sorted(seen) == list(range(2 * n - 2))


def grouped(labels):
    """The members of each label."""
    return {tuple(np.flatnonzero(labels == label)) for label in set(labels.tolist())}


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(TIE_FREE + TIED),
    n=st.integers(1, 40),
    n_groups=st.integers(1, 8),
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 10**6),
)
def test_every_cut_is_that_of_each_group_by_itself(kind, n, n_groups, method, seed):
    """At any height, for any method: the clusters are those of the groups linked alone, and none crosses a group."""
    rng = np.random.default_rng(seed)
    X = sample(kind, n, 6, rng)
    groups = rng.integers(-1, n_groups, n)
    tree, parts = apart(X, groups, method)
    check_form(tree)
    own = [height for _, part in parts for height in part.gap.tolist()]
    assert tree.top == max([0.0, *own, *(part.largest_distance for _, part in parts)])
    for height in [0.0, *rng.choice([*own, 0.0], 5).tolist(), tree.top, cuts.cut_height(tree, sim=0.0), 1e300]:
        expected = {
            tuple(rows[list(members)]) for rows, part in parts for members in grouped(cuts.flat_clusters(part, height))
        }
        assert grouped(cuts.flat_clusters(tree, height)) == expected
    above = tree.merges[len(tree.merges) - len(parts) + 1 :, 2] if len(parts) > 1 else np.empty(0)
    assert len(above) == len(parts) - 1
    assert (above > tree.top).all()


@settings(max_examples=80, deadline=None)
@given(n=st.integers(1, 60), n_groups=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_a_cut_by_branch_is_that_of_each_group_by_itself(n, n_groups, seed):
    """Also with a largest diameter, and with pictures hidden."""
    rng = np.random.default_rng(seed)
    X = sample("mixture", n, 8, rng)
    tree, parts = apart(X, rng.integers(-1, n_groups, n))
    branched = by_branch(tree, FLAT, BRANCH)
    check_form(branched)
    alone = [(rows, by_branch(part, FLAT, BRANCH)) for rows, part in parts]
    hidden = np.flatnonzero(rng.random(n) < 0.2)[: n - 1]
    left, kept = pruned(branched, hidden)
    check_form(left)
    narrow = bounded(branched, X, max_diameter=0.5)
    for sim in (0.0, 0.1, 0.25, 0.4, 0.5, 0.75, 0.9, 1.0):
        height = cuts.cut_height(branched, sim=sim, scale=FLAT)
        found = grouped(cuts.flat_clusters(branched, height))
        assert found == {
            tuple(rows[list(members)]) for rows, part in alone for members in grouped(cuts.flat_clusters(part, height))
        }
        seen = {tuple(row for row in members if row not in hidden.tolist()) for members in found} - {()}
        assert {tuple(kept[list(members)]) for members in grouped(cuts.flat_clusters(left, height))} == seen
        divided = {
            tuple(rows[list(members)])
            for rows, part in alone
            for members in grouped(cuts.split_wide(part, X[rows], height, max_diameter=0.5))
        }
        assert grouped(cuts.split_wide(branched, X, height, max_diameter=0.5)) == divided
        assert grouped(cuts.flat_clusters(narrow, height)) == divided


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(TIE_FREE + TIED),
    n=st.integers(1, 60),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 10**6),
)
def test_few_rows_have_the_dendrogram_of_average_linkage(kind, n, dtype, seed):
    """The heights are the same, and without ties the clusters, whatever the order of the rows."""
    rng = np.random.default_rng(seed)
    X = sample(kind, n, 5, rng).astype(dtype)
    found, expected = average_of_few(X), average_linkage(X)
    shuffled = rng.permutation(n)
    again = average_of_few(X[shuffled])
    np.testing.assert_array_equal(again.merges[:, 2:], found.merges[:, 2:])
    assert found.largest_distance == pytest.approx(expected.largest_distance, abs=1e-9)
    if n > 1:
        check_form(found)
    if kind in (*TIE_FREE, "duplicates"):
        np.testing.assert_allclose(found.merges[:, 2], expected.merges[:, 2], atol=1e-9)
        for height in rng.choice(np.append(found.gap, 0.0), 4):
            at = height + 1e-8
            assert grouped(cuts.flat_clusters(found, at)) == grouped(cuts.flat_clusters(expected, at))
    same = np.flatnonzero((X[1:] == X[:1]).all(axis=1)) + 1
    for row in same.tolist():
        assert cuts.joined_at(found, [[0, row]]) == (0.0,)


def test_rows_without_a_direction_are_named_among_few():
    """By their number."""
    with pytest.raises(VectorError) as raised:
        average_of_few(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert raised.value.row == 1


def test_the_nearest_number_of_clusters_is_not_below_that_of_the_groups():
    """A request for fewer gives one cluster per group, at sim 0."""
    X = np.random.default_rng(0).random((30, 4))
    groups = np.repeat([0, 1, 2], 10)
    tree, _ = apart(X, groups)
    for scale in (FLAT, relative(tree.top)):
        for wanted, expected in ((1, 3), (3, 3), (5, 5), (30, 30)):
            sim = cuts.sim_for_clusters(tree, wanted, scale=scale)
            labels = cuts.cut(tree, sim=sim, scale=scale)
            assert len(set(labels.tolist())) == expected, wanted
    assert cuts.sim_for_n_clusters(tree, 1, scale=FLAT) == 0.0


def test_no_score_is_that_of_groups_put_together():
    """Scores against labels end with one cluster per group, in either way of cutting."""
    X = np.random.default_rng(0).random((12, 4))
    tree, _ = apart(X, np.repeat([0, 1, 2], 4))
    for each in (tree, by_branch(tree, FLAT, BRANCH)):
        assert curve(each, np.zeros(12, np.int64)).n_clusters.min() == 3


def test_heights_of_clusters_made_by_hand_across_groups_are_finite():
    """They are those of sim = 0."""
    X = np.random.default_rng(0).random((8, 4))
    tree, _ = apart(X, np.repeat([0, 1], 4))
    alone = cuts.joined_at(average_linkage(X[:4]), [[0, 1]])
    assert cuts.joined_at(tree, [[0, 1], [0, 7]]) == (*alone, tree.top)
    assert cuts.measurer(tree, X)([0, 7])[0] == tree.top


def test_the_order_of_groups_is_that_of_their_numbers():
    """Undated pictures are one group, the last."""
    tree, _ = apart(np.eye(6), np.array([5, -1, 2, 5, -7, 2]))
    assert tree.order.tolist()[:2] in ([2, 5], [5, 2])
    assert sorted(tree.order.tolist()[4:]) == [1, 4]
    assert np.isinf(tree.gap).tolist() == [False, True, False, True, False]


def test_an_empty_collection_has_an_empty_dendrogram():
    """There is nothing to join."""
    tree = joined_apart([])
    assert (tree.n_leaves, tree.merges.shape, tree.top) == (0, (0, 4), 0.0)


@pytest.mark.parametrize(
    ("labels", "n_groups", "n_undated", "largest", "divides"),
    [([], 0, 0, 0, False), ([-1, -1], 0, 2, 2, False), ([3, 3], 1, 0, 2, False), ([0, -1, -1, -2, 4], 2, 3, 3, True)],
)
def test_the_facts_of_bounds(labels, n_groups, n_undated, largest, divides):
    """Numbers of groups and of undated pictures, and whether there is anything to keep apart."""
    bounds = Within("event", np.array(labels, np.int64))
    assert bounds.facts() == {"level": "event", "n_groups": n_groups, "n_undated": n_undated}
    assert (bounds.largest, bounds.divides) == (largest, divides)
