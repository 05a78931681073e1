"""Choices in the viewer's server: what the page says and hears of them, and the plan for rejected pictures."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from imagecluster.collection import Settings
from imagecluster.functions.running import run
from imagecluster.web import wire
from imagecluster.web.guard import Rules
from pictures import draw
from test_web_copies import files_of
from test_web_wire import misfits
from web_samples import TOKEN, served


@pytest.fixture
def folder(tmp_path):
    """Four pictures: two with the same bytes, one with a sidecar, one with a raw file's name beside it."""
    root = tmp_path / "pics"
    for seed, name in enumerate(("1.png", "2.png", "3.png")):
        draw(root / name, seed)
    (root / "b").mkdir()
    shutil.copy2(root / "1.png", root / "b" / "1.png")
    (root / "2.png.xmp").write_text("<x/>")
    run([root], Settings(links="none", page=False))
    return root


def ids_of(client, *names):
    """Ids of pictures by name."""
    state = client.get("/api/state").json()
    known = client.data(f"names.json?from=0&to={state['n']}").json()
    return [known.index(name) for name in names]


def say(client, **record):
    return client.post("/api/edits", {"snapshot": client.get("/api/state").json()["snapshot"], "record": record})


def plan(client, ids):
    return client.post("/api/choices/plan", {"snapshot": client.get("/api/state").json()["snapshot"], "ids": ids})


def test_choices_are_kept_and_told(folder):
    """Fates and stars come back by ids; equal files have their own; undo takes the last one back."""
    with served(folder) as client:
        one, other, two = ids_of(client, "1.png", "b/1.png", "2.png")
        assert say(client, kind="choose", keep=[one], reject=[other, two]).status == 200
        answer = say(client, kind="rate", ids=[two], stars=3).json()
        assert misfits(answer, wire.Edits) == []
        assert answer["choices"] == {"kept": [one], "rejected": sorted([other, two]), "stars": [[two, 3]]}
        assert answer["undo"]["kind"] == "rate" and answer["undo"]["n"] == 1
        client.post("/api/edits", {"undo": True})
        answer = client.post("/api/edits", {"undo": True}).json()
        assert answer["choices"] == {"kept": [], "rejected": [], "stars": []}
        assert answer["corrections"]["edits"] == []


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "choose"},
        {"kind": "choose", "keep": [99]},
        {"kind": "choose", "keep": "1"},
        {"kind": "choose", "keep": [0], "reject": [0]},
        {"kind": "rate", "ids": [0], "stars": 9},
        {"kind": "rate", "ids": [0]},
    ],
)
def test_wrong_choices_are_refused(folder, record):
    """Unknown pictures, and what is no choice."""
    with served(folder) as client:
        assert say(client, **record).status == 400
        assert client.get("/api/edits").json()["choices"]["kept"] == []


def test_rejected_pictures_go_with_their_parts_and_come_back(folder, tmp_path):
    """The plan names them and their sidecars; only they are moved; all of it is put back."""
    before = files_of(folder)
    with served(folder) as client:
        other, two = ids_of(client, "b/1.png", "2.png")
        say(client, kind="choose", reject=[other, two])
        found = plan(client, [other, two]).json()
        assert misfits(found, wire.PlanFacts) == []
        assert found["of"] == "rejected" and found["left"] == [] and found["n_parts"] == 1
        assert [(each["name"], each["parts"], each["keep"], each["why"]) for each in found["files"]] == [
            ("2.png", ["2.png.xmp"], "", "rejected"), ("b/1.png", [], "", "rejected"),
        ]  # fmt: skip
        assert files_of(folder) == before
        body = {"plan": found["plan"], "folder": str(tmp_path / "out")}
        outcome = client.post("/api/actions/apply", body).json()
        assert outcome["n_files"] == 2 and outcome["left"] == []
        assert files_of(folder) == {"1.png", "3.png"}
        client.post("/api/actions/undo", {"number": outcome["number"]})
        assert files_of(folder) == before


def test_the_last_of_equal_files_is_not_rejected_in_place_of_the_other(folder, tmp_path):
    """After a rejected file was moved away and the folder was sorted again, its equal is as open as before."""
    with served(folder) as client:
        (other,) = ids_of(client, "b/1.png")
        say(client, kind="choose", reject=[other])
        found = plan(client, [other]).json()
        client.post("/api/actions/apply", {"plan": found["plan"], "folder": str(tmp_path / "out")})
    run([folder], Settings(links="none", page=False))
    with served(folder) as client:
        assert client.get("/api/edits").json()["choices"] == {"kept": [], "rejected": [], "stars": []}


def test_what_has_changed_or_is_not_rejected_any_more_stays(folder):
    """A file that was edited since is left, with the reason; a list that is out of date is refused."""
    with served(folder) as client:
        one, two, three = ids_of(client, "1.png", "2.png", "3.png")
        say(client, kind="choose", reject=[one, two])
        assert plan(client, [one, three]).status == 410
        assert plan(client, ["1"]).status == 400
        Image.new("RGB", (9, 9)).save(folder / "2.png")
        (folder / "1.png").unlink()
        found = plan(client, [one, two]).json()
        assert found["files"] == []
        assert {each["name"]: each["reason"] for each in found["left"]} == {
            "1.png": "1.png: is no longer there",
            "2.png": "it has changed since imagecluster read it",
        }
    with served(folder, rules=Rules(TOKEN, read_only=True)) as client:
        assert plan(client, [one]).status == 403


def test_tables_say_what_was_chosen(folder):
    """Columns for all pictures once something was chosen for one; without that, no such columns."""
    table, facts, columns = (folder / "imagecluster" / f"clusters.{kind}" for kind in ("csv", "json", "parquet"))
    assert "choice" not in table.read_text() and "stars" not in facts.read_text()
    with served(folder) as client:
        one, other, two = ids_of(client, "1.png", "b/1.png", "2.png")
        say(client, kind="choose", keep=[one], reject=[other])
        say(client, kind="rate", ids=[one, two], stars=4)
        for kind in ("csv", "json", "parquet"):
            body = {"snapshot": "", "kind": kind, "sim": 0.5, "min_size": 2, "link": "", "own_cuts": []}
            assert client.post("/api/export", body).status == 200
    expected = {"1.png": ("keep", "4"), "2.png": ("", "4"), "3.png": ("", ""), "b/1.png": ("reject", "")}
    with table.open(newline="") as stream:
        assert {row["path"]: (row["choice"], row["stars"]) for row in csv.DictReader(stream)} == expected
    pictures = json.loads(facts.read_text())["pictures"]
    found = {each["path"]: (each.get("choice", ""), str(each.get("stars", ""))) for each in pictures}
    assert found == expected
    rows = pytest.importorskip("pyarrow.parquet").read_table(columns).to_pylist()
    assert {row["path"]: (row["choice"] or "", str(row["stars"] or "")) for row in rows} == expected


def test_sharpness_is_told_by_ids(folder):
    """One number for each picture, in the order of the request; wrong ids are refused."""
    for seed in range(3):
        rough = Image.effect_noise((60, 50), 90).resize((600, 500), Image.Resampling.NEAREST)
        rough.save(Path(folder, f"n{seed}.png"))
    run([folder], Settings(links="none", page=False))
    with served(folder) as client:
        ids = ids_of(client, "n0.png", "n1.png")
        answer = client.data(f"sharpness?ids={ids[0]},{ids[1]}").json()
        assert misfits(answer, wire.Sharpness) == []
        assert [value > 0.1 for value in answer["sharpness"]] == [True, True]
        assert client.data("sharpness?ids=").status == 404
        assert client.data("sharpness?ids=" + ",".join(["0"] * 61)).status == 400


def test_large_pictures_are_sent_at_the_size_of_a_screen(tmp_path):
    """Pictures of more than 2,048 pixels are made smaller; others are sent as they are."""
    root = tmp_path / "pics"
    root.mkdir()
    Image.effect_noise((2600, 1300), 60).save(root / "large.jpg")
    Image.effect_noise((300, 200), 60).save(root / "small.jpg")
    run([root], Settings(links="none", page=False))
    with served(root) as client:
        large, small = ids_of(client, "large.jpg", "small.jpg")
        assert client.data(f"screen/{small}").content == (root / "small.jpg").read_bytes()
        answer = client.data(f"screen/{large}")
        assert len(answer.content) < (root / "large.jpg").stat().st_size
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (2048, 1024)
