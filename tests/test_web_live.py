"""Corrections, exports and runs while the viewer is open."""

import http.client
import json
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings, opening
from imagecluster.functions.running import run
from imagecluster.store import Store
from imagecluster.store.layout import DATABASE_NAME
from imagecluster.system.progress import Progress
from imagecluster.web import post_requests, viewer_session
from imagecluster.web.guard import Rules
from pictures import draw, draw_groups
from waiting import wait_until
from web_samples import TOKEN, served


@pytest.fixture
def folder(tmp_path):
    root = draw_groups(tmp_path / "pics")
    run([root], Settings(links="none"))
    return root


def names_of(client):
    return client.data(f"names.json?from=0&to={client.state()['n']}").json()


def of_command_line(root):
    """What `imagecluster PATH` writes now."""
    return json.loads(run([root], Settings(links="none", page=False)).outputs.json.read_text())


def test_corrections_are_seen_kept_and_taken_back(folder):
    """Name, move, hide, undo and redo; found again after a restart, and by the command line."""
    with served(folder) as client:
        names = names_of(client)

        def ids(*wanted):
            return [names.index(name) for name in wanted]

        assert client.edit({"kind": "name", "ids": ids("1_0.png", "1_1.png"), "name": " Coast "}).status == 200
        assert client.edit({"kind": "move", "ids": ids("0_0.png"), "to": ids("1_0.png")}).status == 200
        answer = client.edit({"kind": "hide", "ids": ids("2_0.png")}).json()
        kinds = [(edit["kind"], edit.get("name")) for edit in answer["corrections"]["edits"]]
        assert kinds == [("name", "Coast"), ("move", None), ("hide", None)]
        contents = answer["corrections"]["contents"]
        named = [contents[number] for number in answer["corrections"]["edits"][0]["pictures"]]
        assert sorted(named) == sorted([[i] for i in ids("1_0.png", "1_1.png")])
        assert client.get("/api/edits").json()["version"] == answer["version"] == 3
        corrected = of_command_line(folder)
        (coast,) = [cluster for cluster in corrected["clusters"] if cluster["name"]]
        assert coast["name"] == "Coast"
        assert sorted(coast["members"]) == ["0_0.png", "1_0.png", "1_1.png", "1_2.png"]
        assert corrected["hidden"] == ["2_0.png"]
        assert client.post("/api/edits", {"undo": True}).json()["redo"]["kind"] == "hide"
        assert of_command_line(folder)["hidden"] == []
        answer = client.post("/api/edits", {"redo": True}).json()
        assert (answer["redo"], answer["version"]) == (None, 5)
        assert of_command_line(folder) == corrected
        mark = answer["undo"]["mark"]
        assert (answer["undo"]["kind"], answer["undo"]["n"]) == ("hide", 1)
        assert client.post("/api/edits", {"undo": mark}).json()["redo"]["mark"] == mark
        assert client.post("/api/edits", {"undo": mark}).json()["refused"] == "it was undone already"
        assert "refused" not in client.post("/api/edits", {"redo": mark}).json()
        for n_left in (2, 1, 0):
            assert len(client.post("/api/edits", {"undo": True}).json()["corrections"]["edits"]) == n_left
        assert client.post("/api/edits", {"undo": True}).status == 400
        for _ in range(3):
            client.post("/api/edits", {"redo": True})
    draw(folder / "1_7.png", 1, size=(190, 150))
    (named,) = [cluster for cluster in of_command_line(folder)["clusters"] if cluster["name"]]
    assert sorted(named["members"]) == ["0_0.png", "1_0.png", "1_1.png", "1_2.png", "1_7.png"]
    with served(folder) as client:
        kept = client.get("/api/edits").json()["corrections"]["edits"]
        assert [edit["kind"] for edit in kept] == ["name", "move", "hide"]


@pytest.mark.parametrize(
    "record",
    [None, [], {}, {"kind": "explode"}, {"kind": "hide"}, {"kind": "hide", "ids": []}, {"kind": "hide", "ids": [9]},
     {"kind": "hide", "ids": [-1]}, {"kind": "hide", "ids": ["0"]}, {"kind": "hide", "ids": [True]},
     {"kind": "hide", "ids": [0.0]}, {"kind": "name", "ids": [0], "name": "a\nb"}, {"kind": "name", "ids": [0]},
     {"kind": "name", "ids": [0], "name": "x" * 300}, {"kind": "apart", "a": [0], "b": [0]},
     {"kind": "move", "ids": [0], "to": [0]}, {"kind": "apart", "a": [0]}],
)  # fmt: skip
def test_a_correction_without_sense_is_refused(shared_client, record):
    """And nothing is kept."""
    answer = shared_client.edit(record)
    assert answer.status == 400
    assert answer.json()["error"]
    assert shared_client.get("/api/edits").json()["version"] == 0


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory):
    """A viewer that no test writes to."""
    root = draw_groups(tmp_path_factory.mktemp("shared") / "pics")
    run([root], Settings(links="none"))
    with served(root) as client:
        yield client


def test_ids_of_another_snapshot_correct_nothing(folder, monkeypatch):
    """The same number is another picture there: a correction must say which snapshot it means."""
    monkeypatch.setattr(viewer_session, "_LOOK_EVERY_S", 0.05)
    hide = {"record": {"kind": "hide", "ids": [0]}}
    with served(folder) as client:
        assert client.post("/api/edits", {"snapshot": "0123456789abcdef", **hide}).status == 410
        assert client.post("/api/edits", {"snapshot": 5, **hide}).status == 400
        assert client.post("/api/edits", hide).status == 400
        before, first = client.state()["snapshot"], names_of(client)[0]
        for number in range(3):
            draw(folder / f"new{number}.png", 9 + number)
        run([folder], Settings(links="none", page=False))
        wait_until(lambda: client.state()["n"] == 12)
        assert client.post("/api/reveal", {"id": 0}).status == 400
        assert client.get("/api/edits").json()["corrections"]["edits"] == []
        assert client.post("/api/edits", {"snapshot": before, **hide}).status == 200
        corrections = client.get("/api/edits").json()["corrections"]
        assert [names_of(client)[picture] for picture in corrections["contents"][0]] == [first]
        assert of_command_line(folder)["hidden"] == [first]


def test_exports_hold_corrections(folder):
    """The files that the command line writes, at the similarity that is seen."""
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    with served(folder) as client:
        names = names_of(client)
        client.edit({"kind": "name", "ids": [names.index("2_0.png")], "name": "Sea"})
        client.edit({"kind": "hide", "ids": [names.index("0_0.png")]})
        paths = {}
        for kind in ("links", "csv", "json", "parquet", "page"):
            answer = client.post("/api/export", {"kind": kind, "sim": 0.5, "min_size": 2})
            assert answer.status == 200
            paths[kind] = Path(answer.json()["path"])
        content = json.loads(paths["json"].read_text())
        assert [(c["size"], c["name"]) for c in content["clusters"]] == [(4, "Sea"), (3, "")]
        assert content["hidden"] == ["0_0.png"]
        links = (paths["links"] / "Sea").iterdir()
        assert sorted(link.name for link in links) == [f"2_{i}.png" for i in range(4)]
        rows = pyarrow.parquet.read_table(paths["parquet"]).to_pylist()
        assert len(rows) == 8
        assert {row["name"] for row in rows if row["path"].startswith("2_")} == {"Sea"}
        assert {row["cluster"] for row in rows if row["path"] == "0_1.png"} == {None}
        assert len(paths["csv"].read_text().splitlines()) == 9
        assert "Sea" in paths["page"].read_text()
        for wrong in (
            {"kind": "exe", "sim": 0.5},
            {"kind": ["csv"], "sim": 0.5},
            {"kind": "csv"},
            {"kind": "csv", "sim": 2},
            {"kind": "csv", "sim": "1"},
            {"kind": "csv", "sim": 0.5, "min_size": 0},
        ):
            assert client.post("/api/export", wrong).status == 400
        with Store.open(folder / "imagecluster"):
            busy = client.post("/api/export", {"kind": "csv", "sim": 0.5})
        assert busy.status == 409
        assert "another run is writing" in busy.json()["error"]


def test_a_picture_is_shown_in_the_file_manager_of_this_machine_alone(folder, monkeypatch):
    """With its path as one argument and no shell; not for those who come over the network."""
    called = []
    monkeypatch.setattr(post_requests.subprocess, "Popen", lambda command, **_: called.append(command))
    monkeypatch.setattr(post_requests.shutil, "which", lambda name: "/usr/bin/" + name)
    with served(folder) as client:
        key = client.state()["snapshot"]
        assert client.post("/api/reveal", {"snapshot": key, "id": 0}).status == 200
        assert client.post("/api/reveal", {"snapshot": key, "id": 9}).status == 404
        assert client.post("/api/reveal", {"snapshot": key, "id": "../.."}).status == 404
    assert len(called) == 1
    assert str(folder) in called[0][-1]
    with served(folder, rules=Rules(token=TOKEN, can_reveal=False)) as client:
        answer = client.post("/api/reveal", {"snapshot": client.state()["snapshot"], "id": 0})
        assert answer.status == 403
    assert len(called) == 1


def events(client, kinds, *, until):
    """Events of a stream, as (kind, data), until one of them makes `until` true."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.request("GET", "/api/events", headers={"Host": f"127.0.0.1:{client.port}"})
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    found, kind = [], ""
    for line in answer:
        text = line.decode().strip()
        if text.startswith("event: "):
            kind = text[7:]
        elif text.startswith("data: "):
            found.append((kind, json.loads(text[6:])))
            if until(*found[-1]):
                break
    connection.close()
    return found


def test_a_folder_that_was_never_sorted_is_sorted_in_the_page(tmp_path, monkeypatch):
    """Progress and the pictures so far come as events; no outputs are written, and thumbnails are there."""
    root = draw_groups(tmp_path / "pics", (3, 3))
    gate = threading.Event()
    original = opening.fingerprint_scan

    def in_two_parts(found, store, model, settings, **more):
        progress = more["progress"]
        half = type(found)(found.files[:4], (), {})
        original(half, store, model, settings, **more)
        progress(Progress("fingerprints", 4, 6))
        gate.wait(60)
        return original(found, store, model, settings, **more)

    monkeypatch.setattr(opening, "fingerprint_scan", in_two_parts)
    monkeypatch.setattr(viewer_session, "_PICTURES_EVERY_S", 0.0)
    monkeypatch.setattr(viewer_session, "_REST", 0.0)
    with served(root) as client:
        wait_until(lambda: client.state()["n"] == 4)
        state = client.state()
        assert state["provisional"]
        assert state["run"]["running"]
        assert state["run"]["stage"] == "fingerprints"
        assert client.data("curve").json()["n_grouped"][1:] == [0] * 255
        assert client.data("thumb/0").headers["Content-Type"] == "image/jpeg"
        export = client.post("/api/export", {"kind": "csv", "sim": 0.5})
        assert export.status == 409
        gate.set()
        seen = events(client, ("snapshot",), until=lambda kind, data: kind == "snapshot" and client.state()["n"] == 6)
        wait_until(lambda: not client.state()["run"]["running"])
        wait_until(lambda: not client.state()["provisional"])
        assert {"run", "snapshot", "edits"} <= {kind for kind, _ in seen}
        assert client.data("curve").json()["n_clusters"][128] == 2
    assert not (root / "imagecluster" / "clusters.json").exists()


def test_a_run_elsewhere_refreshes_the_page(folder, monkeypatch):
    """The former snapshot still answers, so that a page has time to change over."""
    monkeypatch.setattr(viewer_session, "_LOOK_EVERY_S", 0.05)
    with served(folder) as client:
        before = client.state()["snapshot"]
        draw(folder / "new.png", 9)
        run([folder], Settings(links="none", page=False))
        wait_until(lambda: client.state()["n"] == 10)
        assert client.state()["snapshot"] != before
        assert client.get(f"/api/{before}/order.bin").status == 200
        assert len(client.get(f"/api/{before}/order.bin").content) == 4 * 9


def test_update_looks_for_new_pictures_first(folder):
    """What is there is shown at once; outputs of earlier runs stay as they are."""
    table = (folder / "imagecluster" / "clusters.json").read_bytes()
    draw(folder / "new.png", 9)
    with served(folder) as client:
        assert client.state()["n"] == 9
    with served(folder, update=True) as client:
        wait_until(lambda: client.state()["n"] == 10)
        wait_until(lambda: not client.state()["run"]["running"])
        assert not client.state()["provisional"]
    assert (folder / "imagecluster" / "clusters.json").read_bytes() == table


def test_pictures_without_a_dendrogram_are_clustered(folder):
    """A database whose dendrograms were removed shows its pictures, then its clusters."""
    for file in (folder / "imagecluster" / "dendrograms").iterdir():
        file.unlink()
    with served(folder, rules=Rules(token=TOKEN, read_only=True)) as client:
        assert client.state()["provisional"]
    with served(folder) as client:
        wait_until(lambda: not client.state()["provisional"])
        assert client.state()["n"] == 9


def test_the_slider_means_what_it_meant_in_the_latest_run(folder):
    """The scale of the run, and the original's where the run is from before there were two."""
    with served(folder) as client:
        assert client.session.snapshot().scale.name == "calibrated"
    with sqlite3.connect(folder / "imagecluster" / DATABASE_NAME) as connection:
        ((kept,),) = connection.execute("SELECT settings FROM runs ORDER BY rowid DESC LIMIT 1").fetchall()
        settings = {name: value for name, value in json.loads(kept).items() if name != "sim_scale"}
        connection.execute("UPDATE runs SET settings = ?", (json.dumps(settings),))
    connection.close()
    with served(folder) as client:
        state = client.state()
        assert client.session.snapshot().scale.name == "relative"
        assert state["scale"] == {"heights": [0.0, state["largest_distance"]], "sims": [1.0, 0.0]}
        client.post("/api/export", {"kind": "json", "sim": 0.4, "min_size": 2})
        written = json.loads((folder / "imagecluster" / "clusters.json").read_text())
        assert written["sim_scale"] == "relative"
        assert written["cut_height"] == state["largest_distance"] * 0.6


def test_another_folders_database_is_not_filled_with_this_one(folder, tmp_path):
    """Pictures of other folders would be marked as gone."""
    other = draw_groups(tmp_path / "other", (2,))
    with served(other, folder / "imagecluster", update=True) as client:
        assert "view that folder" in wait_until(lambda: client.state()["run"]["error"])
        assert client.state()["n"] == 9
    with Store.open(folder / "imagecluster", writable=False) as store:
        assert store.info().n_gone == 0


def test_what_went_wrong_is_said_in_the_page(tmp_path, folder):
    """A folder that was never sorted under a read-only viewer, and a database that somebody writes to."""
    bare = draw_groups(tmp_path / "bare", (2,))
    with served(bare, rules=Rules(token=TOKEN, read_only=True)) as client:
        assert "not been clustered" in wait_until(lambda: client.state()["run"]["error"])
        assert client.state()["n"] == 0
    with Store.open(folder / "imagecluster"), served(folder, update=True) as client:
        assert "another run is writing" in wait_until(lambda: client.state()["run"]["error"])
        assert client.state()["n"] == 9


def test_the_command_prints_its_address_and_ends_on_ctrl_c(folder):
    """A real process: the page is there as soon as the address is."""
    command = [sys.executable, "-m", "imagecluster", "view", str(folder), "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = re.match(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            connection = http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=60)
            connection.request("GET", "/")
            assert b"imagecluster-token" in connection.getresponse().read()
            connection.close()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 1, "no file or folder 'nowhere'"),
        (["PICS", "--model", "vgg99"], 1, "no model"),
        (["PICS", "--host", "0.0.0.0"], 2, "--allow-remote"),
        (["PICS", "--host", "0.0.0.0", "--allow-remote"], 2, "--password-file"),
        (["PICS", "--password-file", "nowhere"], 2, "cannot read the password"),
        (["PICS", "--update", "--read-only"], 2, "--read-only forbids"),
    ],
)
def test_wrong_usage_of_view(folder, arguments, code, message, capsys):
    """One line that says what to do."""
    given = [str(folder) if argument == "PICS" else argument for argument in arguments]
    assert main(["view", *given, "--no-browser"]) == code
    assert message in capsys.readouterr().err


def test_nothing_of_the_web_is_loaded_without_need():
    """`imagecluster --help`, and the run itself, import no server."""
    modules = "imagecluster.collection, imagecluster.cli.commands.run, imagecluster.cli.commands.view"
    code = f"import {modules}, sys; print(sorted(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "starlette" not in found
    assert "uvicorn" not in found
