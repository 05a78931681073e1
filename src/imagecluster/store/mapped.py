"""A model's fingerprints as they lie on disk, for a pass over all of them, and the pictures that rows stand for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import StoreError
from imagecluster.store import matrix, tables
from imagecluster.store.values import KnownFile

if TYPE_CHECKING:
    from imagecluster.store.store import Store

_MOST_VALUES = 500
"""Values per SQL statement; SQLite allows 999 everywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredContent:
    """The content that one row of the matrix stands for."""

    row: int
    content_hash: bytes
    vector: NDArray[np.float32]
    """Shape (n_dimensions,), as stored."""
    paths: tuple[Path, ...]
    """Files of this content that the latest scan found, ordered by the bytes of their paths; may be empty."""


class MappedFingerprints:
    """The matrix of a model, opened as a memory map.

    Rows are not checked against their checksums before `contents` names them: reading all of them would take longer
    than the pass. Fingerprints that a run adds later are not in it; see `is_current`.

    Parameters
    ----------
    store : Store
    model : str
        `name@version`.

    Raises
    ------
    StoreError
        There are no fingerprints of this model.

    """

    def __init__(self, store: Store, model: str) -> None:
        self._store = store
        while True:
            with store._reading() as connection:
                found = tables.model_row(connection, model)
            if found is None:
                raise StoreError(
                    f"there are no fingerprints of {model} in {store.directory}: run `imagecluster run` with this"
                    " model first"
                )
            self._model = found
            try:
                n_rows, n_dimensions = found.n_rows, found.n_dimensions
                self.rows = matrix.mapped(store.folder, found.matrix, n_rows=n_rows, n_dimensions=n_dimensions)
                return
            except (StoreError, FileNotFoundError):
                if self.is_current():
                    raise

    rows: NDArray[np.float16]
    """Shape (n_rows, n_dimensions), read-only: one row per content, including those of gone files."""

    def is_current(self) -> bool:
        """Whether these are still all fingerprints of the model: no run has added any or moved them to other rows."""
        with self._store._reading() as connection:
            return tables.model_row(connection, self._model.identity) == self._model

    def row_of(self, content_hash: bytes) -> int | None:
        """The row of a content's fingerprint; None if it has none."""
        with self._store._reading() as connection:
            found = tables.fingerprint_rows(connection, self._model.id, [content_hash])
        return found[content_hash][1] if found else None

    def contents(self, rows: Sequence[int]) -> list[StoredContent] | None:
        """The contents that rows stand for, in the order of the rows; None if a writer has moved the rows meanwhile.

        Raises
        ------
        StoreDamagedError
            A row is not the one that was committed.

        """
        with self._store._reading() as connection:
            select = "SELECT row, hash, checksum FROM fingerprints WHERE model = ? AND row IN"
            known = _in_parts(connection, select, rows, (self._model.id,))
            if not self._is_in_place():  # asked afterwards: a writer may come in at any time before
                return None
            by_row = {row: (content_hash, checksum) for row, content_hash, checksum in known}
            hashes = [by_row[row][0] for row in rows]
            files = _in_parts(connection, "SELECT hash, path FROM files WHERE gone_s IS NULL AND hash IN", hashes, ())
        checksums = np.array([by_row[row][1] for row in rows], np.int64)
        numbers = np.array(rows, np.int64)
        model = self._model
        try:
            vectors = matrix.gather(
                self._store.folder, model.matrix, numbers, checksums, n_dimensions=model.n_dimensions
            )
        except (StoreError, FileNotFoundError):
            if not self._is_in_place():
                return None
            raise
        holders: dict[bytes, list[bytes]] = {}
        for content_hash, key in sorted(files):
            holders.setdefault(content_hash, []).append(key)
        restored = self._store._keys.paths
        return [
            StoredContent(row, content_hash, vector, tuple(restored(holders.get(content_hash, []))))
            for row, content_hash, vector in zip(rows, hashes, vectors, strict=True)
        ]

    def _is_in_place(self) -> bool:
        """Whether the rows are where they were."""
        with self._store._reading() as connection:
            now = tables.model_row(connection, self._model.identity)
        return now is not None and (now.id, now.matrix) == (self._model.id, self._model.matrix)


def known_file(store: Store, path: Path) -> KnownFile | None:
    """What the store knows about one file; None if the latest scan did not find it or could not read it."""
    with store._reading() as connection:
        row = connection.execute(
            "SELECT size_bytes, mtime_ns, hash FROM files WHERE path = ? AND hash IS NOT NULL AND gone_s IS NULL",
            (store._keys.key(path),),
        ).fetchone()
    return KnownFile(row[0], row[1], row[2], gone=False) if row else None


def _in_parts(
    connection: sqlite3.Connection, select: str, values: Sequence[Any], first: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Rows of a statement that ends in `IN`, executed for a few values at a time."""
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(values), _MOST_VALUES):
        part = values[start : start + _MOST_VALUES]
        found += connection.execute(f"{select} ({', '.join('?' * len(part))})", (*first, *part)).fetchall()
    return found
