"""What was seen in the pixels of copies to tell which of them lost least: kept, since a look takes a moment each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xxhash

from imagecluster.decode import Coding
from imagecluster.store import TRACES_NAME
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["KeptTraces"]

_KIND = CacheKind(TRACES_NAME, "traces in pixels", "imagecluster-traces", version=1, n_keys=1)
_KEY = "traces/2"
_KEY_BYTES = 16


class KeptTraces:
    """Looks into pixels, each done once.

    Parameters
    ----------
    hashes
        Content hashes by path, of all files that are asked for.
    folder
        Folder of the database, which keeps the results.

    """

    def __init__(self, hashes: Mapping[Path, bytes], folder: OwnFolder) -> None:
        self._hashes = hashes
        self._folder = folder
        self._known = ArrayCache(folder, _KIND).load(_KEY, _values) or {}
        self._n_kept = len(self._known)

    def earlier_quality(self, path: Path, coding: Coding, *, others: Sequence[Coding] = ()) -> float | None:
        """As `imagecluster.decode.earlier_quality`."""
        from imagecluster.decode import earlier_quality

        tables = repr([other.tables for other in others])
        key = self._key("quality", path, xxhash.xxh3_128_digest(tables.encode()))
        if key not in self._known:
            found = earlier_quality(path, coding, others=others)
            self._known[key] = math.nan if found is None else found
        value = self._known[key]
        return None if math.isnan(value) else value

    def is_enlarged(self, large: Path, small: Path) -> bool:
        """As `imagecluster.decode.is_enlarged`."""
        from imagecluster.decode import is_enlarged

        key = self._key("enlarged", large, self._hashes[small])
        if key not in self._known:
            self._known[key] = float(is_enlarged(large, small))
        return bool(self._known[key])

    def keep(self) -> None:
        """Keep what is new, if possible."""
        if len(self._known) > self._n_kept:
            self._n_kept = len(self._known)
            keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, _KEY_BYTES)
            values = np.array(list(self._known.values()), "<f4")
            ArrayCache(self._folder, _KIND).save_if_possible(_KEY, {"keys": keys, "values": values})

    def _key(self, what: str, path: Path, rest: bytes) -> bytes:
        return xxhash.xxh3_128_digest(what.encode() + self._hashes[path] + rest)


def _values(kept: Kept) -> dict[bytes, float]:
    keys, values = kept.arrays["keys"], kept.arrays["values"]
    if keys.shape != (len(values), _KEY_BYTES) or values.ndim != 1:
        raise ValueError(f"arrays of shapes {keys.shape} and {values.shape}")
    return {key.tobytes(): float(value) for key, value in zip(keys.astype(np.uint8), values, strict=True)}
