"""Trips and events in the viewer's server: the same as on the command line, found when a page asks for them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagecluster.collection import Settings, events
from imagecluster.collection.events import find_events
from imagecluster.corrections import EDITS_NAME, EventName, History
from imagecluster.functions.running import run
from imagecluster.store import OCCASIONS_NAME, Store
from imagecluster.web import wire
from imagecluster.web.guard import Rules
from life_album import make_life
from test_web_wire import misfits
from waiting import wait_until
from web_samples import TOKEN, served


@pytest.fixture(scope="module")
def sorted_folder(tmp_path_factory):
    root = make_life(tmp_path_factory.mktemp("trips") / "pics")
    run([root], Settings(links="none", page=False))
    return root


@pytest.fixture
def folder(sorted_folder, tmp_path):
    """A copy of it, which a test may change."""
    return Path(shutil.copytree(sorted_folder, tmp_path / "pics"))


def found(client, *, again=False):
    """The trips, once the search has ended; `again` repeats one that failed."""
    answer = client.data("trips?again=1").json() if again else {}

    def is_there():
        answer.update(client.data("trips").json())
        return not answer["search"]["running"]

    wait_until(is_there, lambda: f"the trips are {answer}")
    return answer


def with_picture(trips, picture):
    """Pictures of the event that holds one."""
    return next(event["ids"] for trip in trips for event in trip["events"] if picture in event["ids"])


def names_of(client, ids):
    """Names of pictures."""
    names = client.data("names.json?from=0&to=44").json()
    return [names[picture] for picture in ids]


def test_the_page_gets_the_trips_of_the_command_line(folder):
    """Kinds, names, places, days and pictures are those of find_events, and undated pictures are listed."""
    with served(folder) as client:
        assert "trips" not in client.session.news()
        answer = found(client)
        assert misfits(answer, wire.Trips) == []
        assert misfits(client.session.news(), wire.News) == []
        assert [(trip["kind"], trip["country"]) for trip in answer["trips"]] == [
            ("home", "Germany"), ("trip", "Iceland"), ("home", "Germany"),
        ]  # fmt: skip
        trip = answer["trips"][1]
        assert [len(event["ids"]) for event in trip["events"]] == [3] * 5
        assert names_of(client, trip["events"][0]["ids"]) == [f"iceland/0_{i}.jpg" for i in range(3)]
        assert datetime.fromtimestamp(trip["start_s"], UTC) == datetime(2025, 3, 3, 10, tzinfo=UTC)
        assert names_of(client, answer["undated"]) == ["scan.png"]
        with Store.open(folder / "imagecluster", writable=False) as store:
            same = find_events(store, store.runs()[-1].model)
        assert [trip["name"] for trip in answer["trips"]] == [trip.name for trip in same.trips]
        assert [[event["name"] for event in trip["events"]] for trip in answer["trips"]] == [
            [event.name for event in trip.events] for trip in same.trips
        ]
    assert (folder / "imagecluster" / OCCASIONS_NAME).exists()


def test_nothing_is_kept_by_a_viewer_that_is_read_only(folder):
    """It shows trips all the same."""
    with served(folder, rules=Rules(token=TOKEN, read_only=True)) as client:
        assert len(found(client)["trips"]) == 3
    assert not (folder / "imagecluster" / OCCASIONS_NAME).exists()


def test_a_correction_of_another_program_is_news(folder):
    """A name given elsewhere comes without a question, with another version."""
    with served(folder) as client:
        before = found(client)
        with Store.open(folder / "imagecluster", writable=False) as store:
            leaves = store.leaves(store.runs()[-1].model)
        pictures = frozenset(leaves.hashes[row] for row in before["trips"][1]["events"][0]["ids"])
        History(folder / "imagecluster" / EDITS_NAME).add(EventName(pictures, "Landing"))
        wait_until(
            lambda: client.session.news()["trips"]["version"] > before["search"]["version"],
            lambda: f"{client.session.news()}",
        )
        event = found(client)["trips"][1]["events"][0]
        assert (event["name"], event["named"]) == ("Landing", True)


def test_why_there_are_no_trips_is_said_and_can_be_tried_again(folder, monkeypatch):
    """An error is told once, and nothing repeats the search until somebody asks."""

    def fails(*_, **__):
        raise OSError("the disk has gone")

    with served(folder) as client:
        with monkeypatch.context() as patched:
            patched.setattr(events, "find_events", fails)
            answer = found(client)
            assert not answer["known"]
            assert "the disk has gone" in answer["search"]["error"]
        assert not client.session.news()["trips"]["running"]
        assert len(found(client, again=True)["trips"]) == 3


def test_corrections_of_trips_are_those_of_the_command_line(folder):
    """Each kind that a page requests is kept, changes the tree, and is undone."""
    with served(folder) as client:
        before = found(client)
        first, second = before["trips"][1]["events"][:2]
        for record, holds in (
            ({"kind": "eventname", "ids": first["ids"], "name": " Landing ", "level": "event"},
             lambda trips: trips[1]["events"][0]["name"] == "Landing"),
            ({"kind": "eventname", "ids": first["ids"], "name": "Ice", "level": "trip"},
             lambda trips: trips[1]["name"] == "Ice"),
            ({"kind": "eventjoin", "ids": [first["ids"][0], second["ids"][0]], "level": "event"},
             lambda trips: len(trips[1]["events"][0]["ids"]) == 6),
            ({"kind": "eventsplit", "ids": first["ids"][1:2], "level": "event"},
             lambda trips: len(trips[1]["events"][0]["ids"]) == 1),
            ({"kind": "eventmove", "ids": first["ids"][:1], "to": second["ids"][:1]},
             lambda trips: first["ids"][0] in with_picture(trips, second["ids"][0])),
            ({"kind": "homeis", "latitude": 64.15, "longitude": -21.94},
             lambda trips: any(trip["kind"] == "trip" and trip["country"] == "Germany" for trip in trips)),
            ({"kind": "cameraclock", "camera": "Maker Phone", "shift_s": 86400.0},
             lambda trips: trips[1]["events"][0]["start_s"] == first["start_s"] + 86400),
        ):  # fmt: skip
            assert client.edit(record).status == 200, record
            wait_until(
                lambda holds=holds: holds(found(client)["trips"]), lambda record=record: f"{record} does nothing"
            )
            assert client.post("/api/edits", {"undo": True}).status == 200
            wait_until(
                lambda: found(client)["trips"] == before["trips"], lambda record=record: f"{record} is not undone"
            )


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "eventname", "ids": [0], "name": 3}, {"kind": "eventname", "ids": [0], "name": "a", "level": "scene"},
        {"kind": "eventsplit", "ids": []}, {"kind": "eventjoin", "ids": [99]}, {"kind": "eventmove", "ids": [0]},
        {"kind": "homeis", "latitude": True, "longitude": 3}, {"kind": "homeis", "latitude": 91, "longitude": 3},
        {"kind": "cameraclock", "camera": "", "shift_s": 3}, {"kind": "cameraclock", "camera": 3, "shift_s": 3},
        {"kind": "cameraclock", "camera": "a", "shift_s": None},
    ],
)  # fmt: skip
def test_what_is_no_correction_of_a_trip_is_refused(sorted_folder, record):
    """With a reason, and nothing is kept."""
    with served(sorted_folder) as client:
        answer = client.edit(record)
        assert answer.status == 400
        assert answer.json()["error"]
        assert client.session.history.edits == ()
