"""Branches that are cut at heights of their own."""

from __future__ import annotations

import numpy as np
import pytest

from imagecluster import cut
from imagecluster.cut.own_cuts import OwnCut, own_segments, own_starts
from imagecluster.errors import ArgumentError
from imagecluster.linkage import average_linkage

GAP = np.array([0.1, 0.3, 0.2, 0.8, 0.1, 0.4])


def starts(height, *own_cuts):
    return own_starts(GAP, own_segments(GAP, height, own_cuts)).tolist()


def test_only_the_branch_is_cut_at_its_height():
    """Everything around it stays as the cut makes it."""
    assert starts(0.5) == [0, 4]
    assert starts(0.5, OwnCut(0, 4, 0.25)) == [0, 2, 4]
    assert starts(0.5, OwnCut(0, 4, 0.0)) == [0, 1, 2, 3, 4]
    assert starts(0.15, OwnCut(0, 4, 0.3)) == [0, 4, 6]
    assert starts(0.5, OwnCut(4, 7, 0.3), OwnCut(0, 4, 0.25)) == [0, 2, 4, 6]


def test_a_smaller_branch_wins_over_the_one_around_it():
    """Whichever was cut first."""
    for own_cuts in ((OwnCut(0, 4, 0.25), OwnCut(0, 2, 0.0)), (OwnCut(0, 2, 0.0), OwnCut(0, 4, 0.25))):
        assert starts(0.5, *own_cuts) == [0, 1, 2, 4]


def test_a_branch_rests_where_the_cut_joins_it_to_others():
    """It wakes where it is apart again."""
    assert starts(0.9, OwnCut(0, 4, 0.0)) == [0]
    assert starts(0.8, OwnCut(0, 4, 0.0)) == [0]
    assert starts(0.79, OwnCut(0, 4, 0.0)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "wrong", [(-1, 2, 0.0), (2, 2, 0.0), (0, 8, 0.0), (0, 2, -1.0), (0, 2, np.nan), (0, 2, np.inf)]
)
def test_what_is_no_branch_is_refused(wrong):
    """With the number of places."""
    with pytest.raises(ArgumentError, match="there are 7 places"):
        own_segments(GAP, 0.5, [OwnCut(*wrong)])


def test_clusters_say_how_many_branches_have_a_cut_of_their_own():
    """Those at rest do not count; heights are those of the dendrogram."""
    X = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    tree = average_linkage(X)
    own = [OwnCut(0, 2, 0.0)]
    found = cut.clusters(tree, X, cut.Cut(sim=0.5, own_cuts=own), path_order=range(4))
    assert found.n_own_cuts == 1
    assert [len(c.members) for c in found.clusters] == [2]
    assert found.clusters[0].height == pytest.approx(tree.merges[:2, 2].max())
    assert cut.clusters(tree, X, cut.Cut(sim=0.0, own_cuts=own), path_order=range(4)).n_own_cuts == 0
