"""Fingerprints on disk: a flat little-endian float16 matrix, one row per content, in the order of the commits."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError, StoreDamagedError
from imagecluster.store.database import sync_file
from imagecluster.store.layout import FINGERPRINTS_NAME
from imagecluster.system.safe_files import OwnFolder

__all__ = ["ON_DISK", "append", "check_size", "checksums", "encode", "file_name", "gather", "mapped", "rewrite"]

ON_DISK = np.dtype("<f2")
"""Type of the numbers in the file."""
_BLOCK_ROWS = 4096
_LONGEST_NAME = 200


def file_name(model: str, *, generation: int = 0) -> str:
    """The file name of a model's matrix: safe on every file system, and different for different models.

    What could be a separator, or a capital letter that some file systems do not tell from a small one, is
    percent-encoded. A rewritten matrix gets the next generation's name.

    Examples
    --------
    >>> file_name("lite0@1"), file_name("My Net@2", generation=1)
    ('lite0@1.f16', '%4dy%20%4eet@2+1.f16')

    Raises
    ------
    ArgumentError
        Not of the form `name@version`, or too long for a file's name.

    """
    name, _, version = model.rpartition("@")
    if not name or not version or not model.isprintable():
        msg = f"a model is named {model!r}, expected name@version, in printable characters"
        raise ArgumentError(msg)
    # Encoding the capital letters first leaves alone those in the escapes that `quote` makes.
    quoted = re.sub("[A-Z]", lambda capital: f"\0{ord(capital[0]):x}", model)
    quoted = urllib.parse.quote(quoted, safe="@").replace("%00", "%")
    if len(quoted) > _LONGEST_NAME:
        msg = f"a model's name takes {len(quoted)} characters as a file's name, at most {_LONGEST_NAME} are allowed"
        raise ArgumentError(msg)
    return f"{quoted}+{generation}.f16" if generation else f"{quoted}.f16"


def encode(vectors: Sequence[Any]) -> NDArray[np.float16]:
    """Vectors as rows of the matrix, shape (n_vectors, n_dimensions), little-endian.

    Raises
    ------
    ArgumentError
        Vectors differ in length or are empty, or contain NaN, infinite values or values that float16 cannot
        hold (beyond 65504).

    """
    shapes = sorted({np.shape(vector) for vector in vectors})
    if len(shapes) != 1 or len(shapes[0]) != 1 or shapes[0][0] == 0:
        msg = f"fingerprints of shapes {shapes}, expected one common shape (n_dimensions,)"
        raise ArgumentError(msg)
    with np.errstate(over="ignore"):
        rows = np.stack(vectors).astype(ON_DISK)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        worst = vectors[int(np.argmin(finite))]
        msg = (
            f"{np.count_nonzero(~finite)} of {len(rows)} fingerprints hold values that float16 cannot keep, such"
            f" as {np.max(np.abs(worst))}: expected finite values up to 65504"
        )
        raise ArgumentError(msg)
    return rows


def checksums(rows: NDArray[np.float16]) -> list[int]:
    """The low 32 bits of xxh3_64 of each row's bytes."""
    n_bytes = rows.shape[1] * ON_DISK.itemsize
    flat = _bytes_of(rows)
    digest = xxhash.xxh3_64_intdigest
    return [digest(flat[start : start + n_bytes]) & 0xFFFFFFFF for start in range(0, len(rows) * n_bytes, n_bytes)]


def _bytes_of(rows: NDArray[Any]) -> memoryview:
    """The bytes of rows on disk."""
    return np.ascontiguousarray(rows, dtype=ON_DISK).reshape(-1).view(np.uint8).data


def append(folder: OwnFolder, name: str, rows: NDArray[np.float16], *, after: int) -> None:
    """Write rows behind the first `after` ones of a matrix in a store's folder and wait until they are on the disk.

    Whatever an interrupted run left there is overwritten. The file never gets shorter, since a reader may have
    mapped it into its memory.

    Raises
    ------
    StoreDamagedError
        There are fewer than `after` rows.
    OSError
        The disk is full, or gone.

    """
    check_size(folder, name, n_rows=after, n_dimensions=rows.shape[1])
    with folder.child(FINGERPRINTS_NAME, create=True) as matrices:
        is_new = matrices.status(name) is None
        with matrices.open_writing(name) as file:
            file.seek(after * rows.shape[1] * ON_DISK.itemsize)
            left = _bytes_of(rows)
            while left:
                left = left[file.write(left) :]
            sync_file(file.fileno())
        if is_new:
            matrices.sync()
            folder.sync()


def check_size(folder: OwnFolder, name: str, *, n_rows: int, n_dimensions: int) -> None:
    """Refuse a matrix that is shorter than its committed rows.

    Raises
    ------
    StoreDamagedError
        The file is missing or too short.

    """
    expected = n_rows * n_dimensions * ON_DISK.itemsize
    try:
        with folder.child(FINGERPRINTS_NAME) as matrices:
            status = matrices.status(name)
    except FileNotFoundError:
        status = None
    found = 0 if status is None else status.st_size
    if found < expected:
        state = "is missing" if status is None else f"has {found:,} bytes"
        what = f"{state}, expected at least {expected:,} for {n_rows:,} rows"
        raise StoreDamagedError(_damaged(folder, name, what))


def mapped(folder: OwnFolder, name: str, *, n_rows: int, n_dimensions: int) -> NDArray[np.float16]:
    """The first rows of a matrix as a read-only memory map, shape (n_rows, n_dimensions).

    Raises
    ------
    StoreDamagedError
        The matrix has fewer rows.

    """
    check_size(folder, name, n_rows=n_rows, n_dimensions=n_dimensions)
    if not n_rows:
        return np.empty((0, n_dimensions), ON_DISK)
    with folder.child(FINGERPRINTS_NAME) as matrices, matrices.open_reading(name) as file:
        return np.memmap(file, dtype=ON_DISK, mode="r", shape=(n_rows, n_dimensions))


def gather(
    folder: OwnFolder, name: str, rows: NDArray[np.int64], expected: NDArray[np.int64], *, n_dimensions: int
) -> NDArray[np.float32]:
    """The given rows of a matrix.

    Parameters
    ----------
    folder
        A store's folder.
    name
        Name of the matrix.
    rows
        Row numbers, shape (n,), in any order, repeated or not.
    expected
        Checksum of each, shape (n,).
    n_dimensions
        Length of a row.

    Returns
    -------
    array of shape (n, n_dimensions)
        Exactly the stored numbers, widened to float32.

    Raises
    ------
    StoreDamagedError
        The file is too short, or a row is not the one that was committed.

    """
    gathered = np.empty((len(rows), n_dimensions), dtype=np.float32)
    if not len(rows):
        return gathered
    matrix = mapped(folder, name, n_rows=int(rows.max()) + 1, n_dimensions=n_dimensions)
    order = np.argsort(rows, kind="stable")  # in the order of the file: a cold disk reads ahead
    for start in range(0, len(order), _BLOCK_ROWS):
        chosen = order[start : start + _BLOCK_ROWS]
        block = matrix[rows[chosen]]
        wrong = np.flatnonzero(np.asarray(checksums(block), dtype=np.int64) != expected[chosen])
        if len(wrong):
            row = int(rows[chosen[wrong[0]]])
            raise StoreDamagedError(_damaged(folder, name, f"does not hold in row {row:,} what was committed"))
        gathered[chosen] = block
    return gathered


def rewrite(
    folder: OwnFolder,
    names: tuple[str, str],
    rows: NDArray[np.int64],
    expected: NDArray[np.int64],
    *,
    n_dimensions: int,
) -> None:
    """Write the given rows of one matrix to another one, a new file, and wait until it is on the disk.

    `names` are the names of the matrix and of the new one.

    Raises
    ------
    StoreDamagedError
        As for `gather`.
    OSError
        The disk is full, or the new one exists.

    """
    source, target = names
    with folder.child(FINGERPRINTS_NAME) as matrices, matrices.create(target) as file:
        for start in range(0, len(rows), _BLOCK_ROWS):
            part = slice(start, start + _BLOCK_ROWS)
            block = gather(folder, source, rows[part], expected[part], n_dimensions=n_dimensions)
            file.write(_bytes_of(block))  # exact: float32 holds every float16
        file.flush()
        sync_file(file.fileno())
        matrices.sync()


def _damaged(folder: OwnFolder, name: str, what: str) -> str:
    """Error for a matrix that does not fit its database."""
    return (
        f"the fingerprints in {folder.path / FINGERPRINTS_NAME / name} are damaged: the file {what}. Was it copied"
        " without the database beside it?"
        " Nothing was changed: restore the whole folder from a backup, or move it away and run again, which"
        " computes the fingerprints anew"
    )
