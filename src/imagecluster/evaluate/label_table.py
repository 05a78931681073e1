"""Labels of pictures, from a table or from their folders."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.errors import InputError

FOLDERS = "folders"
"""Source of labels that takes the name of each picture's folder."""

PATH_COLUMNS = ("path", "file", "filename", "image", "picture", "name")
LABEL_COLUMNS = ("label", "group", "class", "category")
"""Default names of columns; the first that exists is used."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of the pictures of a collection."""

    labels: tuple[str, ...]
    """One label per path; empty for a picture without a label."""
    n_strangers: int
    """Number of rows in the table whose path is not among the pictures."""


def folder_labels(root: Path, paths: Sequence[Path]) -> Labels:
    """Folder of each picture relative to the root, with `/` between names; empty for a picture in the root itself."""
    labels = []
    for path in paths:
        inside = path.parent.relative_to(root) if path.is_relative_to(root) else path.parent
        labels.append("" if inside == Path() else inside.as_posix())
    return Labels(tuple(labels), 0)


def table_labels(
    table: Path,
    root: Path,
    paths: Sequence[Path],
    *,
    path_column: str | None = None,
    label_column: str | None = None,
) -> Labels:
    """Labels from a table with a header, separated by tabs, or by commas if the header has no tab.

    Parameters
    ----------
    table
        The table, in UTF-8. Relative paths in it start at the collection's folder or, if that gives no picture of the
        collection, at the table's own folder.
    root
        Folder of the collection.
    paths
        Absolute paths of the pictures of the collection.
    path_column, label_column
        Names of the columns; default: the first existing one of `PATH_COLUMNS` and of `LABEL_COLUMNS`.

    Raises
    ------
    InputError
        The table cannot be read, lacks such columns, gives a picture two labels, or names no picture of the
        collection.

    """
    rows = _rows(table, path_column, label_column)
    wanted = {os.fspath(path) for path in paths}
    bases = (root, table.absolute().parent)
    labels: dict[str, str] = {}
    strangers = []
    for name, label in rows:
        places = [os.path.normpath(base / name) for base in bases]
        place = next((place for place in places if place in wanted), None)
        if place is None:
            strangers.append(name)
        elif labels.setdefault(place, label) != label:
            raise InputError(f"{table} gives {name!r} two labels: {labels[place]!r} and {label!r}")
    if not labels:
        shown = ", ".join(repr(name) for name in strangers[:_SHOWN]) or "none at all"
        raise InputError(
            f"{table} names no picture of the collection in {root}: its paths ({shown}) must be relative to that folder"
            " or to the table's own, and the pictures must have been sorted by `imagecluster run`"
        )
    return Labels(tuple(labels.get(os.fspath(path), "") for path in paths), len(strangers))


def _rows(table: Path, path_column: str | None, label_column: str | None) -> list[tuple[str, str]]:
    """Path and label of each row that has a path."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            header = lines.readline()
            lines.seek(0)
            reader = csv.DictReader(lines, delimiter="\t" if "\t" in header else ",")
            known = reader.fieldnames or ()
            path = _column(table, known, path_column, PATH_COLUMNS)
            label = _column(table, known, label_column, LABEL_COLUMNS)
            return [(row[path], row[label] or "") for row in reader if row[path]]
    except OSError as error:
        raise InputError(f"cannot read the labels {os.fspath(table)!r}: {(error.strerror or '').lower()}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read the labels {os.fspath(table)!r}; expected a table in UTF-8: {error}") from None


def _column(table: Path, known: Sequence[str], name: str | None, usual: Sequence[str]) -> str:
    """Name of a column of the table."""
    found = next((column for column in ((name,) if name else usual) if column in known), None)
    if found is None:
        expected = repr(name) if name else f"any of {', '.join(usual)}"
        raise InputError(f"{table} has the columns {', '.join(known) or 'none'}; expected {expected}")
    return found
