"""Reading of a dictionary of arrays from a pickle, without running any function that it names.

A pickle is a program: reading it calls every function that it names. Here each name that NumPy's arrays need stands for
a harmless replacement that only takes notes, and every other name is refused. NumPy receives only raw numbers from the
file, after their count has been checked.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError, InputError

__all__ = ["read_fingerprints_pk"]

_NUMBERS = re.compile(r"[fiu][1248]")
_LARGEST_BYTES = 4 << 30


def read_fingerprints_pk(file: Path) -> dict[str, NDArray[np.float32]]:
    """Fingerprints in a database of the original, arrays of shape (n_dimensions,), by the pictures' paths at the time.

    Raises
    ------
    InputError
        There is no such file.
    ArgumentError
        The file holds anything but a dictionary of arrays of equal length by name, or is larger than 4 GiB.
    """
    try:
        size = file.stat().st_size
        if size > _LARGEST_BYTES:
            raise ArgumentError(f"{file} has {size:,} bytes; at most {_LARGEST_BYTES:,} are read")
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {str(file)!r}: {(error.strerror or str(error)).lower()}") from None
    try:
        content = _Reader(io.BytesIO(data)).load()
        found = _fingerprints(content)
    except _Refused as error:
        raise ArgumentError(f"{file} is refused: {error}") from None
    except Exception as error:  # the pickle machine throws anything at a damaged file
        raise ArgumentError(f"{file} is not a readable fingerprints.pk: {type(error).__name__}: {error}") from None
    return found


class _Refused(Exception):  # noqa: N818 - a reason, turned into an ArgumentError
    """The file refers to something that is not read."""


class _Type:
    """Notes of a `numpy.dtype`."""

    def __init__(self, code: object = "", *_: object) -> None:
        self.code = str(code)
        self.order = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = str(state[1])

    def name(self) -> str:
        """The type in NumPy's notation; _Refused unless it is a plain number."""
        if not _NUMBERS.fullmatch(self.code):
            raise _Refused(f"it holds an array of {self.code!r}, not of numbers")
        order = "<" if self.order in "|=<" else ">"
        return order + self.code


class _Array:
    """Notes of a `numpy.ndarray`."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def values(self) -> NDArray[np.float32]:
        """The numbers, shape (n,)."""
        if len(self.state) != 5:
            raise _Refused("it holds an array without content")
        _, shape, kind, _, raw = self.state
        if not isinstance(kind, _Type) or not isinstance(shape, tuple) or not isinstance(raw, bytes | bytearray):
            raise _Refused("it holds an array that is not made of plain numbers")
        name = kind.name()
        if len(shape) != 1 or not isinstance(shape[0], int) or shape[0] * int(name[-1]) != len(raw):
            raise _Refused(f"it holds an array of shape {shape} with {len(raw)} bytes")
        return np.frombuffer(raw, name).astype(np.float32)


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(buffer: object, kind: object, shape: object, *_: object) -> _Array:
    """Stand-in for the function from which protocol 5 makes an array."""
    array = _Array()
    array.state = (1, shape, kind, False, bytes(buffer) if isinstance(buffer, bytes | bytearray) else b"")
    return array


def _encode(text: object, *_: object) -> bytes:
    """Bytes as protocol 2 writes them: text in which each character is one byte."""
    return str(text).encode("latin1")


_STAND_INS: dict[tuple[str, str], Any] = {
    (f"numpy.{core}.{module}", name): stand_in
    for core in ("core", "_core")
    for module, name, stand_in in (
        ("multiarray", "_reconstruct", _reconstruct),
        ("numeric", "_frombuffer", _from_buffer),
    )
} | {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows only the stand-ins."""

    def find_class(self, module: str, name: str, /) -> Any:
        """The stand-in for a name; _Refused for any other name."""
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise _Refused(f"it names {module}.{name}, but only arrays of numbers are read") from None

    def persistent_load(self, pid: object, /) -> Any:
        """Refuse references to things outside the file."""
        raise _Refused("it refers to things outside the file")


def _fingerprints(content: object) -> dict[str, NDArray[np.float32]]:
    """Content as a dictionary of arrays of equal length."""
    if not isinstance(content, dict):
        raise _Refused(f"it holds a {type(content).__name__}, not a dictionary of arrays by name")
    found: dict[str, NDArray[np.float32]] = {}
    for name, array in content.items():
        if not isinstance(name, str) or not isinstance(array, _Array):
            raise _Refused("it is not a dictionary of arrays by name")
        found[name] = array.values()
    lengths = {len(array) for array in found.values()}
    if len(lengths) > 1:
        raise _Refused(f"its arrays have different lengths: {sorted(lengths)}")
    for name, array in found.items():
        if not math.isfinite(float(np.abs(array).max(initial=0.0))):
            raise _Refused(f"the fingerprint of {name!r} holds values that are not finite")
    return found
