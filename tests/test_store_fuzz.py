"""Tests of databases with bytes or values that we never wrote: read as they are, or refused in a sentence."""

import os
import random
import shutil
import sqlite3
import traceback
from contextlib import closing, suppress
from pathlib import Path

import pytest

from imagecluster.cli import main
from imagecluster.collection import Settings, open_latest, settings_of
from imagecluster.errors import ImageclusterError, StoreDamagedError
from imagecluster.records import ImageFile, Place, Taken
from imagecluster.store import Batch, Beside, HashedFile, Run, SkippedFile, Store
from store_samples import batch_of, file_of, hash_of

MODEL = "efficientnet-lite1-regions@int8.1"
N_CASES = int(os.environ.get("IMAGECLUSTER_FUZZ", "60"))
VALUES = (
    None,
    0, 1, -1, 3, 2**40, 2**63 - 1, -(2**63), 0.5, -1e300, 1e300, float("inf"), "", "text", "7", "null", "[]", "{}",
    '{"sim": "x"}', '{"sim": [1]}', '{"model": 7}', '{"weights": 7}', '{"method": {}}', '{"sim": 0.5', "[" * 10_000,
    "../../lock", "/etc/hostname", "\0", b"", b"\xff\xfe", b"\0", b"a\0b", b"/a", bytes(16), b"x" * 5_000,
)  # fmt: skip
"""What may stand in a column of a damaged database, whatever its type should be."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A collection's folder with the store of a few runs."""
    root = tmp_path_factory.mktemp("whole")
    with Store.open(root / "imagecluster", root=root) as store:
        for numbers in (range(30), range(30, 45)):
            store.commit(batch_of(root, numbers), model=MODEL)
            store.mark_present(
                (file_of(root, n).path for n in range(2, 45)), {file_of(root, 3).path: [root / "another name.jpg"]}
            )
            store.record_run(Run(1e9, 1.5, MODEL, len(numbers), len(numbers), 0, 0, Settings().as_kept()))
        changed = (HashedFile(file_of(root, 5), hash_of(6)),)
        store.commit(Batch(files=changed, pixels={hash_of(n): bytes(16) for n in range(40)}), model=MODEL)
        taken = Taken(1.5e9, None, "day", "file name")
        store.put_beside({file_of(root, n).path: Beside("1", taken, Place(1.0, 2.0, "takeout")) for n in range(45)})
        batch = batch_of(root, [])
        store.commit(
            type(batch)(skips=(SkippedFile(ImageFile(root / "bad.jpg", 7, 8), "decode", "cut off"),), decoder="1"),
            model=MODEL,
        )
    return root


@pytest.fixture
def copied(whole, tmp_path):
    """Makes a new copy of the collection's folder."""

    def copy(number: int) -> Path:
        root = tmp_path / str(number)
        shutil.copytree(whole, root)
        return root

    return copy


def read_everything(root: Path) -> None:
    """All that a reader asks of a store."""
    with Store.open(root / "imagecluster", writable=False) as store:
        for ask in (
            store.info,
            store.runs,
            store.known_skips,
            store.outside_root,
            store.modified_ns,
            store.notes,
            store.other_names,
            lambda: store.same_pixels(MODEL),
            lambda: store.successors({hash_of(5)}),
            lambda: [settings_of(run) for run in store.runs()],
            lambda: store.known_files(gone=True),
            lambda: store.recognise([file_of(root, n) for n in range(50)], decoder="1"),
            lambda: store.vectors(MODEL, list(store.rows(MODEL))),
            lambda: store.metadata([hash_of(n) for n in range(45)]),
            lambda: store.described([hash_of(n) for n in range(45)]),
            store.beside,
            store.read_before,
            lambda: store.paths_of(store.leaves(MODEL).keys),
            lambda: open_latest(store).cut(),
        ):
            tolerated(ask)


def write_everything(root: Path) -> None:
    """All that a writer does to a store."""
    with Store.open(root / "imagecluster", root=root) as store:
        for do in (
            lambda: store.commit(batch_of(root, range(40, 50)), model=MODEL),
            lambda: store.mark_present(file_of(root, n).path for n in range(5, 50)),
            lambda: store.record_run(Run(1e9, 1.5, MODEL, 1, 1, 0, 0, {})),
            lambda: store.put_beside({file_of(root, 3).path: None}),
            store.forget_gone,
            lambda: store.keep_leaves(MODEL),
        ):
            tolerated(do)


def tolerated(act) -> None:
    """Lets an act succeed, or fail with an error of ours."""
    try:
        act()
    except ImageclusterError as error:
        assert str(error)


def check(root: Path, case: str, capsys) -> None:
    """Every reader and writer copes, and so do the commands that look at a store."""
    try:
        tolerated(lambda: read_everything(root))
        for command in (["info"], ["info", "--json"], ["suggest"]):
            assert main([*command, str(root)]) in (0, 1)
        tolerated(lambda: write_everything(root))
        tolerated(lambda: read_everything(root))
    except Exception as error:
        pytest.fail(f"{case}: {type(error).__name__}: {error}\n{traceback.format_exc()[-1500:]}")
    capsys.readouterr()
    shutil.rmtree(root)


def test_damaged_bytes_end_in_no_traceback(copied, capsys):
    """Bytes flipped, overwritten and cut off anywhere in the file."""
    for number in range(N_CASES):
        chance = random.Random(number)
        root = copied(number)
        path = root / "imagecluster" / "imagecluster.db"
        content = bytearray(path.read_bytes())
        kind = chance.choice(["flip", "flips", "overwritten", "cut", "page"])
        at = chance.randrange(len(content))
        if kind == "flip":
            content[at] ^= 1 << chance.randrange(8)
        elif kind == "flips":
            for _ in range(chance.randrange(2, 200)):
                content[chance.randrange(len(content))] = chance.randrange(256)
        elif kind == "overwritten":
            content[at : at + 64] = chance.randbytes(64)
        elif kind == "cut":
            del content[at:]
        else:
            one, other = (chance.randrange(len(content) // 4096) * 4096 for _ in range(2))
            content[one : one + 4096] = content[other : other + 4096]
        path.write_bytes(content)
        check(root, f"case {number}, {kind} at {at}", capsys)


def test_values_that_we_never_write_end_in_no_traceback(copied, capsys):
    """Any value in any column, JSON that is none among them."""
    for number in range(N_CASES):
        chance = random.Random(number)
        root = copied(number)
        with closing(sqlite3.connect(root / "imagecluster" / "imagecluster.db", isolation_level=None)) as database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            table = chance.choice([*tables, "runs"])
            column = chance.choice([row[1] for row in database.execute(f"PRAGMA table_info({table})")])
            value = chance.choice(VALUES)
            n = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            key = database.execute(f"SELECT {column} FROM {table} LIMIT 1 OFFSET {chance.randrange(n)}").fetchone()[0]
            with suppress(sqlite3.IntegrityError):  # what SQLite lets stand nowhere
                database.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} IS ?", (value, key))
        check(root, f"case {number}, {table}.{column} = {value!r:.60}", capsys)


@pytest.mark.parametrize("text", ["", "null", "[1]", '{"sim": 0.5', "\xff", "[" * 100_000])
def test_a_run_whose_settings_are_no_json_is_damage(copied, text):
    """The message names the folder and says what to do."""
    root = copied(0)
    with closing(sqlite3.connect(root / "imagecluster" / "imagecluster.db", isolation_level=None)) as database:
        database.execute("UPDATE runs SET settings = ? WHERE id = 2", (text,))
    with Store.open(root / "imagecluster", writable=False) as store:
        assert store.info().n_files == 43
        with pytest.raises(StoreDamagedError, match=r"damaged.*restore the folder from a backup, or move it away"):
            store.runs()


@pytest.mark.parametrize("text", ['{"sim": "x"}', '{"sim": 7}', '{"model": 7}', '{"weights": 7}', '{"method": {}}'])
def test_settings_of_a_run_that_cannot_be_are_damage(copied, text):
    """They are told when they are needed, with what to do."""
    root = copied(0)
    with closing(sqlite3.connect(root / "imagecluster" / "imagecluster.db", isolation_level=None)) as database:
        database.execute("UPDATE runs SET settings = ? WHERE id = 2", (text,))
    with (
        Store.open(root / "imagecluster", writable=False) as store,
        pytest.raises(StoreDamagedError, match="imagecluster run"),
    ):
        settings_of(store.runs()[-1])
