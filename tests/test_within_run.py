"""`--within` in the main job: clusters that never cross an event or a trip, and what the outputs say of them."""

import csv
import json
import re
import shutil
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import imagecluster
from imagecluster import cli
from imagecluster.collection import Settings, linking, occasions, open_latest
from imagecluster.collection.found_events import FoundBurst, FoundEvent, FoundScene, FoundTrip
from imagecluster.collection.occasion_table import occasion_table
from imagecluster.corrections import EDITS_NAME, EventJoin, EventName, History, Together
from imagecluster.errors import ArgumentError
from imagecluster.functions.running import run, update
from imagecluster.present.outputs import write
from imagecluster.store import Store
from life_album import make_life
from picture_samples import exif
from pictures import draw

QUICK = {"links": "none", "page": False}
DAYS = {"July": b"2015:07:03 10:0%d:00\0", "August": b"2015:08:09 17:0%d:30\0", "undated": None}
THINGS = ("tent", "lake")


def photograph(folder, thing, day, take):
    """One of several pictures of a thing, a day's; those of different days are as near as those of one."""
    file = folder / f"{thing} {day} {take}.jpg"
    source = draw(file.with_suffix(".png"), THINGS.index(thing))
    date = DAYS[day]
    Image.open(source).save(
        file,
        "JPEG",
        quality=70 + take + 4 * list(DAYS).index(day),
        exif=b"" if date is None else exif(original=date % take),
    )
    source.unlink()


@pytest.fixture
def album(tmp_path):
    """Two things, each photographed on two days and in undated pictures."""
    folder = tmp_path / "album"
    folder.mkdir()
    for thing in THINGS:
        for day in DAYS:
            for take in range(3):
                photograph(folder, thing, day, take)
    return folder


def clusters(result):
    """The names of each cluster's pictures without their numbers."""
    return sorted(sorted({result.paths[row].stem[:-2] for row in found.members}) for found in result.clusters.clusters)


def days(result):
    """The days in each cluster."""
    return [{result.paths[row].stem.split()[1] for row in found.members} for found in result.clusters.clusters]


APART = sorted([f"{thing} {day}"] for thing in THINGS for day in DAYS)


@pytest.mark.parametrize(
    "options", [{}, {"method": "complete"}, {"cut": "flat"}, {"time_weight": 0.1}, {"n_clusters": 6}]
)
def test_what_content_joins_events_keep_apart(album, options):
    """Without bounds each thing is one cluster; within events it is one per day, undated pictures by themselves."""
    sims = {} if "n_clusters" in options else {"sim": 0.5}
    together = run([album], Settings(**{**options, **sims, **({"n_clusters": 2} if not sims else {})}, **QUICK))
    assert clusters(together) == sorted([f"{thing} {day}" for day in sorted(DAYS)] for thing in THINGS)
    for level in ("event", "trip"):
        apart = run([album], Settings(within=level, **options, **sims, **QUICK))
        assert clusters(apart) == APART
        assert apart.within.facts() == {"level": level, "n_groups": 2, "n_undated": 6}


@pytest.mark.parametrize("options", [{"sim": 0.0}, {"n_clusters": 1}, {"sim": 0.0, "sim_scale": "relative"}])
def test_sim_0_is_one_cluster_per_event(album, options):
    """Nothing joins events, and the fewest clusters are as many as the events."""
    result = run([album], Settings(within="event", **options, **QUICK))
    assert sorted(map(sorted, days(result))) == [["August"], ["July"], ["undated"]]
    assert len(result.clusters.singles) == 0


def test_a_second_run_links_nothing_and_new_pictures_only_theirs(album, monkeypatch):
    """Kept by events and contents; a run without bounds has its own dendrogram."""
    made = []
    link = linking.linked
    monkeypatch.setattr(linking, "linked", lambda *given, **options: made.append(1) or link(*given, **options))
    first = run([album], Settings(within="event", **QUICK))
    again = run([album], Settings(within="event", **QUICK))
    assert len(made) == 1
    assert clusters(first) == clusters(again)
    run([album], Settings(**QUICK))
    assert len(made) == 2
    photograph(album, "tent", "August", 4)
    more = run([album], Settings(within="event", **QUICK))
    assert len(made) == 3
    assert clusters(more) == APART
    assert max(len(found.members) for found in more.clusters.clusters) == 4


def test_the_latest_run_is_remembered(album):
    """Its bounds hold when the collection is opened again, also if its dendrogram is gone, and when it is updated."""
    first = run([album], Settings(within="event", **QUICK))
    with Store.open(first.directory, writable=False) as store:
        collection = open_latest(store)
        assert collection.settings.within == "event"
        assert collection.cut(0.0).clusters == run_at(0.0, album).clusters.clusters
    for kept in (first.directory / "dendrograms").iterdir():
        kept.unlink()
    with Store.open(first.directory, writable=False) as store:
        found = open_latest(store).cut(0.5)
        assert [cluster.members for cluster in found.clusters] == [c.members for c in first.clusters.clusters]
        settings = open_latest(store).settings
    photograph(album, "lake", "July", 5)
    update([album], settings)
    with Store.open(first.directory, writable=False) as store:
        found = open_latest(store)
        assert np.isinf(found.dendrogram.gap).sum() == 2
        assert len(found) == 19


def run_at(sim, album):
    return run([album], Settings(within="event", sim=sim, **QUICK))


def test_corrections_of_events_are_followed(album):
    """Two events that a person joins are one, and their pictures may be together."""
    first = run([album], Settings(within="event", **QUICK))
    with Store.open(first.directory, writable=False) as store:
        leaves = store.leaves(first.model)
    dated = [leaves.hashes[row] for row in range(len(leaves)) if first.within.labels[row] >= 0]
    History(first.directory / EDITS_NAME).add(EventJoin(frozenset(dated), "event"))
    joined = run([album], Settings(within="event", **QUICK))
    assert joined.within.n_groups == 1
    assert all({"August", "July"} <= found for found in days(joined))
    assert len(joined.clusters.clusters) == 2


def test_what_a_person_puts_together_may_cross_events(album):
    """A correction goes first; its height is that of sim 0, and every output can hold it."""
    first = run([album], Settings(within="event", **QUICK))
    with Store.open(first.directory, writable=False) as store:
        hashes = store.leaves(first.model).hashes
    chosen = frozenset(
        hashes[row] for row, path in enumerate(first.paths) if path.stem in ("tent July 0", "tent August 0")
    )
    History(first.directory / EDITS_NAME).add(Together(chosen))
    for options in ({}, {"cut": "flat"}, {"sim_scale": "relative"}):
        found = run([album], Settings(within="event", **options, **QUICK))
        assert {"July", "August"} in days(found)
        table = json.loads(found.outputs.json.read_text())
        crossing = [each for each in table["clusters"] if {"July", "August"} <= set(" ".join(each["members"]).split())]
        assert len(crossing) == 1
        assert 0 < crossing[0]["height"] <= 2
        assert crossing[0]["sim"] < 0.5


def test_a_largest_diameter_divides_clusters_of_events(album):
    """Both bounds hold."""
    result = run([album], Settings(within="event", sim=0, max_diameter=0.02, **QUICK))
    assert all(len(found) == 1 for found in days(result))
    assert len({*clusters(result)[0]}) == 1


def test_without_a_date_nothing_is_kept_apart(tmp_path, capsys):
    """The clusters are those without bounds, from the same dendrogram, and the run says why."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for thing in THINGS:
        for take in range(3):
            photograph(folder, thing, "undated", take)
    plain = run([folder], Settings(**QUICK))
    kept = sorted(path.name for path in (plain.directory / "dendrograms").iterdir())
    assert cli.main([str(folder), "--within", "trip", "--links", "none", "--no-page", "-q"]) == 0
    said = capsys.readouterr().out
    assert "within:  no picture says when it was taken, so there are no trips to keep apart\n" in said
    found = run([folder], Settings(within="trip", **QUICK))
    assert found.clusters == plain.clusters
    assert sorted(path.name for path in (plain.directory / "dendrograms").iterdir()) == kept


def test_the_command_line_says_what_is_kept_apart(album, capsys):
    """In the summary, in --json, in clusters.json, on the page and in info."""
    assert cli.main([str(album), "--within", "event", "--links", "none"]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"^within:  2 events and no cluster crosses from one to another; 6 undated pictures in a", said, re.M
    )
    assert "<dt>Within</dt><dd>2 events</dd>" in (album / "imagecluster" / "clusters.html").read_text()
    assert cli.main([str(album), "--within", "trip", "--links", "none", "--json", "-q"]) == 0
    expected = {"level": "trip", "n_groups": 2, "n_undated": 6}
    assert json.loads(capsys.readouterr().out)["within"] == expected
    assert json.loads((album / "imagecluster" / "clusters.json").read_text())["within"] == expected
    assert cli.main(["info", str(album)]) == 0
    assert "no cluster crosses a trip" in capsys.readouterr().out


def test_a_level_that_is_not_known_is_an_error(album, capsys):
    """In Python with what is allowed, and on the command line as a wrong argument."""
    with pytest.raises(ArgumentError, match="within is 'day'; it must be event, trip or None"):
        Settings(within="day")
    with pytest.raises(SystemExit):
        cli.main([str(album), "--within", "day"])
    assert "'day' is not one of event, trip" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["dendrogram", "curves", "matrix", "clusters"])
def test_plots_of_clusters_within_events(album, tmp_path, kind):
    """Each kind can be drawn, at sim 0 too."""
    pytest.importorskip("matplotlib")
    run([album], Settings(within="event", **QUICK))
    file = tmp_path / "plot.png"
    assert cli.main(["plot", kind, str(album), "-o", str(file), "--sim", "0"]) == 0
    assert file.stat().st_size > 1000


def test_suggestions_and_scores_within_events(album, tmp_path, capsys):
    """Both work on the dendrogram of the latest run."""
    result = run([album], Settings(within="event", **QUICK))
    assert cli.main(["suggest", str(album), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_images"] == 18
    labels = tmp_path / "labels.csv"
    lines = [f"{path.name},{path.stem[:-2]}" for path in result.paths]
    labels.write_text("\n".join(["path,label", *lines]))
    assert cli.main(["eval", str(album), "--labels", str(labels), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def columns(result):
    """Trip, event, scene and burst of each picture by clusters.csv, by name; None without these columns."""
    with result.outputs.csv.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if "trip" not in rows[0]:
        return None
    return {
        row["path"].removesuffix(".jpg"): [row[name] for name in ("trip", "event", "scene", "burst")] for row in rows
    }


def test_tables_tell_trips_and_events_once_somebody_has_looked_for_them(album, monkeypatch):
    """Not before; then in all tables, of new pictures too, and with the names that people gave."""
    for name in ("LANGUAGE", "LC_ALL", "LC_TIME", "LANG"):
        monkeypatch.setenv(name, "en_GB.UTF-8")
    assert columns(run([album], Settings(**QUICK))) is None
    found = imagecluster.find_events(album)
    assert [str(event.start.date()) for event in found.events] == ["2015-07-03", "2015-08-09"]
    photograph(album, "tent", "August", 3)
    result = run([album], Settings(**QUICK))
    told = columns(result)
    assert len(told) == 19
    july, august = told["tent July 0"], told["tent August 3"]
    assert (july[0], august[0]) == ("2015-07-03", "2015-08-09")
    assert july[1].startswith("2015-07-03 ")
    assert told["lake July 2"][:2] == july[:2]
    assert {tuple(told[f"{thing} undated {take}"]) for thing in THINGS for take in range(3)} == {("",) * 4}
    scenes = [int(values[2]) for values in told.values() if values[2]]
    bursts = [int(values[3]) for values in told.values() if values[3]]
    assert {*scenes} == {*range(1, max(scenes) + 1)}
    assert {*bursts} == {*range(1, max(bursts) + 1)}
    in_json = json.loads(result.outputs.json.read_text())["pictures"]
    assert {
        each["path"].removesuffix(".jpg"): [each[name] or "" for name in ("trip", "event")] for each in in_json
    } == {name: values[:2] for name, values in told.items()}
    assert {type(each["scene"]) for each in in_json} == {int, type(None)}
    with Store.open(result.directory, writable=False) as store:
        hashes = store.leaves(result.model).hashes
    in_july = frozenset(h for h, path in zip(hashes, result.paths, strict=True) if "July" in path.stem)
    for level, name in (("event", "Tents"), ("trip", "=Hiking")):
        History(result.directory / EDITS_NAME).add(EventName(in_july, name, level))
    named = columns(run([album], Settings(within="event", csv="spreadsheet", **QUICK)))
    assert named["tent July 0"][:2] == ["2015-07 =Hiking", "2015-07-03 Tents"]


def test_parquet_tells_trips_and_events(album):
    """Numbers are numbers, and null for undated pictures."""
    parquet = pytest.importorskip("pyarrow.parquet")
    first = run([album], Settings(within="event", **QUICK))
    with Store.open(first.directory) as store:
        collection = open_latest(store)
        table = parquet.read_table(write(collection, collection.cut(), "parquet")).to_pydict()
    told = columns(first)
    for i, path in enumerate(table["path"]):
        values = [table[name][i] for name in ("trip", "event", "scene", "burst")]
        assert ["" if value is None else str(value) for value in values] == told[path.removesuffix(".jpg")]
    assert {type(value) for value in table["burst"]} == {int, type(None)}


def test_no_two_occasions_have_the_same_label():
    """Events of the same name on one day, and trips of one month, get numbers; undated ones have no scene."""
    day = datetime(2025, 3, 2, 10)
    row = iter(range(10))

    def event(name, **changes):
        return FoundEvent(name, day, day, (FoundScene((FoundBurst((next(row),)),)),), 0, **changes)

    def trip(*events):
        return FoundTrip("trip", "Iceland", day, day, events, 0)

    trips = (trip(event("Vík"), event("Vík", attached=(9,))), trip(event("Vík")))
    found = occasion_table(SimpleNamespace(trips=trips))
    assert [found.values(i) for i in (0, 1, 2, 9, 5)] == [
        ("2025-03 Iceland", "2025-03-02 Vík", 1, 1),
        ("2025-03 Iceland", "2025-03-02 Vík (2)", 2, 2),
        ("2025-03 Iceland (2)", "2025-03-02 Vík (3)", 3, 3),
        ("2025-03 Iceland", "2025-03-02 Vík (2)", None, None),
        (None, None, None, None),
    ]


def test_outputs_name_places_no_more_precisely_than_asked(tmp_path):
    """The page says where each cluster is from; if only countries may be named, nothing has a town or region."""
    folder = make_life(tmp_path / "life")
    settings = Settings(within="event", links="none", sim=0.1)
    exact = run([folder], settings)
    page, table = exact.outputs.page.read_text(encoding="utf-8"), exact.outputs.csv.read_text(encoding="utf-8")
    assert "2025-03-03 Reykjavík, morning</p>" in page
    assert "2025-03 Reykjavík" in table
    coarse = run([folder], replace(settings, places="country"))
    for file in (coarse.outputs.page, coarse.outputs.csv, coarse.outputs.json):
        text = file.read_text(encoding="utf-8")
        assert "2025-03-03 Iceland, morning" in text
        assert not re.search("Reykjav|Vík|Berlin|Capital|Southern", text)
    with pytest.raises(ArgumentError, match="places is 'street'"):
        Settings(places="street")


def test_a_reader_that_must_not_wait_finds_no_events(album, monkeypatch):
    """Without dendrogram and events the collection is provisional; once both are kept again it is not."""
    first = run([album], Settings(within="event", **QUICK))
    for kept in ("dendrograms", "occasions"):
        shutil.rmtree(first.directory / kept)
    with Store.open(first.directory) as store:
        with monkeypatch.context() as patched:
            patched.setattr(occasions, "occasions_of", None)
            assert open_latest(store, link=False).is_provisional
        assert not open_latest(store).is_provisional
        found = open_latest(store, link=False)
        assert not found.is_provisional
        assert [cluster.members for cluster in found.cut().clusters] == [c.members for c in first.clusters.clusters]
