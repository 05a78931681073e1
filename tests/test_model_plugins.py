"""Models that other packages add."""

import hashlib
import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import numpy as np
import pytest

from imagecluster import fingerprint
from imagecluster.cli import main
from imagecluster.decode import Frame
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models import DEFAULT_MODEL, Model, Output, PackagedSource, Pixels, find_model, model_names, plugins
from onnx_samples import write_encoder
from pictures import draw_groups


@pytest.fixture
def package(monkeypatch, tmp_path):
    """An installed package with models: a declaration, a function, and what goes wrong."""
    file = write_encoder(tmp_path / "net.onnx", {"embedding": (2, 24)})

    def declared(name):
        return Model(
            name=name,
            version="1",
            source=PackagedSource(file, hashlib.sha256(file.read_bytes()).hexdigest()),
            geometry=Frame(64, 64),
            pixels=Pixels(mean=(127.5, 127.5, 127.5), scale=(60.0, 60.0, 60.0)),
            output=Output("embedding"),
            n_dimensions=24,
            licence="MIT",
            summary="a test",
        )

    module = ModuleType("their_package")
    module.declared = declared("their-net")
    module.function = lambda: declared("their-other-net")
    module.misnamed = declared("another-name")
    module.broken = lambda: 1 / 0
    module.nothing = lambda: None
    monkeypatch.setitem(sys.modules, "their_package", module)
    entries = {}

    def install(**named):
        for name, value in named.items():
            full = name.replace("_", "-")
            entries[full] = EntryPoint(full, f"their_package:{value}", plugins.GROUP)
        monkeypatch.setattr(plugins, "_found", lambda: entries)

    return install


def test_a_declaration_and_a_function_are_models(package, tmp_path):
    """They run like our own."""
    package(their_net="declared", their_other_net="function")
    assert model_names()[-2:] == ("their-net", "their-other-net")
    assert find_model("their-other-net").identity == "their-other-net@1"
    found = fingerprint(draw_groups(tmp_path / "pics", (2,)), model="their-net")
    assert found.vectors.shape == (2, 24)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("misnamed", "their_package:misnamed gives Model.*expected an imagecluster.models.Model named 'bad-net'"),
        ("nothing", "gives None; expected"),
        ("broken", "bad-net of their_package:broken cannot be loaded: ZeroDivisionError"),
        ("absent", "bad-net of their_package:absent cannot be loaded: AttributeError"),
    ],
)
def test_a_package_that_is_wrong_is_named(package, value, message):
    """The user learns which package to mend; its own error is kept as the cause."""
    package(bad_net=value)
    with pytest.raises(ModelError, match=message):
        find_model("bad-net")


def test_a_package_that_is_wrong_does_not_spoil_the_list(package, capsys):
    """The others are listed; the exit code tells."""
    package(bad_net="broken", their_net="declared")
    assert main(["models"]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert "FAIL the model bad-net" in lines["bad-net"]
    assert lines["their-net"].endswith("yes")


def test_a_package_does_not_replace_our_models(package):
    """Under our names are our models."""
    package(**{DEFAULT_MODEL.replace("-", "_"): "broken"})
    assert find_model(DEFAULT_MODEL).name == DEFAULT_MODEL
    assert model_names().count(DEFAULT_MODEL) == 1


def test_an_unknown_name_lists_packages_models_too(package, tmp_path):
    """And what takes no weights says so."""
    package(their_net="declared")
    with pytest.raises(ModelError, match=r"'their-nett'; known: .*their-net"):
        find_model("their-nett")
    with pytest.raises(ArgumentError, match="their-net takes no weight file"):
        find_model("their-net", weights=tmp_path / "x.h5")


def test_entry_points_are_those_of_the_group():
    """Nothing is installed here, so nothing is found; the real look-up runs."""
    assert plugins.plugin_names() == ()
    assert plugins.plugin_model("their-net") is None
