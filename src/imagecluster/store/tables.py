"""Reading and writing the tables, in terms of keys and hashes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from imagecluster.decode import METADATA_VERSION, SIGN_BYTES
from imagecluster.errors import ArgumentError, StoreDamagedError
from imagecluster.records import ImageFile, Metadata, Stage
from imagecluster.store.dates import (
    EXPOSED,
    PLACED,
    TAKEN,
    exposure_row,
    place_row,
    read_exposure,
    read_place,
    read_taken,
    taken_row,
)
from imagecluster.store.values import Batch, Run

__all__ = [
    "NEW_MODEL",
    "ModelRow",
    "Signatures",
    "add_fingerprints",
    "add_metadata",
    "add_run",
    "changed_between",
    "check_contents",
    "check_dimensions",
    "coded",
    "count",
    "distrust_files",
    "fingerprint_rows",
    "known_signatures",
    "metadata",
    "model_row",
    "model_rows",
    "new_hashes",
    "note_links",
    "put_files",
    "put_pixels",
    "put_signs",
    "put_skips",
    "read_runs",
    "read_setting",
    "read_signs",
    "replace_other_names",
    "same_pixels",
    "set_gone",
    "signature",
    "signed64",
    "skip_signatures",
    "successors",
    "write_setting",
]

# Below this number, one look-up each is faster than a pass over the whole table.
_FEW = 1000

_LATEST_S = 1e12
"""Seconds before and after 1970 within which all times must lie."""

_DISTRUSTED = -1
"""Time of change of a file that is read again, whatever its times are."""

NEW_MODEL = 0
"""Id of a model that is not yet in the table."""


class ModelRow(NamedTuple):
    """A row of `models`."""

    id: int
    identity: str
    n_dimensions: int
    n_rows: int
    matrix: str


def signed64(number: int) -> int:
    """The number itself if SQLite can hold it, else its low 64 bits (a file's time beyond the year 2262)."""
    return number if -(2**63) <= number < 2**63 else (number + 2**63) % 2**64 - 2**63


def _storable(text: str) -> str:
    """The text in a form that SQLite accepts: names that are not UTF-8 leave surrogates in messages."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_setting(connection: sqlite3.Connection, name: str) -> bytes | None:
    """The value of a setting, or None."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    if row and not isinstance(row[0], bytes):
        raise TypeError(f"the setting {name} is {row[0]!r:.40}")
    return row[0] if row else None


def write_setting(connection: sqlite3.Connection, name: str, value: bytes) -> None:
    """Set a setting."""
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


_SIGNATURE = "CAST(path || '|' || size_bytes || '|' || mtime_ns AS BLOB)"


class Signatures(NamedTuple):
    """The files of known content, by their signature of key, size and modification time.

    Flat values: half a million tuples would keep the garbage collector busy for longer than SQLite.
    """

    hashes: dict[bytes, bytes]
    changed_ns: dict[bytes, int]
    """Time of change, where it is known."""
    unread: frozenset[bytes]
    """Contents that an earlier format kept, without the digest of their pixels."""


def known_signatures(connection: sqlite3.Connection) -> Signatures:
    """Hashes of the files of known content, by their signature."""
    hashes: dict[bytes, bytes] = {}
    changed_ns: dict[bytes, int] = {}
    select = f"SELECT {_SIGNATURE}, hash, ctime_ns FROM files WHERE hash IS NOT NULL"  # noqa: S608
    for signed, content_hash, changed in connection.execute(select):
        hashes[signed] = content_hash
        if changed:
            changed_ns[signed] = changed
    unread = frozenset(row[0] for row in connection.execute("SELECT hash FROM contents WHERE pixels IS NULL"))
    return Signatures(hashes, changed_ns, unread)


def skip_signatures(connection: sqlite3.Connection, decoder: str) -> dict[bytes, tuple[Stage, str, int]]:
    """Stage, reason and time of change (0 if unknown) of the files that this decoder could not read, by signature."""
    select = f"SELECT {_SIGNATURE}, stage, reason, coalesce(ctime_ns, 0) FROM files WHERE hash IS NULL AND decoder = ?"  # noqa: S608
    rows = connection.execute(select, (decoder,))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def changed_between(kept_ns: int, file: ImageFile) -> bool:
    """Whether a file was changed since its time of change was kept; False where one of the two is unknown."""
    return kept_ns == _DISTRUSTED or (bool(kept_ns and file.ctime_ns) and kept_ns != signed64(file.ctime_ns))


def note_links(connection: sqlite3.Connection, changes: Iterable[tuple[bytes, int, int]]) -> None:
    """Replace times of change that are still the kept ones: key, time that was kept, new time."""
    connection.executemany(
        "UPDATE files SET ctime_ns = ? WHERE path = ? AND ctime_ns = ?",
        ((signed64(after), key, signed64(before)) for key, before, after in changes),
    )


def distrust_files(connection: sqlite3.Connection) -> None:
    """Give all files a time of change that none has."""
    connection.execute("UPDATE files SET ctime_ns = ?", (_DISTRUSTED,))


def signature(key: bytes, file: ImageFile) -> bytes:
    """What identifies a file: its key, size and modification time."""
    return b"%b|%d|%d" % (key, file.size_bytes, signed64(file.mtime_ns))


def model_rows(connection: sqlite3.Connection) -> list[ModelRow]:
    """All models, in the order in which they were added."""
    rows = connection.execute("SELECT id, identity, n_dimensions, n_rows, matrix FROM models ORDER BY id")
    return [_model(row) for row in rows]


def model_row(connection: sqlite3.Connection, identity: str) -> ModelRow | None:
    """A model's row, or None."""
    row = connection.execute(
        "SELECT id, identity, n_dimensions, n_rows, matrix FROM models WHERE identity = ?", (identity,)
    ).fetchone()
    return _model(row) if row else None


def _model(row: tuple[Any, ...]) -> ModelRow:
    """A row of `models`; ValueError if `add_fingerprints` cannot have written it."""
    found = ModelRow(*row)
    if [type(value) for value in row] != [int, str, int, int, str] or found.n_rows < 0 or found.n_dimensions < 1:
        raise ValueError(f"a model of {row!r:.200}")
    return found


def _by_hash(
    connection: sqlite3.Connection, select: str, values: tuple[Any, ...], hashes: Collection[bytes]
) -> dict[bytes, tuple[Any, ...]]:
    """Rows by their first column, a hash; `select` ends with a WHERE clause that takes `values`."""
    if len(hashes) > _FEW:
        wanted = set(hashes)
        return {row[0]: row for row in connection.execute(select, values) if row[0] in wanted}
    found = {}
    for content_hash in hashes:
        row = connection.execute(f"{select} AND hash = ?", (*values, content_hash)).fetchone()
        if row:
            found[content_hash] = row
    return found


def fingerprint_rows(
    connection: sqlite3.Connection, model: int, hashes: Collection[bytes]
) -> dict[bytes, tuple[bytes, int, int]]:
    """(hash, row, checksum) by hash, for the hashes that have a fingerprint."""
    select = "SELECT hash, row, checksum FROM fingerprints WHERE model = ?"
    found = _by_hash(connection, select, (model,), hashes)
    return {content_hash: (row[0], row[1], row[2]) for content_hash, row in found.items()}


def metadata(connection: sqlite3.Connection, hashes: Collection[bytes]) -> dict[bytes, Metadata]:
    """Metadata by hash, for the hashes that are known."""
    columns = "hash, width_px, height_px, format, note, coalesce(shown, x''), camera"
    select = f"SELECT {columns}, {TAKEN}, {PLACED}, {EXPOSED} FROM contents WHERE true"  # noqa: S608
    return {content_hash: _metadata(row) for content_hash, row in _by_hash(connection, select, (), hashes).items()}


def _metadata(row: tuple[Any, ...]) -> Metadata:
    """A row of `contents`; ValueError or TypeError if `add_metadata` cannot have written it."""
    width_px, height_px, format_, note, shown, camera = row[1:7]
    is_text = all(type(text) is str for text in (format_, note, camera)) and type(shown) is bytes
    if type(width_px) is not int or type(height_px) is not int or not is_text:
        raise ValueError(f"a picture of {row[1:]!r:.200}")
    taken, place, exposure = read_taken(row[7:12]), read_place(row[12:15]), read_exposure(row[15:])
    return Metadata(width_px, height_px, format_, taken, place, note, shown, camera, exposure)


def _is_far(number: float) -> bool:
    """Whether a time or a place is impossible."""
    return not abs(number) < _LATEST_S


def new_hashes(connection: sqlite3.Connection, model: ModelRow, hashes: Collection[bytes]) -> list[bytes]:
    """The hashes that do not have a fingerprint of this model, in the given order."""
    found = fingerprint_rows(connection, model.id, hashes)
    return [content_hash for content_hash in hashes if content_hash not in found]


def add_metadata(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write a batch's metadata, replacing earlier metadata of the same contents."""
    kept = f"width_px, height_px, format, note, camera, metadata_version, {TAKEN}, {PLACED}, {EXPOSED}".split(", ")
    columns, replaced = ["hash", "shown", *kept], ", ".join(f"{name} = excluded.{name}" for name in kept)
    connection.executemany(
        f"INSERT INTO contents ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        f" ON CONFLICT (hash) DO UPDATE SET {replaced}, shown = coalesce(excluded.shown, shown)",
        (
            (
                *(h, m.shown or None, m.width_px, m.height_px, _storable(m.format), m.note, m.camera, METADATA_VERSION),
                *taken_row(m.taken),
                *place_row(m.place),
                *exposure_row(m.exposure),
            )
            for h, m in batch.metadata.items()
        ),
    )  # fmt: skip


def put_pixels(connection: sqlite3.Connection, batch: Batch) -> None:
    """Write the digests of pixels of contents that are known or in the batch."""
    connection.executemany(
        "UPDATE contents SET pixels = ? WHERE hash = ? AND pixels IS NOT ?",
        ((pixels, h, pixels) for h, pixels in batch.pixels.items()),
    )


def put_signs(connection: sqlite3.Connection, signs: Mapping[bytes, bytes]) -> None:
    """Write hashes of what pictures look like, of contents that are known and have none."""
    connection.executemany(
        "UPDATE contents SET signs = ? WHERE hash = ? AND signs IS NULL",
        ((found, content_hash) for content_hash, found in signs.items()),
    )


def read_signs(connection: sqlite3.Connection, hashes: Collection[bytes]) -> dict[bytes, bytes]:
    """Hashes of what pictures look like by content hash, of the contents that have one."""
    select = "SELECT hash, signs FROM contents WHERE signs IS NOT NULL"
    found = {content_hash: row[1] for content_hash, row in _by_hash(connection, select, (), hashes).items()}
    for signs in found.values():
        if type(signs) is not bytes or len(signs) != SIGN_BYTES:
            raise ValueError(f"signs of {signs!r:.40}")
    return found


def coded(connection: sqlite3.Connection, hashes: Collection[bytes]) -> dict[bytes, bytes]:
    """Digests of pixels and of the way they are shown, joined, by content hash; of those of which both are known."""
    select = "SELECT hash, CAST(pixels || shown AS BLOB) FROM contents WHERE pixels IS NOT NULL AND shown IS NOT NULL"
    return {content_hash: bytes(row[1]) for content_hash, row in _by_hash(connection, select, (), hashes).items()}


def same_pixels(connection: sqlite3.Connection, model: str) -> dict[bytes, bytes]:
    """A content with a fingerprint of a model, by its digests of pixels and of the way they are shown, joined."""
    return dict(
        connection.execute(
            "SELECT CAST(pixels || shown AS BLOB), contents.hash FROM contents JOIN fingerprints USING (hash)"
            " JOIN models ON models.id = model WHERE identity = ? AND pixels IS NOT NULL AND shown IS NOT NULL",
            (model,),
        )
    )


def successors(
    connection: sqlite3.Connection, gone: Collection[bytes]
) -> dict[bytes, tuple[frozenset[bytes], frozenset[bytes]]]:
    """For some contents the others with the same pixels, and those of the files that had one of all these before.

    Where such a file is gone, those with the pixels that it had last take its place: it was renamed.
    """
    pixels_of: dict[bytes, bytes] = {}
    alike: dict[bytes, set[bytes]] = {}
    for table in ("former", "contents"):
        rows = connection.execute(f"SELECT hash, pixels FROM {table} WHERE pixels IS NOT NULL")  # noqa: S608
        for content_hash, pixels in rows:
            pixels_of[content_hash] = pixels
            alike.setdefault(pixels, set()).add(content_hash)
    found: dict[bytes, tuple[frozenset[bytes], frozenset[bytes]]] = {}
    for content_hash in gone:
        same = alike.get(pixels_of.get(content_hash, b""), set()) - {content_hash}
        in_place, renamed = set[bytes](), set[bytes]()
        for former in (content_hash, *same):
            rows = connection.execute(
                "SELECT files.hash, gone_s IS NULL FROM former JOIN files USING (path)"
                " WHERE former.hash = ? AND files.hash IS NOT NULL",
                (former,),
            )
            for latest, is_there in rows:
                (in_place if is_there else renamed).add(latest)
        for latest in renamed:
            in_place |= alike.get(pixels_of.get(latest, b""), set())
        found[content_hash] = frozenset(same), frozenset(in_place - {content_hash})
    return found


def replace_other_names(connection: sqlite3.Connection, names: Mapping[bytes, bytes]) -> bool:
    """Keep the further names of files, key by key, in place of all that were kept; return whether any changed."""
    kept = dict(connection.execute("SELECT path, file FROM other_names"))
    if kept == names:
        return False
    connection.execute("DELETE FROM other_names")
    connection.executemany("INSERT INTO other_names (path, file) VALUES (?, ?)", names.items())
    return True


def check_contents(connection: sqlite3.Connection, batch: Batch) -> None:
    """Refuse hashes without metadata.

    Raises
    ------
    ArgumentError
        A file or a vector of the batch belongs to such a hash.

    """
    hashes = {*(f.content_hash for f in batch.files), *batch.vectors} - batch.metadata.keys()
    for content_hash in hashes:
        if not connection.execute("SELECT 1 FROM contents WHERE hash = ?", (content_hash,)).fetchone():
            msg = (
                f"content {content_hash.hex()} has no metadata, neither in the batch nor in the database:"
                " give it in Batch.metadata"
            )
            raise ArgumentError(msg)


def put_files(connection: sqlite3.Connection, rows: Iterable[tuple[bytes, ImageFile, bytes]]) -> None:
    """Write files of known content: key, file, hash. The contents that they had before are noted in `former`."""
    rows = list(rows)
    _note_former(connection, ((key, h) for key, _, h in rows))
    connection.executemany(
        "INSERT OR REPLACE INTO files (path, size_bytes, mtime_ns, ctime_ns, hash) VALUES (?, ?, ?, ?, ?)",
        ((key, f.size_bytes, signed64(f.mtime_ns), signed64(f.ctime_ns), h) for key, f, h in rows),
    )


def put_skips(connection: sqlite3.Connection, rows: Iterable[tuple[bytes, ImageFile, str, str]], decoder: str) -> None:
    """Write files without a fingerprint: key, file, stage, reason."""
    rows = list(rows)
    _note_former(connection, ((key, b"") for key, *_ in rows))
    connection.executemany(
        "INSERT OR REPLACE INTO files (path, size_bytes, mtime_ns, ctime_ns, stage, reason, decoder)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (key, f.size_bytes, signed64(f.mtime_ns), signed64(f.ctime_ns), stage, _storable(reason), decoder)
            for key, f, stage, reason in rows
        ),
    )


def _note_former(connection: sqlite3.Connection, now: Iterable[tuple[bytes, bytes]]) -> None:
    """Note the contents that files had until now, if these are others: key, hash of the new content."""
    connection.executemany(
        "INSERT OR REPLACE INTO former (hash, path, pixels) SELECT files.hash, path, pixels"
        " FROM files LEFT JOIN contents ON contents.hash = files.hash WHERE path = ? AND files.hash != ?",
        now,
    )


def add_fingerprints(
    connection: sqlite3.Connection, model: ModelRow, hashes: Sequence[bytes], checksums: Sequence[int]
) -> None:
    """Record that the model's next rows hold the fingerprints of these hashes."""
    model_id = model.id
    if model_id == NEW_MODEL:
        connection.execute(
            "INSERT INTO models (identity, n_dimensions, n_rows, matrix) VALUES (?, ?, 0, ?)",
            (model.identity, model.n_dimensions, model.matrix),
        )
        model_id = connection.execute("SELECT last_insert_rowid()").fetchone()[0]
    connection.executemany(
        "INSERT INTO fingerprints (model, row, hash, checksum) VALUES (?, ?, ?, ?)",
        (
            (model_id, row, content_hash, checksum)
            for row, (content_hash, checksum) in enumerate(zip(hashes, checksums, strict=True), model.n_rows)
        ),
    )
    connection.execute("UPDATE models SET n_rows = ? WHERE id = ?", (model.n_rows + len(hashes), model_id))


def check_dimensions(model: ModelRow, n_dimensions: int) -> None:
    """Refuse fingerprints whose length is not the model's.

    Raises
    ------
    StoreDamagedError
        Two networks have the same name.

    """
    if n_dimensions != model.n_dimensions:
        msg = (
            f"fingerprints of {model.identity} have {n_dimensions} dimensions, those in the database have"
            f" {model.n_dimensions}: two different networks carry this name. Give the new one another version,"
            " or another database with --db"
        )
        raise StoreDamagedError(msg)


def set_gone(connection: sqlite3.Connection, *, gone: Sequence[bytes], back: Sequence[bytes], now_s: float) -> None:
    """Mark some keys as gone since now, and others as present."""
    connection.executemany("UPDATE files SET gone_s = ? WHERE path = ?", ((now_s, key) for key in gone))
    connection.executemany("UPDATE files SET gone_s = NULL WHERE path = ?", ((key,) for key in back))


def add_run(connection: sqlite3.Connection, run: Run) -> None:
    """Record a run."""
    counts = (run.n_scanned, run.n_fingerprinted, run.n_reused, run.n_skipped)
    connection.execute(
        "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run.started_s, run.duration_s, run.model, *counts, json.dumps(dict(run.settings))),
    )


def read_runs(connection: sqlite3.Connection) -> tuple[Run, ...]:
    """All runs, oldest first; ValueError if `add_run` cannot have written a row."""
    select = (
        "SELECT started_s, duration_s, model, n_scanned, n_fingerprinted, n_reused, n_skipped, settings"
        " FROM runs ORDER BY id"
    )
    runs = []
    for row in connection.execute(select):
        started_s, duration_s, model, *counts, text = row
        settings = json.loads(text)
        is_far = _is_far(started_s) or _is_far(duration_s)
        if is_far or not all(type(n) is int for n in counts) or type(model) is not str or type(settings) is not dict:
            raise ValueError(f"a run at {started_s!r:.40} with {model!r:.40}")
        scanned, fingerprinted, reused, skipped = counts
        runs.append(Run(started_s, duration_s, model, scanned, fingerprinted, reused, skipped, settings))
    return tuple(runs)


def count(connection: sqlite3.Connection, what: str) -> int:
    """Number of rows of a table; `what` is its name, possibly with a WHERE clause, and always a constant of ours."""
    return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # noqa: S608
