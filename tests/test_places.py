"""Tests of names of places: the town that people name, in the right country, offline."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagecluster.places import Gazetteer, PlaceName, StayName, name_of_trip, offset_s, round_position, zones_of
from imagecluster.places.table import Table, load, pack

SPOTS = [
    # What visitors call a place: a village by its own name, a quarter by its city's, at borders the right side.
    (-8.5069, 115.2625, "Ubud", "Bali", "ID"),
    (47.5622, 13.6493, "Hallstatt", "Upper Austria", "AT"),
    (63.4187, -19.0060, "Vík", "South", "IS"),
    (44.1349, 9.6850, "Vernazza", "Liguria", "IT"),
    (43.3188, 11.3308, "Siena", "Tuscany", "IT"),
    (52.4990, 13.4030, "Berlin", "State of Berlin", "DE"),
    (52.3906, 13.0645, "Potsdam", "Brandenburg", "DE"),
    (40.6782, -73.9442, "New York City", "New York", "US"),
    (35.6595, 139.7005, "Tokyo", "Tokyo", "JP"),
    (47.5576, 7.5886, "Basel", "Basel-City", "CH"),
    (47.5947, 7.6208, "Weil am Rhein", "Baden-Wurttemberg", "DE"),
    (48.5740, 7.8110, "Kehl", "Baden-Wurttemberg", "DE"),
    (48.5819, 7.7510, "Strasbourg", "Grand Est", "FR"),
    (42.3314, -83.0458, "Detroit", "Michigan", "US"),
    (42.3149, -83.0364, "Windsor", "Ontario", "CA"),
    (32.5149, -117.0382, "Tijuana", "Baja California", "MX"),
    (1.4655, 103.7578, "Johor Bahru", "Johor", "MY"),
    (78.2232, 15.6267, "Longyearbyen", "Svalbard", "SJ"),
    (-0.7430, -90.3138, "Puerto Ayora", "Galápagos", "EC"),
]


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.load()


@pytest.mark.parametrize(("latitude", "longitude", "town", "region", "code"), SPOTS, ids=[spot[2] for spot in SPOTS])
def test_places_are_called_as_people_call_them(gazetteer, latitude, longitude, town, region, code):
    """Town by population against distance, within the country of the time zone's polygon."""
    (name,) = gazetteer.names_of([latitude], [longitude])
    assert (name.town, name.country_code) == (town, code) or name.town.startswith(town), name
    assert name.region == region
    assert name.country == load().countries[code]


def test_far_from_everything_there_is_no_town(gazetteer):
    """In the desert the region or country remains; on the ocean, at the poles and without a position nothing does."""
    desert, ocean, pole, none, wrong = gazetteer.names_of(
        [23.5, -40.0, 90.0, math.nan, 95.0], [10.5, -120.0, 0.0, 10.0, 10.0]
    )
    assert desert is not None and not desert.town and desert.country_code == "DZ"
    assert ocean is None and none is None and wrong is None
    assert pole is None or not pole.town


def test_the_date_line_and_the_equator_are_no_borders(gazetteer):
    """Towns on the other side of 180 degrees and of 0 degrees count."""
    fiji, other_side, quito = gazetteer.names_of([-16.785, -16.785, 0.001], [179.999, -179.999, -78.45])
    assert fiji.country_code == other_side.country_code == "FJ"
    assert fiji.region == other_side.region == "Northern"
    assert quito.country_code == "EC"


def test_names_do_not_depend_on_the_other_positions(gazetteer):
    """A position is called the same alone and among thousands, in any order."""
    rng = np.random.default_rng(0)
    latitude, longitude = rng.uniform(-60, 70, 300), rng.uniform(-180, 180, 300)
    together = gazetteer.names_of(latitude, longitude)
    alone = [gazetteer.names_of([lat], [lon])[0] for lat, lon in zip(latitude, longitude, strict=True)]
    assert together == alone


@settings(max_examples=30, deadline=None)
@given(st.floats(-89.0, 89.0), st.floats(-180.0, 180.0))
def test_the_rule_is_the_one_that_is_described(latitude, longitude):
    """Of all towns of the country, none has a smaller score than the one that is chosen."""
    gazetteer = Gazetteer.load()
    (name,) = gazetteer.names_of([latitude], [longitude])
    if name is None or not name.town:
        return
    table = load()
    a, b, c, d = map(np.radians, (latitude, longitude, table.latitude_deg, table.longitude_deg))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    km = 2 * 6371.0 * np.arcsin(np.sqrt(half))
    people = np.maximum(table.population, 100.0)
    score = (np.maximum(0.0, km - np.sqrt(people / (np.pi * 4000.0))) + 1.0) / people**0.2
    codes = table.zones.get(name.zone, ())
    if codes:
        of_region = np.array([code.partition(".")[0] for code, _ in table.regions])
        score = np.where(np.isin(of_region[table.region], codes), score, np.inf)
    assert table.towns[int(np.argmin(score))] == name.town


def test_names_are_in_the_users_script_where_the_table_has_them():
    """Large towns have Korean, Japanese, Greek, Hebrew and Thai names; small ones keep theirs."""
    position = [48.8566, 47.5622], [2.3522, 13.6493]
    paris, hallstatt = Gazetteer.load("ko_KR.UTF-8").names_of(*position)
    assert (paris.town, hallstatt.town) == ("파리", "Hallstatt")
    assert Gazetteer.load("ja").names_of(*position)[0].town == "パリ"
    assert Gazetteer.load("fr").names_of(*position)[0].town == "Paris"


def test_clocks_of_zones():
    """Zones come from polygons, offsets from the zone's own rules, summer time included."""
    assert zones_of([52.5, -8.5, math.nan], [13.4, 115.3, 0]) == ["Europe/Berlin", "Asia/Makassar", ""]
    assert [offset_s("Europe/Berlin", at_s) for at_s in (1_736_000_000, 1_751_000_000)] == [3600, 7200]
    assert offset_s("Nowhere/Atlantis", 0) is None
    assert offset_s("Europe/Berlin", math.inf) is None


def test_trips_are_called_after_their_places():
    """Up to three towns, else what holds them all, else the countries of the longest stays in order of time."""

    def stay(town: str, region: str, country: str, days: float = 1.0) -> StayName:
        return StayName(PlaceName(town, region, country), days * 86_400)

    iceland = [stay(town, "", "Iceland") for town in ("Reykjavík", "Vík", "Akureyri", "Reykjavík")]
    assert name_of_trip(iceland) == "Reykjavík, Vík and Akureyri"
    assert name_of_trip([*iceland, stay("Selfoss", "", "Iceland")]) == "Iceland"
    europe = [stay(f"{country} {i}", "", country, days) for i, (country, days) in enumerate(
        [("Spain", 1), ("France", 5), ("Italy", 4), ("Austria", 2)])]  # fmt: skip
    assert name_of_trip(europe) == "France, Italy and Austria"
    assert name_of_trip([stay("", "", "")]) == ""
    assert name_of_trip([stay("", "Wadi Rum", "Jordan"), stay("Petra", "Wadi Rum", "Jordan")]) == "Wadi Rum"


def test_positions_leave_the_machine_as_precise_as_wanted():
    """Exact, by town, by region, or not at all."""
    assert round_position(52.51627, 13.37770, "exact") == (52.51627, 13.3777)
    assert round_position(52.51627, 13.37770, "region") == (53.0, 13.0)
    assert round_position(52.51627, 13.37770, "country") is None


def test_the_table_comes_back_as_it_was_packed(tmp_path, monkeypatch):
    """All columns, with positions to a hundredth of a degree and populations within 9 %."""
    table = load()
    few = Table(
        table.towns[:50],
        table.latitude_deg[:50],
        table.longitude_deg[:50],
        table.population[:50],
        table.region[:50],
        table.regions,
        table.countries,
        table.zones,
        {"GREEK": {3: "Α"}},
    )
    (tmp_path / "few.xz").write_bytes(pack(few))
    monkeypatch.setattr("imagecluster.places.table.FILE", tmp_path / "few.xz")
    again = load.__wrapped__()
    assert again.towns == few.towns and again.foreign == few.foreign and again.regions == few.regions
    assert np.allclose(again.latitude_deg, few.latitude_deg, atol=0.0051)
    assert np.allclose(again.population, few.population, rtol=0.1)


def test_nothing_is_looked_up_on_the_net():
    """Names work where no socket can be opened."""
    script = (
        "import socket; socket.socket = None\n"
        "from imagecluster.places import Gazetteer\n"
        "print(Gazetteer.load().names_of([47.5622], [13.6493])[0].town)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Hallstatt"
