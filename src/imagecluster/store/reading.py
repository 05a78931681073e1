"""Reading fingerprints from a store, and the pictures that have one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import StoreError
from imagecluster.store import dates, layout, matrix, tables
from imagecluster.system.safe_files import OwnFolder

__all__ = ["Leaves", "gathered", "read_leaves"]


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """The pictures that the latest scan found and that have a fingerprint, in the order of a dendrogram's leaves.

    The order is by content and then by path, so that renaming a picture changes nothing.
    """

    keys: tuple[bytes, ...]
    """Path of each as the database keeps it: relative to the root, or absolute."""
    hashes: tuple[bytes, ...]
    rows: NDArray[np.int64]
    """Row of each in the model's matrix, shape (n,)."""
    size_bytes: NDArray[np.int64]
    width_px: NDArray[np.int64]
    height_px: NDArray[np.int64]
    taken_s: NDArray[np.float64]
    """What the clocks of the places showed (`Taken.local_s`); NaN if unknown."""
    n_with_place: int

    def __len__(self) -> int:
        return len(self.keys)


def read_leaves(connection: sqlite3.Connection, keys: layout.PathKeys, model: str) -> Leaves:
    """The pictures with a fingerprint of a model; empty for an unknown model.

    Three passes, each over one table: without statistics SQLite may join them in quadratic time.
    """
    known = tables.model_row(connection, model)
    rows = dict(connection.execute("SELECT hash, row FROM fingerprints WHERE model = ?", (known.id,))) if known else {}
    select = "SELECT hash, width_px, height_px, taken_s, latitude_deg IS NOT NULL FROM contents"
    contents = {row[0]: row for row in connection.execute(select)} if rows else {}
    beside = dates.read_beside_of_contents(connection) if rows else {}
    for content_hash, metadata in tables.metadata(connection, beside.keys() & contents.keys()).items():
        found = dates.completed(metadata, beside[content_hash])
        contents[content_hash] = (*contents[content_hash][:3], found.taken_s, found.place is not None)
    select = "SELECT hash, path, size_bytes FROM files WHERE hash IS NOT NULL AND gone_s IS NULL"
    files = [file for file in connection.execute(select) if file[0] in rows] if rows else []
    if any(b"\0" in file[1] for file in files):
        raise ValueError("the path of a picture holds a NUL")
    if any(file[1].startswith(b"/") or file[1][1:2] == b":" for file in files):
        # Equal contents stand in the order of their absolute paths, and only some of these paths are absolute.
        files.sort(key=lambda file: (file[0], os.fsencode(keys.path(file[1]))))
    else:
        files.sort()
    hashes = tuple(file[0] for file in files)
    of_each = list(zip(*(contents[content_hash] for content_hash in hashes), strict=True)) or [()] * 5
    taken_s = np.array(of_each[3], np.float64)
    if np.isinf(taken_s).any():
        raise ValueError("a picture was taken at an infinite time")
    return Leaves(
        keys=tuple(file[1] for file in files),
        hashes=hashes,
        rows=np.array([rows[content_hash] for content_hash in hashes], np.int64),
        size_bytes=np.array([file[2] for file in files], np.int64),
        width_px=np.array(of_each[1], np.int64),
        height_px=np.array(of_each[2], np.int64),
        taken_s=taken_s,
        n_with_place=sum(of_each[4]),
    )


def gathered(
    connection: sqlite3.Connection, folder: OwnFolder, model: str, hashes: Sequence[bytes]
) -> NDArray[np.float32]:
    """The fingerprints of contents, shape (n_hashes, n_dimensions), each row checked against its checksum.

    Raises
    ------
    StoreError
        A content has no fingerprint of this model.
    StoreDamagedError
        A row of the matrix is not the one that was committed.

    """
    while True:
        known = tables.model_row(connection, model)
        rows = tables.fingerprint_rows(connection, known.id, set(hashes)) if known else {}
        missing = [h for h in hashes if h not in rows]
        if known is None or missing:
            msg = (
                f"{len(missing):,} of {len(hashes):,} pictures have no fingerprint of {model} in"
                f" {folder.path}: run `imagecluster run` with this model first"
            )
            raise StoreError(msg)
        numbers = np.array([rows[h][1:] for h in hashes], dtype=np.int64).reshape(-1, 2)
        try:
            return matrix.gather(folder, known.matrix, numbers[:, 0], numbers[:, 1], n_dimensions=known.n_dimensions)
        except (StoreError, FileNotFoundError):
            # A writer's forget_gone may have replaced the matrix just looked up.
            if tables.model_row(connection, model) == known:
                raise
