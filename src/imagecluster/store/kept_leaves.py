"""The pictures of a collection in one file beside the database, from which a large collection is read at once.

Reading a hundred thousand pictures from the tables takes half a second. The file is found by a mark in the database,
which changes whenever its pictures change; the file may be deleted at any time.
"""

from __future__ import annotations

import os
import sqlite3

import numpy as np

from imagecluster.store import layout, tables
from imagecluster.store.database import transaction
from imagecluster.store.reading import Leaves
from imagecluster.store.values import HASH_BYTES
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["LEAST_PICTURES", "change_mark", "is_due", "load", "mark", "save"]

LEAST_PICTURES = 5_000
"""Fewer are read from the tables, which takes 25 ms at most."""

_MARK = "pictures"
_NUMBERS = ("rows", "size_bytes", "width_px", "height_px", "taken_s")
_KIND = CacheKind(layout.LEAVES_NAME, "list of pictures", "imagecluster-leaves", version=1, n_keys=2)
"""Those of the latest two models."""


def change_mark(connection: sqlite3.Connection) -> None:
    """Change the mark of the database's pictures; to be called in each transaction that changes them."""
    tables.write_setting(connection, _MARK, os.urandom(8))


def mark(connection: sqlite3.Connection) -> bytes | None:
    """The mark of the database's pictures; None if the database is from before there were marks."""
    return tables.read_setting(connection, _MARK)


def is_due(connection: sqlite3.Connection, folder: OwnFolder, model: str) -> bool:
    """Whether the pictures of a model are worth keeping in a file and are not yet kept."""
    key, known = _key(connection, model), tables.model_row(connection, model)
    if known is None or known.n_rows < LEAST_PICTURES or (key and key in ArrayCache(folder, _KIND)):
        return False
    # Equal contents stand in the order of their absolute paths: with pictures outside the root, the root decides.
    outside = "SELECT 1 FROM files WHERE path >= x'2f' AND path < x'30' OR substr(path, 2, 1) = x'3a' LIMIT 1"
    return connection.execute(outside).fetchone() is None


def save(connection: sqlite3.Connection, folder: OwnFolder, model: str, leaves: Leaves) -> None:
    """Keep pictures that a writer has just read."""
    if mark(connection) is None:  # the database is older than this file
        with transaction(connection):
            change_mark(connection)
    arrays = {
        "paths": np.frombuffer(b"\0".join(leaves.keys), np.uint8),
        "hashes": np.frombuffer(b"".join(leaves.hashes), np.uint8),
        **{name: getattr(leaves, name) for name in _NUMBERS},
    }
    said = {"n_with_place": leaves.n_with_place}
    ArrayCache(folder, _KIND).save_if_possible(str(_key(connection, model)), arrays, said)


def load(connection: sqlite3.Connection, folder: OwnFolder, model: str) -> Leaves | None:
    """The pictures of a model as the database holds them now; None if they are not kept."""
    key = _key(connection, model)
    return None if key is None else ArrayCache(folder, _KIND).load(key, _leaves)


def _leaves(kept: Kept) -> Leaves:
    arrays = kept.arrays
    leaves = Leaves(
        keys=tuple(arrays["paths"].tobytes().split(b"\0")),
        hashes=tuple(arrays["hashes"].view(f"V{HASH_BYTES}").tolist()),
        n_with_place=int(kept.info["n_with_place"]),
        **{name: arrays[name] for name in _NUMBERS},
    )
    lengths = {len(leaves.keys), len(leaves.hashes), *(len(arrays[name]) for name in _NUMBERS)}
    if len(lengths) != 1:
        raise ValueError(f"arrays of {sorted(lengths)} pictures")
    return leaves


def _key(connection: sqlite3.Connection, model: str) -> str | None:
    own = mark(connection)
    return None if own is None else f"{model} {own.hex()}"
