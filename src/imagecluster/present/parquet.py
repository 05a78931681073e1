"""clusters.parquet: the table of clusters.csv, for programs that read columns."""

from __future__ import annotations

import os
from pathlib import Path

from imagecluster.collection.report import Report
from imagecluster.present.output_file import replacing
from imagecluster.present.tables import table
from imagecluster.system.extras import missing_extra
from imagecluster.system.safe_files import OwnFolder


def write_parquet(report: Report, file: Path, within: OwnFolder | None = None) -> None:
    """Write clusters.parquet, with one row for each picture that is not hidden, in the order of paths.

    Columns: `path` (text, with bytes that are not UTF-8 replaced), `path_bytes`, `cluster` (null for a single), `size`
    and `name`.

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
    rows = [values for _, values in table(report)]
    encoded = [os.fsencode(path) for path, *_ in rows]
    columns = pyarrow.table(
        {
            "path": pyarrow.array([name.decode(errors="replace") for name in encoded], pyarrow.string()),
            "path_bytes": pyarrow.array(encoded, pyarrow.binary()),
            "cluster": pyarrow.array([number for _, number, _, _ in rows], pyarrow.int64()),
            "size": pyarrow.array([size for _, _, size, _ in rows], pyarrow.int64()),
            "name": pyarrow.array([name for *_, name in rows], pyarrow.string()),
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
