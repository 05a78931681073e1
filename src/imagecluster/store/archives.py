"""Arrays kept in files beside the database: what was computed and can be computed again."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.system.files import OwnFolder

_log = logging.getLogger(__name__)

# What reading a file raised when each of its bits in turn was flipped; RuntimeError is zipfile's for features that
# it does not have.
UNUSABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


_OURS = re.compile(r"[0-9a-f]{32}\.npz")


def file_name(key: str) -> str:
    """File of what is kept under a key."""
    return f"{xxhash.xxh3_128_hexdigest(key.encode('utf-8', 'backslashreplace'))}.npz"


def is_kept(folder: OwnFolder, kind: str, key: str) -> bool:
    """Whether anything is kept under a key."""
    try:
        with folder.child(kind) as kept:
            return kept.status(file_name(key)) is not None
    except FileNotFoundError:
        return False


def save(
    folder: OwnFolder, kind: str, key: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], *, keep: int
) -> None:
    """Writes arrays and a header under a key, and removes all but the newest `keep` files of that kind.

    `kind` is the name of a folder in the store's.
    """
    content = io.BytesIO()
    described = np.frombuffer(json.dumps({**header, "key": key}).encode(), dtype=np.uint8)
    np.savez(content, allow_pickle=False, header=described, **arrays)
    name = file_name(key)
    with folder.child(kind, create=True) as kept:
        kept.remove_unfinished()
        with kept.replacing(name) as stream:
            stream.write(content.getbuffer())
        others = [file for file in kept.entries() if _OURS.fullmatch(file.name) and file.name != name]
        others.sort(key=lambda file: file.status.st_mtime_ns, reverse=True)
        for old in others[keep - 1 :]:
            kept.remove(old.name)


def load(
    folder: OwnFolder, kind: str, key: str, *, encoding: str, version: int, names: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Header and arrays kept under a key; None where there are none.

    Raises
    ------
    one of UNUSABLE
        The file is damaged. Tell it with `pass_over`.

    """
    try:
        with (
            folder.child(kind) as kept,
            kept.open_reading(file_name(key)) as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            header = json.loads(arrays["header"].tobytes())
            if (header["encoding"], header["version"], header["key"]) != (encoding, version, key):
                return None
            return header, {name: arrays[name] for name in names}
    except FileNotFoundError:
        return None


def pass_over(what: str, folder: OwnFolder, kind: str, key: str, error: BaseException) -> None:
    """Log that a file cannot be used."""
    path = folder.path / kind / file_name(key)
    _log.warning("the saved %s %s cannot be used, it will be computed again: %s", what, path, error)
