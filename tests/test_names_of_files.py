"""One file under several names: in tables, page, viewer and `info`; and everything else that a run says of a folder."""

import csv
import json
import shutil
import sys

import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.functions.running import run
from imagecluster.present.plots.figure import save_figure
from imagecluster.store import Store
from pictures import draw

posix = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a POSIX system")


@pytest.fixture
def linked(tmp_path):
    """Two pictures, one with a hard link and the other with a symbolic link."""
    pics = tmp_path / "pics"
    first, second = draw(pics / "a.png", 1), draw(pics / "b.png", 2)
    (pics / "links").mkdir()
    (pics / "links" / "hard.png").hardlink_to(first)
    (pics / "links" / "soft.png").symlink_to(second)
    return pics


@posix
def test_links_are_names_and_no_copies(linked, capsys):
    """Two pictures, no cluster at sim 1; the names stand in every output, and are not counted as scanned."""
    assert main([str(linked), "--sim", "1"]) == 0
    printed = capsys.readouterr().out
    assert "2 scanned = 2 fingerprinted + 0 reused + 0 skipped" in printed
    assert "2 more names of these files (hard and symbolic links)" in printed
    table = json.loads((linked / "imagecluster" / "clusters.json").read_text())
    assert (table["n_scanned"], table["n_clusters"]) == (2, 0)
    assert [picture["other_names"] for picture in table["pictures"]] == [["links/hard.png"], ["links/soft.png"]]
    with (linked / "imagecluster" / "clusters.csv").open(newline="") as lines:
        assert [row["other_names"] for row in csv.DictReader(lines)] == ["links/hard.png", "links/soft.png"]
    assert "a.png (also links/hard.png)" in (linked / "imagecluster" / "clusters.html").read_text()
    assert main(["info", str(linked)]) == 0
    assert "a.png: also links/hard.png" in capsys.readouterr().out
    assert main(["info", "--json", str(linked)]) == 0
    assert json.loads(capsys.readouterr().out)["other_names"][0]["names"] == ["links/hard.png"]


@posix
def test_names_come_and_go(linked):
    """A link that is removed is no name any more; a link whose file is gone is a skip."""
    plain = Settings(links="none", page=False)
    assert run(linked, plain).other_names == {"a.png": ("links/hard.png",), "b.png": ("links/soft.png",)}
    (linked / "links" / "hard.png").unlink()
    (linked / "b.png").rename(linked / "c.png")
    result = run(linked, plain)
    assert (result.other_names, result.n_reused, len(result.skips)) == ({}, 2, 1)
    with Store.open(linked / "imagecluster", writable=False) as store:
        assert store.other_names() == {}


@posix
def test_the_report_of_one_file_twice(photos, tmp_path):
    """Two pictures, whatever links there are."""
    for name in ("a.jpg", "b.jpg"):
        shutil.copyfile(photos / "reports" / "one-file-twice-is-no-copy" / name, tmp_path / name)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "hard.jpg").hardlink_to(tmp_path / "a.jpg")
    (tmp_path / "links" / "soft.jpg").symlink_to("../b.jpg")
    (tmp_path / "links" / "loop").symlink_to("..")
    result = run(tmp_path, Settings(sim=1, links="none", page=False))
    assert (result.n_scanned, len(result.clusters.clusters)) == (2, 0)


def test_the_report_of_pictures_passed_over_in_silence(photos, tmp_path, capsys):
    """A JPEG called .insp is read, and a line names every other file that shows something."""
    shutil.copytree(
        photos / "reports" / "pictures-passed-over-in-silence", tmp_path / "pics", copy_function=shutil.copyfile
    )
    assert main([str(tmp_path / "pics"), "--db", str(tmp_path / "db")]) == 0
    printed = capsys.readouterr()
    assert "4 scanned = 3 fingerprinted + 0 reused + 1 skipped" in printed.out
    assert "photo.jxl" in printed.err
    assert "3 files that look like pictures (1 without suffix, 1 .download, 1 .jpg_large)" in printed.out


def test_a_run_says_what_it_did_not_look_at(tmp_path, capsys):
    """Videos, drawings and other files by suffix, and folders that were left out by reason; --json has the numbers."""
    draw(tmp_path / "pics" / "a.png", 1)
    for name in ("b.mp4", "c.MOV", "d.svg", "e.xcf", "f.txt", "@eaDir/a.png", ".Trash-0/b.png"):
        (tmp_path / "pics" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pics" / name).write_bytes(b"x")
    given = [str(tmp_path / "pics"), "--db", str(tmp_path / "db"), "--links", "none", "--no-page"]
    assert main(given) == 0
    lines = capsys.readouterr().out.splitlines()[-5:]
    assert lines == [
        "left out: previews of other programs (1), trash (1)",
        "not read: 1 picture (1 .xcf); convert to PNG or JPEG",
        "not read: 1 drawing (1 .svg); export as PNG",
        "not read: 2 videos (1 .mov, 1 .mp4)",
        "ignored: 1 other file (1 .txt)",
    ]
    assert main([*given, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ignored"] == {".mov": 1, ".mp4": 1, ".svg": 1, ".txt": 1, ".xcf": 1}
    assert found["left_out"] == {"previews of other programs": 1, "trash": 1}


def test_a_plot_of_ours_is_a_skip(tmp_path):
    """A plot that was saved into the collection is known by its mark, also under another name."""
    figure = pytest.importorskip("matplotlib.figure").Figure()
    draw(tmp_path / "a.png", 1)
    save_figure(figure, tmp_path / "plot.png")
    (tmp_path / "plot.png").rename(tmp_path / "IMG_0001.png")
    result = run(tmp_path, Settings(links="none", page=False))
    assert [(skip.path.name, skip.reason) for skip in result.skips] == [
        ("IMG_0001.png", "a plot by imagecluster, not a picture of the collection")
    ]
    assert (result.n_scanned, result.n_fingerprinted) == (2, 1)
