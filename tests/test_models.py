"""The default model: its declaration, its file and what makes a fingerprint of its output."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imagecluster.embed import Embedder, to_pixels
from imagecluster.errors import ModelError
from imagecluster.models import DEFAULT_MODEL, MODELS, find_model, load_centre, to_fingerprint, unit_root

MODEL = MODELS[DEFAULT_MODEL]


@pytest.fixture(scope="module")
def embedder():
    return Embedder(MODEL)


def drawn(side_px=256):
    ramp = Image.linear_gradient("L").resize((side_px, side_px))
    return Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_declared_checksum_is_that_of_the_shipped_file(model):
    """Weights and declaration change together, so that a database never mixes two networks."""
    assert hashlib.sha256(model.weights.read_bytes()).hexdigest() == model.weights_sha256


def test_an_unknown_model_is_refused_with_the_known_names():
    """The message says which models there are."""
    with pytest.raises(ModelError, match=r"'vgg99'.*efficientnet-lite0"):
        find_model("vgg99")


def test_a_fingerprint_follows_the_documented_formula():
    """Signed root, unit length, centring, unit length: checked step by step in float64."""
    features = np.random.default_rng(0).standard_normal(MODEL.n_dimensions).astype(np.float32)
    root = np.sign(features) * np.sqrt(np.abs(features.astype(np.float64)))
    expected = root / np.linalg.norm(root) - MODEL.centre_weight * load_centre(MODEL)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(to_fingerprint(features, MODEL), expected, atol=1e-6)
    assert np.linalg.norm(unit_root(features, MODEL)) == pytest.approx(1)


def test_a_feature_that_is_not_finite_has_no_fingerprint():
    """NaN never reaches the database."""
    with pytest.raises(ModelError, match="without direction"):
        to_fingerprint(np.full(MODEL.n_dimensions, np.nan, np.float32), MODEL)


def test_the_network_reads_the_square_in_the_middle():
    """Pixels outside the centre crop change nothing; the scaling is (v - 127) / 128."""
    image = drawn()
    pixels = to_pixels(image, MODEL)
    assert pixels.shape == (1, 3, MODEL.crop_px, MODEL.crop_px)
    inner = np.asarray(image, np.float32)[16:240, 16:240]
    np.testing.assert_array_equal(pixels[0], (inner.transpose(2, 0, 1) - 127) / 128)


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
    other.write_bytes(MODEL.weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        Embedder(replace(MODEL, weights=other))


def test_missing_weights_and_statistics_name_the_cure(tmp_path):
    """An incomplete installation says that it is one."""
    with pytest.raises(ModelError, match="reinstall"):
        Embedder(replace(MODEL, weights=tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match="reinstall"):
        load_centre(replace(MODEL, centre=tmp_path / "none.npy"))
