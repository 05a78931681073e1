"""`imagecluster duplicates`: what is printed, planned, carried out, taken back and remembered."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from copy_samples import copied, three_files, with_comment
from imagecluster.actions import facts_of
from imagecluster.cli import main
from imagecluster.functions import duplicates


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """One picture in three files, and three without copies; fingerprinted once."""
    folder = three_files(tmp_path_factory.mktemp("base") / "pics")
    duplicates(folder)
    return folder


@pytest.fixture
def pics(base, tmp_path, monkeypatch):
    """A copy of it in the working directory, which a test may change."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(base, tmp_path / "pics"))


def said(capsys, *arguments, code=0):
    """What a command prints to standard output and to standard error."""
    assert main(["duplicates", *map(str, arguments)]) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_groups_are_listed_with_the_one_kept_first_and_a_total(pics, capsys):
    """And what to do next, on standard error."""
    out, err = said(capsys, "pics")
    first, second, third, empty, total = out.splitlines()[:5]
    assert first.startswith("keep    ") and second.startswith("remove  ") and third.startswith("remove  ")
    assert "160 x 128, PNG" in first
    assert "the same bytes" in out or "the same pixels" in out
    assert empty == ""
    assert total.startswith("2 copies in 1 group, ") and total.endswith("(6 pictures looked at)")
    assert "imagecluster duplicates pics --plan plan.json" in err
    assert said(capsys, "pics", "-q")[1] == ""


def test_the_page_of_a_run_says_which_pictures_are_copies(pics, capsys):
    """Once they were searched for; again when a decision changes them, and never at the price of a search."""
    page = pics / "imagecluster" / "clusters.html"
    assert main(["run", "pics", "--links", "none", "-q"]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("(copy of ") == 2 * 3  # in the link's title, in the picture's text, and beside it
    assert "pictures · 2 copies · " in text
    before = page.stat().st_mtime_ns
    assert main(["run", "pics", "--links", "none", "-q"]) == 0
    assert page.stat().st_mtime_ns == before
    removed = next(line.split()[1] for line in said(capsys, "pics", "-q")[0].splitlines() if line.startswith("remove"))
    said(capsys, "pics", "--keep-all", pics / removed)
    assert main(["run", "pics", "--links", "none", "-q"]) == 0
    assert "copy of " not in page.read_text(encoding="utf-8")
    said(capsys, "pics", "--undo-decision")
    shutil.rmtree(pics / "imagecluster" / "copies")
    assert main(["run", "pics", "--links", "none", "-q"]) == 0
    assert "copy of " not in page.read_text(encoding="utf-8")


def test_json_is_one_object(pics, capsys):
    """And nothing else."""
    out, err = said(capsys, "pics", "--json")
    assert json.loads(out)["n_removable"] == 2
    assert err == ""


def test_what_is_not_looked_for_without_opencv_is_said(pics, capsys, monkeypatch):
    """In one line, with the command that installs it; what needs no look into pictures is found all the same."""
    monkeypatch.setattr("imagecluster.copies.planes.has_opencv", lambda: False)
    out, err = said(capsys, "pics")
    assert "2 copies in 1 group" in out
    assert "without OpenCV" in err and "pip install" in err and "opencv-python-headless" in err
    assert json.loads(said(capsys, "pics", "--json")[0])["complete"] is False
    assert "OpenCV" not in said(capsys, "pics", "--kinds", "identical,pixels")[1]


def test_a_plan_is_written_read_carried_out_and_taken_back(pics, capsys):
    """With the commands that are printed; all files are there again afterwards, and the plan may be written anew."""
    before = {path: path.read_bytes() for path in pics.rglob("*.png")}
    _, err = said(capsys, "pics", "--plan", "plan.json")
    assert "plan of 2 files in plan.json" in err
    assert "imagecluster duplicates pics --apply plan.json" in err
    said(capsys, "pics", "--plan", "plan.json")
    out, _ = said(capsys, "pics", "--apply", "plan.json", "--to", "away")
    assert f"2 files moved to {Path('away').absolute()}" in out
    assert "imagecluster undo pics 1" in out
    assert len({*pics.rglob("*.png")} - {*pics.rglob("imagecluster/**")}) == len(before) - 2
    assert sum(1 for _ in Path("away").rglob("*.png")) == 2
    out, _ = said(capsys, "pics", "--apply", "plan.json", "--to", "away")
    assert "2 files had been done before" in out
    assert said(capsys, "pics")[0].startswith("nothing to remove among 4 pictures")
    assert main(["undo", "pics"]) == 0
    assert {path: path.read_bytes() for path in pics.rglob("*.png")} == before


def test_what_has_changed_since_the_plan_is_left_and_named(pics, capsys):
    """The others are done."""
    said(capsys, "pics", "--plan", "plan.json", "--reference", "pics/a.png")
    with_comment(pics / "c.png", pics / "c.png", "changed")
    out, _ = said(capsys, "pics", "--apply", "plan.json", "--to", "away")
    assert "left: c.png: " in out
    assert "1 file moved to " in out
    assert (pics / "c.png").exists() and not (pics / "sub" / "b.png").exists()


def test_the_file_that_stays_may_be_another_only_if_it_shows_the_same(pics, capsys):
    """A plan may be edited: pictures that were not compared for it are compared then, and others are left."""
    said(capsys, "pics", "--plan", "plan.json", "--reference", "pics/a.png")
    values = json.loads(Path("plan.json").read_text())
    (step,) = (step for step in values["steps"] if step["file"] == "c.png")
    values["steps"] = [{**step, "keep": "single_1.png"}]
    values["files"]["single_1.png"] = _facts(pics / "single_1.png")
    Path("plan.json").write_text(json.dumps(values))
    out, _ = said(capsys, "pics", "--apply", "plan.json", "--to", "away", code=1)
    assert "left: c.png: it is not known to be the same picture as single_1.png" in out
    assert "they do not show the same" in out and (pics / "c.png").exists()
    values["steps"] = [{**step, "keep": "sub/b.png"}]
    values["files"]["sub/b.png"] = _facts(pics / "sub" / "b.png")
    Path("plan.json").write_text(json.dumps(values))
    assert "1 file moved to" in said(capsys, "pics", "--apply", "plan.json", "--to", "away")[0]
    assert not (pics / "c.png").exists() and (pics / "sub" / "b.png").exists()


def _facts(path):
    """What a plan says of a file."""
    found = facts_of(path)
    return {"size_bytes": found.size_bytes, "mtime_ns": found.mtime_ns, "hash": found.content_hash.hex()}


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_plan_is_carried_out_only_for_the_folder_for_which_it_was_made(pics, tmp_path, capsys):
    """Otherwise the journal would be in another folder, where nobody looks for it; by a link it is the same folder."""
    said(capsys, "pics", "--plan", "plan.json")
    other = shutil.copytree(pics, tmp_path / "other")
    files = sorted(pics.rglob("*"))
    out, err = said(capsys, other, "--apply", "plan.json", "--to", "aside", code=2)
    assert out == "" and "is about" in err and str(pics) in err and str(other) in err
    assert sorted(pics.rglob("*")) == files
    (tmp_path / "link").symlink_to(pics)
    said(capsys, "link", "--apply", "plan.json", "--to", "aside")


def test_files_may_be_named_as_they_are_printed(pics, capsys):
    """Inside the collection, or as a shell completes them from the working folder; also of an undo."""
    printed = said(capsys, "pics", "--why", "sub/b.png")[0]
    assert printed == said(capsys, "pics", "--why", "pics/sub/b.png")[0] and "sub/b.png" in printed
    for name in ("sub/b.png", "pics/sub/b.png"):
        said(capsys, "pics", "--plan", "plan.json", "--reference", "pics/a.png")
        said(capsys, "pics", "--apply", "plan.json", "--to", "away")
        assert not (pics / "sub" / "b.png").exists()
        assert main(["undo", "pics", name]) == 0 and (pics / "sub" / "b.png").exists()
        main(["undo", "pics"])


def test_nothing_is_moved_to_a_place_where_it_would_be_found_again(pics, tmp_path, capsys):
    """The next search could keep what was set aside, and propose what had stayed; also by a link to the folder."""
    said(capsys, "pics", "--plan", "plan.json")
    (tmp_path / "link").symlink_to(pics)
    for aside in ("pics/aside", "link/aside", "pics"):
        _, err = said(capsys, "pics", "--apply", "plan.json", "--to", aside, code=1)
        assert "where the next search would find the files again" in err
    assert not (pics / "aside").exists()


def test_files_with_the_same_bytes_can_become_links(pics, capsys):
    """And only these."""
    said(capsys, "pics", "--plan", "plan.json", "--reference", "pics/a.png")
    out, _ = said(capsys, "pics", "--apply", "plan.json", "--link", "hard")
    assert (pics / "a.png").samefile(pics / "sub" / "b.png")
    assert "1 file replaced by hard links" in out
    assert "left: c.png: " in out


def test_a_file_that_is_no_plan_is_not_replaced(pics, capsys):
    """Nothing is looked for before that is known."""
    Path("mine.json").write_text("{}")
    _, err = said(capsys, "pics", "--plan", "mine.json", code=1)
    assert "is not a plan of imagecluster" in err
    assert Path("mine.json").read_text() == "{}"


def test_decisions_are_remembered_and_taken_back(pics, capsys):
    """Each says what it means."""
    out, _ = said(capsys, "pics", "--best", "pics/sub/b.png")
    assert "sub/b.png is the one to keep of its 3 files" in out
    assert said(capsys, "pics")[0].startswith("keep    sub/b.png")
    out, _ = said(capsys, "pics", "--not-duplicates", "pics/c.png", "pics/a.png")
    assert "are not shown as copies of each other again" in out
    assert "c.png" not in said(capsys, "pics")[0]
    said_why = said(capsys, "pics", "--why", "pics/a.png", "pics/c.png")[0]
    assert "you decided that they are not copies of each other" in said_why
    # The same bytes are another file of the same picture, so that it is named with it.
    out = said(capsys, "pics", "--undo-decision")[0]
    assert "taken back: c.png and a.png, sub/b.png are not copies of each other" in out
    assert "decided" not in said(capsys, "pics", "--why", "pics/c.png", "pics/single_1.png")[0]
    assert "c.png" in said(capsys, "pics")[0]
    out, _ = said(capsys, "pics", "--keep-all", "pics/a.png")
    assert "all 3 files of this group are kept" in out
    out, err = said(capsys, "pics")
    assert out.startswith("nothing to remove")
    assert "1 group that you decided to keep is not shown (--all)" in err
    assert "you decided to keep all of these" in said(capsys, "pics", "--all")[0]
    copied(pics / "a.png", pics / "third.png")
    assert said(capsys, "pics", "-q")[0].splitlines()[-1].startswith("1 copy in 1 group")
    assert "you decided to keep both" in said(capsys, "pics", "--why", "pics/a.png", "pics/c.png")[0]
    with_comment(pics / "c.png", pics / "c.png", "edited since")
    out = said(capsys, "pics", "--undo-decision")[0]
    assert "taken back: all of a group of 3 files are kept: a.png, c.png, sub/b.png, third.png" in out
    out = said(capsys, "pics", "--why", "pics/c.png", "pics/sub/b.png")[0]
    assert "you chose sub/b.png as the best of its group" in out
    assert "taken back: sub/b.png is the best of its group" in said(capsys, "pics", "--undo-decision")[0]
    _, err = said(capsys, "pics", "--undo-decision", code=2)
    assert "there is no decision about copies to take back" in err


def test_why_explains_a_group_and_a_pair(pics, capsys):
    """Also of files without a group."""
    out, _ = said(capsys, "pics", "--why", "pics/a.png")
    assert "the same pixels; only metadata or a lossless save differs" in out
    assert out.count(".png") == 3
    out, _ = said(capsys, "pics", "--why", "pics/a.png", "pics/c.png")
    assert "a.png and c.png: pixels" in out
    assert "has no copies here" in said(capsys, "pics", "--why", "pics/single_1.png")[0]
    out, _ = said(capsys, "pics", "--why", "pics/single_1.png", "pics/single_2.png")
    assert "were not found to be the same picture" in out


@pytest.mark.parametrize(
    ("typed", "code", "what"),
    [
        ("pics --kinds same", 2, "'same' is not one of file, identical, pixels, copy, altered, shot, all"),
        ("pics --keep biggest", 2, "biggest"),
        ("pics --reference none", 1, "there is no file or folder 'none'"),
        ("pics --apply none.json", 1, "there is no plan 'none.json'; write one with --plan"),
        ("pics --apply pics/a.png", 2, "pics/a.png"),
        ("pics --keep folder:nowhere", 1, "there is no folder of the rule 'folder':"),
        ("pics --not-duplicates pics/a.png pics/a.png", 2, "was given twice"),
        ("pics --to away", 2, "write a plan with --plan first, then --apply it"),
        ("pics --link hard", 2, "write a plan with --plan first, then --apply it"),
        ("pics --carry-over", 2, "give --plan FILE too"),
        ("pics --plan a.json --apply a.json", 2, "give one of them"),
        ("pics --plan a.json --why pics/a.png", 2, "--why is about one group, and --plan about all of them"),
        ("pics --why pics/a.png pics/c.png pics/single_1.png", 2, "--why got 3 files; give one or two"),
        ("pics --keep-all none.png", 1, "there is no file or folder 'none.png'"),
        ("pics --keep-all pics/single_1.png", 1, "single_1.png has no copies here, so there is nothing to decide"),
        ("pics --best pics", 1, "'pics' is a folder; name a picture"),
        ("pics --not-duplicates pics/a.png pics/sub/b.png", 2, "have the same bytes, so they are copies"),
        ("none", 1, "there is no file or folder 'none'"),
        ("pics --plan none/plan.json", 1, "there is no folder 'none'"),
        ("pics --not-duplicates pics/a.png", 2, "expected 2 arguments"),
    ],
)
def test_a_wrong_command_line_is_answered_in_one_line(pics, typed, code, what, capsys):
    """With what is wrong and what to do; no file is touched."""
    Path("a.json").write_text("{}")
    before = {path: path.stat().st_mtime_ns for path in pics.rglob("*.png")}
    try:
        found = main(["duplicates", *typed.split(" ")])
    except SystemExit as exit_:
        found = exit_.code
    printed = capsys.readouterr()
    assert (found, printed.out) == (code, "")
    (line,) = printed.err.splitlines()
    assert what in line
    assert {path: path.stat().st_mtime_ns for path in pics.rglob("*.png")} == before
