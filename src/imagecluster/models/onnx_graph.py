"""Writing of small ONNX graphs, whose weights may be in another file.

The `onnx` package is far larger than the few messages of https://onnx.ai/onnx/repo-docs/IR.html that are needed here:
each field of a protobuf message is a key (field number and wire type) and a value, which is all that is written below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Graph", "Network", "Stored"]

IR_VERSION, OPSET = 8, 17
_FLOAT, _EXTERNAL = 1, 1
_ATTRIBUTE_INT, _ATTRIBUTE_INTS = 2, 7


@dataclass(frozen=True, slots=True)
class Stored:
    """A float32 array in a file: little-endian, in C order, without gaps."""

    offset: int
    """Offset of its first byte."""
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A network for the inference engine to open."""

    model: bytes | Path
    """The ONNX model, or the file that holds it."""
    folder: Path | None = None
    """Folder of the files that a model in memory names."""
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Weights that the model leaves open, by name."""


class Graph:
    """A graph under construction. Each method returns the name of the value that it adds."""

    def __init__(self, weights_file: str = "") -> None:
        """`weights_file` is the name of the file with the `Stored` weights."""
        self._weights_file = weights_file
        self._nodes: list[bytes] = []
        self._initializers: list[bytes] = []
        self.arrays: dict[str, NDArray[np.float32]] = {}
        """Weights that are passed to the engine beside the model."""

    def weight(self, name: str, value: Stored | NDArray[np.float32]) -> str:
        """Add a weight, which the engine reads from its place."""
        if isinstance(value, Stored):
            n_bytes = 4 * int(np.prod(value.shape, dtype=np.int64))
            place = {"location": self._weights_file, "offset": str(value.offset), "length": str(n_bytes)}
        else:
            self.arrays[name] = np.ascontiguousarray(value, dtype=np.float32)
            place = {"location": "given beside the model"}
        entries = [_message(13, _text(1, key) + _text(2, text)) for key, text in place.items()]
        dims = b"".join(_number(1, side) for side in value.shape)
        tensor = dims + _number(2, _FLOAT) + _text(8, name) + b"".join(entries) + _number(14, _EXTERNAL)
        self._initializers.append(_message(5, tensor))
        return name

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: int | list[int]) -> str:
        """Add an operator with one output."""
        output = output or f"{kind}_{len(self._nodes)}"
        node = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind)
        for name, value in attributes.items():
            if isinstance(value, int):
                held = _number(3, value) + _number(20, _ATTRIBUTE_INT)
            else:
                held = b"".join(_number(8, item) for item in value) + _number(20, _ATTRIBUTE_INTS)
            node += _message(5, _text(1, name) + held)
        self._nodes.append(_message(1, node))
        return output

    def model(self, inputs: dict[str, list[int | str]], outputs: dict[str, list[int | str]]) -> bytes:
        """The whole model. Shapes are given by name; a text in a shape stands for a free dimension."""
        graph = b"".join(self._nodes) + _text(2, "network") + b"".join(self._initializers)
        graph += b"".join(_message(11, _value(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_message(12, _value(name, shape)) for name, shape in outputs.items())
        return _number(1, IR_VERSION) + _text(2, "imagecluster") + _message(7, graph) + _message(8, _number(2, OPSET))


def _value(name: str, shape: list[int | str]) -> bytes:
    """ValueInfoProto of a float32 tensor."""
    sides = b"".join(_message(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in shape)
    return _text(1, name) + _message(2, _message(1, _number(1, _FLOAT) + _message(2, sides)))


def _varint(value: int) -> bytes:
    """A number in base 128, low digits first; a high bit says that more follow."""
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())
