"""Figures about a store."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from imagecluster.store import layout, tables
from imagecluster.store.schema import format_of
from imagecluster.store.values import ModelInfo, StoreInfo

__all__ = ["summary"]


def summary(connection: sqlite3.Connection, directory: Path, root: Path) -> StoreInfo:
    """Counts and sizes of a store."""
    count = partial(tables.count, connection)
    folder = directory / layout.FINGERPRINTS_NAME
    return StoreInfo(
        directory=directory,
        root=root,
        format_version=format_of(connection),
        n_files=count("files WHERE hash IS NOT NULL AND gone_s IS NULL"),
        n_gone=count("files WHERE gone_s IS NOT NULL"),
        n_skipped=count("files WHERE hash IS NULL AND gone_s IS NULL"),
        n_contents=count("contents"),
        models=tuple(
            ModelInfo(
                model.identity,
                model.n_dimensions,
                count(f"fingerprints WHERE model = {model.id}"),
                layout.size_on_disk([folder / model.matrix]),
            )
            for model in tables.model_rows(connection)
        ),
        n_runs=count("runs"),
        size_bytes=layout.size_on_disk(layout.own_files(directory)),
    )
