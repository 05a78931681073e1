"""Reading of Keras weight files (HDF5), without Keras.

`pyfive` is a reader in pure Python of 0.3 MB; h5py would add 17 MB to every installation.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imagecluster.errors import ModelError
from imagecluster.models.onnx_graph import Stored

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Weights", "read_weights"]

Weights = dict[str, tuple["Stored | NDArray[np.float32]", ...]]
"""Arrays of each layer in the order of the file (kernel, then bias); layers without weights are left out."""


def read_weights(path: Path) -> Weights:
    """The arrays in a file that `model.save_weights("NAME.h5")` or `model.save("NAME.h5")` of Keras 1, 2 or 3 wrote.

    Contiguous arrays are not read, and only their place is returned. Compressed or chunked arrays are read.

    Raises
    ------
    ModelError
        There is no such file, or it is not a weight file of Keras.
    """
    import pyfive

    try:
        with pyfive.File(str(path)) as file:
            weights = _keras_3(file["layers"]) if "layers" in file else _keras_1(file)
    except OSError as error:
        raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a reader may raise anything for a file of another kind
        raise ModelError(
            f"{path} is not a weight file of Keras as written by model.save_weights('NAME.h5')"
            f" ({type(error).__name__}: {error})"
        ) from None
    return {name: arrays for name, arrays in weights.items() if arrays}


def _keras_1(file: Any) -> Weights:
    """The layout of Keras 1 and 2, in which attributes list the layers and the arrays of each."""
    top = file if "layer_names" in file.attrs else file["model_weights"]
    layers = {name: top[name] for name in _names(top.attrs["layer_names"])}
    return {
        name: tuple(_array(layer[item]) for item in _names(layer.attrs["weight_names"]))
        for name, layer in layers.items()
    }


def _keras_3(layers: Any) -> Weights:
    """The layout of `.weights.h5` in Keras 3: groups are named by kind, and an attribute has the layer's name."""
    variables = [layers[kind]["vars"] for kind in layers]
    return {
        name: tuple(_array(group[number]) for number in sorted(group, key=int))
        for group in variables
        for name in _names([group.attrs["name"]])
    }


def _names(attribute: Iterable[Any]) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in attribute]


def _array(dataset: Any) -> Stored | NDArray[np.float32]:
    values = dataset[...]
    mapped = _mapping(values)
    if mapped is not None and values.dtype == np.dtype("<f4") and values.flags.c_contiguous:
        return Stored(mapped.offset + _address(values) - _address(mapped), values.shape)
    return np.asarray(values, dtype=np.float32)


def _mapping(values: NDArray[Any]) -> np.memmap[Any, Any] | None:
    """The memory map behind an array; the outermost one, whose `offset` is correct."""
    found, base = None, values
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            found = base
        base = base.base  # type: ignore[assignment]  # anything may lie below an array
    return found


def _address(values: NDArray[Any]) -> int:
    return int(values.__array_interface__["data"][0])
