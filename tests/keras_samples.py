"""VGG16 weights that tests make: random, in the layouts in which Keras writes them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

WIDTHS = (4, 6, 8, 10, 12)
"""Of the five blocks of a narrow network; the real ones are 64, 128, 256, 512, 512."""
REAL_WIDTHS = (64, 128, 256, 512, 512)
BLOCKS = (2, 2, 3, 3, 3)


def make_weights(widths=WIDTHS, dense=(20, 16, 5), *, side_px=224, seed=0):
    """Kernel and bias by layer, scaled so that values neither vanish nor grow."""
    rng = np.random.default_rng(seed)
    shapes = {}
    inputs = 3
    for block, (n_layers, width) in enumerate(zip(BLOCKS, widths, strict=True), 1):
        for i in range(1, n_layers + 1):
            shapes[f"block{block}_conv{i}"] = (3, 3, inputs, width)
            inputs = width
    inputs *= (side_px // 32) ** 2
    for name, width in zip(("fc1", "fc2", "predictions"), dense, strict=False):
        shapes[name] = (inputs, width)
        inputs = width
    return {
        name: (
            rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / np.prod(shape[:-1]))),
            (0.05 * rng.standard_normal(shape[-1])).astype(np.float32),
        )
        for name, shape in shapes.items()
    }


def write_legacy(path: Path, weights, *, group: str = "", nested: bool = False, **options) -> Path:
    """As `model.save_weights("x.h5")` of Keras 1 and 2 writes them.

    `group` is "model_weights" in a file of `model.save`. `nested` names arrays as Keras 2 did: `layer/kernel:0` in the
    layer's group; the official file has `layer_W_1:0`. `options` go to h5py, such as a compression.
    """
    names = ["input_1"]
    for name in weights:
        names.append(name)
        if name in ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"):
            names.append(f"{name[:6]}_pool")
    names.insert(names.index("block5_pool") + 1, "flatten")
    with h5py.File(path, "w") as file:
        top = file.create_group(group) if group else file
        top.attrs["layer_names"] = [name.encode() for name in names]
        top.attrs["backend"] = b"tensorflow"
        top.attrs["keras_version"] = b"1.2.1"
        for name in names:
            layer = top.create_group(name)
            if name not in weights:
                layer.attrs["weight_names"] = np.array([], dtype="S1")
                continue
            titles = (f"{name}/kernel:0", f"{name}/bias:0") if nested else (f"{name}_W_1:0", f"{name}_b_1:0")
            layer.attrs["weight_names"] = [title.encode() for title in titles]
            for title, array in zip(titles, weights[name], strict=True):
                layer.create_dataset(title, data=array, **options)
    return path


def write_keras_3(path: Path, weights) -> Path:
    """As `model.save_weights("x.weights.h5")` of Keras 3 writes them."""
    kinds = [f"{'conv2d' if name.startswith('block') else 'dense'}_{i}" for i, name in enumerate(weights)]
    with h5py.File(path, "w") as file:
        for kind, (name, arrays) in zip(["flatten", *kinds], [("flatten", ()), *weights.items()], strict=True):
            layer = file.create_group(f"layers/{kind}/vars")
            layer.attrs["name"] = name
            for number, array in enumerate(arrays):
                layer[str(number)] = array
    return path


def reference(weights, images):
    """Outputs of flatten, fc1 and fc2 in float64, written from the definition, for RGB images (n, h, w, 3)."""
    x = images[..., ::-1].astype(np.float64) - (103.939, 116.779, 123.68)
    previous = "block1"
    for name, (kernel, bias) in weights.items():
        if name[:6] != previous:
            x, previous = _pooled(x), name[:6]
        if name.startswith("block"):
            padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # n, h, w, c, 3, 3
            x = np.maximum(np.tensordot(windows, kernel.astype(np.float64), ((4, 5, 3), (0, 1, 2))) + bias, 0)
        else:
            break
    outputs = {"flatten": x.reshape(len(x), -1)}
    outputs["fc1"] = np.maximum(outputs["flatten"] @ weights["fc1"][0] + weights["fc1"][1], 0)
    outputs["fc2"] = np.maximum(outputs["fc1"] @ weights["fc2"][0] + weights["fc2"][1], 0)
    return outputs


def _pooled(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
