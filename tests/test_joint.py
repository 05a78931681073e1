"""Models put together: `a+b`."""

import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imagecluster
from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.embed import Embedder, load_embedders
from imagecluster.embed import embedding as embed
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.functions.running import run
from imagecluster.models import MODELS, find_model, joined, joint_model, parse_joint
from imagecluster.models.sources import PublishedSource, SeveralSources
from imagecluster.store import Store
from onnx_samples import write_encoder
from pictures import draw, draw_groups
from web_samples import served

QUICK = Settings(links="none", page=False)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Three small networks by name; `one` and `two` read pictures in the same way."""
    for seed, (name, length, spec) in enumerate(
        [("one", 24, "clip,size=64"), ("two", 10, "clip,size=64"), ("far", 7, "siglip,size=32")]
    ):
        file = write_encoder(tmp_path / f"{name}.onnx", {"embedding": (2, length)}, seed=seed)
        monkeypatch.setitem(MODELS, name, replace(find_model(str(file), preprocess=spec), name=name, version="1"))


@pytest.fixture
def pics(tmp_path):
    return draw_groups(tmp_path / "pics")


@pytest.fixture
def calls(monkeypatch):
    """Networks that were run and decodings, by name, in the order of the calls."""
    made = []
    all_features, decode = Embedder.all_features, embed.decode

    def noted(self, images):
        made.extend([self.model.name] * len(images))
        return all_features(self, images)

    monkeypatch.setattr(Embedder, "all_features", noted)
    monkeypatch.setattr(embed, "decode", lambda *a, **k: (made.append("decode"), decode(*a, **k))[1])
    return made


def kept(folder, model):
    """Fingerprints of a model as the database keeps them, by content."""
    with Store.open(folder / "imagecluster", writable=False) as store:
        hashes = sorted(store.rows(model))
        return dict(zip(hashes, store.vectors(model, hashes), strict=True))


vectors = st.lists(st.floats(-10, 10).filter(lambda x: abs(x) > 0.01), min_size=3, max_size=3)


@given(st.lists(st.tuples(vectors, vectors), min_size=2, max_size=4), st.data())
def test_the_cosine_is_the_weighted_mean_of_the_cosines(pairs, data):
    """For any vectors, of any length, and any shares."""
    shares = data.draw(st.lists(st.integers(1, 50), min_size=len(pairs), max_size=len(pairs)))
    parts = [(replace(MODELS["vgg16"], name=f"m{i}", n_dimensions=3), s / sum(shares)) for i, s in enumerate(shares)]
    model = joint_model(parts)
    first, second = (joined(model, [np.array(pair[side], np.float32) for pair in pairs]) for side in (0, 1))

    def cosine(a, b):
        return float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))

    expected = sum(part.weight * cosine(a, b) for part, (a, b) in zip(model.parts, pairs, strict=True))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert float(first @ second) == pytest.approx(expected, abs=1e-5)
    assert [part.weight for part in model.parts] == pytest.approx([s / sum(shares) for s in shares], abs=2e-4)


def test_identity_follows_from_parts_versions_and_shares(models):
    """The order makes no difference, nor does the way of writing the same shares."""
    assert find_model("one+two").identity == find_model("two:3+one:3").identity == "one+two@1+1"
    assert find_model("two:0.25+one:0.75").identity == find_model("one:3+two:1").identity == "one:0.75+two:0.25@1+1"
    assert find_model("one+two").n_dimensions == 34
    assert find_model("one+two+far").identity == "far+one+two@1+1+1"
    assert find_model("efficientnet-lite0+one").sim_curve == ()  # a part's scale is not that of the whole
    third = find_model("one:1+two:2")
    assert third.name == "one:0.3333+two:0.6667"
    assert find_model(third.name).parts == third.parts


@pytest.mark.parametrize(
    "name", ["one+", "+one", "one:0.5+two", "one:0+two:1", "one:-1+two:2", "one:1e9+two:1", "one:x+two:1", "one+one",
             "one:inf+two:1", "one:1e999+two:1", "one:..+two:1"],
)  # fmt: skip
def test_another_form_is_refused(models, name):
    """With what is allowed."""
    with pytest.raises(ArgumentError, match=r"NAME:0\.3\+NAME:0\.7|once|numbers above 0"):
        parse_joint(name)


def test_parts_must_be_known_and_take_no_options(models, tmp_path):
    """An unknown part is named; one file of weights cannot be for both."""
    with pytest.raises(ModelError, match="'three'"):
        find_model("one+three")
    with pytest.raises(ArgumentError, match="only single models"):
        find_model("one+two", weights=tmp_path / "x.onnx")
    with pytest.raises(ArgumentError, match="load_embedders"):
        Embedder(find_model("one+two"))
    assert [embedder.model.name for embedder in load_embedders(find_model("two+one"))] == ["one", "two"]


def test_a_picture_is_decoded_once_for_each_geometry(models, pics, calls):
    """`one` and `two` share theirs, `far` has its own; each network sees each picture once."""
    result = run([pics], replace(QUICK, model="one+two+far"))
    assert result.n_fingerprinted == 9
    assert {name: calls.count(name) for name in set(calls)} == {"decode": 18, "one": 9, "two": 9, "far": 9}


def test_what_the_parts_left_is_not_computed_again(models, pics, calls):
    """After `one` alone only `two` runs; after both none, and other shares are put together without the engine."""
    run([pics], replace(QUICK, model="one"))
    calls.clear()
    assert run([pics], replace(QUICK, model="one+two")).n_fingerprinted == 9
    assert {name: calls.count(name) for name in set(calls)} == {"decode": 9, "two": 9}
    calls.clear()
    draw(pics / "new.png", 7)
    result = run([pics], replace(QUICK, model="two:1+one:4"))
    assert (result.n_fingerprinted, result.n_reused) == (1, 9)
    assert sorted(calls) == ["decode", "one", "two"]


def test_nothing_new_needs_no_engine(models, pics, monkeypatch):
    """Parts that are there make a joint fingerprint without any network."""
    for name in ("one", "far"):
        run([pics], replace(QUICK, model=name))
    monkeypatch.setitem(sys.modules, "imagecluster.embed", None)
    assert run([pics], replace(QUICK, model="one+far")).n_reused == 9


def test_the_same_fingerprints_come_by_every_way(models, pics, tmp_path):
    """At once, from parts that were kept, and as formula; those of the parts are kept under their own names."""
    twin = shutil.copytree(pics, tmp_path / "twin")
    run([pics], replace(QUICK, model="one:1+far:3"))
    for name in ("far", "one", "one:1+far:3"):
        run([twin], replace(QUICK, model=name))
    model = find_model("one:1+far:3")
    one, far, both = kept(pics, "one@1"), kept(pics, "far@1"), kept(pics, model.identity)
    other = kept(twin, model.identity)
    for content, vector in both.items():
        assert vector.tobytes() == other[content].tobytes()
        expected = joined(model, [far[content], one[content]])
        np.testing.assert_allclose(vector, expected, atol=1e-3)
        np.testing.assert_allclose(vector @ vector, 1, atol=2e-3)
    found = imagecluster.fingerprint(pics, model="one:1+far:3").vectors
    rows = np.array(list(both.values()))
    np.testing.assert_allclose(np.sort(found @ found.T, axis=None), np.sort(rows @ rows.T, axis=None), atol=2e-3)


def test_every_command_takes_them(models, pics, tmp_path, capsys):
    """Run, search from inside and outside, eval, info, plain functions, the viewer."""
    name = "one+far"
    assert main(["run", str(pics), "--model", name, "--links", "none", "-q"]) == 0
    outside = draw(tmp_path / "outside.png", 2, size=(200, 160))
    capsys.readouterr()
    for query in (pics / "2_0.png", outside):
        assert main(["search", str(pics), str(query), "--model", name, "-k", "1"]) == 0
        assert capsys.readouterr().out.split()[1][0] == "2"
    shutil.copy(pics / "2_0.png", tmp_path / "same.png")
    with Store.open(pics / "imagecluster") as store:
        store.mark_present([])
        store.forget_gone()
    run([pics], replace(QUICK, model=name))
    assert imagecluster.search(pics, tmp_path / "same.png", k=1, model=name)[0].similarity == pytest.approx(1, abs=1e-3)
    labels = tmp_path / "labels.tsv"
    rows = "".join(f"{p.name}\t{p.name[0]}\n" for p in sorted(pics.glob("*.png")))
    labels.write_text("path\tgroup\n" + rows)
    capsys.readouterr()
    assert main(["eval", str(pics), "--labels", str(labels), "--model", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "far+one@1+1"
    assert main(["info", str(pics), "--json"]) == 0
    found = {entry["model"]: entry["n_dimensions"] for entry in json.loads(capsys.readouterr().out)["models"]}
    assert found == {"far@1": 7, "one@1": 24, "far+one@1+1": 31}
    with served(pics, model=name) as client:
        assert client.session.snapshot().model == "far+one@1+1"
        assert len(client.data("search?picture=0&k=3").json()["results"]) == 3


def test_fetching_joint_models_fetches_all_of_them(models, tmp_path):
    """One that is missing makes all of them missing."""
    file = tmp_path / "one.onnx"
    source = SeveralSources((MODELS["one"].source, PublishedSource("http://127.0.0.1:9/x", "x", "md5:" + "0" * 32, 3)))
    assert source.present() is None
    assert source.n_bytes == file.stat().st_size + 3
    assert find_model("one+two").source.obtain() == file
