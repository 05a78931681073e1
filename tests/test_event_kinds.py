"""Tests of corrections of trips and events as the journal keeps them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.corrections import (
    CameraClock,
    EventJoin,
    EventMove,
    EventName,
    EventSplit,
    Hide,
    History,
    HomeIs,
    NotCopies,
    corrections_of,
    decisions_of,
    edit_from_json,
    edit_to_json,
    event_edits_of,
    follow,
)
from imagecluster.errors import ArgumentError
from store_samples import hash_of

a, b, c = (frozenset([hash_of(n)]) for n in range(3))
SOME = [
    EventSplit(a),
    EventSplit(a, "trip"),
    EventJoin(a | b, "trip"),
    EventName(a | b, "Anna's birthday"),
    EventName(a, "", "trip"),
    EventMove(a, b | c),
    HomeIs(52.5, 13.4),
    HomeIs(-8.5, 115.25, 1e9, 1.1e9),
    CameraClock("Canon EOS R6", -25_200.0),
]


@pytest.mark.parametrize("edit", SOME, ids=lambda edit: type(edit).__name__)
def test_corrections_come_back_from_the_journal(tmp_path, edit):
    """What is kept is what was said, also by another reader."""
    assert edit_from_json(json.loads(json.dumps(edit_to_json(edit)))) == edit
    History(tmp_path / "edits.jsonl").add(edit)
    assert History(tmp_path / "edits.jsonl").edits == (edit,)


def test_they_are_undone_and_redone_among_others(tmp_path):
    """Undo takes back the latest, of whatever kind; each kind is told from the others."""
    history = History(tmp_path / "edits.jsonl")
    for edit in (Hide(a), EventName(b, "x"), NotCopies(a, b)):
        history.add(edit)
    assert corrections_of(history.edits) == (Hide(a),)
    assert event_edits_of(history.edits) == (EventName(b, "x"),)
    assert decisions_of(history.edits) == (NotCopies(a, b),)
    history.undo()
    history.undo()
    assert history.edits == (Hide(a),)
    history.redo()
    assert history.edits == (Hide(a), EventName(b, "x"))


def test_versions_without_events_undo_no_correction_of_clusters(tmp_path):
    """The undo of an event's correction is a word that they do not know."""
    history = History(tmp_path / "edits.jsonl")
    history.add(Hide(a))
    history.add(HomeIs(1.0, 2.0))
    history.undo()
    lines = [json.loads(line) for line in (tmp_path / "edits.jsonl").read_text().splitlines()]
    assert not any("undo" in line for line in lines)
    assert history.edits == (Hide(a),)


def test_they_follow_changed_files():
    """A picture whose bytes have changed keeps its place; a move to itself is left out."""
    heirs = {hash_of(0): b}
    assert follow([EventSplit(a), HomeIs(1.0, 2.0), CameraClock("x", 1.0)], heirs) == (
        EventSplit(b),
        HomeIs(1.0, 2.0),
        CameraClock("x", 1.0),
    )
    assert follow([EventMove(b, a)], heirs) == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: EventSplit(frozenset()),
        lambda: EventSplit(a, "burst"),
        lambda: EventName(a, "two\nlines"),
        lambda: EventMove(a, a),
        lambda: HomeIs(91.0, 0.0),
        lambda: HomeIs(float("nan"), 0.0),
        lambda: HomeIs(0.0, 0.0, 2.0, 1.0),
        lambda: CameraClock("", 1.0),
        lambda: CameraClock("x", float("inf")),
        lambda: edit_from_json({"kind": "homeis", "latitude_deg": "north", "longitude_deg": 0}),
        lambda: edit_from_json({"kind": "eventname", "pictures": ["zz"], "name": "x", "level": "event"}),
        lambda: edit_from_json({"kind": "cameraclock", "camera": 5, "shift_s": 1}),
    ],
)
def test_what_cannot_be_is_refused(make):
    """With a message, before it is kept."""
    with pytest.raises(ArgumentError):
        make()


@given(st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(-1e10, 0), st.none() | st.floats(1, 1e10))
def test_any_home_comes_back(latitude, longitude, start_s, end_s):
    """To the last bit."""
    home = HomeIs(latitude, longitude, start_s, end_s)
    assert edit_from_json(json.loads(json.dumps(edit_to_json(home)))) == home
