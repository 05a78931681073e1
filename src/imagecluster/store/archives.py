"""Arrays kept in files beside the database: what was computed and can be computed again."""

from __future__ import annotations

import io
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.store.layout import write_atomically
from imagecluster.system.atomic import remove_unfinished

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


def path_of(folder: Path, key: str) -> Path:
    """File of what is kept under a key."""
    return folder / f"{xxhash.xxh3_128_hexdigest(key.encode('utf-8', 'backslashreplace'))}.npz"


def save(folder: Path, key: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], *, keep: int) -> None:
    """Writes arrays and a header under a key, and removes all but the newest `keep` files of the folder."""
    content = io.BytesIO()
    described = np.frombuffer(json.dumps({**header, "key": key}).encode(), dtype=np.uint8)
    np.savez(content, allow_pickle=False, header=described, **arrays)
    folder.mkdir(exist_ok=True)
    remove_unfinished(folder)
    path = path_of(folder, key)
    write_atomically(path, content.getbuffer())
    others = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for old in [file for file in others if file != path][keep - 1 :]:
        old.unlink(missing_ok=True)


def load(
    folder: Path, key: str, *, encoding: str, version: int, names: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Header and arrays kept under a key; None where there are none.

    Raises
    ------
    one of UNUSABLE
        The file is damaged. Tell it with `pass_over`.

    """
    try:
        with path_of(folder, key).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if (header["encoding"], header["version"], header["key"]) != (encoding, version, key):
                return None
            return header, {name: arrays[name] for name in names}
    except FileNotFoundError:
        return None


def pass_over(what: str, folder: Path, key: str, error: BaseException) -> None:
    """Log that a file cannot be used."""
    path = path_of(folder, key)
    _log.warning("the saved %s %s cannot be used, it will be computed again: %s", what, path, error)
