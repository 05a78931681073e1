"""Paths as they are given: one or several, in a list, absolute."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from imagecluster.errors import InputError

__all__ = ["StrPath", "absolute", "as_paths", "read_path_list"]

StrPath = str | os.PathLike[str]


def as_paths(paths: Iterable[StrPath] | StrPath) -> list[Path]:
    """A list of paths, from one path or several."""
    return [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]


def read_path_list(stream: BinaryIO, *, base: Path, null_separated: bool = False) -> list[Path]:
    """The paths in a list, one per line (or each ending with NUL); relative paths start at `base`.

    Bytes that are not UTF-8 survive (`os.fsdecode`). Empty lines, a byte order mark and the carriage return
    of a Windows line end are dropped.

    Raises
    ------
    InputError
        A list of lines holds NUL bytes: it is NUL-separated, or UTF-16.

    """
    content = stream.read().removeprefix(b"\xef\xbb\xbf")
    if null_separated:
        names = content.split(b"\0")
    else:
        if b"\0" in content:
            msg = (
                "the list of files holds NUL bytes; expected one path per line in UTF-8. If the list is NUL-separated,"
                " as from `find -print0`, use --null (null_separated=True)"
            )
            raise InputError(msg)
        names = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    return [base / os.fsdecode(name) for name in names if name]


def absolute(path: Path) -> str:
    """Absolute path with symbolic links kept, except before a '..', which means what it means to the system.

    Raises InputError for a path with a NUL byte.
    """
    text = os.fspath(path)
    if "\0" in text:
        msg = f"not a path, because it holds a NUL byte: {text!r}"
        raise InputError(msg)
    if ".." not in path.parts:
        return os.path.abspath(text)  # noqa: PTH100 - also folds '.' and '//', which Path.absolute leaves
    parts = path.absolute().parts
    behind = len(parts) - parts[::-1].index("..")
    return os.path.join(os.path.realpath(os.path.join(*parts[:behind])), *parts[behind:])  # noqa: PTH118
