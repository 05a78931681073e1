"""The default model: two networks and a projection in one file."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from PIL import Image

from imagecluster.embed import Embedder, to_pixels
from imagecluster.models import DEFAULT_MODEL, MODELS

MODEL = MODELS[DEFAULT_MODEL]


@pytest.fixture(scope="module")
def embedder():
    return Embedder(MODEL)


def drawn(width_px=260, height_px=260):
    ramp = Image.linear_gradient("L")
    picture = Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))
    return picture.resize((width_px, height_px))


def test_a_fingerprint_has_unit_length_and_repeats_exactly(embedder):
    """The same picture gives the same bytes."""
    first, second = embedder(drawn()), embedder(drawn())
    assert first.shape == (1024,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert first.tobytes() == second.tobytes()


def test_only_the_square_in_the_middle_counts(embedder):
    """A landscape picture's ends are not read; the square is as high as the picture."""
    wide = Image.new("RGB", (400, 260), "red")
    wide.paste(drawn(), (70, 0))
    assert embedder(wide).tobytes() == embedder(drawn()).tobytes()
    nudged = drawn()
    nudged.putpixel((0, 0), (255, 0, 255))
    assert embedder(nudged).tobytes() != embedder(drawn()).tobytes()


def test_the_file_computes_the_documented_formula(embedder):
    """Roots, means, unit lengths and the projection, in float64 from the two networks' own outputs."""
    graph = onnx.load(MODEL.source.path)
    constants = {array.name: numpy_helper.to_array(array) for array in graph.graph.initializer}
    names = ["lite0_features", "lite2_features"]
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, [1, 1280]) for name in names)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    pixels = to_pixels(drawn(), MODEL)
    outputs = session.run(names, {"image": pixels})
    parts = []
    for features, mean in zip(outputs, (constants["mean0"], constants["mean2"]), strict=True):
        root = np.sqrt(features[0].astype(np.float64))
        off_mean = root / np.linalg.norm(root) - mean[0]
        parts.append(off_mean / np.linalg.norm(off_mean))
    projected = np.concatenate(parts) @ (constants["projection"] * constants["projection_scale"].astype(np.float64))
    np.testing.assert_allclose(embedder(drawn()), projected / np.linalg.norm(projected), atol=1e-5)


def test_the_smaller_network_reads_the_middle():
    """Lite0 sees 224 of the 260 pixels: what is outside moves Lite2's output alone."""
    graph = onnx.load(MODEL.source.path)
    names = ["lite0_features", "lite2_features"]
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, [1, 1280]) for name in names)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    framed = Image.new("RGB", (260, 260), "red")
    framed.paste(drawn().crop((18, 18, 242, 242)), (18, 18))
    plain, changed = (session.run(names, {"image": to_pixels(image, MODEL)}) for image in (drawn(), framed))
    np.testing.assert_array_equal(plain[0], changed[0])
    assert np.abs(plain[1] - changed[1]).max() > 0


def test_the_network_gives_the_recorded_fingerprint(embedder):
    """A change of arithmetic or processor that moves fingerprints does not pass unnoticed."""
    recorded = np.array([RECORDED[i] for i in sorted(RECORDED)])
    np.testing.assert_allclose(embedder(drawn())[sorted(RECORDED)], recorded, atol=2e-4)


RECORDED = {
    0: 0.30682,
    1: 0.09691,
    2: 0.29421,
    4: 0.29497,
    11: 0.10135,
    15: 0.03792,
    17: -0.05594,
    29: 0.05700,
    34: -0.01204,
    41: -0.02821,
    44: -0.07674,
    63: 0.06415,
    99: -0.00280,
    176: 0.07939,
    333: 0.00352,
    512: 0.01216,
    800: -0.03100,
    1023: 0.00690,
}
"""Components of the fingerprint of the drawn picture."""
