"""The nearest rows of each row, from the graph of neighbours."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.linkage import link, neighbours_of
from imagecluster.linkage.near_pairs import nearest_rows


@given(st.integers(1, 30), st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_the_nearest_rows_are_those_of_all_pairs(n, seed, k):
    """Against all cosines; identical rows lead to the first of them."""
    rng = np.random.default_rng(seed)
    distinct = rng.normal(size=(n, 16)).astype(np.float32)
    number = rng.integers(0, n, n)
    X = distinct[number]
    found = nearest_rows(X, neighbours_of(X), k=k)
    assert found.shape == (n, k)
    first = np.array([np.flatnonzero(number == each)[0] for each in number])
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    cosines = unit.astype(np.float64) @ unit.T.astype(np.float64)
    for row in range(n):
        others = [int(i) for i in np.unique(first) if i != first[row]]
        others.sort(key=lambda i: -cosines[row, i])
        expected = others if first[row] == row else [int(first[row]), *others]
        there = [int(i) for i in found[row] if i >= 0]
        assert len(there) == min(k, len(expected))
        assert np.allclose(cosines[row, there], cosines[row, expected[: len(there)]], atol=2e-5)


def test_the_graph_without_a_dendrogram_is_that_of_the_linkage():
    """So that whichever comes first, the other continues from it."""
    X = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    one, other = neighbours_of(X), link(X).graph
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("digests", "index", "similarity"))
