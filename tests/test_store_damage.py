"""Tests of what happens when the files of a store are not what they should be."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from imagecluster.errors import StoreDamagedError, StoreError, StoreVersionError
from imagecluster.store import Store
from store_samples import MODEL, N_DIMENSIONS, batch_of, hash_of


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The folder of a closed store of 400 pictures."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(400)), model=MODEL)
    return tmp_path / "imagecluster"


def contents_of(directory: Path) -> dict[str, bytes]:
    """The files that must survive whatever is found wrong."""
    kept = [directory / "imagecluster.db", *(directory / "fingerprints").iterdir()]
    return {file.name: file.read_bytes() for file in kept if file.is_file()}


def change_database(directory: Path, statement: str) -> None:
    """Runs a statement on the database behind the store's back."""
    connection = sqlite3.connect(directory / "imagecluster.db", isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("writable", [True, False])
def test_a_newer_format_is_refused_with_advice(directory, writable):
    """A database of a newer program is left alone; the message gives both formats and how to upgrade."""
    change_database(directory, "PRAGMA user_version = 7")
    before = contents_of(directory)
    with pytest.raises(StoreVersionError, match=r"format 7, .* formats up to 5.*install a newer imagecluster"):
        Store.open(directory, writable=writable)
    assert contents_of(directory) == before


@pytest.mark.parametrize("writable", [True, False])
def test_a_newer_marker_is_refused_before_the_database_is_touched(directory, writable):
    """The marker's format counts too, for formats whose database is another one."""
    marker = directory / ".imagecluster-store"
    marker.write_text(marker.read_text().replace("format: 5", "format: 12"))
    with pytest.raises(StoreVersionError, match=r"format 12, .* formats up to 5"):
        Store.open(directory, writable=writable)


@pytest.mark.parametrize("writable", [True, False])
def test_a_marker_without_a_format_is_damage(directory, writable):
    """A marker that names no format is not guessed at."""
    (directory / ".imagecluster-store").write_text("something\n")
    with pytest.raises(StoreDamagedError, match="does not name the format"):
        Store.open(directory, writable=writable)


@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("damage", ["text", "truncated", "half a page", "zeros"])
def test_a_damaged_database_is_refused_and_kept(directory, damage, writable):
    """What is not a whole SQLite file is damage; the message says what to do, and nothing is changed."""
    path = directory / "imagecluster.db"
    whole = path.read_bytes()
    content = {
        "text": b"once upon a time " * 500,
        "truncated": whole[: len(whole) // 2 // 4096 * 4096],
        "half a page": whole[:5000],
        "zeros": bytes(len(whole)),
    }
    path.write_bytes(content[damage])
    before = contents_of(directory)
    with pytest.raises(StoreDamagedError, match=r"damaged.*Nothing was changed.*backup"):
        Store.open(directory, writable=writable)
    assert contents_of(directory) == before


def test_damage_inside_the_database_is_found_when_met(directory):
    """A page that was overwritten is damage as soon as it is read."""
    path = directory / "imagecluster.db"
    whole = bytearray(path.read_bytes())
    whole[4096 * 2 :] = b"\xff" * (len(whole) - 4096 * 2)
    path.write_bytes(whole)
    with pytest.raises(StoreDamagedError, match="damaged"), Store.open(directory, writable=False) as store:
        store.known_files()
        store.rows(MODEL)


@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("emptied", [True, False])
def test_fingerprints_without_their_database_are_not_overwritten(directory, emptied, writable):
    """A missing or emptied database beside fingerprints is damage, not a reason to begin anew."""
    (directory / "imagecluster.db").unlink()
    if emptied:
        (directory / "imagecluster.db").touch()
    before = contents_of(directory)
    with pytest.raises(StoreDamagedError, match="missing or empty"):
        Store.open(directory, root=directory.parent, writable=writable)
    assert {**contents_of(directory)} == before


@pytest.mark.parametrize("writable", [True, False])
def test_a_short_matrix_is_refused(directory, writable):
    """A matrix without all committed rows is damage at once, with both sizes."""
    path = directory / "fingerprints" / "lite0@1.f16"
    with path.open("r+b") as file:
        file.truncate(1001)
    with pytest.raises(StoreDamagedError, match=rf"has 1,001 bytes, .* {400 * N_DIMENSIONS * 2:,} for 400 rows"):
        Store.open(directory, writable=writable)
    path.unlink()
    with pytest.raises(StoreDamagedError, match=r"is missing.*Nothing was changed"):
        Store.open(directory, writable=writable)


def test_a_matrix_that_shrinks_while_in_use_is_refused(directory):
    """A commit does not leave a hole in a matrix that somebody else cut off."""
    path = directory / "fingerprints" / "lite0@1.f16"
    with Store.open(directory) as store:
        path.write_bytes(b"")
        with pytest.raises(StoreDamagedError, match="has 0 bytes"):
            store.commit(batch_of(directory.parent, [400]), model=MODEL)
        with pytest.raises(StoreDamagedError, match="has 0 bytes"):
            store.vectors(MODEL, [hash_of(3)])


@pytest.mark.parametrize("what", ["nan", "zeros", "one bit"])
def test_a_row_that_is_not_the_committed_one_is_refused(directory, what):
    """NaN, zeros of a lost page and single flipped bits are found when the row is read, and name the row."""
    path = directory / "fingerprints" / "lite0@1.f16"
    rows = np.fromfile(path, "<f2").reshape(400, N_DIMENSIONS)
    if what == "one bit":
        rows.view(np.uint16)[123, 7] ^= 1
    else:
        rows[123] = np.nan if what == "nan" else 0
    rows.tofile(path)
    with Store.open(directory, writable=False) as store:
        with pytest.raises(StoreDamagedError, match=r"row 123 .*restore the whole folder"):
            store.vectors(MODEL, [hash_of(n) for n in range(400)])
        assert store.vectors(MODEL, [hash_of(122), hash_of(124)]).shape == (2, N_DIMENSIONS)


def test_a_matrix_of_another_copy_is_refused(directory, tmp_path_factory):
    """A matrix that a file synchroniser took from another machine's store does not pass for this one's."""
    other = tmp_path_factory.mktemp("other")
    with Store.open(other / "imagecluster", root=other) as store:
        store.commit(batch_of(other, range(400, 900)), model=MODEL)
    name = Path("fingerprints", "lite0@1.f16")
    shutil.copyfile(other / "imagecluster" / name, directory / name)
    with Store.open(directory) as store, pytest.raises(StoreDamagedError, match="copied without the database"):
        store.vectors(MODEL, [hash_of(5)])


@pytest.mark.parametrize("writable", [True, False])
def test_another_programs_database_is_refused(directory, writable):
    """A valid SQLite file of another program is not migrated."""
    path = directory / "imagecluster.db"
    path.unlink()
    shutil.rmtree(directory / "fingerprints")
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamagedError, match="not imagecluster's"):
        Store.open(directory, root=directory.parent, writable=writable)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    connection.close()
    assert len(path.read_bytes()) == len(before)


def test_a_store_that_was_never_filled_has_nothing_to_read(tmp_path):
    """A creation that was interrupted before the first table is an error for a reader, and mended by a writer."""
    directory = tmp_path / "imagecluster"
    Store.open(directory, root=tmp_path).close()
    (directory / "imagecluster.db").write_bytes(b"")
    with pytest.raises(StoreError, match="no database"):
        Store.open(directory, writable=False)
    with Store.open(directory, root=tmp_path) as store:
        assert store.info().n_files == 0
