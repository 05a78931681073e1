"""Time in the main job: where times come from, what they do to the clusters, and what the outputs say of them."""

import calendar
import csv
import json
import os
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from imagecluster import linkage
from imagecluster.collection import Settings
from imagecluster.functions.running import run
from picture_samples import exif
from pictures import draw, draw_groups

DAY_S = 86_400
JULY_S = calendar.timegm((2015, 7, 3, 10, 4, 43))
AUGUST_S = calendar.timegm((2015, 8, 9, 12, 0, 0))
QUICK = {"links": "none", "page": False}


def photograph(path, seed, *, date=None, changed_s=AUGUST_S):
    """A picture whose EXIF gives a date (bytes), in a file of a modification time."""
    source = draw(path.with_suffix(".png"), seed)
    Image.open(source).save(path, "JPEG", quality=95, exif=b"" if date is None else exif(original=date))
    source.unlink()
    os.utime(path, (changed_s, changed_s))
    return path


def dates(folder):
    """Pictures of every kind of good and bad date, by name."""
    folder.mkdir()
    given = {
        "good": b"2015:07:03 10:04:43\0",
        "zero": b"0000:00:00 00:00:00\0",
        "windows": b"1601:06:06 16:39:33\0",
        "future": b"2999:01:01 00:00:00\0",
        "blank": b"    :  :     :  :  \0",
        "none": None,
    }
    for seed, (name, date) in enumerate(given.items()):
        photograph(folder / f"{name}.jpg", seed, date=date)
    photograph(folder / "nothing.jpg", 10, changed_s=0)
    photograph(folder / "zip.jpg", 11, changed_s=315_532_800)
    photograph(folder / "ahead.jpg", 12, changed_s=time.time() + 9 * DAY_S)
    return folder


def names(result):
    return {frozenset(result.paths[row].name for row in cluster.members) for cluster in result.clusters.clusters}


def by_name(result):
    """Time and origin of each picture."""
    rows = zip(result.paths, result.time.times_s.tolist(), result.time.origins, strict=True)
    return {path.stem: (origin, None if origin == "none" else when) for path, when, origin in rows}


def test_without_a_weight_time_is_nowhere(tmp_path):
    """Neither in the result, nor in the tables, nor in the name under which the dendrogram is kept."""
    folder = draw_groups(tmp_path / "pics", (2, 3))
    result = run([folder], Settings(**QUICK))
    kept = {path.name for path in (result.directory / "dendrograms").iterdir()}
    run([folder], Settings(time_scale_s=60.0, time_source="stat", **QUICK))
    assert {path.name for path in (result.directory / "dendrograms").iterdir()} == kept
    table = json.loads(result.outputs.json.read_text())
    assert (result.time, table["time"]) == (None, None)
    assert set(table["pictures"][0]) == {"path", "cluster", "size"}
    assert result.outputs.csv.read_text().startswith("path,cluster,size,name\n")


def test_impossible_dates_fall_back_to_the_files_time(tmp_path):
    """By default EXIF counts where it can; the file's time else, but not the zero of a clock nor the future."""
    result = run([dates(tmp_path / "pics")], Settings(time_weight=0.3, **QUICK))
    found = by_name(result)
    assert found.pop("good") == ("exif", JULY_S)
    assert {found.pop(name) for name in ("zero", "windows", "future", "blank", "none")} == {("file", AUGUST_S)}
    assert set(found) == {"nothing", "zip", "ahead"}
    assert set(found.values()) == {("none", None)}


@pytest.mark.parametrize(("source", "counts"), [("exif", (1, 0, 8)), ("stat", (0, 6, 3)), ("auto", (1, 5, 3))])
def test_where_times_are_from_is_counted_and_written_down(tmp_path, source, counts):
    """Each picture's time and its origin in both tables, the sums and the settings in clusters.json."""
    result = run([dates(tmp_path / "pics")], Settings(time_weight=0.3, time_source=source, **QUICK))
    table = json.loads(result.outputs.json.read_text())
    said = table["time"]
    assert (said["n_exif"], said["n_file"], said["n_none"]) == counts
    assert (said["weight"], said["scale_s"], said["source"]) == (0.3, 21600.0, source)
    assert (said["kernel_error_largest"], said["kernel_error_rms"]) == (0.0, 0.0)
    pictures = {row["path"][:-4]: (row["time_origin"], row["time_s"]) for row in table["pictures"]}
    assert pictures == by_name(result)
    with result.outputs.csv.open(newline="") as lines:
        rows = {row["path"][:-4]: (row["time_origin"], row["time_s"]) for row in csv.DictReader(lines)}
    assert {name: (origin, float(when) if when else None) for name, (origin, when) in rows.items()} == pictures


def two_trips(folder):
    """Three subjects, each twice on both of two trips, told apart by the files' times."""
    for trip in (0, 1):
        for subject in range(3):
            for member in range(2):
                name = f"{subject}_{trip}{member}.png"
                path = draw(folder / name, subject, size=(160 + 2 * trip + member, 128 + trip))
                when = AUGUST_S + trip * 35 * DAY_S + subject * DAY_S + member * 60
                os.utime(path, (when, when))
    return folder


def test_two_trips_are_told_apart_by_time_alone(tmp_path):
    """The same subjects in different weeks: content merges them, time does not."""
    folder = two_trips(tmp_path / "pics")
    assert {len(cluster) for cluster in names(run([folder], Settings(**QUICK)))} == {4}
    with_time = run([folder], Settings(time_weight=0.5, sim=0.7, **QUICK))
    assert names(with_time) == {
        frozenset({f"{subject}_{trip}0.png", f"{subject}_{trip}1.png"}) for subject in range(3) for trip in (0, 1)
    }


def test_the_dendrogram_is_kept_under_weight_scale_and_times(tmp_path, monkeypatch):
    """The same question is answered without a linkage; another weight, scale or time of a picture is another one."""
    folder = two_trips(tmp_path / "pics")
    made = []
    link = linkage.link
    monkeypatch.setattr(linkage, "link", lambda *a, **k: made.append(1) or link(*a, **k))

    def n_linkages(**settings):
        made.clear()
        run([folder], Settings(**settings, **QUICK))
        return len(made)

    assert n_linkages(time_weight=0.5) == 1
    assert n_linkages(time_weight=0.5, sim=0.7) == 0
    assert n_linkages(time_weight=0.4) == 1
    assert n_linkages(time_weight=0.5, time_scale_s=60.0) == 1
    os.utime(folder / "0_00.png", (AUGUST_S - DAY_S, AUGUST_S - DAY_S))
    assert n_linkages(time_weight=0.5) == 1


def test_equal_pictures_have_one_time_the_earliest(tmp_path):
    """A copy that was made years later is the same picture still: together at any sim."""
    folder = tmp_path / "pics"
    first = photograph((folder / "x.jpg"), 0)
    shutil.copy(first, folder / "a.jpg")
    os.utime(folder / "a.jpg", (0, 0))
    shutil.copy(first, folder / "z.jpg")
    photograph(folder / "other.jpg", 1)
    result = run([folder], Settings(time_weight=0.5, sim=1, **QUICK))
    assert names(result) == {frozenset({"a.jpg", "x.jpg", "z.jpg"})}
    assert by_name(result)["a"] == by_name(result)["x"] == by_name(result)["z"] == ("file", AUGUST_S)


def test_the_representative_is_central_in_content_and_time(tmp_path):
    """With time alone, the picture that was taken in the middle."""
    folder = tmp_path / "pics"
    for hours, seed in ((0, 0), (4, 1), (8, 2), (12, 3), (16, 4)):
        photograph(folder / f"{hours}.jpg", seed, changed_s=AUGUST_S + hours * 3600)
    result = run([folder], Settings(time_weight=1, sim=0, **QUICK))
    assert result.paths[result.clusters.clusters[0].representative].name == "8.jpg"


@pytest.mark.parametrize("n_pictures", [0, 1])
def test_time_of_few_pictures_is_no_special_case(tmp_path, n_pictures):
    """No picture and one."""
    folder = tmp_path / "pics"
    folder.mkdir()
    for seed in range(n_pictures):
        draw(folder / f"{seed}.png", seed)
    result = run([folder], Settings(time_weight=0.5, **QUICK))
    assert len(result.time.origins) == n_pictures == len(result.clusters.singles)


@pytest.mark.photos
def test_real_outings_are_told_apart(photos, tmp_path):
    """Rocks photographed on one day are one cluster, and their likes from weeks and years later are not in it."""
    album = photos / "albums_pigallery" / "demo"
    day = {"IMG_6220.jpg", "IMG_6263.jpg", "IMG_6296.jpg"}
    options = {"model": "efficientnet-lite0", **QUICK}
    alone = names(run([album], Settings(sim_scale="relative", **options), db=tmp_path / "db"))
    assert any({"IMG_6220.jpg", "IMG_6455.jpg", "IMG_8751.jpg"} <= cluster for cluster in alone)
    assert any({"IMG_6296.jpg", "IMG_9697.jpg"} <= cluster for cluster in alone)
    with_time = run([album], Settings(time_weight=0.3, time_source="exif", **options), db=tmp_path / "db")
    assert day in names(with_time)
    assert with_time.time.origins.count("exif") == 37
    assert not np.isnan(with_time.time.times_s).any()


@pytest.mark.photos
def test_bad_dates_of_real_photographs_are_counted(photos, tmp_path):
    """0000:00:00 gives no time, and after the year 1601 the next field counts; nothing fails."""
    folder = photos / "albums_pigallery" / "test" / "backend" / "assets" / "edge_case_exif_data"
    result = run([folder], Settings(time_weight=0.3, time_source="exif", **QUICK), db=tmp_path / "db")
    assert {by_name(result)[name] for name in ("date_error", "no_metadata")} == {("none", None)}
    assert by_name(result)["before_epoch"] == ("exif", calendar.timegm((2015, 6, 12, 16, 39, 33)) + 0.29)
