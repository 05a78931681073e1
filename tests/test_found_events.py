"""Trips and events with their names, spans, places and JSON, as `imagecluster.find_events` gives them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import imagecluster
from event_pictures import BERLIN, REYKJAVIK, life, photograph
from imagecluster.collection.event_names import (
    Named,
    dates_in_words,
    event_names,
    known_locale,
    names_by_hand,
    part_of_day,
    user_locale,
)
from imagecluster.corrections import EDITS_NAME, EventName, EventSplit, Hide, History
from imagecluster.errors import ArgumentError
from imagecluster.places import PlaceName
from imagecluster.present.event_links import event_folders

VIK = PlaceName("Vik", "South", "Iceland", "IS", "Atlantic/Reykjavik")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return life(tmp_path_factory.mktemp("base") / "pics")


@pytest.fixture(scope="module")
def found(base):
    return imagecluster.find_events(base, locale="en_GB")


@pytest.fixture
def pics(base, found, tmp_path):
    """A copy that a test may change."""
    return Path(shutil.copytree(base, tmp_path / "pics"))


def remember(folder, *edits):
    history = History(folder / "imagecluster" / EDITS_NAME)
    for edit in edits:
        history.add(edit)


def contents(found, *names):
    return frozenset(found.leaves.hashes[found.leaves.keys.index(os.fsencode(name))] for name in names)


# ---- records


def test_trips_hold_events_hold_scenes_hold_bursts_hold_each_dated_picture_once(found):
    """And the undated ones are apart."""
    assert [trip.kind for trip in found.trips] == ["home", "trip", "home"]
    of_bursts = [
        row
        for trip in found.trips
        for event in trip.events
        for scene in event.scenes
        for burst in scene.bursts
        for row in burst.rows
    ]
    assert of_bursts == [row for trip in found.trips for row in trip.rows]
    assert sorted([*of_bursts, *found.undated]) == list(range(43))
    assert [found.name_of(row) for row in found.undated] == ["scans/undated.jpg"]
    assert found.n_dated == 42
    assert found.knows_home
    assert [len(trip.events) for trip in found.trips] == [9, 4, 6]
    assert len(found.events) == 19
    for event in found.events:
        assert event.cover in event.rows
        assert found.trip_of(event).start <= event.start <= event.end <= found.trip_of(event).end


def test_paths_are_absolute_and_names_as_outputs_have_them(found, base):
    for row, path in enumerate(found.paths):
        assert path == base / found.name_of(row)
        assert path.is_file()


def test_times_are_by_the_clock_of_the_place(found):
    """With its offset: Iceland is an hour behind Berlin."""
    home, trip, later = found.trips
    assert trip.start.isoformat() == "2025-03-03T10:00:00+00:00"
    assert trip.end.isoformat() == "2025-03-04T17:02:00+00:00"
    assert home.start.isoformat() == "2025-01-05T15:00:00+01:00"
    assert later.end.utcoffset() == timedelta(hours=2)  # summer has begun
    assert trip.days == (date(2025, 3, 3), date(2025, 3, 4))


def test_times_without_a_known_offset_have_none(tmp_path):
    """They are as the camera said."""
    photograph(tmp_path / "pics/a.jpg", "2020-05-05 10:00:00")
    (trip,) = imagecluster.find_events(tmp_path / "pics").trips
    assert (trip.start, trip.kind) == (datetime(2020, 5, 5, 10), "period")
    assert trip.spot is None and trip.stays == ()


@pytest.mark.parametrize("year", ["0001", "1826", "1969", "2020"])
def test_pictures_of_any_year_are_found_or_undated(tmp_path, year):
    """A date that cannot be that of a photograph is none; others have a folder with four digits."""
    photograph(tmp_path / "pics/a.jpg", f"{year}-01-01 00:00:01", (0.0, 180.0))
    photograph(tmp_path / "pics/b.jpg", f"{year}-01-01 00:00:01", (89.99, -180.0))
    photograph(tmp_path / "pics/c.jpg", f"{year}-12-31 23:59:59", (-90.0, 0.0))
    found = imagecluster.find_events(tmp_path / "pics")
    assert found.n_dated == (0 if year == "0001" else 3)
    assert found.n_dated + len(found.undated) == 3
    json.dumps(found.as_json())
    assert all(len(folder.split("/")[0]) == 4 for folder in event_folders(found))


# ---- names


def test_trips_are_named_by_places_and_events_by_place_and_part_of_day(found):
    assert [trip.name for trip in found.trips] == ["Home", "Reykjavík", "Home"]
    assert [event.name for event in found.trips[1].events] == ["Reykjavík, morning", "Reykjavík, afternoon"] * 2
    assert {event.name for event in found.trips[0].events} == {"Afternoon"}
    assert not any(one.is_named for one in (*found.trips, *found.events))


def test_parts_of_the_day_begin_at_5_12_and_18():
    names = [part_of_day(datetime(2025, 1, 1, hour)) for hour in range(24)]
    assert names == ["Night"] * 5 + ["Morning"] * 7 + ["Afternoon"] * 6 + ["Evening"] * 6


def test_events_of_one_day_have_different_names():
    """By the part of the day, then by a number; at home the place is not named."""
    at = [datetime(2025, 3, 2, hour) for hour in (9, 10, 15)] + [datetime(2025, 3, 3, 9)]
    assert event_names([Named(when, VIK) for when in at]) == ["Vik, morning", "Vik, morning 2", "Vik, afternoon", "Vik"]
    assert event_names([Named(when, VIK, is_at_home=True) for when in at]) == [
        "Morning",
        "Morning 2",
        "Afternoon",
        "Morning",
    ]
    assert event_names([Named(at[0], PlaceName(country="Iceland")), Named(at[0], None)]) == ["Iceland", "Morning"]


def test_names_go_to_the_group_that_holds_most_of_their_pictures():
    """Later ones first; an empty one gives the found name back, and pictures that are gone have no vote."""
    a, b, c = (bytes([i]) * 16 for i in range(3))
    groups = {a: [0], b: [1, 1]}
    assert names_by_hand([(frozenset({a, b}), "x")], groups) == {1: "x"}
    assert names_by_hand([(frozenset({a}), "x"), (frozenset({a}), "y")], groups) == {0: "y"}
    assert names_by_hand([(frozenset({a}), "x"), (frozenset({a}), "")], groups) == {}
    assert names_by_hand([(frozenset({c}), "x")], groups) == {}


def test_a_name_that_somebody_gave_goes_first_and_stays_with_most_of_its_pictures(pics, found):
    """After a split, too; trips and events have their own."""
    trip = found.trips[1]
    remember(
        pics,
        EventName(contents(found, *(found.name_of(row) for row in trip.rows)), "Iceland '25", "trip"),
        EventName(contents(found, "away/3_10_0.jpg", "away/3_10_1.jpg", "away/3_10_2.jpg"), "Geysir"),
        EventSplit(contents(found, "away/3_10_1.jpg")),
    )
    named = imagecluster.find_events(pics).trips[1]
    assert (named.name, named.is_named, named.is_named_by_dates) == ("Iceland '25", True, False)
    assert [(event.is_named, len(event.rows)) for event in named.events[:2]] == [(False, 1), (True, 2)]
    assert named.events[1].name == "Geysir"


def test_hidden_pictures_are_left_out_like_everywhere(pics, found):
    """And what held only them; a cover is one that is left."""
    (cover,) = (found.name_of(found.trips[1].events[0].cover),)
    gone = {found.name_of(row) for row in (*found.trips[0].rows, *found.undated)} | {cover}
    remember(pics, Hide(contents(found, *gone)))
    left = imagecluster.find_events(pics)
    assert [trip.kind for trip in left.trips] == ["trip", "home"]
    assert left.trips[0].events[0].cover in left.trips[0].events[0].rows
    assert len(left.trips[0].rows) == 11
    said = left.as_json()
    assert not any(f'"{name}"' in json.dumps(said) for name in gone)
    assert (said["n_pictures"], said["n_dated"]) == (43 - len(gone), 42 - len(gone) + 1)
    assert sorted(row for rows in event_folders(left).values() for row in rows) == sorted(
        row for trip in left.trips for row in trip.rows
    )


# ---- locales


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en_US", "Mar 2 – 9, 2025"), ("en_GB", "2–9 Mar 2025"), ("de_DE", "2.–9. März 2025"), ("ja_JP", "2025年3月2日")],
)
def test_dates_are_written_as_in_the_locale(locale, words):
    found = dates_in_words(date(2025, 3, 2), date(2025, 3, 9), locale)
    assert found.replace(" – ", "–").startswith(words.replace(" – ", "–"))


@pytest.mark.parametrize("text", ["nonsense", "", "xx_YY", "../x", "de/DE", "\0", "de_DE_" * 50])
def test_an_unknown_locale_or_precision_is_an_argument_error(base, found, text):
    """From Python, too."""
    with pytest.raises(ArgumentError, match="no locale is called"):
        known_locale(text)
    with pytest.raises(ArgumentError, match="no locale is called"):
        imagecluster.find_events(base, locale=text)
    with pytest.raises(ArgumentError, match="it must be one of exact, town"):
        imagecluster.find_events(base, places=text)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "fr_FR.UTF-8"}, "de_DE"),
        ({"LC_ALL": "C", "LC_TIME": "ja_JP.UTF-8"}, "ja_JP"),
        ({"LC_ALL": "", "LANG": "C.UTF-8"}, "en_GB"),
        ({"LANG": "de-DE@euro"}, "de_DE"),
        ({"LC_ALL": "nonsense", "LANG": "fr_FR"}, "en_GB"),
        ({}, "en_GB"),
    ],
)
def test_the_users_locale_is_that_of_the_environment(monkeypatch, variables, expected):
    """British English for none, and for one that is unknown."""
    for name in ("LC_ALL", "LC_TIME", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_locale() == expected


# ---- places


@pytest.mark.parametrize(
    ("precision", "place"),
    [
        ("exact", ("Reykjavík", "Capital Region", "Iceland", "IS", 64.15, -21.94)),
        ("town", ("Reykjavík", "Capital Region", "Iceland", "IS", 64.2, -21.9)),
        ("region", ("", "Capital Region", "Iceland", "IS", 64.0, -22.0)),
        ("country", ("", "", "Iceland", "IS", None, None)),
    ],
)
def test_places_are_as_precise_as_wanted(base, found, precision, place):
    """In all of the tree."""
    trip = imagecluster.find_events(base, places=precision).trips[1]
    spots = [trip.spot, *trip.stays, *(event.spot for event in trip.events)]
    assert {tuple(spot.as_json().values()) for spot in spots} == {place}


def test_no_places_are_given_if_none_are_wanted(base, found):
    """Trips then have their dates as names."""
    found = imagecluster.find_events(base, places="none", locale="en_US")
    assert all(trip.spot is None and trip.stays == () for trip in found.trips)
    assert all(event.spot is None for event in found.events)
    assert found.trips[1].name.startswith("Mar 3") and found.trips[1].is_named_by_dates
    assert [event.name for event in found.trips[1].events] == ["Morning", "Afternoon"] * 2


# ---- JSON


def test_json_is_as_documented(found, base):
    """Keys and types of docs/output-formats.md, and paths that exist."""
    said = json.loads(json.dumps(found.as_json()))
    documented = (Path(__file__).parents[1] / "docs/output-formats.md").read_text()
    example = documented.partition("## Events")[2].partition("```json\n")[2].partition("```")[0]
    assert set(said) == set(json.loads(example))
    (shown,), trip = json.loads(example)["trips"], said["trips"][1]
    assert set(trip) == set(shown)
    assert set(trip["place"]) == set(shown["place"])
    assert set(trip["events"][0]) == set(shown["events"][0])
    assert set(trip["events"][0]["scenes"][0]) == set(shown["events"][0]["scenes"][0])
    assert set(trip["events"][0]["scenes"][0]["bursts"][0]) == set(shown["events"][0]["scenes"][0]["bursts"][0])
    files = [file for one in said["trips"] for event in one["events"] for file in event["files"]]
    assert len(files) == len(set(files)) == said["n_dated"] == 42
    assert said["n_pictures"] == 43 and said["undated"] == ["scans/undated.jpg"]
    assert all((base / file).is_file() for file in files)
    assert (said["root"], said["database"]) == (str(base), str(base / "imagecluster"))
    assert datetime.fromisoformat(trip["start"]) == found.trips[1].start


def test_undated_pictures_that_resemble_an_event_are_attached_to_it(tmp_path):
    """They are in its folder, and not among its files."""
    for name in ("a", "b"):
        photograph(tmp_path / f"pics/{name}.jpg", "2025-03-03 10:00:00", REYKJAVIK, "+00:00")
    photograph(tmp_path / "pics/other.jpg", "2025-06-03 10:00:00", BERLIN, "+02:00")
    photograph(tmp_path / "pics/scans/a.jpg")  # the same pixels
    found = imagecluster.find_events(tmp_path / "pics")
    event = found.as_json()["trips"][0]["events"][0]
    assert (event["files"], event["attached"]) == (["a.jpg", "b.jpg"], ["scans/a.jpg"])
    assert found.undated == ()
    assert found.n_dated == 3
    assert [len(rows) for rows in event_folders(found).values()] == [3, 1]
