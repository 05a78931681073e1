"""`imagecluster models`."""

import hashlib
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.embed.speed import measure_speed
from imagecluster.models import ALIASES, DEFAULT_MODEL, MODELS, QUALITY, PublishedSource, find_model
from onnx_samples import write_encoder

pytestmark = pytest.mark.usefixtures("no_weights_of_this_machine")


@pytest.fixture
def published(tmp_path, monkeypatch):
    """VGG16 declared with a small file at an address where nothing answers."""
    source = PublishedSource("http://127.0.0.1:9/net.h5", "net.h5", "md5:" + hashlib.md5(b"net").hexdigest(), 3)
    monkeypatch.setitem(MODELS, "vgg16", replace(MODELS["vgg16"], source=source))
    return tmp_path / "models" / "net.h5"


def entries(capsys):
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}


def test_the_list_tells_what_is_here_and_what_would_be_fetched(capsys):
    """Every model with dimensions, size and licence; a line each, in 100 columns. Unknown figures are dashes."""
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split() == ["model", "dims", "MB", "ms", "mAP", "objects", "kinds", "copies", "licence", "here"]
    aliased = {real: alias for alias, real in ALIASES.items()}
    assert [line.split()[0] for line in lines[1 : lines.index("")]] == [aliased.get(name, name) for name in MODELS]
    assert f"best: {ALIASES['best']}, compared by both." in lines
    assert all(len(line) <= 100 for line in lines[: lines.index("")])
    lite0 = next(line for line in lines if line.startswith("efficientnet-lite0 "))
    assert lite0.split() == ["efficientnet-lite0", "1280", "3.8", "-", "0.993", "0.491", "0.989", "Apache-2.0", "yes"]
    vgg16 = next(line for line in lines if line.startswith("vgg16 "))
    assert vgg16.split() == ["vgg16", "4096", "553.5", "-", "-", "-", "-", "CC-BY-4.0", "on", "first", "use"]
    assert main(["models", "--paths"]) == 0
    places = capsys.readouterr().out
    assert "efficientnet-lite1-regions-int8.onnx\n" in places
    assert "not here; downloaded on first use from https://storage.googleapis.com/" in places


def test_a_speed_is_measured_on_request_and_remembered(tmp_path, monkeypatch, capsys):
    """Of one model, or of all that are here; the next list has it. Joint models are measured and not listed."""
    file = write_encoder(tmp_path / "net.onnx", {"embedding": (2, 24)})
    small = find_model(str(file), preprocess="clip,size=32")
    for name in ("one", "two"):
        monkeypatch.setitem(MODELS, name, replace(small, name=name))
    monkeypatch.setattr("imagecluster.embed.speed.measure_speed", partial(measure_speed, at_least_s=0.001))
    assert main(["models", "--measure", "one", "--json"]) == 0
    speeds = {name: entry["ms_per_picture"] for name, entry in entries(capsys).items()}
    assert speeds["one"] >= 0 and speeds["two"] is speeds[DEFAULT_MODEL] is None
    monkeypatch.setattr("imagecluster.models.model_names", lambda: ("one", "two", "vgg16"))
    assert main(["models", "--measure", "--json"]) == 0
    speeds = {name: entry["ms_per_picture"] for name, entry in entries(capsys).items()}
    assert speeds["two"] >= 0 and speeds["vgg16"] is None
    assert main(["models", "--measure", "one+two"]) == 0
    assert "one+two: " in capsys.readouterr().err
    (tmp_path / "models" / "speeds.json").write_text("damaged")
    assert main(["models", "--json"]) == 0
    assert entries(capsys)["one"]["ms_per_picture"] is None


def test_figures_of_quality_are_those_of_the_docs():
    """The table and the pages cannot say different things."""
    docs = Path(__file__).parents[1] / "docs"
    pages = {section.split("`")[0]: section for section in (docs / "quality.md").read_text("utf-8").split("### `")}
    others = (docs / "models.md").read_text("utf-8")
    for identity, quality in QUALITY.items():
        figures = [f"{value:.4f}" for value in quality]
        if identity in pages:
            titles = ("objects (UKBench, four photographs each) ", "kinds of garment", "photograph, pooled")
            rows = [next(line for line in pages[identity].splitlines() if title in line) for title in titles]
            assert [row.split("|")[4].split()[0] for row in rows] == figures
        else:
            rows = [line for line in others.splitlines() if line.startswith(f"| `{identity.split('@')[0]}` | 0.")]
            assert rows
            assert [[cell.strip() for cell in row.split("|")[2:5]] for row in rows] == [figures] * len(rows)


def test_json_has_the_same_for_programs(capsys):
    """One object a model; exactly one is the default."""
    assert main(["models", "--json"]) == 0
    found = entries(capsys)
    assert [name for name, entry in found.items() if entry["default"]] == [DEFAULT_MODEL]
    assert found[DEFAULT_MODEL]["present"]
    assert not found["vgg16-fc1"]["present"]
    assert found["vgg16-fc1"]["path"] is None
    assert found["vgg16-fc1"]["size_bytes"] == 553_467_096


def test_a_file_that_was_put_there_is_found(published, capsys):
    """The way of a machine without network."""
    published.parent.mkdir()
    published.write_bytes(b"net")
    assert main(["models", "--fetch", "vgg16", "--json"]) == 0
    assert entries(capsys)["vgg16"]["path"] == str(published)


def test_fetching_without_network_fails_with_the_way_out(published, capsys, monkeypatch):
    """Exit code 1; the message has the address and the place."""
    from imagecluster.system import fetch

    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    assert main(["models", "--fetch", "vgg16"]) == 1
    error = capsys.readouterr().err
    assert "http://127.0.0.1:9/net.h5" in error
    assert str(published) in error


def test_weights_that_cannot_be_used_are_marked(tmp_path, capsys, monkeypatch):
    """A file named by the environment that is not there: the reason stands in the list, and the exit code is 1."""
    monkeypatch.setenv("IMAGECLUSTER_VGG16_WEIGHTS", str(tmp_path / "none.h5"))
    assert main(["models"]) == 1
    vgg16 = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("vgg16 "))
    assert f"FAIL there is no weight file {tmp_path / 'none.h5'}" in vgg16
