"""`imagecluster events`: the table, its levels, folders, corrections and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from event_pictures import BERLIN, life, photograph
from imagecluster.cli import main
from imagecluster.corrections import EDITS_NAME, Hide, History
from imagecluster.functions import find_events

FIRST, SECOND, LAST = "away/3_10_0.jpg", "away/3_16_0.jpg", "away/4_17_0.jpg"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Times at home with a trip between them; fingerprinted once."""
    folder = life(tmp_path_factory.mktemp("base") / "pics")
    find_events(folder)
    return folder


@pytest.fixture
def pics(base, tmp_path, monkeypatch):
    """A copy of it in the working directory, which a test may change."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(base, tmp_path / "pics"))


def said(capsys, *arguments):
    """What a command prints to standard output and to standard error."""
    assert main(["events", *map(str, arguments)]) == 0
    printed = capsys.readouterr()
    return printed.out, printed.err


def refused(capsys, *arguments):
    """What is said of a command that fails."""
    assert main(["events", *map(str, arguments)]) in (1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def table(capsys, *options):
    return said(capsys, "pics", "-q", *options)[0].splitlines()


def events_of(capsys, *options):
    """The files of each event."""
    found = json.loads(said(capsys, "pics", "-q", "--json", *options)[0])
    return [event["files"] for trip in found["trips"] for event in trip["events"]]


def together(capsys, *files):
    """Whether one event holds all of these files."""
    return any(set(files) <= set(event) for event in events_of(capsys))


# ---- the table


def test_a_line_per_trip_and_event_and_a_total(pics, capsys):
    """When by the clock of the place, name, number and cover."""
    lines = table(capsys)
    trips = [line for line in lines[:-1] if not line.startswith(" ")]
    assert [line.split("  ")[1] for line in trips] == ["Home", "Reykjavík", "Home"]
    assert trips[1].endswith("(trip, Reykjavík, Iceland, 12 pictures in 4 events)")
    event = lines[lines.index(trips[1]) + 1].split()
    assert event[:4] == ["2025-03-03", "10:00", "to", "10:02"]
    assert event[4:7] == ["Reykjavík,", "morning", "3"]
    assert event[7].startswith("away/3_10_")
    assert lines[-1] == "1 trip, 19 events: 42 pictures; 1 picture without a date"


def test_levels_go_from_trips_to_bursts(pics, capsys):
    """Each has more lines than the one above, and the same total."""
    lines = {level: table(capsys, "--level", level) for level in ("trip", "event", "scene", "burst")}
    assert len(lines["trip"]) == 4
    assert lines["event"] == table(capsys)
    assert len(lines["trip"]) < len(lines["event"]) <= len(lines["scene"]) < len(lines["burst"])
    assert any(line.split()[:2] == ["scene", "1"] for line in lines["burst"])
    assert len({each[-1] for each in lines.values()}) == 1


def test_json_is_one_object_whatever_else_is_asked_for(pics, capsys):
    """The number of links goes to standard error."""
    out, err = said(capsys, "pics", "--json", "--links")
    assert json.loads(out)["n_dated"] == 42
    assert "42 pictures in 19 folders" in err


def test_a_collection_without_dates_has_no_events(tmp_path, capsys):
    """Which is no error; and no folder is made for its pictures."""
    photograph(tmp_path / "pics" / "a.jpg")
    out, _ = said(capsys, tmp_path / "pics")
    assert out == "0 events: 0 pictures; 1 picture without a date\n"
    out, err = said(capsys, tmp_path / "pics", "--links")
    assert out.startswith("0 pictures in 0 folders")
    assert "1 picture without a date is in no folder" in err


def test_without_a_home_there_are_periods_and_the_command_that_says_where_it_is(tmp_path, capsys):
    """With all that the user typed."""
    pics, db = tmp_path / "two words", tmp_path / "the db"
    photograph(pics / "a.jpg", "2020-05-05 10:00:00")
    out, err = said(capsys, pics, "--db", db)
    assert out.startswith("2020-05-05  5 May 2020  (period, 1 picture in 1 event)")
    assert f"imagecluster events '{pics}' --db '{db}' --home=LAT,LON" in err


def test_names_of_files_that_are_no_text_are_printed_and_in_json(tmp_path, capsys):
    """With their bytes as lone surrogates."""
    pics = tmp_path / "pics"
    photograph(pics / os.fsdecode(b"\xfe\xe9.jpg"), "2020-01-01 10:00:00")
    photograph(pics / "new\nline\x1b[31m.jpg", "2020-01-01 10:00:10")
    out, _ = said(capsys, pics, "-q")
    assert "\x1b" not in out and len(out.splitlines()) == 3
    found = json.loads(said(capsys, pics, "--json")[0])
    files = found["trips"][0]["events"][0]["files"]
    assert {os.fsencode(name) for name in files} == {b"\xfe\xe9.jpg", b"new\nline\x1b[31m.jpg"}


# ---- folders


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
def test_pictures_are_laid_out_and_the_next_run_reads_none_again(pics, capsys, kind):
    """Nor is the tree scanned, wherever in the collection it lies; a second time it stands."""
    where = pics / "sorted"
    out, _ = said(capsys, "pics", "-q", "--links", kind, "--to", where)
    assert out == f"42 pictures in 19 folders: {where}\n"
    link = where / "2025/2025-03 Reykjavík/03-03 Reykjavík, morning/3_10_0.jpg"
    assert link.is_symlink() == (kind == "symlink")
    assert link.samefile(pics / FIRST) == (kind != "copy")
    before = where.stat().st_ino
    assert said(capsys, "pics", "-q", "--links", kind, "--to", where)[0] == out
    assert where.stat().st_ino == before
    assert main(["run", "pics"]) == 0
    assert "43 scanned = 0 fingerprinted + 43 reused + 0 skipped" in capsys.readouterr().out


def test_links_are_in_the_folder_of_the_database_by_default(pics, capsys):
    assert said(capsys, "pics", "-q", "--links")[0].endswith(f": {pics / 'imagecluster' / 'events'}\n")


def test_a_folder_of_the_users_own_is_left_alone(pics, capsys):
    """So is the folder of the pictures, and what a link leads to."""
    mine = Path("mine")
    mine.mkdir()
    (mine / "letter.txt").write_text("dear all")
    Path("link").symlink_to("mine")
    assert "was not built by imagecluster" in refused(capsys, "pics", "--links", "--to", "mine")
    assert "is a link" in refused(capsys, "pics", "--links", "copy", "--to", "link")
    assert "are inside the link tree" in refused(capsys, "pics", "--links", "--to", "pics")
    assert "are inside the link tree" in refused(capsys, "pics", "--links", "--to", "pics/home")
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]
    assert len([*Path("pics").rglob("*.jpg")]) == 43


def test_what_is_saved_into_a_folder_is_kept_when_it_is_made_anew(pics, capsys):
    said(capsys, "pics", "-q", "--links", "copy", "--to", "tree")
    Path("tree/2025/mine.txt").write_text("mine")
    said(capsys, "pics", "-q", "--split", pics / "away/3_10_1.jpg")
    _, err = said(capsys, "pics", "-q", "--links", "copy", "--to", "tree")
    assert "they are kept in" in err
    assert [path.read_text() for path in Path().rglob("mine.txt")] == ["mine"]


@pytest.mark.parametrize("name", ["../../x", "..", "CON", ".hidden", "a/b\\c:d", "🏔" * 200, "日本" * 100, "x. "])
def test_a_folder_stays_in_the_tree_whatever_people_call_a_trip(pics, capsys, name):
    """Two trips of the same name have folders of their own."""
    for file in (FIRST, "home/2025-01-05_0.jpg"):
        said(capsys, "pics", "-q", "--level", "trip", "--rename", pics / file, name)
    said(capsys, "pics", "-q", "--links", "--to", "tree")
    links = [path for path in Path("tree").rglob("*.jpg") if path.is_symlink()]
    assert len(links) == 42
    assert {len(path.relative_to("tree").parts) for path in links} == {4}
    assert sorted(map(str, Path().iterdir())) == ["pics", "tree"]


# ---- corrections


def test_an_event_is_split_and_that_is_taken_back(pics, capsys):
    before = events_of(capsys)
    out, _ = said(capsys, "pics", "-q", "--split", pics / "away/3_10_1.jpg")
    assert out == "an event starts with away/3_10_1.jpg; --undo-correction takes it back\n"
    assert ["away/3_10_0.jpg"] in events_of(capsys)
    assert said(capsys, "pics", "-q", "--undo-correction")[0] == "taken back: the start of an event\n"
    assert events_of(capsys) == before
    assert "no correction" in refused(capsys, "pics", "--undo-correction")


def test_events_are_joined_with_what_is_between_them(pics, capsys):
    said(capsys, "pics", "-q", "--join", pics / FIRST, pics / "away/4_11_0.jpg")
    assert together(capsys, FIRST, SECOND, "away/4_11_0.jpg")
    assert not together(capsys, FIRST, LAST)


def test_events_of_two_trips_are_joined(pics, capsys):
    """All pictures are there once, afterwards."""
    said(capsys, "pics", "-q", "--join", pics / "home/2025-03-02_0.jpg", pics / FIRST)
    assert together(capsys, "home/2025-03-02_0.jpg", FIRST)
    files = [file for event in events_of(capsys) for file in event]
    assert len(files) == len(set(files)) == 42


def test_trips_are_split_joined_and_named(pics, capsys):
    said(capsys, "pics", "-q", "--level", "trip", "--split", pics / "away/4_11_0.jpg")
    assert len(table(capsys, "--level", "trip")) == 5
    said(capsys, "pics", "-q", "--level", "trip", "--rename", pics / LAST, "Back again")
    assert sum("Back again" in line for line in table(capsys, "--level", "trip")) == 1
    home = (pics / "home/2025-01-05_0.jpg", pics / "home/2025-04-13_0.jpg")
    said(capsys, "pics", "-q", "--level", "trip", "--join", *home)
    first, total = table(capsys, "--level", "trip")
    assert "42 pictures in 19 events" in first
    assert total.startswith("1 trip, 19 events")


def test_pictures_are_moved_to_another_event_and_a_whole_event_too(pics, capsys):
    said(capsys, "pics", "-q", "--move", pics / FIRST, pics / SECOND)
    assert together(capsys, FIRST, SECOND)
    whole = [pics / f"away/4_11_{number}.jpg" for number in range(3)]
    out, _ = said(capsys, "pics", "-q", "--move", *whole, whole[0], pics / LAST)
    assert out.startswith("3 pictures moved to the event of away/4_17_0.jpg")
    assert together(capsys, *(f"away/4_{hour}_{number}.jpg" for hour in (11, 17) for number in range(3)))


def test_an_event_is_named_and_has_its_found_name_again(pics, capsys):
    said(capsys, "pics", "-q", "--rename", pics / FIRST, "  Geysir: 9/11  ")
    assert [line.split()[4:7] for line in table(capsys) if "Geysir" in line] == [["Geysir:", "9/11", "3"]]
    said(capsys, "pics", "-q", "--rename", pics / "away/3_10_2.jpg", "")
    assert sum("Reykjavík, morning" in line for line in table(capsys)) == 2


@pytest.mark.parametrize("name", ["👩\u200d👧 Anna", "سفر می\u200cروم"])
def test_names_of_families_and_in_persian_are_taken_as_they_are(pics, capsys, name):
    """They are written with invisible joiners."""
    assert f"is called {name};" in said(capsys, "pics", "-q", "--rename", pics / FIRST, name)[0]
    assert any(f"  {name}  " in line for line in table(capsys))


def test_home_is_where_people_say_for_the_time_they_say(pics, capsys):
    said(capsys, "pics", "-q", "--home=64.15,-21.94", "--home-to", "2025-12-31")
    kinds = [line.split("(")[1].split(",")[0] for line in table(capsys, "--level", "trip")[:-1]]
    assert kinds.count("at home") == 1 and "trip" in kinds
    said(capsys, "pics", "-q", "--undo-correction")
    said(capsys, "pics", "-q", "--home=64.15,-21.94", "--home-from", "2030-01-01")
    assert " Reykjavík  (trip" in table(capsys, "--level", "trip")[1]


def test_the_clock_of_a_camera_is_set_right_and_back(tmp_path, capsys, monkeypatch):
    """Its name may hold the sign that comes before the shift."""
    monkeypatch.chdir(tmp_path)
    photograph(Path("pics/a.jpg"), "2020-05-05 10:00:00", camera="Make a=b")
    assert said(capsys, "pics", "-q", "--clock", "Make a=b=-1h30min")[0].startswith(
        "1 h 30 min are taken from the times of Make a=b"
    )
    assert "2020-05-05 08:30" in table(capsys)[1]
    assert said(capsys, "pics", "-q", "--clock", "Make a=b=+0.5s")[0].startswith("0.5 s are added")
    said(capsys, "pics", "-q", "--clock", "Make a=b=0")
    assert "2020-05-05 10:00" in table(capsys)[1]


def test_a_picture_is_named_as_it_is_printed_from_here_and_through_links(pics, capsys, monkeypatch):
    """Relative to the collection, to the working directory, absolute, and by other names of its file."""
    Path("other").symlink_to("pics")
    os.link(pics / FIRST, pics / "away" / "zz_hard.jpg")
    (pics / "away" / "zz_soft.jpg").symlink_to("3_10_0.jpg")
    expected = "an event starts with away/3_10_0.jpg; --undo-correction takes it back\n"
    for collection, file in (
        ("pics", FIRST),
        ("pics", f"./{FIRST}"),
        ("pics", f"pics/{FIRST}"),
        ("pics", f"other/{FIRST}"),
        ("other", f"pics/{FIRST}"),
        ("other", f"other/{FIRST}"),
        ("pics", "pics/away/zz_hard.jpg"),
        ("pics", "pics/away/zz_soft.jpg"),
    ):
        assert said(capsys, collection, "-q", "--split", file)[0] == expected, (collection, file)
    monkeypatch.chdir(pics / "home")
    assert said(capsys, "..", "-q", "--split", "../away/3_10_0.jpg")[0] == expected


def test_a_raw_file_stands_for_its_pair(tmp_path, capsys, monkeypatch):
    """Both belong to the event that either is named by."""
    from picture_samples import dng, smooth_noise

    monkeypatch.chdir(tmp_path)
    for number in range(3):
        photograph(Path(f"pics/{number}.jpg"), f"2020-02-0{number + 1} 04:05:06", camera="Maker Model")
    Path("pics/1.dng").write_bytes(dng(smooth_noise(64, 64)).replace(b"2020:02:03", b"2020:02:02"))
    assert events_of(capsys) == [["0.jpg"], ["1.jpg", "1.dng"], ["2.jpg"]]
    said(capsys, "pics", "-q", "--move", "pics/1.dng", "pics/2.jpg")
    assert events_of(capsys) == [["0.jpg"], ["1.jpg", "1.dng", "2.jpg"]]
    assert "already" in refused(capsys, "pics", "--move", "pics/1.dng", "pics/1.jpg")


def test_corrections_follow_pictures_whose_metadata_change_and_outlast_those_that_go(pics, capsys):
    """Names are those of the pictures that are left."""
    said(capsys, "pics", "-q", "--rename", pics / FIRST, "Geysir")
    said(capsys, "pics", "-q", "--join", pics / FIRST, pics / SECOND)
    photograph(pics / FIRST, "2025-03-03 10:00:01", (64.15, -21.94), "+00:00")
    (pics / "away/3_16_1.jpg").unlink()
    assert together(capsys, FIRST, SECOND)
    assert any("Geysir" in line for line in table(capsys))
    (pics / SECOND).unlink()  # the other half of the join
    assert not together(capsys, FIRST, "away/3_16_2.jpg")


def test_decisions_on_copies_and_corrections_of_events_are_taken_back_apart(pics, capsys):
    """Each in its own order."""
    shutil.copy(pics / FIRST, pics / "copy.jpg")
    said(capsys, "pics", "-q", "--rename", pics / FIRST, "Geysir")
    assert main(["duplicates", "pics", "-q", "--keep-all", "pics/copy.jpg"]) == 0
    capsys.readouterr()
    said(capsys, "pics", "-q", "--split", pics / SECOND)
    assert said(capsys, "pics", "-q", "--undo-correction")[0] == "taken back: the start of an event\n"
    assert said(capsys, "pics", "-q", "--undo-correction")[0] == "taken back: the name 'Geysir' of an event\n"
    assert main(["duplicates", "pics", "-q", "--undo-decision"]) == 0


def test_hidden_pictures_are_neither_printed_nor_laid_out(pics, capsys):
    """Nor in JSON; corrections may still name them."""
    found = find_events(pics)
    row = next(row for row in range(len(found.leaves)) if found.name_of(row) == FIRST)
    History(pics / "imagecluster" / EDITS_NAME).add(Hide(frozenset({found.leaves.hashes[row]})))
    assert table(capsys)[-1].endswith("41 pictures; 1 picture without a date")
    assert FIRST not in said(capsys, "pics", "-q", "--json")[0]
    assert said(capsys, "pics", "-q", "--links", "--to", "tree")[0].startswith("41 pictures in 19 folders")
    assert said(capsys, "pics", "-q", "--split", FIRST)[0].startswith("an event starts with")


# ---- what is refused


def test_pictures_that_are_in_no_event_are_refused(pics, capsys):
    Path("elsewhere.jpg").write_bytes(b"")
    for option in ("--split", "--rename", "--join", "--move"):
        last = ("x",) if option == "--rename" else (pics / FIRST,) if option != "--split" else ()
        assert "has no date" in refused(capsys, "pics", option, pics / "scans/undated.jpg", *last)
        assert "is not a picture of this collection" in refused(capsys, "pics", option, "elsewhere.jpg", *last)
        assert "there is no picture" in refused(capsys, "pics", option, "pics/nothing.jpg", *last)
        assert "is not a picture of this collection" in refused(capsys, "pics", option, "pics/home", *last)
    assert "no correction" in refused(capsys, "pics", "--undo-correction")


def test_corrections_that_change_nothing_are_refused(pics, capsys):
    assert "in one event already" in refused(capsys, "pics", "--join", pics / FIRST, pics / "away/3_10_1.jpg")
    assert "in one trip already" in refused(capsys, "pics", "--level", "trip", "--join", pics / FIRST, pics / LAST)
    assert "in the event of away/3_10_1.jpg already" in refused(
        capsys, "pics", "--move", pics / FIRST, pics / "away/3_10_1.jpg"
    )
    assert "all pictures of the target" in refused(capsys, "pics", "--move", pics / FIRST, pics / FIRST)
    assert "got one picture" in refused(capsys, "pics", "--join", pics / FIRST, pics / FIRST)
    assert "got one file" in refused(capsys, "pics", "--move", pics / FIRST)
    assert "no correction" in refused(capsys, "pics", "--undo-correction")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--home=91,0"], "from -90 to 90"),
        (["--home=nan,0"], "from -90 to 90"),
        (["--home=52,5,13,4"], "with a comma"),
        (["--home="], "with a comma"),
        (["--home=1,1", "--home-from", "2021-01-01", "--home-to", "2020-01-01"], "begin before it ends"),
        (["--home=1,1", "--home-from", "2021-13-01"], "write a day such as"),
        (["--home-from", "2021-01-01"], "give --home too"),
        (["--home-to", ""], "give --home too"),
        (["--clock", "Canon"], "a time to add"),
        (["--clock", "Canon=+7"], "a time to add"),
        (["--clock", "Canon=+7h"], "cameras here: 'Apple iPhone 14'"),
        (["--clock", "=+7h"], "cameras here"),
        (["--clock", "Apple iPhone 14=+99999w"], "at most 200 years"),
        (["--locale", "nonsense"], "no locale is called"),
        (["--locale", ""], "no locale is called"),
        (["--locale", "../x"], "no locale is called"),
        (["--to", "x"], "give --links too"),
        (["--links", "--split", FIRST], "one of the two"),
        (["--json", "--undo-correction"], "one of the two"),
        (["--level", "scene", "--split", FIRST], "must be trip or event"),
        (["--level", "trip", "--move", FIRST, SECOND], "--level trip is for"),
        (["--rename", FIRST, "two\nlines"], "one line of printable characters"),
        (["--rename", FIRST, "\u200d"], "one line of printable characters"),
        (["--rename", FIRST, "evil\u202egpj"], "one line of printable characters"),
        (["--rename", FIRST, "x" * 201], "at most 200"),
        (["--rename", "smb://x/y", "z"], "is an address"),
    ],
)
def test_nonsense_is_refused_and_nothing_remembered(base, capsys, options, message):
    """With what is allowed instead."""
    assert message in refused(capsys, base, *options)
    assert "no correction" in refused(capsys, base, "--undo-correction")


def test_locales_are_written_as_people_and_systems_do(pics, capsys):
    (pics / "home").rename(pics / "x")  # dates name what has no place
    for locale in ("de_DE", "de-DE", "de_DE.UTF-8", "de_DE@euro"):
        assert "märz" in said(capsys, "pics", "-q", "--places", "none", "--locale", locale)[0].lower()


# ---- privacy


@pytest.mark.parametrize("precision", ["none", "country", "region"])
def test_places_are_no_more_precise_than_wanted_anywhere(pics, capsys, precision):
    """In the table, in JSON, and in names of folders."""
    photograph(pics / "home/sea.jpg", "2025-04-20 15:00:00", (BERLIN[0] + 0.1, BERLIN[1]), "+01:00")
    shown = said(capsys, "pics", "--places", precision)[0]
    found = json.loads(said(capsys, "pics", "--places", precision, "--json")[0])
    said(capsys, "pics", "-q", "--places", precision, "--links", "--to", "tree")
    everything = [shown, json.dumps(found, ensure_ascii=False), *map(str, Path("tree").rglob("*"))]
    secret = {
        "region": ["Reykjav", "64.1", "52.5"],
        "country": ["Reykjav", "64", "52.", "Berlin", "Capital", "Atlantic"],
        "none": ["Reykjav", "64", "52.", "Berlin", "Capital", "Iceland", "Germany", '"DE"', '"IS"'],
    }[precision]
    assert [(word, text) for text in everything for word in secret if word in text] == []
    degrees = [spot["latitude_deg"] for trip in found["trips"] for spot in trip["stays"]]
    assert all(value == round(value) for value in degrees if value is not None)


# ---- kills


def test_a_kill_leaves_a_whole_tree(pics, capsys):
    """After it, the next command makes the tree, and nothing unfinished is left beside it."""
    said(capsys, "pics", "-q", "--links", "copy", "--to", "tree")
    said(capsys, "pics", "-q", "--split", pics / "away/3_10_1.jpg")
    killing = (
        "import os, signal\n"
        "from imagecluster.present.links import building\n"
        "copy, n = building._Builder._copy, iter(range(9))\n"
        "def once(*given):\n"
        "    if next(n) == 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    copy(*given)\n"
        "building._Builder._copy = once\n"
        "from imagecluster.cli import main\n"
        "main(['events', 'pics', '-q', '--links', 'copy', '--to', 'tree'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", killing], check=False)
    assert ended.returncode == -9
    assert len([*Path("tree").rglob("*.jpg")]) == 42
    assert said(capsys, "pics", "-q", "--links", "copy", "--to", "tree")[0].startswith("42 pictures in 20 folders")
    assert sorted(map(str, Path().iterdir())) == ["pics", "tree"]
