"""What the statistics table, clusters.json and clusters.csv say."""

import csv
import dataclasses
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagecluster.collection.occasion_table import Occasion, OccasionTable
from imagecluster.collection.report import Report
from imagecluster.errors import ArgumentError, NotOursError, OutputError
from imagecluster.present.output_file import replacing
from imagecluster.present.tables import statistics, write_csv, write_json
from imagecluster.records import Clusters, KernelError, Skip, TimeTerm, Within

from .report_samples import ROOT, sample_report

posix = pytest.mark.skipif(sys.platform == "win32", reason="names that are not UTF-8 need a POSIX system")


def read_json(report: Report, folder: Path) -> dict:
    """clusters.json of a report, read back."""
    write_json(report, folder / "clusters.json")
    return json.loads((folder / "clusters.json").read_bytes())


def read_csv(report: Report, folder: Path) -> list[list[str]]:
    """Rows of clusters.csv of a report, read back."""
    write_csv(report, folder / "clusters.csv")
    return list(csv.reader(io.StringIO(os.fsdecode((folder / "clusters.csv").read_bytes()), newline="")))


def test_statistics_have_the_originals_form_and_totals_that_add_up():
    """Sizes ascend, one `size : count` a line; in clusters + singles + skipped = scanned."""
    assert statistics(sample_report([4, 2, 2], 3)) == (
        "cluster size : ncluster\n2 : 2\n4 : 1\n\nin clusters  8\nsingles      3\nskipped      1\nscanned     12"
    )


def test_statistics_without_clusters_still_have_their_header():
    """Nothing clustered is a table without rows."""
    assert statistics(sample_report([])).splitlines()[:2] == ["cluster size : ncluster", ""]


def test_json_has_the_facts_of_the_run(tmp_path):
    """The head of clusters.json names the format, the model, the cut and all counts."""
    content = read_json(sample_report([3, 2], 1), tmp_path)
    lists = {key: content.pop(key) for key in ("clusters", "pictures", "hidden", "skipped")}
    assert content == {
        "format": "imagecluster-clusters",
        "version": 1,
        "root": str(ROOT),
        "model": "lite0@1",
        "method": "average",
        "metric": "cosine",
        "sim": 0.5,
        "sim_scale": "relative",
        "cut": "flat",
        "cut_height": 0.375,
        "largest_distance": 0.75,
        "max_diameter": None,
        "n_own_cuts": 0,
        "min_size": 2,
        "time": None,
        "within": None,
        "n_scanned": 7,
        "n_images": 6,
        "n_skipped": 1,
        "n_clustered": 5,
        "n_singles": 1,
        "n_hidden": 0,
        "n_clusters": 2,
    }
    assert lists["clusters"][1] == {
        "number": 2,
        "name": "",
        "size": 2,
        "height": 0.25,
        "sim": pytest.approx(2 / 3),
        "representative": "sub/000004.jpg",
        "folder": "cluster_with_2/cluster_0",
        "members": ["sub/000003.jpg", "sub/000004.jpg"],
    }
    assert lists["pictures"][-2:] == [
        {"path": "sub/000004.jpg", "cluster": 2, "size": 2},
        {"path": "sub/000005.jpg", "cluster": None, "size": 1},
    ]
    assert lists["skipped"] == [{"path": "bad.jpg", "stage": "decode", "reason": "truncated"}]


def test_csv_has_a_line_for_each_picture(tmp_path):
    """Path, number of its cluster (empty for a single) and size of its cluster."""
    assert read_csv(sample_report([2], 1), tmp_path) == [
        ["path", "cluster", "size", "name"],
        ["sub/000000.jpg", "1", "2", ""],
        ["sub/000001.jpg", "1", "2", ""],
        ["sub/000002.jpg", "", "1", ""],
    ]


def test_what_was_corrected_by_hand_is_said(tmp_path):
    """Names stand with their clusters; hidden pictures are counted, listed in clusters.json and nowhere else."""
    report = sample_report([3, 2], 1)
    named = (dataclasses.replace(report.clusters.clusters[0], name="Anna, by <the> sea"), report.clusters.clusters[1])
    cut = dataclasses.replace(report.clusters, clusters=named, singles=(), hidden=report.clusters.singles)
    report = dataclasses.replace(report, clusters=cut)
    content, rows = read_json(report, tmp_path), read_csv(report, tmp_path)[1:]
    assert [cluster["name"] for cluster in content["clusters"]] == ["Anna, by <the> sea", ""]
    assert (content["n_clustered"], content["n_singles"], content["n_hidden"]) == (5, 0, 1)
    assert content["hidden"] == ["sub/000005.jpg"]
    assert [row[3] for row in rows] == ["Anna, by <the> sea"] * 3 + [""] * 2
    assert len(rows) == len(content["pictures"]) == 5
    lines = statistics(report).splitlines()
    assert lines[-5:] == ["in clusters 5", "singles     0", "hidden      1", "skipped     1", "scanned     7"]


@given(sizes=st.lists(st.integers(2, 9), max_size=8), n_singles=st.integers(0, 5))
def test_json_and_csv_say_the_same_as_the_report(tmp_path_factory, sizes, n_singles):
    """Every picture is in both files once, in the cluster that it has in the report."""
    folder = tmp_path_factory.getbasetemp()
    report = sample_report(sizes, n_singles)
    content, rows = read_json(report, folder), read_csv(report, folder)[1:]
    assert [[p["path"], str(p["cluster"] or ""), str(p["size"]), ""] for p in content["pictures"]] == rows
    assert sum(len(cluster["members"]) for cluster in content["clusters"]) + n_singles == len(rows)
    number = {path: number for path, number, *_ in rows}
    for cluster in content["clusters"]:
        assert {number[member] for member in cluster["members"]} == {str(cluster["number"])}


def test_a_run_without_links_names_no_folders(tmp_path):
    """Where no tree was built, a cluster has no folder."""
    assert read_json(sample_report([2], folders=()), tmp_path)["clusters"][0]["folder"] is None


def test_a_cut_below_every_merge_is_still_json(tmp_path):
    """An infinite height, which JSON cannot hold, is null."""
    report = sample_report([2])
    report = dataclasses.replace(report, clusters=dataclasses.replace(report.clusters, cut_height=-float("inf")))
    assert read_json(report, tmp_path)["cut_height"] is None


def test_order_of_rows_does_not_matter(tmp_path):
    """The same pictures in other rows give byte-equal files."""
    report = sample_report([2, 2], 2)
    turn = {row: 5 - row for row in range(6)}
    clusters = tuple(
        dataclasses.replace(c, members=tuple(turn[m] for m in c.members), representative=turn[c.representative])
        for c in report.clusters.clusters
    )
    cut = dataclasses.replace(
        report.clusters, clusters=clusters, singles=tuple(turn[row] for row in report.clusters.singles)
    )
    turned = dataclasses.replace(report, clusters=cut, names=report.names[::-1])
    for write, name in ((write_json, "a.json"), (write_csv, "a.csv")):
        write(report, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write(turned, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


@posix
def test_names_that_are_not_utf8_survive_both_formats(tmp_path):
    """JSON holds their bytes as lone surrogates, which os.fsencode turns back; CSV holds the bytes themselves."""
    raw = [b"\xff\xfe.jpg", b"caf\xe9.jpg", b"two\nlines.jpg", b'a,"b".jpg', "日本 👩‍🎨.jpg".encode()]
    report = sample_report([3, 2], names=[os.fsdecode(name) for name in raw])
    content = read_json(report, tmp_path)
    assert sorted(os.fsencode(picture["path"]) for picture in content["pictures"]) == sorted(raw)
    assert sorted(os.fsencode(name) for c in content["clusters"] for name in c["members"]) == sorted(raw)
    assert sorted(os.fsencode(row[0]) for row in read_csv(report, tmp_path)[1:]) == sorted(raw)
    assert b"\xff\xfe.jpg" in (tmp_path / "clusters.csv").read_bytes()
    assert (tmp_path / "clusters.json").read_bytes().isascii()


def test_pictures_outside_the_root_keep_their_absolute_paths(tmp_path):
    """A neighbour whose name starts like the root's is not taken for its inside."""
    report = sample_report([2], names=["in.jpg", "/pictures-old/out.jpg"])
    assert [row[0] for row in read_csv(report, tmp_path)[1:]] == ["/pictures-old/out.jpg", "in.jpg"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_scanned": 9}, "9 scanned, but 4 with a fingerprint"),
        ({"folders": ("one",)}, "1 folders for 2 clusters"),
        ({"clusters": Clusters(0.5, 0.3, 2, (), (0, 1, 1, 2))}, "each row from 0 to 3 must be in exactly one"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(changes, message):
    """A report whose numbers do not add up cannot be made, so none can be printed."""
    with pytest.raises(ArgumentError, match=message):
        sample_report([2, 2], **changes)


def test_skips_are_sorted_by_path(tmp_path):
    """The order in which files failed does not show."""
    skips = [Skip(ROOT / name, "scan", "x") for name in ("z.jpg", "a/b.jpg", "a.jpg")]
    content = read_json(sample_report([], skips=skips), tmp_path)
    assert [skip["path"] for skip in content["skipped"]] == ["a.jpg", "a/b.jpg", "z.jpg"]


def test_a_failed_write_leaves_the_former_file_and_nothing_else(tmp_path):
    """Files are replaced whole or not at all."""
    file = tmp_path / "clusters.json"
    file.write_bytes(b"former")
    with pytest.raises(KeyboardInterrupt), replacing(file) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert (os.listdir(tmp_path), file.read_bytes()) == (["clusters.json"], b"former")  # noqa: PTH208


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path):
    """The error names the file."""
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path / "file" / "clusters.json", tmp_path):
        with pytest.raises(OutputError, match="cannot write"):
            write_json(sample_report([2]), place)
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208


@posix
@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_a_file_behind_a_link_is_not_replaced(tmp_path, make):
    """A link in the place of the file is refused by name; the folders above the file may be links."""
    (tmp_path / "real.csv").write_bytes(b"the user's")
    make(tmp_path / "clusters.csv", tmp_path / "real.csv")
    with pytest.raises(NotOursError, match=r"clusters\.csv"):
        write_csv(sample_report([2]), tmp_path / "clusters.csv")
    assert (tmp_path / "real.csv").read_bytes() == b"the user's"
    (tmp_path / "link").symlink_to(tmp_path)
    write_csv(sample_report([2]), tmp_path / "link" / "other.csv")
    (tmp_path / "plain").touch()
    assert (tmp_path / "other.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_every_key_and_column_is_documented(tmp_path):
    """The page on formats names each key of clusters.json and each column of clusters.csv."""
    page = Path(__file__).resolve().parents[1] / "docs" / "output-formats.md"
    if not page.is_file():
        pytest.skip("no docs beside the tests")
    text = page.read_text(encoding="utf-8")
    term = TimeTerm(0.3, 60.0, "auto", np.array([0.5, np.nan]), ("exif", "none"), KernelError(0.1, 0.01))
    occasions = OccasionTable({0: Occasion("2025-03 Iceland", "2025-03-02 Vík", 1, 1)})
    report = sample_report([2], time=term, within=Within("event", np.zeros(2, np.int64)), occasions=occasions)
    content = read_json(report, tmp_path)
    keys = {
        *content,
        *content["time"],
        *content["within"],
        *content["clusters"][0],
        *content["pictures"][0],
        *content["skipped"][0],
    }
    for key in keys | set(read_csv(report, tmp_path)[0]):
        assert f"`{key}`" in text, key
