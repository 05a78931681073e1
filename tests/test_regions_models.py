"""The models with regions: a network, four squares of its last map, and a projection in one file."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from PIL import Image

from imagecluster.embed import Embedder, to_pixels
from imagecluster.models import DEFAULT_MODEL, MODELS

SIDE_PX = 240
NAMES = ("efficientnet-lite1-regions", "efficientnet-lite2-regions")


@pytest.fixture(scope="module", params=NAMES)
def embedder(request):
    return Embedder(MODELS[request.param])


def drawn():
    ramp = Image.linear_gradient("L")
    picture = Image.merge("RGB", (ramp, ramp.rotate(90), ramp.rotate(180)))
    return picture.resize((SIDE_PX, SIDE_PX))


def maps_of(embedder, pixels):
    """The network's last map, and the constants of the file by name."""
    graph = onnx.load(embedder.model.source.path)
    constants = {array.name: numpy_helper.to_array(array) for array in graph.graph.initializer}
    graph.graph.output.append(onnx.helper.make_tensor_value_info("map", 1, None))
    (found,) = onnxruntime.InferenceSession(graph.SerializeToString()).run(["map"], {"image": pixels})
    return found[0].astype(np.float64), constants


def test_the_default_model_has_regions():
    """The default is the smaller of the two."""
    assert NAMES[0] == DEFAULT_MODEL


def test_a_fingerprint_has_unit_length_and_repeats_exactly(embedder):
    """The same picture gives the same bytes."""
    first, second = (embedder(drawn()) for _ in range(2))
    assert first.shape == (512,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert first.tobytes() == second.tobytes()


def test_only_the_square_in_the_middle_counts(embedder):
    """A landscape picture's ends are not read; the square is as high as the picture."""
    wide = Image.new("RGB", (SIDE_PX + 140, SIDE_PX), "red")
    wide.paste(drawn(), (70, 0))
    assert embedder(wide).tobytes() == embedder(drawn()).tobytes()
    nudged = drawn()
    nudged.paste((255, 0, 255), (0, 0, 8, 8))
    assert embedder(nudged).tobytes() != embedder(drawn()).tobytes()


def test_the_file_computes_the_documented_formula(embedder):
    """Four squares of the map, roots, means, unit lengths and the projection, in float64."""
    cells, constants = maps_of(embedder, to_pixels(drawn(), embedder.model))
    n_cells = cells.shape[1]
    kernel = 6
    squares = [cells[:, y : y + kernel, x : x + kernel] for y in (0, n_cells - kernel) for x in (0, n_cells - kernel)]
    centred = []
    for square in squares:
        root = np.sqrt(square.mean((1, 2)))
        off_mean = root / np.linalg.norm(root) - constants["mean"].ravel()
        centred.append(off_mean / np.linalg.norm(off_mean))
    projected = np.mean(centred, 0) @ (constants["projection"] * constants["projection_scale"].astype(np.float64))
    expected = projected / np.linalg.norm(projected)
    np.testing.assert_allclose(embedder(drawn()), expected, atol=1e-5)


def test_a_picture_of_one_colour_has_a_fingerprint(embedder):
    """Features of nothing are no reason to skip a picture."""
    for colour in ("black", "white", "grey"):
        fingerprint = embedder(Image.new("RGB", (SIDE_PX,) * 2, colour))
        assert np.isfinite(fingerprint).all()


def test_the_network_gives_the_recorded_fingerprint(embedder):
    """A change of arithmetic or processor that moves fingerprints does not pass unnoticed."""
    recorded = RECORDED[embedder.model.name]
    found = embedder(drawn())[list(recorded)]
    np.testing.assert_allclose(found, list(recorded.values()), atol=2e-4)


RECORDED = {
    "efficientnet-lite1-regions": {
        0: 0.33561,
        1: -0.16853,
        2: 0.21953,
        4: 0.38419,
        11: -0.14907,
        15: -0.05538,
        17: 0.00328,
        29: 0.06098,
        44: 0.02900,
        63: -0.07029,
        99: -0.04150,
        176: 0.02072,
        333: 0.07072,
        400: -0.01706,
        511: -0.02359,
    },
    "efficientnet-lite2-regions": {
        0: 0.25964,
        1: 0.19602,
        2: 0.19940,
        4: 0.14381,
        11: -0.08256,
        15: 0.09556,
        17: -0.05117,
        29: 0.09509,
        44: 0.00239,
        63: 0.04021,
        99: 0.02238,
        176: 0.02132,
        333: -0.02565,
        400: 0.00411,
        511: -0.02312,
    },
}
"""Components of the fingerprint of the drawn picture."""
