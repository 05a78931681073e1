"""Reading and writing of files under the names and arguments of releases 0.1 to 0.3 of the original."""

from __future__ import annotations

from typing import Any

from imagecluster.original import io
from imagecluster.scan import StrPath

__all__ = ["get_files", "read_pk", "write_pk"]


def read_pk(fn: StrPath) -> Any:
    """`io.read_pk`."""
    return io.read_pk(fn)


def write_pk(obj: object, fn: StrPath) -> None:
    """`io.write_pk`."""
    io.write_pk(obj, fn)


def get_files(dr: StrPath, ext: str = "jpg|jpeg|bmp|png") -> list[str]:
    """`io.get_files`."""
    return io.get_files(dr, ext)
