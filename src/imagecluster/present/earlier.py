"""Whether a file is an earlier output of ours, which the next one may replace."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import OutputError

__all__ = ["refuse_to_replace"]

_LOOKED_AT_BYTES = 1 << 16
"""At each end of a file: marks stand in its head or its foot."""

_MARKS = {
    ".html": b'<meta name="generator" content="imagecluster',
    ".htm": b'<meta name="generator" content="imagecluster',
    ".png": b"tEXtSoftware\0imagecluster",
    ".svg": b"<dc:title>imagecluster</dc:title>",
    ".pdf": b"/Creator (imagecluster)",
    ".parquet": b"imagecluster",
}
"""What our files of a kind say of their maker."""

_NPZ_NAMES = {"paths.npy", "vectors.npy", "model.npy"}


def refuse_to_replace(file: Path, *, force: bool) -> None:
    """Refuses a file that stands where an output is to go, unless it is an earlier output of the same kind.

    Raises
    ------
    OutputError
        The file is somebody's, such as a picture, and `force` is false.

    """
    if force or not file.exists() or file.is_dir():  # of a folder the writer says more
        return
    try:
        with file.open("rb") as stream:
            is_ours = _is_ours(stream, file.suffix.lower())
    except OSError:
        is_ours = False
    if not is_ours:
        raise OutputError(
            f"{file} exists and was not written by imagecluster: it is left alone. Give another name, or --force to"
            " replace it"
        )


def _is_ours(stream: BinaryIO, suffix: str) -> bool:
    """Whether a file of that suffix says that we wrote it; an empty one is nobody's."""
    head = stream.read(_LOOKED_AT_BYTES)
    if not head:
        return True
    if suffix == ".npz":
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                return set(archive.namelist()) == _NPZ_NAMES
        except zipfile.BadZipFile:
            return False
    mark = _MARKS.get(suffix)
    if mark is None:
        return False
    stream.seek(max(0, stream.seek(0, 2) - _LOOKED_AT_BYTES))
    return mark in head or mark in stream.read()
