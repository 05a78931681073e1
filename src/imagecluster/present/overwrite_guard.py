"""Check that a file is an earlier output of ours, which the next one may replace."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import OutputError

__all__ = ["refuse_to_replace"]

_LOOKED_AT_BYTES = 1 << 16
"""Number of bytes that are searched at each end of a file, where the marks are."""

_MARKS = {
    ".html": b'<meta name="generator" content="imagecluster',
    ".htm": b'<meta name="generator" content="imagecluster',
    ".png": b"tEXtSoftware\0imagecluster",
    # In the layout of Matplotlib, which no drawing program produces.
    ".svg": b" <title>imagecluster</title>\n <metadata>\n",
    ".pdf": b"/Creator (imagecluster)",
    # An entry of the metadata with the lengths of its two texts: the name alone may occur in any table.
    ".parquet": b"\x07creator\x18\x0cimagecluster",
}
"""Marks by which our own files of each kind can be recognised."""

_NPZ_NAMES = {"paths.npy", "vectors.npy", "model.npy"}


def refuse_to_replace(file: Path, *, force: bool) -> None:
    """Refuse to replace a file by an output, unless it is an earlier output of the same kind and unchanged.

    Raises
    ------
    OutputError
        The file is not ours, for example a picture, and `force` is false.

    """
    if force or not os.path.isfile(file):  # noqa: PTH113 - a Path may raise; the writer refuses folders and pipes
        return
    try:
        with file.open("rb") as stream:
            is_ours = _is_ours(stream, file.suffix.lower())
    except OSError:
        is_ours = False
    if not is_ours:
        raise OutputError(
            f"{file} exists and was not written by imagecluster, so it is left alone. Give another name, or use"
            " --force to replace it"
        )


def _is_ours(stream: BinaryIO, suffix: str) -> bool:
    """Whether we wrote this file with this suffix; an empty file counts as ours."""
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
