"""What a copy of the page says of each cluster, against brute force."""

import dataclasses
import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from imagecluster.cut.diameter import bounded
from imagecluster.explore.cluster_facts import closest_of_clusters, facts_of_clusters
from web_snapshots import sample_snapshot


def clusters_of(gap):
    """All clusters of all cuts, as runs of the leaf order with the place that stands for each."""
    found = {}
    for height in gap[np.isfinite(gap)].tolist():
        edges = [0, *(np.flatnonzero(gap > height) + 1).tolist(), len(gap) + 1]
        for first, end in itertools.pairwise(edges):
            if end - first > 1:
                found[first, end] = first + int(gap[first : end - 1].argmax())
    return found


def hidden_of(data, n):
    return np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=n, unique=True)), np.int64)


def check(pairs, chosen, D, best):
    """A pair of these rows and columns, at the best distance; none where there are none."""
    rows, columns = chosen
    block = D[np.ix_(rows, columns)].astype(float)
    block[rows[:, None] == columns[None, :]] = np.nan
    if np.isnan(block).all():
        assert pairs.tolist() == [-1, -1]
        return
    assert pairs[0] in rows
    assert pairs[1] in columns
    assert np.isclose(D[tuple(pairs)], best(block), atol=1e-5)


@given(st.integers(2, 24), st.integers(0, 2**32), st.booleans(), st.data())
def test_of_each_cluster_of_each_cut(n, seed, divided, data):
    """Closest, farthest, and nearest outside, among the pictures that are not hidden."""
    snapshot, X = sample_snapshot(n, seed)
    tree = bounded(snapshot.dendrogram, X.astype(np.float32), max_diameter=0.6) if divided else snapshot.dendrogram
    hidden = hidden_of(data, n)
    facts = facts_of_clusters(dataclasses.replace(snapshot, dendrogram=tree), hidden)
    D = np.maximum(cdist(X.astype(float), X.astype(float), "cosine"), 0)
    shown = np.setdiff1d(np.arange(n), hidden)
    for (first, end), place in clusters_of(tree.gap).items():
        inside = np.intersect1d(tree.order[first:end], shown)
        check(facts.closest[place], (inside, inside), D, np.nanmin)
        check(facts.farthest[place], (inside, inside), D, np.nanmax)
        check(facts.outside[place], (inside, np.setdiff1d(shown, inside)), D, np.nanmin)


@given(st.integers(2, 24), st.integers(0, 2**32), st.booleans(), st.data())
def test_the_closest_two_by_the_dendrogram_alone(n, seed, divided, data):
    """Where one of them is hidden there are none, since nobody knows the next ones."""
    snapshot, X = sample_snapshot(n, seed)
    tree = bounded(snapshot.dendrogram, X.astype(np.float32), max_diameter=0.6) if divided else snapshot.dendrogram
    hidden = hidden_of(data, n)
    closest = closest_of_clusters(dataclasses.replace(snapshot, dendrogram=tree, of_cosines=True), hidden)
    D = np.maximum(cdist(X.astype(float), X.astype(float), "cosine"), 0)
    for (first, end), place in clusters_of(tree.gap).items():
        inside = tree.order[first:end]
        if closest[place, 0] >= 0:
            check(closest[place], (inside, inside), D, np.nanmin)
            assert not np.isin(closest[place], hidden).any()
        else:
            assert np.isin(inside, hidden).any()
    assert len(hidden) or (closest[np.isfinite(tree.gap)] >= 0).all()
