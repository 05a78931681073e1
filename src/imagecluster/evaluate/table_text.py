"""Tables as text, in the encodings and with the separators that spreadsheets and other programs write."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagecluster.errors import InputError

__all__ = ["TextTable", "plain_cell", "spreadsheet_cell", "text_tables"]

_SEPARATORS = "\t,;|"
_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff0b\uff0d\uff1d\uff20])")
"""Beginning of a cell that a spreadsheet would compute, also with the wide signs of East Asian keyboards; after
apostrophes, so that what `spreadsheet_cell` does can be undone."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""Beginnings of spreadsheets' own files: .xlsx and .ods, and .xls."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table with a header, in one reading of its bytes."""

    columns: list[str]
    rows: list[list[str]]
    """Cells of each row; a short row has fewer than there are columns."""
    encoding: str
    is_for_spreadsheets: bool
    """Whether it begins with a byte order mark, so that apostrophes before formulas are not part of the text."""


def spreadsheet_cell(text: str) -> str:
    """The text of a cell, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """The text from which `spreadsheet_cell` made a cell."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def text_tables(file: Path, *, is_wanted: Callable[[list[str]], bool]) -> list[TextTable]:
    """The readings of a table: one, or two where the bytes are not UTF-8 and nothing says what they are.

    Parameters
    ----------
    file
        The table: fields separated by tabs, commas, semicolons or bars, in UTF-8, UTF-16 or UTF-32 with or without
        byte order mark; else in Windows-1252, or in UTF-8 with single bytes of other names.
    is_wanted
        Whether these columns are those of the table; the separator that gives them is used, else the one that gives
        the most columns.

    Raises
    ------
    InputError
        The file cannot be read, or is not such a table.

    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the labels {str(file)!r}: {(error.strerror or '').lower()}") from None
    if content.startswith(_BOOKS):
        raise InputError(f"cannot read the labels {str(file)!r}: it is a spreadsheet; save it as CSV in UTF-8")
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[{\[<]", content):
        raise InputError(
            f"cannot read the labels {str(file)!r}: it is JSON, HTML or the like; expected a table with a header"
        )
    found, reason = [], ""
    for text, encoding, is_marked in _texts(content):
        try:
            columns, rows = _parsed(text.lstrip("\ufeff"), is_wanted)
            found.append(TextTable(columns, rows, encoding, is_marked))
        except csv.Error as error:
            reason = reason or str(error)
    if not found:
        raise InputError(
            f"cannot read the labels {str(file)!r}; expected a table in UTF-8, separated by commas, semicolons or tabs"
            f" ({reason or 'these bytes are in no encoding that is known here'})"
        )
    return found


def _texts(content: bytes) -> Iterator[tuple[str, str, bool]]:
    """The text that bytes may be, its encoding, and whether a byte order mark is before it."""
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", _unmarked(content))
    )
    content = content.removeprefix(mark)
    try:
        yield content.decode(encoding), encoding, bool(mark)
    except UnicodeDecodeError:
        if encoding != "utf-8":
            return
        western = "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", content) else "latin-1"
        yield content.decode(western), western, bool(mark)
        yield content.decode("utf-8", "surrogateescape"), "utf-8", bool(mark)


def _unmarked(content: bytes) -> str:
    """The encoding of bytes without a mark: UTF-16 has a zero in most of the pairs of a header in ASCII."""
    even, odd = content[:200:2].count(0), content[1:200:2].count(0)
    if max(even, odd) * 4 < len(content[:200]):
        return "utf-8"
    return "utf-16-le" if odd > even else "utf-16-be"


def _parsed(text: str, is_wanted: Callable[[list[str]], bool]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a table; raises csv.Error."""
    given = re.match(r"\s*sep=(.)\r?\n", text, re.IGNORECASE)  # a line for Excel
    text = text[given.end() if given else 0 :].lstrip("\r\n")
    separator = given[1] if given else ""
    if not separator:
        heads = {each: next(_cells(text, each), []) for each in _SEPARATORS}
        separator = max(_SEPARATORS, key=lambda each: (is_wanted(heads[each]), len(heads[each])))
    try:
        rows = [*_cells(text, separator)]
    except csv.Error:
        if separator != "\t":
            raise
        rows = [*_cells(text, separator, quoting=csv.QUOTE_NONE)]  # quotes are rare in such tables, and mean themselves
    return (rows[0] if rows else []), rows[1:]


def _cells(text: str, separator: str, *, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> Iterator[list[str]]:
    """Cells of each row. Spaces after separators count, unless they stand before quotes."""
    spaced = re.search(rf'{re.escape(separator)} +"', text) is not None
    yield from csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, skipinitialspace=spaced, strict=True
    )
