"""What decisions on copies mean, and that they hold for contents, not for names."""

from __future__ import annotations

import pytest

from imagecluster.corrections import (
    EDITS_NAME,
    Best,
    Decisions,
    Hide,
    History,
    KeepAll,
    NotCopies,
    edit_from_json,
    follow,
)
from imagecluster.errors import ArgumentError
from store_samples import hash_of

A, B, C, D = map(hash_of, range(4))


def of(*edits):
    return Decisions.of(edits)


def test_not_copies_holds_for_each_pair_of_the_two_sides_and_both_ways():
    """Pictures of one side may still be copies of each other, and so may a third one."""
    found = of(NotCopies(frozenset([A, B]), frozenset([C])), Hide(frozenset([D])))
    assert [found.are_apart(*pair) for pair in ((A, C), (C, A), (B, C), (A, B), (A, D), (D, C))] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_keep_all_keeps_as_many_files_of_a_content_as_there_were():
    """Of two groups with the same picture, the larger number counts."""
    assert of(KeepAll(frozenset([A, B]))).n_kept == {A: 1, B: 1}
    first = KeepAll(frozenset([A, B]), tuple(n for _, n in sorted([(A, 2), (B, 1)])))
    assert of(first, KeepAll(frozenset([A]))).n_kept == {A: 2, B: 1}


def test_the_best_of_a_group_ends_that_all_of_it_are_kept():
    """And the other way round; of several best ones the last has the highest rank."""
    assert of(KeepAll(frozenset([A, B])), KeepAll(frozenset([C])), Best(frozenset([A]))).n_kept == {C: 1}
    both = of(Best(frozenset([A])), Best(frozenset([B])), KeepAll(frozenset([A, B])))
    assert both.n_kept == {A: 1, B: 1}
    assert both.rank[B] > both.rank[A]


def test_decisions_follow_pictures_whose_metadata_was_edited():
    """The content that took the place of another has its decisions; two that became one are no pair any more."""
    heirs = {A: frozenset([D])}
    kept = KeepAll(frozenset([A, B]), tuple(n for _, n in sorted([(A, 3), (B, 1)])))
    (followed,) = follow([kept], heirs)
    assert followed.n_files() == {D: 3, B: 1}
    assert follow([NotCopies(frozenset([A]), frozenset([B]))], heirs) == (
        NotCopies(frozenset([D]), frozenset([B])),
    )  # fmt: skip
    assert follow([NotCopies(frozenset([A]), frozenset([D]))], heirs) == ()
    assert follow([Best(frozenset([A]))], heirs) == (Best(frozenset([D])),)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "notcopies", "pictures": [A.hex()], "others": [A.hex()]}, "same bytes are always copies"),
        ({"kind": "notcopies", "pictures": [A.hex()], "others": []}, "others is empty"),
        ({"kind": "keepall", "pictures": [A.hex()], "files": [1, 2]}, "2 numbers for 1 pictures"),
        ({"kind": "keepall", "pictures": [A.hex()], "files": [0]}, "of at least 1"),
        ({"kind": "keepall", "pictures": [A.hex()], "files": "1"}, "it must be a list of numbers"),
        ({"kind": "keepall", "pictures": [A.hex()], "files": [True]}, "it must be a list of numbers"),
        ({"kind": "best", "pictures": []}, "pictures is empty"),
    ],
)
def test_decisions_that_cannot_be_are_refused(values, said):
    """With what is wrong."""
    with pytest.raises(ArgumentError, match=said):
        edit_from_json(values)


def test_the_latest_decision_is_undone_also_after_a_correction(tmp_path):
    """Corrections made since stay as they are; without a decision there is nothing to take back."""
    history = History(tmp_path / EDITS_NAME)
    history.add(Best(frozenset([A])))
    history.add(Best(frozenset([B]), ("b.jpg",)))
    history.add(Hide(frozenset([C])))
    assert history.undo_latest("copies") == Best(frozenset([B]), ("b.jpg",))
    assert history.edits == (Best(frozenset([A])), Hide(frozenset([C])))
    assert history.undo_latest("copies") == Best(frozenset([A]))
    with pytest.raises(ArgumentError, match="no decision about copies"):
        history.undo_latest("copies")
    assert History(tmp_path / EDITS_NAME).edits == (Hide(frozenset([C])),)
