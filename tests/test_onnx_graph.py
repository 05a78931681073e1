"""The graphs that are written here, read by the onnx package and by the engine."""

import numpy as np
import onnx
import pytest

from imagecluster.errors import ModelError
from imagecluster.models.onnx_graph import Graph, Network, Stored
from imagecluster.models.session import open_session


def built(graph, kernel, n_outputs=5):
    value = graph.op("Transpose", "image", perm=[0, 2, 3, 1])
    value = graph.op("Flatten", value, axis=1)
    graph.op("MatMul", value, graph.weight("kernel", kernel), output="out")
    return graph.model({"image": ["n", 300, 1, 1]}, {"out": ["n", n_outputs]})


def test_a_graph_is_valid_and_says_what_was_asked(tmp_path):
    """Names, shapes with free sides, attributes and numbers beyond one byte."""
    array = np.arange(1500, dtype="<f4").reshape(300, 5)
    (tmp_path / "weights.bin").write_bytes(bytes(70_000) + array.tobytes())
    file = tmp_path / "model.onnx"
    file.write_bytes(built(Graph("weights.bin"), Stored(70_000, (300, 5))))
    onnx.checker.check_model(str(file), full_check=True)
    model = onnx.load(file)
    assert [node.op_type for node in model.graph.node] == ["Transpose", "Flatten", "MatMul"]
    assert list(model.graph.node[0].attribute[0].ints) == [0, 2, 3, 1]
    sides = model.graph.input[0].type.tensor_type.shape.dim
    assert (sides[0].dim_param, sides[1].dim_value) == ("n", 300)
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(model.graph.initializer[0]), array)


def test_stored_and_given_weights_give_the_same_result(tmp_path):
    """Mapped from the middle of a file, or handed over in memory."""
    array = np.random.default_rng(0).standard_normal((300, 5)).astype(np.float32)
    (tmp_path / "weights.bin").write_bytes(bytes(12) + array.tobytes())
    stored, given = Graph("weights.bin"), Graph()
    first = Network(built(stored, Stored(12, (300, 5))), tmp_path)
    second = Network(built(given, array), arrays=given.arrays)
    image = np.random.default_rng(1).standard_normal((4, 300, 1, 1)).astype(np.float32)
    for network in (first, second):
        (found,) = open_session(network, name="test").run(["out"], {"image": image})
        np.testing.assert_allclose(found, image[:, :, 0, 0] @ array, rtol=1e-4, atol=1e-4)


def test_what_the_engine_refuses_is_a_model_error(tmp_path):
    """With the name of the model and the engine's reason on one line."""
    with pytest.raises(ModelError, match=r"^the network of mine cannot be opened: .+$"):
        open_session(Network(b"no model"), name="mine")
    with pytest.raises(ModelError, match="mine cannot be opened"):
        open_session(Network(tmp_path / "none.onnx"), name="mine")
