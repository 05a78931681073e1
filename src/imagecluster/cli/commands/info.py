"""`imagecluster info`: the contents of a database."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imagecluster.cli.arguments import Commands, add_db
from imagecluster.cli.opening import database_of
from imagecluster.cli.paths import existing_path
from imagecluster.cli.text import counted, printable

if TYPE_CHECKING:
    from imagecluster.collection.times import Dated
    from imagecluster.records import Taken
    from imagecluster.store import Run, Store, StoreInfo


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the parser of `info`."""
    parser = commands.add_parser(
        "info",
        help="show what the database of a folder holds",
        description="Print what the database of a folder holds.",
    )
    parser.add_argument("path", type=existing_path, metavar="PATH", help="the folder of pictures")
    add_db(parser)
    parser.add_argument(
        "--times", action="store_true", help="list when and where each picture was taken, and what says so"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def command(arguments: argparse.Namespace) -> int:
    """Print what the database of a folder holds."""
    from imagecluster.store import Store

    directory = database_of(arguments)
    with Store.open(directory, writable=False) as store:
        info, runs = store.info(), store.runs()
        known = _Known(store.notes(), {store.path_of(key): names for key, names in store.other_names().items()})
        pictures = _dated(store) if arguments.times else None
    if arguments.json:
        found = _as_json(info, runs, known)
        if pictures is not None:
            found["times"] = [_time_as_json(path, picture) for path, picture in pictures]
        print(json.dumps(found))
    elif pictures is not None:
        print(_times_as_text(pictures, info.root))
    else:
        print(_as_text(info, runs, known))
    return 0


class _Known(NamedTuple):
    """What is special about pictures."""

    notes: Mapping[Path, str]
    """What is missing of those that were read in part."""
    other_names: Mapping[Path, tuple[bytes, ...]]
    """Further names of those that have several."""


_SHOWN = 20


def _as_text(info: StoreInfo, runs: tuple[Run, ...], known: _Known) -> str:
    lines = [
        f"database   {printable(info.directory)} (format {info.format_version}, {info.size_bytes / 1e6:.1f} MB)",
        f"pictures   {info.n_files} of {printable(info.root)}, {info.n_contents} distinct contents",
        f"skipped    {info.n_skipped}",
        f"gone       {info.n_gone} (files that are no longer there; their fingerprints are kept)",
    ]
    if known.other_names:
        n_names = sum(map(len, known.other_names.values()))
        lines.append(f"names      {n_names} more names of {counted(len(known.other_names), 'picture')}: links to files")
        for path, names in islice(known.other_names.items(), _SHOWN):
            also = ", ".join(printable(Path(os.fsdecode(name))) for name in names)
            lines.append(f"           {printable(path, info.root)}: also {also}")
    if known.notes:
        lines.append(f"in part    {counted(len(known.notes), 'picture')}, of which not everything was read")
        for path, note in islice(known.notes.items(), _SHOWN):
            lines.append(f"           {printable(path, info.root)}: {note}")
    for model in info.models:
        held = f"{model.n_fingerprints} fingerprints of {model.n_dimensions} numbers"
        lines.append(f"model      {model.model}: {held}, {model.size_bytes / 1e6:.1f} MB")
    if runs:
        last = runs[-1]
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(last.started_s))
        parts = f"{last.n_fingerprinted} fingerprinted + {last.n_reused} reused + {last.n_skipped} skipped"
        scale = last.settings.get("sim_scale", "relative")  # runs before there were two scales
        way = ", by branch" if last.settings.get("cut") == "branch" else ""
        lines.append(f"last run   {when}, {last.duration_s:.1f} s, sim {last.settings.get('sim')} ({scale}{way})")
        if last.settings.get("within"):
            lines.append(
                f"           no cluster crosses {'an event' if last.settings['within'] == 'event' else 'a trip'}"
            )
        lines.append(f"           {last.n_scanned} scanned = {parts}")
    return "\n".join(lines)


def _as_json(info: StoreInfo, runs: tuple[Run, ...], known: _Known) -> dict[str, object]:
    return {
        "database": os.fspath(info.directory),
        "root": os.fspath(info.root),
        "format_version": info.format_version,
        "size_bytes": info.size_bytes,
        "n_files": info.n_files,
        "n_contents": info.n_contents,
        "n_skipped": info.n_skipped,
        "n_gone": info.n_gone,
        "read_in_part": [{"path": os.fspath(path), "note": note} for path, note in known.notes.items()],
        "other_names": [
            {"path": os.fspath(path), "names": list(map(os.fsdecode, names))}
            for path, names in known.other_names.items()
        ],
        "models": [
            {
                "model": model.model,
                "n_dimensions": model.n_dimensions,
                "n_fingerprints": model.n_fingerprints,
                "size_bytes": model.size_bytes,
            }
            for model in info.models
        ],
        "runs": [
            {
                "started_s": run.started_s,
                "duration_s": run.duration_s,
                "model": run.model,
                "n_scanned": run.n_scanned,
                "n_fingerprinted": run.n_fingerprinted,
                "n_reused": run.n_reused,
                "n_skipped": run.n_skipped,
                "settings": dict(run.settings),
            }
            for run in runs
        ],
    }


def _dated(store: Store) -> list[tuple[Path, Dated]]:
    """Every picture of the latest run with its date and place, in the order of the paths.

    Clustering gives equal files one time, of all that lies beside them; here each has its own, if it has one.
    """
    from imagecluster.collection import Recipe, latest_run
    from imagecluster.collection.times import dated, of_file

    run = latest_run(store)
    leaves = store.leaves(run.model if run else "")
    paths = store.paths_of(leaves.keys)
    own = store.described_files(dict(zip(paths, leaves.hashes, strict=True)))
    found = [
        (path, of_file(picture, own[path]) if path in own else picture)
        for path, picture in zip(paths, dated(leaves, store, Recipe(), now_s=time.time()), strict=True)
    ]
    return sorted(found, key=lambda pair: os.fsencode(pair[0]))


def _time_as_json(path: Path, picture: Dated) -> dict[str, object]:
    taken, place = picture.taken, picture.place
    return {
        "path": os.fspath(path),
        "taken": "" if taken is None else _moment(taken),
        "precision": None if taken is None else taken.precision,
        "offset_s": None if taken is None else taken.offset_s,
        "offset_from": "" if taken is None else taken.offset_from,
        "assumed_offset_s": picture.assumed_offset_s,
        "instant_s": None if taken is None else round(picture.instant_s, 6),
        "source": "" if taken is None else taken.source,
        "origin": "none" if taken is None else taken.origin,
        "latitude_deg": None if place is None else place.latitude_deg,
        "longitude_deg": None if place is None else place.longitude_deg,
        "place_source": "" if place is None else place.source,
        "camera": picture.camera,
    }


def _times_as_text(pictures: list[tuple[Path, Dated]], root: Path) -> str:
    """One line per picture: date, offset from UTC, source, place, path; then how many there are of each source."""
    rows = [("taken", "UTC", "source", "place", "picture")]
    for path, picture in pictures:
        taken, place = picture.taken, picture.place
        rows.append((
            "-" if taken is None else _moment(taken).replace("T", " "),
            _zone(picture),
            "none" if taken is None else taken.source,
            "-" if place is None else f"{place.latitude_deg:.5f},{place.longitude_deg:.5f}",
            printable(path, root),
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[4]]) for row in rows]
    counts = Counter(row[2] for row in rows[1:])
    lines.append(f"{len(pictures)} pictures: " + ", ".join(f"{n} by {source}" for source, n in counts.most_common()))
    if any(picture.assumed_offset_s is not None for _, picture in pictures):
        lines.append("(~: offset of pictures taken at about the same time)")
    return "\n".join(lines)


def _zone(picture: Dated) -> str:
    """The offset from UTC, such as +05:45; with a tilde if it is that of other pictures."""
    own = None if picture.taken is None else picture.taken.offset_s
    offset_s = picture.assumed_offset_s if own is None else own
    if offset_s is None:
        return "-"
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{'~' if own is None else ''}{'-' if offset_s < 0 else '+'}{hours:02}:{minutes:02}"


def _moment(taken: Taken) -> str:
    """What the clock of the place showed, as far as it is known: 2002-07, 2019-03-01T23:42:01.5."""
    micros = round(taken.local_s * 1e6)
    moment = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    if taken.precision == "subsecond":
        return moment.isoformat(timespec="microseconds").rstrip("0").rstrip(".")
    text = moment.isoformat(timespec="seconds")
    return text[: {"year": 4, "month": 7, "day": 10, "minute": 16}.get(taken.precision, 19)]
