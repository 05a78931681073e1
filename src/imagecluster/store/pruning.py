"""Forgetting files that are gone, with all that belongs to them."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3

import numpy as np

from imagecluster.store import dates, kept_leaves, layout, matrix, tables
from imagecluster.store.database import transaction
from imagecluster.system.safe_files import OwnFolder

__all__ = ["forget_gone"]


def forget_gone(connection: sqlite3.Connection, folder: OwnFolder) -> int:
    """Forget files that are gone, contents that no file has any longer, and their fingerprints.

    Matrices are written anew, under other names, and the old ones are removed after the transaction: a crash
    leaves either the old state or the new one, at worst with a superfluous file, which the next call removes.

    Returns
    -------
    int
        Number of files forgotten.

    """
    with transaction(connection):
        n_files = connection.execute("DELETE FROM files WHERE gone_s IS NOT NULL").rowcount
        connection.execute("DELETE FROM contents WHERE hash NOT IN (SELECT hash FROM files WHERE hash IS NOT NULL)")
        connection.execute("DELETE FROM fingerprints WHERE hash NOT IN (SELECT hash FROM contents)")
        dates.forget_beside(connection)
        for model in tables.model_rows(connection):
            _close_gaps(connection, folder, model)
        kept_leaves.change_mark(connection)
    used = {model.matrix for model in tables.model_rows(connection)}
    with contextlib.suppress(FileNotFoundError), folder.child(layout.FINGERPRINTS_NAME) as matrices:
        for file in matrices.entries():
            if file.name.endswith(".f16") and file.name not in used:
                with contextlib.suppress(OSError):  # Windows, while a reader has it mapped
                    matrices.remove(file.name)
    return int(n_files)


def _close_gaps(connection: sqlite3.Connection, folder: OwnFolder, model: tables.ModelRow) -> None:
    """Rewrite a matrix without the rows that no fingerprint refers to, in the same order."""
    found = connection.execute(
        "SELECT row, checksum FROM fingerprints WHERE model = ? ORDER BY row", (model.id,)
    ).fetchall()
    if len(found) == model.n_rows:
        return
    kept = np.array(found, dtype=np.int64).reshape(-1, 2)
    names = (matrix.file_name(model.identity, generation=g) for g in itertools.count())
    with folder.child(layout.FINGERPRINTS_NAME) as matrices:
        name = next(name for name in names if matrices.status(name) is None)
    matrix.rewrite(folder, (model.matrix, name), kept[:, 0], kept[:, 1], n_dimensions=model.n_dimensions)
    # Ascending, and never upwards, so that no two rows meet on the way.
    moves = ((new, model.id, int(old)) for new, old in enumerate(kept[:, 0]) if new != old)
    connection.executemany("UPDATE fingerprints SET row = ? WHERE model = ? AND row = ?", moves)
    connection.execute("UPDATE models SET matrix = ?, n_rows = ? WHERE id = ?", (name, len(kept), model.id))
