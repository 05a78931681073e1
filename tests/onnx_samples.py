"""Tiny ONNX encoders with the inputs and outputs of real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_encoder(
    path: Path,
    outputs: dict[str, tuple[int, int]],
    *,
    shape=("n", 3, "height", "width"),
    name="pixel_values",
    dtype=TensorProto.FLOAT,
    inputs=1,
    seed=0,
) -> Path:
    """An encoder of 4 x 4 mean colours, by a random matrix.

    `outputs` gives for each name its rank (2: vectors, 3: three tokens a picture, the first of which is the vector) and
    its length. `shape` with 3 at its end reads channels last.
    """
    rng = np.random.default_rng(seed)
    entries = [helper.make_tensor_value_info(name, dtype, shape)]
    entries += [helper.make_tensor_value_info(f"more_{i}", TensorProto.INT64, ["n", 7]) for i in range(1, inputs)]
    value, nodes, weights = name, [], []
    if shape[-1] == 3:
        nodes.append(helper.make_node("Transpose", [value], ["turned"], perm=[0, 3, 1, 2]))
        value = "turned"
    if dtype != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [value], ["cast"], to=TensorProto.FLOAT))
        value = "cast"
    nodes.append(helper.make_node("Shape", [value], ["count"], start=0, end=1))
    weights.append(numpy_helper.from_array(np.array([3, 4, 4], np.int64), "grid"))
    nodes.append(helper.make_node("Concat", ["count", "grid"], ["sizes"], axis=0))
    nodes.append(helper.make_node("Resize", [value, "", "", "sizes"], ["small"], mode="linear", antialias=1))
    nodes.append(helper.make_node("Flatten", ["small"], ["flat"], axis=1))
    infos = []
    for title, (rank, length) in outputs.items():
        matrix = rng.standard_normal((48, length)).astype(np.float32)
        weights.append(numpy_helper.from_array(matrix, f"{title}_matrix"))
        end = title if rank == 2 else f"{title}_vector"
        nodes.append(helper.make_node("MatMul", ["flat", f"{title}_matrix"], [end]))
        if rank == 3:
            weights.append(numpy_helper.from_array(np.array([1], np.int64), f"{title}_axis"))
            nodes.append(helper.make_node("Unsqueeze", [end, f"{title}_axis"], [f"{title}_token"]))
            nodes.append(helper.make_node("Neg", [f"{title}_token"], [f"{title}_other"]))
            tokens = [f"{title}_token", f"{title}_other", f"{title}_other"]
            nodes.append(helper.make_node("Concat", tokens, [title], axis=1))
        infos.append(helper.make_tensor_value_info(title, TensorProto.FLOAT, ["n", *([3] * (rank - 2)), length]))
    graph = helper.make_graph(nodes, "encoder", entries, infos, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, path)
    return path
