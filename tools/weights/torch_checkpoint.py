"""Tensors of a legacy torch checkpoint, read without torch and without running anything in it."""

from __future__ import annotations

import collections
import pickle
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "IntStorage": np.dtype("<i4"),
    "LongStorage": np.dtype("<i8"),
}


def read_checkpoint(file: Path) -> dict[str, NDArray[Any]]:
    """State dictionary of a `torch.save` file written before torch 1.6.

    Raises pickle.UnpicklingError for any name outside the four that such a file needs, and ValueError when the
    file is of another kind.
    """
    with file.open("rb") as stream:
        if _Restricted(stream).load() != _MAGIC or _Restricted(stream).load() != _PROTOCOL:
            raise ValueError(f"{file} is not a legacy torch checkpoint")
        if not _Restricted(stream).load()["little_endian"]:
            raise ValueError(f"{file} is big-endian")
        tensors = _Restricted(stream).load()
        keys = _Restricted(stream).load()
        kinds = {tensor[0][1]: tensor[0][0] for tensor in tensors.values()}
        storages = {key: _read_storage(stream, _STORAGES[kinds[key]]) for key in keys}
    return {name: _view(storages[storage[1]], *rest) for name, (storage, *rest) in tensors.items()}


class _Restricted(pickle.Unpickler):
    """Knows the four names that a state dictionary needs and refuses all others."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, stride, *_: (storage, offset, shape, stride)
        if module == "torch" and name in _STORAGES:
            return name
        raise pickle.UnpicklingError(f"refused {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        kind, storage, key = pid[:3]
        if kind != "storage":
            raise pickle.UnpicklingError(f"refused persistent {kind!r}")
        return storage, key


def _read_storage(stream: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    (n_values,) = struct.unpack("<q", stream.read(8))
    return np.frombuffer(stream.read(n_values * dtype.itemsize), dtype)


def _view(storage: NDArray[Any], offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> NDArray[Any]:
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, strides).copy()
