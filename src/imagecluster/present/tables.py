"""The statistics table, clusters.json and clusters.csv. Their formats: docs/output-formats.md."""

from __future__ import annotations

import codecs
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from imagecluster.collection.occasion_table import COLUMNS
from imagecluster.collection.report import Report, relative_names
from imagecluster.corrections import Choice
from imagecluster.evaluate.table_text import spreadsheet_cell
from imagecluster.present.output_file import replacing
from imagecluster.records import TimeTerm
from imagecluster.system.safe_files import OwnFolder

_FORMAT = "imagecluster-clusters"
_VERSION = 1
_LINES_A_WRITE = 1 << 14


def statistics(report: Report) -> str:
    r"""Number of clusters of each size, as the original imagecluster printed it, and totals of all pictures.

    Returns
    -------
    str
        Several lines, without a newline at the end: `cluster size : ncluster`, one `size : count` for each size,
        smallest first, and the totals, whose sum is the number of scanned files.

    """
    sizes = [f"{size} : {count}" for size, count in report.clusters.sizes().items()]
    totals = {
        "in clusters": report.n_clustered,
        "singles": len(report.clusters.singles),
        **({"hidden": len(report.clusters.hidden)} if report.clusters.hidden else {}),
        "skipped": len(report.skips),
        "scanned": report.n_scanned,
    }
    width = max(len(str(count)) for count in totals.values())
    return "\n".join(
        ["cluster size : ncluster", *sizes, ""] + [f"{name:<12}{n:>{width}}" for name, n in totals.items()]
    )


def write_json(report: Report, file: Path, within: OwnFolder | None = None) -> None:
    """Write clusters.json: the facts of the run, and every cluster, picture and skip.

    Nothing in it depends on when it was written: the same data give the same bytes.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    with replacing(file, within) as stream:
        _write(stream, _json_lines(report), str.encode)


def write_csv(
    report: Report, file: Path, within: OwnFolder | None = None, *, is_for_spreadsheets: bool = False
) -> None:
    """Write clusters.csv: one line per picture, with its path and the number, size and name of its cluster.

    Paths are written with the bytes of the file system, even if those are not UTF-8. For spreadsheets, a byte order
    mark comes first, a path that would be taken for a formula begins with `./`, and such a name with an apostrophe.

    Raises
    ------
    OutputError
        The file cannot be written.

    """
    with replacing(file, within) as stream:
        if is_for_spreadsheets:
            stream.write(codecs.BOM_UTF8)
        _write(stream, _csv_lines(report, is_for_spreadsheets=is_for_spreadsheets), os.fsencode)


def _json_lines(report: Report) -> Iterator[str]:
    """Lines of clusters.json: one per fact, cluster, picture and skip, so that files can be compared line by line."""
    # ASCII only: bytes of a name that are not UTF-8 become lone surrogates, which no other encoding can hold.
    encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode
    names = report.names
    texts = [encode(name) for name in names]
    yield "{\n"
    for key, value in _facts(report).items():
        yield f'"{key}": {encode(value)},\n'
    yield from _json_list("clusters", _json_clusters(report, texts, encode), end=",\n")
    number, size = _number_and_size(report)
    pictures = (
        f'{{"path": {texts[row]}, "cluster": {number[row] or "null"}, "size": {size[row]}'
        f"{_json_time(report.time, row)}{_json_occasion(report, row, encode)}{_json_choice(report, row)}"
        f"{_json_note(report, row, encode)}"
        f"{_json_other_names(report, row, encode)}}}"
        for row in _shown_rows(report, names)
    )
    yield from _json_list("pictures", pictures, end=",\n")
    yield from _json_list("hidden", (texts[row] for row in report.clusters.hidden), end=",\n")
    skipped = relative_names(report.root, [skip.path for skip in report.skips])
    skips = (
        encode({"path": skipped[i], "stage": report.skips[i].stage, "reason": report.skips[i].reason})
        for i in _in_path_order(skipped)
    )
    yield from _json_list("skipped", skips, end="\n")
    yield "}\n"


def _json_time(time: TimeTerm | None, row: int) -> str:
    """The part of a picture's object that gives its time."""
    if time is None:
        return ""
    return f', "time_s": {_seconds(time, row) or "null"}, "time_origin": "{time.origins[row]}"'


def _json_occasion(report: Report, row: int, encode: Callable[[Any], str]) -> str:
    """The part of a picture's object that gives its trip, event, scene and burst."""
    if report.occasions is None:
        return ""
    values = zip(COLUMNS, report.occasions.values(row), strict=True)
    return "".join(f', "{name}": {encode(value)}' for name, value in values)


def _json_choice(report: Report, row: int) -> str:
    """The part of a picture's object that says what was chosen for it, and its stars."""
    choice, stars = chosen(report, row)
    return (f', "choice": "{choice}"' if choice else "") + (f', "stars": {stars}' if stars else "")


def chosen(report: Report, row: int) -> tuple[str, int]:
    """What was chosen for a picture ("keep", "reject" or nothing), and its stars."""
    choice = report.choices.get(row, Choice())
    return ("" if choice.fate == "open" else choice.fate), choice.stars


def _json_note(report: Report, row: int, encode: Callable[[Any], str]) -> str:
    """The part of a picture's object that says what is missing of it."""
    note = report.notes.get(report.names[row]) if report.notes else None
    return f', "note": {encode(note)}' if note else ""


def _json_other_names(report: Report, row: int, encode: Callable[[Any], str]) -> str:
    """The part of a picture's object that gives the further names of its file."""
    names = report.other_names.get(report.names[row]) if report.other_names else None
    return f', "other_names": {encode(list(names))}' if names else ""


def _seconds(time: TimeTerm, row: int) -> str:
    """A picture's time, to the microsecond; empty if there is none."""
    return "" if time.origins[row] == "none" else f"{round(float(time.times_s[row]), 6)}"


def _facts(report: Report) -> dict[str, Any]:
    """The facts in clusters.json before its lists."""
    cut = report.clusters
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "root": os.fspath(report.root),
        "model": report.model,
        "method": report.method,
        "metric": report.metric,
        "sim": _finite(cut.sim),
        "sim_scale": report.scale.name,
        "cut": cut.cut,
        "cut_height": _finite(cut.cut_height),
        "largest_distance": _finite(report.largest_distance),
        "max_diameter": None if cut.max_diameter is None else _finite(cut.max_diameter),
        "n_own_cuts": int(cut.n_own_cuts),
        "min_size": int(cut.min_size),
        "time": None if report.time is None else report.time.facts(),
        "within": None if report.within is None else report.within.facts(),
        "n_scanned": int(report.n_scanned),
        "n_images": len(report.names),
        "n_skipped": len(report.skips),
        "n_clustered": report.n_clustered,
        "n_singles": len(cut.singles),
        "n_hidden": len(cut.hidden),
        "n_clusters": len(cut.clusters),
    }


def _json_clusters(report: Report, texts: Sequence[str], encode: Callable[[Any], str]) -> Iterator[str]:
    """One object per cluster; `texts` are the encoded names of all rows."""
    for i, cluster in enumerate(report.clusters.clusters):
        folder = encode(report.folders[i]) if report.folders else "null"
        members = ", ".join([texts[row] for row in cluster.members])
        distance = report.distances[i] if report.distances else cluster.height
        yield (
            f'{{"number": {cluster.number}, "name": {encode(cluster.name)}, "size": {len(cluster.members)}, '
            f'"height": {encode(_finite(distance))}, "sim": {encode(_finite(report.scale.sim(cluster.height)))}, '
            f'"representative": {texts[cluster.representative]}, '
            f'"folder": {folder}, "members": [{members}]}}'
        )


def _json_list(key: str, items: Iterable[str], *, end: str) -> Iterator[str]:
    """A list under a key, with one item per line."""
    yield f'"{key}": ['
    separator = "\n"
    for item in items:
        yield separator + item
        separator = ",\n"
    yield "]" + end


def table(report: Report) -> Iterator[tuple[int, tuple[str, int | None, int, str]]]:
    """Row of each picture that is shown, and its path, cluster number (None for a single), cluster size and name."""
    names = report.names
    number, size = _number_and_size(report)
    called = {cluster.number: cluster.name for cluster in report.clusters.clusters}
    for row in _shown_rows(report, names):
        yield row, (names[row], number[row] or None, size[row], called.get(number[row], ""))


def _csv_lines(report: Report, *, is_for_spreadsheets: bool) -> Iterator[str]:
    """Lines of clusters.csv."""
    time = report.time
    of_time = () if time is None else ("time_s", "time_origin")
    of_occasions = () if report.occasions is None else COLUMNS
    of_names = ("other_names",) if report.other_names else ()
    of_choices = ("choice", "stars") if report.choices else ()
    yield _csv_line(("path", "cluster", "size", "name", *of_time, *of_occasions, *of_choices, *of_names))
    for row, (path, number, size, name) in table(report):
        at = () if time is None else (_seconds(time, row), time.origins[row])
        occasion = () if report.occasions is None else map(_text, report.occasions.values(row))
        if is_for_spreadsheets:
            occasion = map(spreadsheet_cell, occasion)
        choice = [str(value or "") for value in chosen(report, row)] if report.choices else []
        others = [" | ".join(report.other_names.get(path, ()))] if report.other_names else []
        if is_for_spreadsheets:
            path, name, others = _as_file(path), spreadsheet_cell(name), [*map(_as_file, others)]  # noqa: PLW2901
        of_cluster = "" if number is None else str(number), str(size), name
        yield _csv_line((path, *of_cluster, *at, *occasion, *choice, *others))


def _text(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _as_file(path: str) -> str:
    """A path, as another name of the same file where a spreadsheet would take it for a formula."""
    return path if spreadsheet_cell(path) == path else f"./{path}"


_QUOTED = re.compile(r'[",\r\n]|^\s|\s\Z')
"""Where a field must be quoted. The module csv leaves out the carriage return, which its reader takes for the end of a
line, and spaces at the ends, which many readers drop."""


def _csv_line(fields: Sequence[str]) -> str:
    """A line of fields, quoted where they must be."""
    quoted = ['"' + field.replace('"', '""') + '"' if _QUOTED.search(field) else field for field in fields]
    return ",".join(quoted) + "\n"


def _number_and_size(report: Report) -> tuple[list[int], list[int]]:
    """Number and size of each row's cluster; 0 and 1 for a single."""
    number, size = [0] * len(report.names), [1] * len(report.names)
    for cluster in report.clusters.clusters:
        for row in cluster.members:
            number[row], size[row] = cluster.number, len(cluster.members)
    return number, size


def _shown_rows(report: Report, names: Sequence[str]) -> list[int]:
    """Rows that are not hidden, in the order of their paths."""
    hidden = set(report.clusters.hidden)
    return [row for row in _in_path_order(names) if row not in hidden]


def _in_path_order(names: Sequence[str]) -> list[int]:
    """Places of the names in the order of their bytes, which is that of a scan."""
    keys = [os.fsencode(name) for name in names]
    return sorted(range(len(names)), key=keys.__getitem__)


def _finite(value: float) -> float | None:
    """The value, or None for infinity, which JSON does not have: a cut below every merge has no height."""
    return float(value) if math.isfinite(value) else None


def _write(stream: BinaryIO, lines: Iterator[str], encode: Callable[[str], bytes]) -> None:
    """Write lines, many at a time."""
    while batch := "".join(islice(lines, _LINES_A_WRITE)):
        stream.write(encode(batch))
