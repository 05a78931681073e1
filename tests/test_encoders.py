"""Image encoders in ONNX files: public exports by name, and files of the user."""

import re
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto
from PIL import Image

from imagecluster.cli import main
from imagecluster.collection import Settings
from imagecluster.decode import Frame
from imagecluster.embed import Embedder, to_pixels
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.functions.running import run
from imagecluster.models import MODELS, PRESETS, find_model, parse_preprocess
from imagecluster.models.encoders import EXPORTS
from onnx_samples import write_encoder
from pictures import draw_groups

SHAPES = {
    "dinov2-small": {"last_hidden_state": (3, 384), "pooler_output": (2, 384)},
    "clip-vit-b32": {"image_embeds": (2, 512), "last_hidden_state": (3, 768)},
    "siglip2-base": {"last_hidden_state": (3, 768), "pooler_output": (2, 768)},
    "mobileclip-s2": {"image_embeds": (2, 512)},
}
"""Outputs of the public exports: name, rank, length."""


@pytest.fixture(autouse=True)
def no_models_of_this_machine(tmp_path, monkeypatch):
    """No file that a user has is found."""
    monkeypatch.setenv("IMAGECLUSTER_MODELS", str(tmp_path / "models"))


@pytest.fixture(scope="module")
def photo():
    """A picture with detail at every scale, 400 x 300."""
    levels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    return Image.fromarray(levels).resize((400, 300), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_declaration_loads_prepares_and_runs(name, tmp_path, photo):
    """With a stand-in that has the inputs and outputs of the export; the fingerprint is the declared output's."""
    file = write_encoder(tmp_path / "net.onnx", SHAPES[name])
    model = find_model(name, weights=file)
    embedder = Embedder(model)
    found = embedder(model.geometry.apply(photo))
    assert found.shape == (EXPORTS[name].n_dimensions,)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    assert model.version.startswith("1-")
    assert re.fullmatch("[0-9a-f]{64}", EXPORTS[name].sha256)


def test_the_first_token_stands_for_the_picture(tmp_path, photo):
    """Of an output with tokens; a batch gives what each picture gives alone."""
    file = write_encoder(tmp_path / "net.onnx", SHAPES["dinov2-small"])
    model = find_model("dinov2-small", weights=file)
    embedder = Embedder(model)
    framed = model.geometry.apply(photo)
    tokens = embedder._session.run(["last_hidden_state"], {"pixel_values": to_pixels(framed, model)})[0]
    np.testing.assert_array_equal(embedder.features(framed), tokens[0, 0])
    other = framed.transpose(Image.Transpose.ROTATE_90)
    together = Embedder(model, batch=2).all_features([framed, other])
    np.testing.assert_allclose(together[1], embedder.features(other), rtol=1e-4, atol=1e-4)


def test_weights_of_another_length_are_refused(tmp_path, photo):
    """A file of a larger network never gives fingerprints under this name."""
    file = write_encoder(tmp_path / "net.onnx", {"last_hidden_state": (3, 768)})
    model = find_model("dinov2-small", weights=file)
    with pytest.raises(ModelError, match=r"shape \(1, 768\), expected \(1, 384\)"):
        Embedder(model)(model.geometry.apply(photo))


IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
HALF = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("name", "scaled", "box", "resample", "statistics"),
    [
        ("dinov2-small", (341, 256), (58, 16, 282, 240), Image.Resampling.BICUBIC, IMAGENET),
        ("clip-vit-b32", (298, 224), (37, 0, 261, 224), Image.Resampling.BICUBIC, CLIP),
        ("siglip2-base", (224, 224), (0, 0, 224, 224), Image.Resampling.BILINEAR, HALF),
        ("mobileclip-s2", (341, 256), (42, 0, 298, 256), Image.Resampling.BILINEAR, ([0] * 3, [1] * 3)),
    ],
)
def test_pictures_are_prepared_as_the_export_asks(name, photo, scaled, box, resample, statistics):
    """Sizes, crops and statistics written out for a picture of 400 x 300, in float64 from 0 to 1."""
    model = MODELS[name]
    levels = np.asarray(photo.resize(scaled, resample).crop(box), np.float64) / 255
    expected = ((levels - statistics[0]) / statistics[1]).transpose(2, 0, 1)
    np.testing.assert_allclose(to_pixels(model.geometry.apply(photo), model)[0], expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTS)
def test_pictures_are_prepared_as_transformers_prepares_them(name, photo):
    """To one grey level, against the image processor of the same configuration."""
    transformers = pytest.importorskip("transformers", reason="needs transformers, which no extra brings")
    crop = {"shortest_edge": 256} if name in ("dinov2-small", "mobileclip-s2") else {"shortest_edge": 224}
    side = EXPORTS[name].side_px
    options = {
        "dinov2-small": {"size": crop, "resample": 3, "image_mean": IMAGENET[0], "image_std": IMAGENET[1]},
        "clip-vit-b32": {"size": crop, "resample": 3, "image_mean": CLIP[0], "image_std": CLIP[1]},
        "siglip2-base": {"size": {"height": 224, "width": 224}, "resample": 2, "image_mean": HALF[0],
                         "image_std": HALF[1], "do_center_crop": False},
        "mobileclip-s2": {"size": crop, "resample": 2, "do_normalize": False},
    }[name]  # fmt: skip
    kind = transformers.SiglipImageProcessor if name == "siglip2-base" else transformers.CLIPImageProcessor
    processor = kind(**{"crop_size": {"height": side, "width": side}, **options})
    expected = np.asarray(processor(photo, return_tensors="np")["pixel_values"])[0]
    model = MODELS[name]
    level = 1 / np.array(model.pixels.scale)[:, None, None]
    assert (np.abs(to_pixels(model.geometry.apply(photo), model)[0] - expected) <= 1.01 * level).all()


def test_a_file_of_the_user_is_a_model(tmp_path):
    """Its inputs and outputs are read from the file; the whole chain runs, and runs again with what it has."""
    file = write_encoder(tmp_path / "My Net é.onnx", {"embedding": (2, 24)})
    folder = draw_groups(tmp_path / "pics")
    settings = Settings(model=str(file), preprocess="clip", sim=0.95)
    first, second = run([folder], settings), run([folder], settings)
    assert first.model.startswith("My_Net_")
    assert (first.n_fingerprinted, second.n_reused) == (9, 9)
    assert sorted(len(cluster.members) for cluster in first.clusters.clusters) == [2, 3, 4]


def test_the_command_line_takes_a_file(tmp_path, capsys):
    """`--model FILE --preprocess SPEC`; without the second it says what there is."""
    file = write_encoder(tmp_path / "net.onnx", {"embedding": (2, 24)})
    folder = draw_groups(tmp_path / "pics")
    command = ["run", str(folder), "--model", str(file), "--links", "none", "-q"]
    assert main([*command, "--preprocess", "imagenet,size=96"]) == 0
    assert main(command) == 2
    assert "needs --preprocess: one of imagenet, dinov2, clip" in capsys.readouterr().err


def test_another_preparation_or_file_is_another_model(tmp_path):
    """The identity follows from the bytes and from the preparation, not from the place."""
    outputs = {"embedding": (2, 24)}
    file = write_encoder(tmp_path / "net.onnx", outputs)
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / "net.onnx"
    copy.write_bytes(file.read_bytes())
    (tmp_path / "other").mkdir()
    other = write_encoder(tmp_path / "other" / "net.onnx", outputs, seed=1)
    identity = find_model(str(file), preprocess="clip").identity
    assert find_model(str(copy), preprocess="clip").identity == identity
    assert find_model(str(file), preprocess="clip,interpolation=bilinear").identity != identity
    assert find_model(str(other), preprocess="clip").identity != identity


@pytest.mark.parametrize(
    ("shape", "spec", "size", "last"),
    [
        ((1, 3, 64, 64), "clip", 64, False),
        (("n", 3, "h", "w"), "clip,size=96", 96, False),
        (("n", 3, "h", "w"), "clip", 224, False),
        (("n", 64, 64, 3), "imagenet", 64, True),
        (("n", "h", "w", 3), "imagenet,size=80", 80, True),
    ],
)
def test_the_size_is_the_networks_own_or_the_one_given(tmp_path, photo, shape, spec, size, last):
    """Fixed sides go before 224; channels may come last."""
    file = write_encoder(tmp_path / "net.onnx", {"embedding": (2, 24)}, shape=shape)
    model = find_model(str(file), preprocess=spec)
    assert (model.geometry.size, model.pixels.last, model.n_dimensions) == ((size, size), last, 24)
    assert Embedder(model)(model.geometry.apply(photo)).shape == (24,)


def test_channels_last_reads_the_same_numbers(tmp_path, photo):
    """Two networks that differ in the order of their axes give one fingerprint."""
    first = write_encoder(tmp_path / "first.onnx", {"embedding": (2, 24)}, shape=("n", 3, 64, 64))
    last = write_encoder(tmp_path / "last.onnx", {"embedding": (2, 24)}, shape=("n", 64, 64, 3))
    models = [find_model(str(file), preprocess="siglip") for file in (first, last)]
    one, other = (Embedder(model)(model.geometry.apply(photo)) for model in models)
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    ("outputs", "spec", "chosen"),
    [
        ({"logits": (2, 1000), "image_embeds": (2, 24)}, "clip", "image_embeds"),
        ({"last_hidden_state": (3, 24), "pooler_output": (2, 24)}, "clip", "pooler_output"),
        ({"logits": (2, 10), "features": (2, 24)}, "clip,output=logits", "logits"),
    ],
)
def test_the_output_is_a_usual_one_or_the_one_asked_for(tmp_path, outputs, spec, chosen):
    """A vector a picture, by its usual name before others."""
    file = write_encoder(tmp_path / "net.onnx", outputs)
    assert find_model(str(file), preprocess=spec).output.name == chosen


@pytest.mark.parametrize(
    ("options", "spec", "message"),
    [
        ({"inputs": 2}, "clip", r"has 2 inputs \(pixel_values .*more_1 .*export only the image encoder"),
        ({"shape": ("n", 1, 64, 64)}, "clip", r"reads pixel_values .*expected pictures as tensor\(float\)"),
        ({"dtype": TensorProto.FLOAT16}, "clip", r"tensor\(float16\).*expected pictures as tensor\(float\)"),
        ({"shape": ("n", 3, 64, 48)}, "clip", "64 x 48 pixels; expected a square"),
        ({"shape": ("n", 3, 64, 64)}, "clip,size=96", "64 x 64 pixels; expected a square of 96, as size= says"),
        ({}, "clip,output=nothing", r"has no output 'nothing'; it has a .*b "),
        ({}, "clip", "choose the fingerprint with output=NAME"),
    ],
)
def test_a_file_that_does_not_fit_says_why(tmp_path, options, spec, message):
    """What was found and what is expected or to be done."""
    file = write_encoder(tmp_path / "net.onnx", {"a": (2, 4), "b": (2, 5)}, **options)
    with pytest.raises(ModelError, match=message):
        find_model(str(file), preprocess=spec)


def test_a_file_that_is_no_network_says_so(tmp_path):
    """Missing, or of another kind."""
    with pytest.raises(ModelError, match="no weight file"):
        find_model(str(tmp_path / "none.onnx"), preprocess="clip")
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(ModelError, match=r"text.onnx cannot be opened"):
        find_model(str(tmp_path / "text.onnx"), preprocess="clip")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("resnet", "begins with 'resnet'; it must be one of imagenet, dinov2, clip"),
        ("clip,side=3", "'side=3'; expected KEY=VALUE with a key of size, fit"),
        ("clip,size=0", "'size=0': it must be a number above 0"),
        ("clip,size=big", "'size=big': "),
        ("clip,mean=0.5:0.5", "three numbers separated by colons"),
        ("clip,mean=0.5:nan:0.5", "three numbers separated by colons"),
        ("clip,mean=0.5:0.5:0.5:0.5", "three numbers separated by colons"),
        ("clip,std=0:1:1", "above 0"),
        ("clip,fit=stretch", "one of squash, crop, pad"),
        ("clip,channels=RBG", "one of RGB, BGR"),
        ("clip,output=", "the name of an output"),
    ],
)
def test_a_preparation_of_another_form_is_refused(spec, message):
    """With what is allowed."""
    with pytest.raises(ArgumentError, match=message):
        parse_preprocess(spec)


def test_a_preparation_is_a_preset_and_its_changes():
    """Every key does what it says."""
    parsed = parse_preprocess("imagenet,size=96,fit=pad,interpolation=lanczos,mean=0:0.5:1,std=1:2:4,channels=BGR")
    assert parsed.frame(96) == Frame(96, 96, fit="pad", interpolation="lanczos")
    assert parsed.pixels.mean == (0, 127.5, 255)
    assert parsed.pixels.scale == (255, 510, 1020)
    assert parsed.pixels.channels == "BGR"
    assert parse_preprocess("imagenet,short=300").frame(224).short_side_px == 300
    assert parse_preprocess("imagenet,short=1.5").frame(224).short_side_px == 336
    assert replace(PRESETS["imagenet"]) == parse_preprocess("imagenet")


def test_options_for_other_models_are_refused(tmp_path):
    """Nothing that is given is ignored."""
    with pytest.raises(ArgumentError, match="takes no --preprocess"):
        find_model("clip-vit-b32", preprocess="clip")
    with pytest.raises(ArgumentError, match="leave out --weights"):
        find_model("net.onnx", preprocess="clip", weights=tmp_path / "x.onnx")
