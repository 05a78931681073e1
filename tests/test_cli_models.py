"""`imagecluster models`."""

import hashlib
import json
from dataclasses import replace

import pytest

from imagecluster.cli import main
from imagecluster.models import DEFAULT_MODEL, MODELS, Published


@pytest.fixture(autouse=True)
def no_weights_of_this_machine(tmp_path, monkeypatch):
    """No file that a user has is found."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("IMAGECLUSTER_VGG16_WEIGHTS", raising=False)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """VGG16 declared with a small file at an address where nothing answers."""
    source = Published("http://127.0.0.1:9/net.h5", "net.h5", "md5:" + hashlib.md5(b"net").hexdigest(), 3)
    monkeypatch.setitem(MODELS, "vgg16", replace(MODELS["vgg16"], source=source))
    return tmp_path / "models" / "net.h5"


def entries(capsys):
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}


def test_the_list_tells_what_is_here_and_what_would_be_fetched(capsys):
    """Every model with dimensions, size and licence; a line each."""
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "dimensions", "MB", "licence", "weights"]
    assert [line.split()[0] for line in lines[1:]] == list(MODELS)
    assert lines[1].endswith("efficientnet-lite0-int8.onnx")
    vgg16 = next(line for line in lines if line.startswith("vgg16 "))
    assert vgg16.split()[:4] == ["vgg16", "4096", "553.5", "CC-BY-4.0"]
    assert "not here; fetched when used, from https://storage.googleapis.com/" in vgg16


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
    from imagecluster import fetch

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
    assert f"FAIL there is no file of weights {tmp_path / 'none.h5'}" in vgg16
