"""`imagecluster actions` and `imagecluster undo`, and the functions of the same work."""

import json
import os
import shutil
import sys

import pytest

import imagecluster
from action_samples import plan, step, tree
from imagecluster.actions import write_plan
from imagecluster.cli import main
from imagecluster.cli.acted import applied_text
from imagecluster.collection import Settings
from imagecluster.errors import ArgumentError, InputError
from imagecluster.functions.running import run
from pictures import draw_groups

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the trash of Linux")


@pytest.fixture(scope="module")
def sorted_once(tmp_path_factory):
    """A folder with a database."""
    folder = draw_groups(tmp_path_factory.mktemp("sorted") / "pics", (2, 2))
    run([folder], Settings(links="none", page=False))
    return folder


@pytest.fixture
def pics(sorted_once, tmp_path, monkeypatch):
    """A collection of four pictures, and the folder in which commands are typed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shutil.copytree(sorted_once, tmp_path / "pics")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pics"


def some(pics):
    """A plan for two of the pictures."""
    return plan(pics, step(pics / "0_0.png"), step(pics / "0_1.png"))


def test_what_was_done_is_listed_and_taken_back(pics, capsys):
    """Each command says what it did, in a line or two."""
    assert main(["actions", "pics"]) == 0
    assert capsys.readouterr().out == "nothing was done with files of this folder\n"
    before = tree(pics)
    applied = imagecluster.apply_plan(some(pics))
    assert main(["actions", "pics"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("1  20")
    assert line.endswith(" kB, to the trash\n")
    assert "2 files" in line
    assert main(["actions", "pics", "1"]) == 0
    assert f"  0_0.png: now {applied.done[0].now}\n" in capsys.readouterr().out
    assert main(["undo", "pics", "--dry-run"]) == 0
    assert capsys.readouterr().out == "action 1: 2 files would be back\n  0_1.png\n  0_0.png\n"
    assert main(["undo", "pics"]) == 0
    assert capsys.readouterr().out == "action 1: 2 files are back\n"
    after = tree(pics)
    assert {name: after[name] for name in before if name.endswith(".png")} == {
        name: kept for name, kept in before.items() if name.endswith(".png")
    }
    assert main(["actions", "pics"]) == 0
    assert capsys.readouterr().out.endswith("; undone\n")
    assert main(["undo", "pics", "1"]) == 2
    assert "action 1 was undone already" in capsys.readouterr().err


def test_single_files_are_named_from_here_or_from_the_collection(pics, capsys):
    """After the number, or alone."""
    imagecluster.apply_plan(some(pics))
    assert main(["undo", "pics", "1", "pics/0_0.png"]) == 0
    assert main(["undo", "pics", "0_1.png"]) == 0
    assert capsys.readouterr().out == "action 1: 1 file is back\n" * 2
    assert (pics / "0_0.png").exists()
    assert (pics / "0_1.png").exists()


def test_json_names_every_file(pics, capsys):
    """In the form that docs/output-formats.md describes."""
    imagecluster.apply_plan(some(pics), to=pics.parent / "aside")
    assert main(["actions", "pics", "--json"]) == 0
    (action,) = json.loads(capsys.readouterr().out)["actions"]
    assert action["to"] == str(pics.parent / "aside")
    assert action["files"][0] == {
        "path": str(pics / "0_0.png"),
        "parts": [],
        "now": str(pics.parent / "aside" / "0_0.png"),
        "kind": "rejected",
        "why": "as the test wants it",
        "size_bytes": (pics.parent / "aside" / "0_0.png").stat().st_size,
        "state": "done",
    }
    assert main(["undo", "pics", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [file["back"] for file in found["files"]] == [str(pics / "0_1.png"), str(pics / "0_0.png")]
    assert (found["number"], found["left"], found["dry_run"]) == (1, [], False)


def test_what_is_not_back_is_said_and_is_a_failure(pics, capsys):
    """With its reason; a name that was taken is said too."""
    applied = imagecluster.apply_plan(some(pics), to=pics.parent / "aside")
    applied.done[1].now.unlink()
    (pics / "0_0.png").write_bytes(b"taken")
    assert main(["undo", "pics"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "action 1: 1 file is back",
        "0_0.png has another name, 0_0-2.png, since its own is taken",
        f"left: 0_1.png: it is no longer at {applied.done[1].now}: it was moved or deleted, or the trash was emptied",
    ]


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("undo pics", 2, "there is nothing to undo"),
        ("undo pics 3", 2, "there is no action 3: nothing was done yet"),
        ("undo pics a.jpg 3", 2, "is not one number followed by files"),
        ("undo pics 3 4", 2, "a file whose name is a number is written ./4"),
        ("undo nowhere", 1, "there is no file or folder 'nowhere'"),
        ("actions nowhere", 1, "there is no file or folder 'nowhere'"),
        ("actions pics 3", 2, "there is no action 3; `imagecluster actions PATH` lists all"),
        ("actions pics x", 2, "'x' is not a whole number of 1 or more"),
        ("actions pics/imagecluster", 1, "is a database of imagecluster"),
        ("undo pics https://example.com/a.jpg", 2, "is an address"),
    ],
)
def test_a_wrong_command_line_is_answered_in_a_sentence(pics, capsys, typed, code, said):
    """And nothing is done."""
    try:
        found = main(typed.split())
    except SystemExit as error:
        found = error.code
    printed = capsys.readouterr()
    assert found == code
    assert said in printed.err
    assert printed.out == ""


def test_the_functions_take_plans_files_and_folders(pics):
    """A plan or its file; what contradicts itself is an error."""
    write_plan(some(pics), pics.parent / "plan.json")
    applied = imagecluster.apply_plan(pics.parent / "plan.json", to="aside")
    assert (pics.parent / "aside" / "0_0.png").exists()
    (record,) = imagecluster.list_actions(pics)
    assert record.number == applied.number
    assert len(imagecluster.undo(pics, files="0_0.png", dry_run=True).done) == 1
    assert len(imagecluster.undo(pics).done) == 2
    with pytest.raises(ArgumentError, match="give `link` or `to`, not both"):
        imagecluster.apply_plan(some(pics), to="aside", link="hard")
    with pytest.raises(ArgumentError, match="has no name"):
        imagecluster.apply_plan(some(pics), to="")
    assert imagecluster.apply_plan(some(pics), link="hard").number is None
    with pytest.raises(InputError, match="there is no database of imagecluster"):
        imagecluster.undo(pics, db=pics.parent / "none")


def test_what_was_done_is_told_with_the_way_back(pics):
    """Files with their parts, size, what was left, and the command that undoes it."""
    made = plan(pics, step(pics / "0_0.png", None, pics / "0_1.png"), step(pics / "1_0.png"))
    (pics / "1_0.png").unlink()
    text = applied_text(imagecluster.apply_plan(made), made, path=pics, to="trash")
    assert text.splitlines()[0].startswith("1 file and 1 that belong to them moved to the trash, ")
    assert text.splitlines()[1:] == [
        "left: 1_0.png: it is no longer there",
        f"undo with: imagecluster undo {os.fspath(pics)} 1",
    ]
