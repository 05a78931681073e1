"""Reading and writing of dictionaries, strings, numbers and NumPy arrays as pickles, without running what they name.

A pickle is a program: reading it calls every function that it names. Here each name that NumPy's arrays and numbers
need stands for a harmless replacement that only takes notes, and every other name is refused. NumPy receives only raw
numbers from the file, after their count has been checked.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError, InputError
from imagecluster.present.output_file import replacing

__all__ = ["pickle_of", "read_fingerprints_pk", "read_pickle", "unpickled", "write_pickle"]

_NUMBERS = re.compile(r"[fiu][1248]|b1|c8|c16")
_LARGEST_BYTES = 4 << 30
_PROTOCOL = 4
_PLAIN = (str, bytes, bytearray, bool, int, float, complex, type(None))
"""Types that a pickle holds without naming anything."""


def read_pickle(file: Path) -> Any:
    """Content of a pickle of dictionaries, lists, tuples, sets, strings, numbers and arrays of numbers.

    Raises
    ------
    InputError
        There is no such file.
    ArgumentError
        The file holds anything else (the message names it), is damaged, or is larger than 4 GiB.
    """
    try:
        size = file.stat().st_size
        if size > _LARGEST_BYTES:
            raise ArgumentError(f"{file} has {size:,} bytes; at most {_LARGEST_BYTES:,} are read")
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {str(file)!r}: {(error.strerror or str(error)).lower()}") from None
    return unpickled(data, os.fspath(file))


def unpickled(data: bytes, name: str) -> Any:
    """Content of a pickle that was read from a file of this name; for the rest see `read_pickle`."""
    try:
        return _finished(_Reader(io.BytesIO(data)).load(), {})
    except _Refused as error:
        raise ArgumentError(f"{name} is refused: {error}") from None
    except Exception as error:  # the pickle machine throws anything at a damaged file
        raise ArgumentError(f"{name} is not a readable pickle: {type(error).__name__}: {error}") from None


def read_fingerprints_pk(file: Path) -> dict[str, NDArray[np.float32]]:
    """Fingerprints in a database of the original, arrays of shape (n_dimensions,), by the pictures' paths at the time.

    Raises
    ------
    InputError
        There is no such file.
    ArgumentError
        The file holds anything but a dictionary of arrays of equal length by name, or is larger than 4 GiB.
    """
    content = read_pickle(file)
    try:
        return _fingerprints(content)
    except _Refused as error:
        raise ArgumentError(f"{file} is refused: {error}") from None


def write_pickle(content: object, file: Path) -> None:
    """Write a pickle that `read_pickle` reads; the file is replaced when all of it has been written.

    Raises
    ------
    ArgumentError
        The content holds something that `read_pickle` would refuse.
    OutputError
        The file cannot be written, or is a link.
    """
    data = pickle_of(content)
    with replacing(file) as stream:
        stream.write(data)


def pickle_of(content: object) -> bytes:
    """A pickle that `unpickled` reads; ArgumentError if it would refuse the content."""
    _check(content)
    return pickle.dumps(content, _PROTOCOL)


def _check(content: object) -> None:
    """Raise ArgumentError if there is anything in it that `read_pickle` would refuse."""
    seen: set[int] = set()
    stack = [content]
    while stack:
        item = stack.pop()
        if isinstance(item, np.ndarray | np.generic):
            if type(item) is not np.ndarray and not isinstance(item, np.generic):
                raise ArgumentError(f"cannot write an array of class {type(item).__name__}; use np.asarray first")
            if not _NUMBERS.fullmatch(item.dtype.str[1:]):
                raise ArgumentError(f"cannot write an array of {item.dtype.name}; only numbers are written")
        elif type(item) in (dict, OrderedDict, list, tuple, set, frozenset):
            if id(item) not in seen:
                seen.add(id(item))
                stack += _inside(item)
        elif type(item) not in _PLAIN:
            raise ArgumentError(
                f"cannot write a {type(item).__name__}; only dictionaries, lists, strings, numbers and NumPy arrays are"
                " written"
            )


def _inside(item: Any) -> Iterable[Any]:
    """Everything directly inside a collection; of a dictionary, its keys too."""
    return (part for pair in item.items() for part in pair) if isinstance(item, dict) else item


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

    def values(self) -> NDArray[Any]:
        """The array."""
        if len(self.state) != 5:
            raise _Refused("it holds an array without content")
        _, shape, kind, by_columns, raw = self.state
        if not isinstance(kind, _Type) or not isinstance(shape, tuple) or not isinstance(raw, bytes | bytearray):
            raise _Refused("it holds an array that is not made of plain numbers")
        dtype = np.dtype(kind.name())
        sides = all(isinstance(side, int) and 0 <= side <= len(raw) for side in shape) or (0 in shape)
        if not sides or math.prod(shape) * dtype.itemsize != len(raw):
            raise _Refused(f"it holds an array of shape {shape} with {len(raw)} bytes")
        order = "F" if by_columns is True else "C"
        # A copy: an array of its own, which may be written to, in this machine's order of bytes.
        flat = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
        return flat.reshape(shape, order=order)  # type: ignore[call-overload,no-any-return]


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(buffer: object, kind: object, shape: object, order: object = "C", *_: object) -> _Array:
    """Stand-in for the function from which protocol 5 makes an array."""
    array = _Array()
    array.state = (1, shape, kind, order == "F", bytes(buffer) if isinstance(buffer, bytes | bytearray) else b"")
    return array


def _scalar(kind: object = None, raw: object = b"", *_: object) -> Any:
    """Stand-in for the function that makes a NumPy number; its type is complete by then."""
    array = _Array()
    array.state = (1, (), kind, False, raw)
    return array.values()[()]


def _encode(text: object, *_: object) -> bytes:
    """Bytes as protocol 2 writes them: text in which each character is one byte."""
    return str(text).encode("latin1")


def _bytes(*content: object) -> bytes:
    """Empty bytes as protocol 2 writes them."""
    if content:
        raise _Refused("it makes bytes of something else")
    return b""


def _set(content: object = ()) -> set[Any]:
    """A set as protocols up to 3 write it: of a list."""
    if not isinstance(content, list | tuple):
        raise _Refused("it makes a set of something else")
    return set(content)


def _frozen_set(content: object = ()) -> frozenset[Any]:
    """A frozen set as protocols up to 3 write it: of a list."""
    return frozenset(_set(content))


def _complex(*parts: object) -> complex:
    """A complex number, of two real ones."""
    real, imaginary = parts
    if not isinstance(real, int | float) or not isinstance(imaginary, int | float):
        raise _Refused("it makes a number of something else")
    return complex(real, imaginary)


_STAND_INS: dict[tuple[str, str], Any] = (
    {
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    }
    | {
        (module, name): stand_in
        for module in ("builtins", "__builtin__")  # Python 3 and 2
        for name, stand_in in (
            ("set", _set), ("frozenset", _frozen_set), ("complex", _complex), ("bytes", _bytes),
        )
    }
    | {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Type,
        ("_codecs", "encode"): _encode,
        ("collections", "OrderedDict"): dict,
    }
)  # fmt: skip


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


def _finished(item: Any, done: dict[int, Any]) -> Any:
    """An item in which all notes have become arrays; `done` has what is finished already, by identity."""
    if id(item) in done:
        found = done[id(item)]
        if found is _UNDER_WAY:
            raise _Refused("it holds a tuple that contains itself")
        return found
    if isinstance(item, _Array):
        done[id(item)] = item.values()
    elif type(item) is dict:
        done[id(item)] = item
        parts = [(_finished(key, done), _finished(value, done)) for key, value in item.items()]
        item.clear()
        item.update(parts)
    elif type(item) is list:
        done[id(item)] = item
        item[:] = [_finished(part, done) for part in item]
    elif type(item) in (tuple, set, frozenset):
        done[id(item)] = _UNDER_WAY
        done[id(item)] = type(item)(_finished(part, done) for part in item)
    elif isinstance(item, np.generic) or type(item) in _PLAIN:
        return item
    else:
        raise _Refused(f"it holds a {type(item).__name__.removeprefix('_')} by itself")
    return done[id(item)]


_UNDER_WAY = object()
"""In place of a tuple whose parts are not finished."""


def _fingerprints(content: object) -> dict[str, NDArray[np.float32]]:
    """Content as a dictionary of arrays of equal length."""
    if not isinstance(content, dict):
        raise _Refused(f"it holds a {type(content).__name__}, not a dictionary of arrays by name")
    found: dict[str, NDArray[np.float32]] = {}
    for name, array in content.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise _Refused("it is not a dictionary of arrays by name")
        if array.dtype.kind not in "fiu":
            raise _Refused(f"it holds an array of {array.dtype.name}, not of numbers")
        if array.ndim != 1:
            raise _Refused(f"it holds an array of shape {array.shape}; a fingerprint is (n_dimensions,)")
        found[name] = array.astype(np.float32)
    lengths = {len(array) for array in found.values()}
    if len(lengths) > 1:
        raise _Refused(f"its arrays have different lengths: {sorted(lengths)}")
    for name, array in found.items():
        if not math.isfinite(float(np.abs(array).max(initial=0.0))):
            raise _Refused(f"the fingerprint of {name!r} holds values that are not finite")
    return found
