"""Tests of the matrix of fingerprints on disk."""

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagecluster.errors import ArgumentError, StoreDamagedError
from imagecluster.store import matrix
from imagecluster.system.safe_files import OwnFolder

NAME = "m@1.f16"


@pytest.fixture
def folder(tmp_path):
    """A store's folder."""
    with OwnFolder(tmp_path) as held:
        yield held


def written(folder, n_rows: int, n_dimensions: int = 5):
    """A matrix of numbered rows on disk, and their checksums."""
    rows = matrix.encode([np.arange(n_dimensions) + 0.25 * row for row in range(n_rows)])
    matrix.append(folder, NAME, rows, after=0)
    return rows, np.array(matrix.checksums(rows))


def test_rows_are_flat_little_endian_float16(folder):
    """An outsider reads the file as rows of two-byte numbers, without a header."""
    rows, _ = written(folder, 7)
    path = folder.path / "fingerprints" / NAME
    assert path.stat().st_size == 7 * 5 * 2
    assert np.array_equal(np.fromfile(path, dtype="<f2").reshape(-1, 5), rows)


def test_checksums_are_the_low_bits_of_xxh3(folder):
    """Each row's checksum is that of its bytes alone."""
    rows, checksums = written(folder, 4)
    assert list(checksums) == [xxhash.xxh3_64_intdigest(row.tobytes()) % 2**32 for row in rows]


def test_appending_continues_and_overwrites(folder):
    """Rows go behind the committed ones, over whatever lies there; the file never shrinks."""
    rows, _ = written(folder, 9)
    new = matrix.encode([np.full(5, 9.0)])
    matrix.append(folder, NAME, new, after=3)
    path = folder.path / "fingerprints" / NAME
    assert np.array_equal(np.fromfile(path, dtype="<f2").reshape(-1, 5), np.concatenate([rows[:3], new, rows[4:]]))


@given(data=st.data())
def test_gather_gives_the_rows_asked_for(tmp_path_factory, data):
    """Any rows, in any order, repeated or not, are those that indexing would give."""
    with OwnFolder(tmp_path_factory.mktemp("gather")) as folder:
        rows, checksums = written(folder, 30)
        asked = np.array(data.draw(st.lists(st.integers(0, 29), max_size=40)), dtype=np.int64)
        found = matrix.gather(folder, NAME, asked, checksums[asked], n_dimensions=5)
    assert found.dtype == np.float32
    assert np.array_equal(found, rows[asked].astype(np.float32))


def test_gather_crosses_blocks(folder, monkeypatch):
    """More rows than a block has come out whole, and a wrong row is found in any block."""
    monkeypatch.setattr(matrix, "_BLOCK_ROWS", 4)
    rows, checksums = written(folder, 30)
    asked = np.random.default_rng(3).permutation(30)
    assert np.array_equal(matrix.gather(folder, NAME, asked, checksums[asked], n_dimensions=5), rows[asked])
    checksums[17] += 1
    with pytest.raises(StoreDamagedError, match="row 17"):
        matrix.gather(folder, NAME, asked, checksums[asked], n_dimensions=5)


def test_rewriting_keeps_bytes(folder, monkeypatch):
    """A rewritten matrix holds the chosen rows bit for bit, and never replaces a file."""
    monkeypatch.setattr(matrix, "_BLOCK_ROWS", 4)
    rows, checksums = written(folder, 30)
    chosen = np.arange(0, 30, 3)
    matrix.rewrite(folder, (NAME, "new.f16"), chosen, checksums[chosen], n_dimensions=5)
    assert (folder.path / "fingerprints" / "new.f16").read_bytes() == rows[chosen].tobytes()
    with pytest.raises(FileExistsError):
        matrix.rewrite(folder, (NAME, NAME), chosen, checksums[chosen], n_dimensions=5)


@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(-60000, 60000, width=32)))
def test_encoding_rounds_to_the_nearest(vectors):
    """Encoding is numpy's rounding to float16 and nothing else."""
    assert np.array_equal(matrix.encode(list(vectors)), vectors.astype(np.float16))


@pytest.mark.parametrize("vectors", [[np.zeros(3), np.zeros(4)], [np.zeros((2, 2))], [np.zeros(0)], [1.0]])
def test_vectors_of_other_shapes_are_refused(vectors):
    """All vectors have one dimension, of the same length; the message gives the shapes found."""
    with pytest.raises(ArgumentError, match=r"shapes \[\("):
        matrix.encode(vectors)


@given(
    st.text(min_size=1, max_size=8).filter(str.isprintable),
    st.text(min_size=1, max_size=8).filter(str.isprintable),
)
def test_different_models_have_different_files(first, second):
    """No two models share a file, not even where capital letters do not count, nor with generations."""
    names = {
        (model, generation): matrix.file_name(f"{model}@1", generation=generation)
        for model in (first, second)
        for generation in (0, 1)
    }
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all(name.isascii() and "/" not in name and "\\" not in name for name in names.values())
