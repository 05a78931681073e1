"""Models that are no longer shipped, and names that stand for others."""

from dataclasses import replace

import numpy as np
import pytest

import imagecluster
from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.embed import Embedder
from imagecluster.errors import ModelError
from imagecluster.functions.running import run
from imagecluster.models import ALIASES, DEFAULT_MODEL, MODELS, RETIRED, find_model, is_retired, model_names
from imagecluster.store import Store
from pictures import draw, draw_groups

OLD = "efficientnet-lite-duo"
BEST = ALIASES["best"]


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A collection of nine pictures whose only run used a model that is not shipped any more."""
    folder = draw_groups(tmp_path / "pics")
    monkeypatch.setitem(RETIRED, OLD, replace(RETIRED[OLD], n_dimensions=512))
    with monkeypatch.context() as former:
        network = MODELS[DEFAULT_MODEL]
        former.setitem(MODELS, OLD, replace(RETIRED[OLD], source=network.source, geometry=network.geometry))
        run([folder], Settings(model=OLD))
    return folder


def test_a_collection_of_a_retired_model_is_used_as_before(old, tmp_path, capsys):
    """Its cut, suggestions, search within it, and exports need no network."""
    for command in (["suggest", str(old)], ["search", str(old), str(old / "2_0.png")], ["info", str(old)],
                    ["export", str(old), "--fingerprints", str(tmp_path / "f.npz")]):  # fmt: skip
        assert main(command) == 0, command
    assert len(imagecluster.search(old, old / "2_0.png", k=2)) == 2
    assert main(["run", str(old), "--model", OLD]) == 0
    assert "9 scanned = 0 fingerprinted + 9 reused + 0 skipped" in capsys.readouterr().out


def test_what_needs_the_retired_network_says_what_to_do(old, tmp_path, capsys):
    """A search for a picture outside, and a run with the old model that meets a new picture."""
    outside = draw(tmp_path / "outside.png", 5)
    assert main(["search", str(old), str(outside)]) == 1
    message = capsys.readouterr().err
    assert f"the network of {OLD} is not part of this version" in message
    assert f"without --model, and all its pictures get fingerprints of {DEFAULT_MODEL}" in message
    draw(old / "new.png", 7)
    assert main(["run", str(old), "--model", OLD]) == 1
    assert f"the network of {OLD} is not part of this version" in capsys.readouterr().err


def test_the_next_run_says_once_that_pictures_are_fingerprinted_again(old, capsys):
    """With the number of pictures; the former fingerprints are kept apart."""
    assert main(["run", str(old)]) == 0
    printed = capsys.readouterr()
    assert f"--model {OLD}, which this version no longer has: 9 pictures must be fingerprinted again" in printed.err
    assert "9 scanned = 9 fingerprinted + 0 reused + 0 skipped" in printed.out
    assert main(["run", str(old)]) == 0
    assert OLD not in capsys.readouterr().err
    with Store.open(old / "imagecluster", writable=False) as store:
        assert {model.model: model.n_fingerprints for model in store.info().models} == {
            find_model(OLD).identity: 9, find_model(DEFAULT_MODEL).identity: 9,
        }  # fmt: skip


def test_a_retired_model_is_not_offered():
    """It is known by name, also as a part of another, and not listed."""
    assert OLD not in model_names()
    assert find_model(OLD).source.present() is None
    assert is_retired(OLD) and is_retired(f"sscd:0.3+{OLD}:0.7") and not is_retired(BEST)
    with pytest.raises(ModelError, match="is not part of this version"):
        find_model(OLD).source.obtain()


def test_best_is_shown_with_its_real_name(tmp_path, capsys):
    """Settings, and so the database, remember what the alias stood for; parts in another order are the same model."""
    assert Settings(model="best").model == BEST
    assert find_model("best") is MODELS[BEST]
    assert find_model("+".join(reversed(BEST.split("+")))) is MODELS[BEST]
    folder = draw_groups(tmp_path / "pics")
    assert main(["run", str(folder), "--model", "best", "--json"]) == 0
    assert f'"model": "{MODELS[BEST].identity}"' in capsys.readouterr().out


def test_best_takes_what_the_default_has_computed(tmp_path, monkeypatch):
    """After a run with the default model, only the other network is run."""
    folder = draw_groups(tmp_path / "pics")
    run([folder])
    networks = []
    features = Embedder.all_features
    monkeypatch.setattr(
        Embedder, "all_features", lambda self, images: networks.append(self.model.name) or features(self, images)
    )
    run([folder], Settings(model="best"))
    assert set(networks) == {"efficientnet-lite2-regions"}


def test_the_parts_of_best_are_decoded_once(tmp_path):
    """Both read the same square, and a joint fingerprint has unit length."""
    assert len({part.model.decoding for part in MODELS[BEST].parts}) == 1
    found = imagecluster.fingerprint(draw(tmp_path / "a.png", 1), model="best")
    assert found.vectors.shape == (1, 1024)
    assert np.linalg.norm(found.vectors) == pytest.approx(1, abs=1e-5)
