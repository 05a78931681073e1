"""Labels of pictures, from a table or from their folders."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.errors import InputError
from imagecluster.evaluate.picture_names import PictureNames
from imagecluster.evaluate.table_text import TextTable, plain_cell, text_tables

FOLDERS = "folders"
"""Source of labels that takes the name of each picture's folder."""

PATH_COLUMNS = ("path", "file", "filename", "image", "picture", "name")
LABEL_COLUMNS = ("label", "group", "class", "category")
"""Default names of columns; the first that exists is used. Capitals, spaces, `_` and `-` in a table's header do not
matter."""

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
        labels.append("" if inside == Path() else as_label(inside.as_posix()))
    return Labels(tuple(labels), 0)


def table_labels(
    table: Path,
    root: Path,
    paths: Sequence[Path],
    *,
    path_column: str | None = None,
    label_column: str | None = None,
) -> Labels:
    """Labels from a table with a header.

    Parameters
    ----------
    table
        The table, as `text_tables` reads it. Relative paths in it start at the collection's folder or at the table's
        own. What `PictureNames` takes for the same name is one, and if no picture is found, so are paths in another
        folder that the collection was in before.
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
    names = PictureNames((root, table.absolute().parent), paths)
    wanted = ((path_column, PATH_COLUMNS), (label_column, LABEL_COLUMNS))

    def is_wanted(columns: list[str]) -> bool:
        return all(_number(columns, *each) is not None for each in wanted)

    readings = [
        (reading, _rows(table, reading, path_column, label_column))
        for reading in text_tables(table, is_wanted=is_wanted)
    ]
    found = [_found(names, rows) for _, rows in readings]
    best = max(range(len(readings)), key=lambda i: len(found[i]))
    reading, rows = readings[best]
    labels: dict[str, str] = {}
    strangers = []
    for name, label in rows:
        place = found[best].get(name)
        if place is None:
            strangers += [name] if name.strip() else []
        elif labels.setdefault(place, label) != label:
            raise InputError(f"{table} gives {name!r} two labels: {labels[place]!r} and {label!r}")
    if not labels:
        shown = ", ".join(repr(name) for name in strangers[:_SHOWN]) or "none at all"
        as_read = (
            "" if reading.encoding.startswith("utf") else f"; it is not in UTF-8, and was read as {reading.encoding}"
        )
        raise InputError(
            f"{table} names no picture of the collection in {root}: its paths ({shown}) must be relative to that folder"
            f" or to the table's own, and the pictures must have been sorted by `imagecluster run`{as_read}"
        )
    return Labels(tuple(labels.get(os.fspath(path), "") for path in paths), len(strangers))


def as_label(text: str) -> str:
    """A label without the differences that cannot be seen: spaces around it, and the form of its accents."""
    return unicodedata.normalize("NFC", text.strip())


def _found(names: PictureNames, rows: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The picture that each name of a table means, without names that mean none."""
    found = {name: names.find(name) for name, _ in rows}
    here = {name: place for name, place in found.items() if place is not None}
    return here or names.find_moved(found)


def _rows(table: Path, reading: TextTable, path_column: str | None, label_column: str | None) -> list[tuple[str, str]]:
    """Path and label of each row that has a path."""
    path = _column(table, reading.columns, path_column, PATH_COLUMNS, "--path-column")
    label = _column(table, reading.columns, label_column, LABEL_COLUMNS, "--label-column")
    rows = []
    for cells in reading.rows:
        if path >= len(cells) or not cells[path]:
            continue
        text = cells[label] if label < len(cells) else ""
        rows.append((cells[path], as_label(plain_cell(text) if reading.is_for_spreadsheets else text)))
    return rows


def _column(table: Path, columns: Sequence[str], name: str | None, usual: Sequence[str], option: str) -> int:
    """Number of a column of the table."""
    found = _number(columns, name, usual)
    if found is None:
        expected = repr(name) if name else f"any of {', '.join(usual)}, or the one that {option} names"
        raise InputError(f"{table} has the columns {', '.join(columns) or 'none'}; expected {expected}")
    return found


def _number(columns: Sequence[str], name: str | None, usual: Sequence[str]) -> int | None:
    """Number of a column that is called exactly so, or else nearly so; None if there is none."""
    for wanted in (name,) if name else usual:
        for form in (str, _plain):
            for number, column in enumerate(columns):
                if form(column) == form(wanted):
                    return number
    return None


def _plain(column: str) -> str:
    """A name of a column without what does not matter in it."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", column).casefold())
