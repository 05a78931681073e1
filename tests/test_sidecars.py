"""Sidecars: which belongs to which picture, what they say, and what of it reaches the collection."""

import calendar
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.collection.times import assumed_offsets
from imagecluster.decode import read_sidecar
from imagecluster.functions.running import run
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import Place, Taken
from imagecluster.scan import paired
from imagecluster.store import Store
from picture_samples import corners, exif
from pictures import draw

QUICK = {"links": "none", "page": False}
WHEN_S = calendar.timegm((2019, 3, 1, 23, 42, 1))
DAY_S = 86_400
LONG = "a name that is much longer than takeouts have room for"


def takeout(when_s=WHEN_S, latitude=0.0, longitude=0.0):
    """What a takeout of an online album has beside a picture."""
    geo = {"latitude": latitude, "longitude": longitude, "altitude": 0.0}
    taken, created = {"timestamp": str(when_s)}, {"timestamp": str(WHEN_S + 9 * DAY_S)}
    return json.dumps({"title": "x", "creationTime": created, "photoTakenTime": taken, "geoData": geo})


def packet(*attributes):
    """A sidecar in XMP with properties of EXIF."""
    return (
        '<?xml version="1.0"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f"{' '.join(attributes)}/></rdf:RDF></x:xmpmeta>"
    )


@pytest.mark.parametrize(
    ("picture", "sidecar"),
    [
        ("x.jpg", "x.xmp"),
        ("x.jpg", "x.jpg.xmp"),
        ("X.JPG", "x.XMP"),
        ("x.jpg", "x.jpg.json"),
        ("x.jpg", "x.json"),
        ("x.jpg", "x.jpg.supplemental-metadata.json"),
        ("x.jpg", "x.jpg.supplemental-meta.json"),
        ("x.jpg", "x.jpg.s.json"),
        ("x.jpg", "x.jpg..json"),
        ("x(1).jpg", "x.jpg(1).json"),
        ("x(12).jpg", "x.jpg.supplemental-metadata(12).json"),
        ("x(1).jpg", "x(1).jpg.json"),
        ("x-edited.jpg", "x.jpg.json"),
        ("x-edited(1).jpg", "x.jpg(1).json"),
        ("x-bearbeitet.jpg", "x.jpg.supplemental-metadata.json"),
        (f"{LONG}.jpg", f"{LONG[:46]}.json"),
        (f"{LONG}(2).jpg", f"{LONG[:46]}(2).json"),
        (f"{LONG[:42]}.jpg", f"{LONG[:42]}.jp.json"),
        (f"{LONG[:42]}.jpg", f"{LONG[:42]}.jp.supplemental-m.json"),
        ("u\u0308.jpg", "\u00fc.jpg.json"),
    ],
)
def test_a_sidecar_is_found_by_its_name(picture, sidecar):
    """Whole, cut and numbered names, in either case and either form of Unicode."""
    assert paired([picture, "other.jpg"], [sidecar]) == {picture: [sidecar]}


@pytest.mark.parametrize(
    ("pictures", "sidecar"),
    [
        (["x.jpg"], "x.jpg(1).json"),
        (["x(1).jpg"], "x.jpg.json"),
        (["x.jpg"], "y.xmp"),
        (["xy.jpg"], "x.xmp"),
        (["x.jpg"], "metadata.json"),
        (["holiday.jpg"], "holi.json"),
        ([f"{LONG} 1.jpg", f"{LONG} 2.jpg"], f"{LONG[:46]}.json"),
    ],
)
def test_a_sidecar_of_another_picture_is_not_taken(pictures, sidecar):
    """Another number, another name, and a cut name that could be that of two pictures."""
    assert paired(pictures, [sidecar]) == {}


def test_several_sidecars_have_an_order():
    """The one with the whole name, the one with the stem, that of the takeout; an edited copy has its own first."""
    names = ["x.jpg.json", "x.jpg.xmp", "x.xmp", "x-edited.jpg.json"]
    assert paired(["x.jpg", "x.cr2", "x-edited.jpg"], names) == {
        "x.jpg": ["x.jpg.xmp", "x.xmp", "x.jpg.json"],
        "x.cr2": ["x.xmp"],
        "x-edited.jpg": ["x-edited.jpg.json", "x.jpg.json"],
    }


@given(st.lists(st.text(max_size=60), max_size=5), st.lists(st.text(max_size=60), max_size=5))
def test_any_names_can_be_paired(pictures, sidecars):
    """Whatever files are called, a sidecar goes to a picture that exists."""
    found = paired(pictures, [name + suffix for name in sidecars for suffix in (".json", ".xmp")])
    assert found.keys() <= set(pictures)


def test_a_takeout_says_when_and_where():
    """The moment is in UTC; the time of the upload is not the picture's, and 0, 0 is no place."""
    said = read_sidecar(takeout(latitude=47.5, longitude=-8.25).encode(), suffix=".json")
    assert said.taken == Taken(WHEN_S, 0, "second", "takeout photoTakenTime", "UTC")
    assert said.place == Place(47.5, -8.25, "takeout")
    assert read_sidecar(takeout(latitude=0, longitude=0).encode(), suffix=".json").place is None


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", "7", "[" * 100_000, '{"photoTakenTime": 7}',
        '{"photoTakenTime": {"timestamp": "soon"}}', '{"photoTakenTime": {"timestamp": "0"}, "geoData": 7}',
        '{"photoTakenTime": {"timestamp": null}}', '{"photoTakenTime": {"timestamp": 1e300}}',
        '{"photoTakenTime": {"timestamp": NaN}, "geoData": {"latitude": NaN, "longitude": NaN}}',
        '{"geoData": {"latitude": ' + "9" * 400 + ', "longitude": 1}}',
        '{"geoData": {"latitude": true, "longitude": 1}}', '{"geoData": {"latitude": 91, "longitude": 1}}', "\udcff",
    ],
)  # fmt: skip
def test_other_json_says_nothing(text):
    """Neither what is no JSON, nor what is of another kind, nor impossible values."""
    said = read_sidecar(text.encode("utf-8", "surrogateescape"), suffix=".json")
    assert (said.taken, said.place) == (None, None)


@given(st.binary(max_size=200), st.sampled_from([".xmp", ".json"]))
def test_broken_sidecars_never_fail(data, suffix):
    """Any bytes at all."""
    assert read_sidecar(data, suffix=suffix).taken is None


def photograph(path, seed=0, *, date=None, more=None):
    """A picture whose EXIF has a date, in a file of the year 2023."""
    image = corners(96 + 8 * seed, 64)
    image.save(path, "JPEG", quality=95, exif=exif(original=date, more=more) if date or more else b"")
    os.utime(path, (1.7e9, 1.7e9))


def times(folder, capsys):
    """The times that `info` lists, by name."""
    capsys.readouterr()
    assert main(["info", str(folder), "--times", "--json"]) == 0
    return {os.path.basename(row["path"]): row for row in json.loads(capsys.readouterr().out)["times"]}  # noqa: PTH119


def test_equal_files_are_listed_with_what_lies_beside_each(tmp_path, capsys):
    """A copy with a date in its name is not dated by the sidecar of another copy; one with nothing beside it is."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "IMG_20150607_080910.jpg", "plain.jpg"):
        photograph(folder / name)
    (folder / "a.jpg.json").write_text(takeout())
    (folder / "b.xmp").write_text(packet('exif:DateTimeOriginal="2012-03-01T23:42:01-03:00"'))
    run([folder], Settings(**QUICK))
    said = {name: (row["taken"], row["offset_s"]) for name, row in times(folder, capsys).items()}
    assert said["a.jpg"] == ("2019-03-01T23:42:01", 0)
    assert said["b.jpg"] == ("2012-03-01T23:42:01", -10_800)
    assert said["IMG_20150607_080910.jpg"] == ("2015-06-07T08:09:10", None)
    assert said["plain.jpg"] in (said["a.jpg"], said["b.jpg"])


def test_each_source_gives_its_date_and_is_named(tmp_path, capsys):
    """EXIF, a sidecar, a takeout, the name of the file and its time, in the order of their trust."""
    folder = tmp_path / "pics"
    folder.mkdir()
    own = {"own": {0x9011: ("A", b"+01:00\0"), 0x9291: ("A", b"25\0")}}
    photograph(folder / "exif.jpg", 0, date=b"2019:03:01 23:42:01\0", more=own)
    photograph(folder / "corrected.jpg", 1, date=b"2001:01:01 00:00:00\0")
    (folder / "corrected.xmp").write_text(packet('exif:DateTimeOriginal="2019-03-01T23:42:01-03:00"',
                                                 'exif:GPSLatitude="47,30N"', 'exif:GPSLongitude="8,15W"'))  # fmt: skip
    photograph(folder / "20180101_101010.jpg", 2)
    (folder / "20180101_101010.jpg.json").write_text(takeout(latitude=1.5, longitude=2.5))
    photograph(folder / "IMG-20190301-WA0007.jpg", 3)
    photograph(folder / "month.jpg", 4, date=b"2002:07:  :  :  :  \0")
    photograph(folder / "12345678.jpg", 5)
    photograph(folder / "exif and takeout.jpg", 6, date=b"2019:03:01 10:00:00\0")
    (folder / "exif and takeout.jpg.json").write_text(takeout())
    run([folder], Settings(**QUICK))
    found = times(folder, capsys)
    said = {name: (row["taken"], row["offset_s"], row["source"], row["origin"]) for name, row in found.items()}
    assert said == {
        "exif.jpg": ("2019-03-01T23:42:01.25", 3600, "EXIF DateTimeOriginal", "exif"),
        "corrected.jpg": ("2019-03-01T23:42:01", -10_800, "sidecar XMP exif:DateTimeOriginal", "sidecar"),
        "20180101_101010.jpg": ("2019-03-01T23:42:01", 0, "takeout photoTakenTime", "sidecar"),
        "IMG-20190301-WA0007.jpg": ("2019-03-01", None, "file name", "name"),
        "month.jpg": ("2002-07", None, "EXIF DateTimeOriginal", "exif"),
        "12345678.jpg": ("2023-11-14T22:13:20", 0, "file time", "file"),
        "exif and takeout.jpg": ("2019-03-01T10:00:00", None, "EXIF DateTimeOriginal", "exif"),
    }
    places = {name: (row["latitude_deg"], row["longitude_deg"], row["place_source"]) for name, row in found.items()}
    assert places["corrected.jpg"] == (47.5, -8.25, "sidecar XMP")
    assert places["20180101_101010.jpg"] == (1.5, 2.5, "takeout")
    assert found["exif.jpg"]["instant_s"] == WHEN_S - 3600 + 0.25
    # A messenger's picture of that evening is taken to be of the zone of the others.
    assert found["IMG-20190301-WA0007.jpg"]["assumed_offset_s"] in (3600, -10_800)
    assert main(["info", str(folder), "--times"]) == 0
    text = capsys.readouterr().out
    assert "2019-03-01 23:42:01.25" in text
    assert "7 pictures: 3 by EXIF DateTimeOriginal" in text
    assert main(["info", str(folder)]) == 0
    assert "EXIF" not in capsys.readouterr().out


def test_sidecars_that_change_are_read_again(tmp_path, capsys):
    """A new one, a changed one, one that is gone; nothing is fingerprinted for it."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph(folder / "x.jpg")
    sources = []
    for date in ("", "2011-01-01", "2012-01-01T10:00", ""):
        if date:
            (folder / "x.xmp").write_text(packet(f'exif:DateTimeOriginal="{date}"'))
        else:
            (folder / "x.xmp").unlink(missing_ok=True)
        result = run([folder], Settings(**QUICK))
        sources.append(times(folder, capsys)["x.jpg"]["taken"])
    assert sources == ["2023-11-14T22:13:20", "2011-01-01", "2012-01-01T10:00", "2023-11-14T22:13:20"]
    assert (result.n_fingerprinted, result.n_reused) == (0, 1)


def test_a_renamed_picture_has_the_date_of_its_new_name(tmp_path, capsys):
    """And equal files with dated names count with one date, while each is listed with its own."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph(folder / "2019-03-01.jpg")
    run([folder], Settings(**QUICK))
    (folder / "2019-03-01.jpg").rename(folder / "2018-03-01.jpg")
    run([folder], Settings(**QUICK))
    assert times(folder, capsys)["2018-03-01.jpg"]["taken"] == "2018-03-01"
    photograph(folder / "2019-03-01.jpg")
    result = run([folder], Settings(time_weight=0.5, **QUICK))
    assert {row["taken"] for row in times(folder, capsys).values()} == {"2018-03-01", "2019-03-01"}
    assert result.time.origins == ("name", "name")
    assert len(set(result.time.times_s.tolist())) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
def test_sidecars_that_cannot_be_read_do_not_stop_a_run(tmp_path):
    """A folder, a pipe, a broken link and a huge file under the name of a sidecar."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for seed, name in enumerate(("a", "b", "c", "d")):
        photograph(folder / f"{name}.jpg", seed)
    (folder / "a.xmp").mkdir()
    os.mkfifo(folder / "b.xmp")
    (folder / "c.xmp").symlink_to("nowhere")
    with (folder / "d.xmp").open("wb") as stream:
        stream.truncate(2**25)
    assert run([folder], Settings(**QUICK)).n_fingerprinted == 4


def test_sources_can_be_left_out(tmp_path):
    """`exif` takes sidecars, and neither names nor the files' times; `stat` takes only the latter."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph(folder / "2018-03-01.jpg", 0)
    photograph(folder / "2018-03-02.jpg", 1, more={"main": {0x0132: ("A", b"2020:01:01 00:00:00\0")}})
    photograph(folder / "x.jpg", 2)
    (folder / "x.jpg.json").write_text(takeout())
    found = {}
    for source in ("auto", "exif", "stat"):
        result = run([folder], Settings(time_weight=0.5, time_source=source, **QUICK))
        origins = dict(zip((path.stem for path in result.paths), result.time.origins, strict=True))
        found[source] = [origins[name] for name in ("2018-03-01", "2018-03-02", "x")]
    assert found == {"auto": ["name", "name", "sidecar"], "exif": ["none", "exif", "sidecar"], "stat": ["file"] * 3}


def test_offsets_are_assumed_from_pictures_of_the_same_days():
    """The same camera's nearest first, up to 30 days; else another camera's, up to 3 days; never those in UTC."""

    def at(days, offset_h=None, offset_from="EXIF OffsetTimeOriginal"):
        offset_s = None if offset_h is None else offset_h * 3600
        return Taken(1e9 + days * DAY_S, offset_s, "second", "EXIF DateTimeOriginal", offset_from if offset_s else "")

    dates = [at(0, 7), at(10, 8), at(9), at(2), at(5), at(44), at(41), None, at(9.5, 9)]
    cameras = ["a", "a", "a", "b", "b", "a", "b", "a", "b"]
    hours = [None if s is None else s // 3600 for s in assumed_offsets(dates, cameras)]
    assert hours == [None, None, 8, 9, 9, None, None, None, None]
    assert assumed_offsets(dates[:7], cameras[:7])[3] == 7 * 3600
    utc = [replace(at(0), offset_s=0, offset_from="UTC"), at(0.1)]
    assert assumed_offsets(utc, ["", ""]) == [None, None]


def test_true_instants_count_in_the_similarity(tmp_path):
    """Two pictures of one moment in two zones are together in time, and a clock without a zone counts as before."""
    folder = tmp_path / "pics"
    folder.mkdir()
    clocks = ((b"2024:04:14 02:20:31\0", b"+05:45\0"), (b"2024:04:13 16:35:31\0", b"-04:00\0"))
    for seed, (local, zone) in enumerate(clocks):
        photograph(folder / f"{seed}.jpg", seed, date=local, more={"own": {0x9011: ("A", zone)}})
    photograph(folder / "2.jpg", 2, date=b"2014:04:13 20:35:31\0")
    term = run([folder], Settings(time_weight=0.5, **QUICK)).time
    instant_s = calendar.timegm((2024, 4, 13, 20, 35, 31))
    assert term.times_s.tolist() == [instant_s, instant_s, calendar.timegm((2014, 4, 13, 20, 35, 31))]


def test_dates_of_an_older_version_are_read_again_once(tmp_path, capsys, monkeypatch):
    """Without a fingerprint, also where a picture can no longer be read."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph(folder / "a.jpg", 0, date=b"2019:03:01 23:42:01\0", more={"own": {0x9011: ("A", b"+01:00\0")}})
    draw(folder / "b.png", 1)
    draw(folder / "c.png", 2)
    run([folder], Settings(**QUICK))
    with closing(sqlite3.connect(folder / "imagecluster" / "imagecluster.db")) as old, old:
        old.execute("UPDATE contents SET metadata_version = 0, offset_s = NULL, taken_s = 7 WHERE taken_s IS NOT NULL")
        old.execute("UPDATE contents SET metadata_version = 0")
    c = (folder / "c.png").stat()
    (folder / "c.png").write_bytes(bytes(c.st_size))
    os.utime(folder / "c.png", ns=(c.st_atime_ns, c.st_mtime_ns))
    result = run([folder], Settings(**QUICK))
    assert (result.n_fingerprinted, result.n_reused, len(result.skips)) == (0, 2, 1)
    found = times(folder, capsys)["a.jpg"]
    assert (found["taken"], found["offset_s"]) == ("2019-03-01T23:42:01", 3600)
    monkeypatch.setattr("imagecluster.collection.rereading.of_content", None)
    run([folder], Settings(**QUICK))


def test_what_lay_beside_forgotten_files_is_forgotten(tmp_path):
    """With the files."""
    folder = tmp_path / "pics"
    folder.mkdir()
    photograph(folder / "2019-03-01.jpg", 0)
    photograph(folder / "2019-03-02.jpg", 1)
    run([folder], Settings(**QUICK))
    (folder / "2019-03-01.jpg").unlink()
    run([folder], Settings(**QUICK))
    with Store.open(folder / "imagecluster") as store:
        assert len(store.beside()) == 2
        store.forget_gone()
        assert [path.name for path in store.beside()] == ["2019-03-02.jpg"]
        leaves = store.leaves(find_model(DEFAULT_MODEL).identity)
        assert leaves.taken_s.tolist() == [calendar.timegm((2019, 3, 2, 0, 0, 0))]
        assert not np.isnan(leaves.taken_s).any()


REPORTED = {
    "hour24.jpg": ("2015-08-22T00:08:19", "EXIF DateTimeOriginal"),
    "zero_then_digitized.jpg": ("2014-03-02T10:11:12", "EXIF DateTimeDigitized"),
    "year_month.jpg": ("2002-07", "EXIF DateTimeOriginal"),
    "year_month_digits.jpg": ("2002-07", "EXIF DateTimeOriginal"),
    "IMG-20200122-WA0003.jpg": ("2020-01-22", "file name"),
    "Screenshot_20210203-040506.png": ("2021-02-03T04:05:06", "file name"),
    "2011-07-19 11.36.39.jpg": ("2011-07-19T11:36:39", "file name"),
    "holiday 12345678 of 9999.jpg": ("2023-11-14T22:13:20", "file time"),
    "burst_b_1.jpg": ("2023-08-13T09:26:39.0001", "EXIF DateTimeOriginal"),
    "burst_a_2.jpg": ("2023-08-13T09:26:39.5", "EXIF DateTimeOriginal"),
    "burst_c_3.jpg": ("2023-08-13T09:26:39.9", "EXIF DateTimeOriginal"),
    "ok_iso.jpg": ("2025-01-30T08:59:50", "EXIF DateTimeOriginal"),
    "ok_slash.jpg": ("2007-06-30T18:45:17", "EXIF DateTimeOriginal"),
}


@pytest.mark.photos
def test_reported_dates_are_understood(photos, tmp_path, capsys):
    """Each case that people reported of other programs has its right answer."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for name in REPORTED:
        (folder / name).write_bytes((photos / "reports" / "exif-dates" / name).read_bytes())
        os.utime(folder / name, (1.7e9, 1.7e9))
    result = run([folder], Settings(time_weight=0.3, **QUICK))
    found = times(folder, capsys)
    assert {name: (row["taken"], row["source"]) for name, row in found.items()} == REPORTED
    assert found["ok_iso.jpg"]["offset_s"] == 3600
    when = dict(zip((path.name for path in result.paths), result.time.times_s.tolist(), strict=True))
    bursts = sorted((name for name in REPORTED if name.startswith("burst")), key=when.__getitem__)
    assert bursts == ["burst_b_1.jpg", "burst_a_2.jpg", "burst_c_3.jpg"]
