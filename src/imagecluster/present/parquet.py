"""clusters.parquet: the table of clusters.csv, for programs that read columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imagecluster.collection.occasion_table import COLUMNS
from imagecluster.collection.report import Report
from imagecluster.present.output_file import replacing
from imagecluster.present.tables import chosen, table
from imagecluster.system.extras import missing_extra
from imagecluster.system.safe_files import OwnFolder


def write_parquet(report: Report, file: Path, within: OwnFolder | None = None) -> None:
    """Write clusters.parquet, with one row for each picture that is not hidden, in the order of paths.

    Columns: `path` (text, with bytes that are not UTF-8 replaced), `path_bytes`, `cluster` (null for a single), `size`
    and `name`; `trip`, `event`, `scene` and `burst` where they are known (null for a picture without); `choice` (null
    where nothing was chosen) and `stars` where anything was chosen.

    Raises
    ------
    MissingExtraError
        The extra `parquet` is not installed.
    OutputError
        The file cannot be written.

    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise missing_extra("writing .parquet needs pyarrow", "parquet", otherwise="write .csv") from None
    shown = list(table(report))
    rows = [values for _, values in shown]
    encoded = [os.fsencode(path) for path, *_ in rows]
    columns = pyarrow.table(
        {
            "path": pyarrow.array([name.decode(errors="replace") for name in encoded], pyarrow.string()),
            "path_bytes": pyarrow.array(encoded, pyarrow.binary()),
            "cluster": pyarrow.array([number for _, number, _, _ in rows], pyarrow.int64()),
            "size": pyarrow.array([size for _, _, size, _ in rows], pyarrow.int64()),
            "name": pyarrow.array([name for *_, name in rows], pyarrow.string()),
            **_occasions(pyarrow, report, [row for row, _ in shown]),
            **_choices(pyarrow, report, [row for row, _ in shown]),
        },
        metadata={
            "creator": "imagecluster",
            "model": report.model,
            "sim": repr(float(report.clusters.sim)),
            "sim_scale": report.scale.name,
            "cut": report.clusters.cut,
        },
    )
    with replacing(file, within) as stream:
        pyarrow.parquet.write_table(columns, stream)


def _occasions(pyarrow: Any, report: Report, rows: Sequence[int]) -> dict[str, Any]:
    """The columns that tell trips and events, by name; none if they are not known."""
    if report.occasions is None:
        return {}
    types = (pyarrow.string(), pyarrow.string(), pyarrow.int64(), pyarrow.int64())
    values = [report.occasions.values(row) for row in rows]
    return {
        name: pyarrow.array([each[i] for each in values], kind)
        for i, (name, kind) in enumerate(zip(COLUMNS, types, strict=True))
    }


def _choices(pyarrow: Any, report: Report, rows: Sequence[int]) -> dict[str, Any]:
    """The columns that tell what was chosen, by name; none if nothing was."""
    if not report.choices:
        return {}
    found = [chosen(report, row) for row in rows]
    return {
        "choice": pyarrow.array([choice or None for choice, _ in found], pyarrow.string()),
        "stars": pyarrow.array([stars for _, stars in found], pyarrow.int64()),
    }
