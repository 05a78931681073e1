"""The declarations of models, the shipped files, and what makes a fingerprint of a network's output."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import Frame, decode
from imagecluster.embed import Embedder, to_pixels
from imagecluster.errors import ArgumentError, ModelError
from imagecluster.models import (
    DEFAULT_MODEL,
    MODELS,
    Output,
    PackagedSource,
    Pixels,
    find_model,
    load_centre,
    to_fingerprint,
    unit_root,
)

MODEL = MODELS["efficientnet-lite0"]


@pytest.fixture(scope="module")
def embedder():
    return Embedder(MODEL)


def drawn(side_px=256):
    ramp = Image.linear_gradient("L").resize((side_px, side_px))
    return Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))


def test_the_declared_checksum_is_that_of_the_shipped_file():
    """Weights and declaration change together, so that a database never mixes two networks."""
    shipped = [model.source for model in MODELS.values() if isinstance(model.source, PackagedSource)]
    assert shipped
    for source in shipped:
        assert hashlib.sha256(source.path.read_bytes()).hexdigest() == source.sha256


def test_names_and_identities_are_unique():
    """Under one identity there is one kind of fingerprint."""
    assert all(model.name == name for name, model in MODELS.items())
    assert len({model.identity for model in MODELS.values()}) == len(MODELS)


def test_the_default_model_takes_no_file_of_weights(tmp_path):
    """The message says which ones do."""
    with pytest.raises(ArgumentError, match=r"efficientnet-lite1-regions takes no weight file; vgg16, .* do"):
        find_model(DEFAULT_MODEL, weights=tmp_path / "own.h5")


def test_an_unknown_model_is_refused_with_the_known_names():
    """The message says which models there are."""
    with pytest.raises(ModelError, match=r"'vgg99'.*efficientnet-lite0"):
        find_model("vgg99")


def test_a_fingerprint_follows_the_documented_formula():
    """Signed root, unit length, centring, unit length: checked step by step in float64."""
    features = np.random.default_rng(0).standard_normal(MODEL.n_dimensions).astype(np.float32)
    root = np.sign(features) * np.sqrt(np.abs(features.astype(np.float64)))
    expected = root / np.linalg.norm(root) - MODEL.output.centre_weight * load_centre(MODEL)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(to_fingerprint(features, MODEL), expected, atol=1e-6)
    assert np.linalg.norm(unit_root(features, MODEL)) == pytest.approx(1)


def test_a_feature_that_is_not_finite_has_no_fingerprint():
    """NaN never reaches the database."""
    with pytest.raises(ModelError, match="without a direction"):
        to_fingerprint(np.full(MODEL.n_dimensions, np.nan, np.float32), MODEL)


def test_the_network_reads_the_square_in_the_middle():
    """Pixels outside the centre crop change nothing; the scaling is (v - 127) / 128."""
    image = drawn()
    pixels = to_pixels(image, MODEL)
    assert pixels.shape == (1, 3, 224, 224)
    inner = np.asarray(image, np.float32)[16:240, 16:240]
    np.testing.assert_array_equal(pixels[0], (inner.transpose(2, 0, 1) - 127) / 128)


def test_the_fingerprint_of_lite0_is_the_plain_recipe_to_the_last_bit(embedder):
    """Every step written out without the declaration: nothing that other models need moves a bit of it."""
    import onnxruntime

    photo = io.BytesIO()
    drawn(700).resize((900, 640)).save(photo, "JPEG", quality=90)
    image = decode(photo.getvalue(), short_side_px=256).image
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    levels = np.asarray(image)[top : top + 224, left : left + 224].transpose(2, 0, 1)[None]
    pixels = (levels - np.float32(127)) * np.float32(1 / 128)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODEL.source.path, options, providers=["CPUExecutionProvider"])
    (features,) = session.run(["features"], {session.get_inputs()[0].name: np.ascontiguousarray(pixels)})
    root = np.sign(features[0]) * np.abs(features[0]) ** np.float32(0.5)
    root = (root / max(float(np.linalg.norm(root)), 1e-12)).astype(np.float32)
    centred = root - np.float32(0.5) * np.load(MODEL.output.centre)
    expected = (centred / np.float32(np.linalg.norm(centred))).astype(np.float32)
    assert embedder(image).tobytes() == expected.tobytes()


def test_channels_mean_and_scale_are_each_declared():
    """BGR turns the channels over before the mean of each is taken off."""
    pixels = Pixels(mean=(1.0, 2.0, 3.0), scale=(2.0, 4.0, 8.0), channels="BGR")
    model = replace(MODEL, geometry=Frame(5, 4), pixels=pixels)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8))
    levels = np.asarray(image, np.float64)
    expected = np.stack([(levels[..., 2] - 1) / 2, (levels[..., 1] - 2) / 4, (levels[..., 0] - 3) / 8])
    np.testing.assert_array_equal(to_pixels(image, model)[0], expected)


def test_a_raw_output_is_kept_as_it_is():
    """No scaling: its length means something to those who ask for it. Yet it must fit into 16 bits."""
    model = replace(MODEL, output=Output("fc2", unit=False))
    features = np.array([0.0, 3.5, -1000.25], np.float32)
    assert to_fingerprint(features, model).tobytes() == features.tobytes()
    for bad in (np.zeros(3), np.array([1, np.nan]), np.array([1, 7e4]), np.array([1, np.inf])):
        with pytest.raises(ModelError, match="cannot be kept"):
            to_fingerprint(bad.astype(np.float32), model)


def test_a_model_without_statistics_scales_to_unit_length():
    """Power 1 and no centre: the direction of the output."""
    model = replace(MODEL, output=Output("features"), n_dimensions=2)
    np.testing.assert_allclose(to_fingerprint(np.array([3, -4], np.float32), model), [0.6, -0.8], atol=1e-7)


def test_a_fingerprint_has_unit_length_and_repeats_exactly(embedder):
    """The same picture gives the same bytes."""
    first, second = embedder(drawn()), embedder(drawn())
    assert first.shape == (1280,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert first.tobytes() == second.tobytes()


def test_the_network_gives_the_recorded_fingerprint(embedder):
    """A change of arithmetic or processor that moves fingerprints does not pass unnoticed."""
    recorded = np.array([RECORDED[i] for i in sorted(RECORDED)])
    np.testing.assert_allclose(embedder(drawn())[sorted(RECORDED)], recorded, atol=2e-4)


RECORDED = {
    0: -0.00660,
    1: -0.00827,
    17: 0.04618,
    71: 0.15537,
    100: -0.01326,
    113: 0.21869,
    245: 0.15222,
    256: -0.00418,
    333: -0.01212,
    353: 0.14872,
    512: 0.03034,
    689: 0.17450,
    747: 0.16216,
    777: -0.00419,
    897: 0.18953,
    930: 0.18735,
    1000: 0.01338,
    1111: -0.00434,
    1260: 0.16623,
    1279: -0.00936,
}
"""Components of the fingerprint of the drawn picture, on a processor with VNNI and on one without."""


def test_damaged_weights_are_refused(tmp_path):
    """A file that is not the declared one never gives fingerprints."""
    other = tmp_path / "weights.onnx"
    other.write_bytes(MODEL.source.path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        Embedder(replace(MODEL, source=replace(MODEL.source, path=other)))


def test_missing_weights_and_statistics_name_the_cure(tmp_path):
    """An incomplete installation says that it is one."""
    with pytest.raises(ModelError, match="reinstall"):
        Embedder(replace(MODEL, source=replace(MODEL.source, path=tmp_path / "none.onnx")))
    with pytest.raises(ModelError, match="reinstall"):
        load_centre(replace(MODEL, output=replace(MODEL.output, centre=tmp_path / "none.npy")))
