"""Fingerprints as a file for other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import numpy as np

from imagecluster.collection.report import relative_names
from imagecluster.errors import ArgumentError
from imagecluster.present.output_file import replacing
from imagecluster.records import Fingerprints
from imagecluster.store import Store
from imagecluster.system.extras import missing_extra


def write_fingerprints(store: Store, model: str, file: Path) -> int:
    """Write fingerprints to an .npz or .parquet file in the order of their paths, and return their number.

    The vectors are float32 of unit length, the space in which clustering measures cosine. Paths inside the collection
    are relative to its root, with '/' between their parts. `.npz` holds `paths` (n,), `vectors` (n, n_dimensions) and
    `model`; `.parquet` has the columns `path` (with bytes that are not UTF-8 replaced), `path_bytes` and `vector`. The
    file is written as a whole or not at all.

    Raises
    ------
    ArgumentError
        The file's suffix is neither .npz nor .parquet.
    MissingExtraError
        .parquet needs the extra `parquet`.
    OutputError
        The file cannot be written.
    StoreError
        A picture has no fingerprint by this model.
    """
    writers = {".npz": _write_npz, ".parquet": _write_parquet}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise ArgumentError(f"cannot write fingerprints to {file.name!r}; the name must end with .npz or .parquet")
    found = store.fingerprints(model, list(store.known_files()))
    with replacing(file, create=False) as stream:
        writer(stream, found, relative_names(store.root, found.paths))
    return len(found.paths)


def _write_npz(stream: IO[bytes], found: Fingerprints, paths: list[str]) -> None:
    np.savez(stream, paths=np.array(paths, dtype=np.str_), vectors=found.vectors, model=np.array(found.model))


def _write_parquet(stream: IO[bytes], found: Fingerprints, paths: list[str]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise missing_extra("writing .parquet needs pyarrow", "parquet", otherwise="write .npz") from None
    encoded = [os.fsencode(path) for path in paths]
    values = pyarrow.array(np.ascontiguousarray(found.vectors).reshape(-1))
    table = pyarrow.table(
        {
            "path": pyarrow.array([name.decode(errors="replace") for name in encoded], pyarrow.string()),
            "path_bytes": pyarrow.array(encoded, pyarrow.binary()),
            "vector": pyarrow.FixedSizeListArray.from_arrays(values, found.vectors.shape[1]),
        },
        metadata={"model": found.model, "creator": "imagecluster"},
    )
    pyarrow.parquet.write_table(table, stream)
