"""The cache of all arrays that were computed from a collection, kept in files until they are computed anew.

Each kind of arrays has its own folder in the store's folder, and each key has a file in it: an uncompressed .npz of
numpy, whose array `header` holds a JSON object with the encoding, its version, the key and further information. A file
is read whole, with the checksums of its zip: a wrong bit makes it count as absent. Nothing is unpickled.
"""

from __future__ import annotations

import json
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.system.safe_files import OwnFolder

__all__ = ["ArrayCache", "CacheKind", "Kept", "file_name"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_UNUSABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Errors that reading raised when each bit of a file was flipped in turn; RuntimeError is zipfile's for features that
it does not have."""

_HEADER = "header"
_OURS = re.compile(r"[0-9a-f]{32}\.npz")


@dataclass(frozen=True, slots=True)
class CacheKind:
    """A kind of arrays that the cache keeps."""

    folder: str
    """Name of its folder inside the store's folder."""
    noun: str
    """Name of the arrays in a log."""
    encoding: str
    """Name of the arrays in the files."""
    version: int
    """Version of the encoding: files of another version count as absent."""
    n_keys: int
    """Number of keys whose arrays stay; older files make room."""


class Kept(NamedTuple):
    """The arrays kept under a key."""

    arrays: Mapping[str, NDArray[Any]]
    """By name."""
    info: Mapping[str, Any]
    """Further information, as JSON gives it back."""


def file_name(key: str) -> str:
    """Name of a key's file."""
    return f"{xxhash.xxh3_128_hexdigest(key.encode('utf-8', 'backslashreplace'))}.npz"


class ArrayCache:
    """Named arrays of one kind under keys.

    Every method raises NotOursError if a link, or anything else that is not ours, has the name of the folder or of
    the key's file. Nothing has been changed then.

    Parameters
    ----------
    folder
        The store's folder, held open by the caller.
    kind
        Kind of the arrays.

    """

    def __init__(self, folder: OwnFolder, kind: CacheKind) -> None:
        self._folder = folder
        self._kind = kind

    def __contains__(self, key: str) -> bool:
        """Whether anything is kept under a key."""
        try:
            with self._folder.child(self._kind.folder) as kept:
                return kept.status(file_name(key)) is not None
        except FileNotFoundError:
            return False

    def load(self, key: str, use: Callable[[Kept], T]) -> T | None:
        """The result of `use` for the arrays kept under a key; None if no usable ones are kept.

        Parameters
        ----------
        key
            The same key as in `save`; otherwise the result is None.
        use
            Called with the arrays. It may raise ValueError, KeyError or TypeError for arrays that do not fit together:
            such a file, and one that is damaged, is logged and counts as absent.

        """
        kind, name = self._kind, file_name(key)
        try:
            with (
                self._folder.child(kind.folder) as folder,
                folder.open_reading(name) as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                header = json.loads(arrays[_HEADER].tobytes())
                if (header["encoding"], header["version"], header["key"]) != (kind.encoding, kind.version, key):
                    return None
                return use(Kept({name: arrays[name] for name in arrays.files if name != _HEADER}, header))
        except FileNotFoundError:
            return None
        except _UNUSABLE as error:
            path = self._folder.path / kind.folder / name
            _log.warning("the saved %s %s cannot be used, it will be computed again: %s", kind.noun, path, error)
            return None

    def save_if_possible(
        self, key: str, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any] | None = None
    ) -> None:
        """Like `save`, but arrays that cannot be written (the disk is full or read-only) are not kept."""
        try:
            self.save(key, arrays, info)
        except OSError as error:
            _log.debug("the %s is not kept: %s", self._kind.noun, error)

    def save(self, key: str, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any] | None = None) -> None:
        """Keep arrays in place of those under the key, all or none of them; only the newest keys stay.

        Parameters
        ----------
        key
            Names everything that the arrays depend on.
        arrays
            Arrays of numbers, by name.
        info
            Further information about them; must survive JSON.

        Raises
        ------
        OSError
            The arrays cannot be written.

        """
        kind, name = self._kind, file_name(key)
        header = {**(info or {}), "encoding": kind.encoding, "version": kind.version, "key": key}
        described = np.frombuffer(json.dumps(header).encode(), np.uint8)
        with self._folder.child(kind.folder, create=True) as folder:
            folder.remove_unfinished()
            with folder.replacing(name) as stream:
                np.savez(stream, allow_pickle=False, header=described, **arrays)
            others = [file for file in folder.entries() if _OURS.fullmatch(file.name) and file.name != name]
            others.sort(key=lambda file: file.status.st_mtime_ns, reverse=True)
            for old in others[kind.n_keys - 1 :]:
                folder.remove(old.name)
