"""Tests of what a store keeps when its writer is killed, or fails in the middle of a commit."""

import contextlib
import os
import random
from pathlib import Path

import numpy as np
import pytest

from imagecluster.store import Store, matrix, tables
from store_samples import (
    BATCH,
    MODEL,
    batch_of,
    check_whole_batches,
    hash_of,
    start_worker,
    vectors_of,
)
from waiting import wait_until

N_KILLS = int(os.environ.get("IMAGECLUSTER_KILLS", "15"))


def n_written(root: Path) -> int:
    """Bytes of the matrix and of the database's log, both of which grow in the course of a commit."""
    sizes = 0
    for file in (root / "imagecluster").rglob("*"):
        if file.suffix in (".f16", ".db-wal"):
            with contextlib.suppress(FileNotFoundError):
                sizes += file.stat().st_size
    return sizes


def run_and_kill(root: Path, n_bytes: int) -> int:
    """Kills a worker once it has written so much; gives the number of pictures that it said it had committed."""
    worker = start_worker(root)
    assert worker.stdout is not None
    first = worker.stdout.readline()
    assert first.strip().isdigit(), first
    begun = n_written(root)
    wait_until(lambda: worker.poll() is not None or n_written(root) - begun >= n_bytes, pause_s=0)
    worker.kill()
    rest = worker.communicate()[0]
    # The last line may be cut off where the process was killed.
    whole = [first, *rest.splitlines(keepends=True)]
    return int([line for line in whole if line.endswith("\n")][-1])


def test_a_killed_writer_costs_at_most_one_batch(tmp_path):
    """After kill -9 every acknowledged batch is there, whole, and the next writer gets in at once."""
    for n_bytes in (0, 20_000, 200_000):
        acknowledged = run_and_kill(tmp_path, n_bytes)
        with Store.open(tmp_path / "imagecluster", writable=False) as reader:
            n = check_whole_batches(reader)
        assert acknowledged <= n <= acknowledged + BATCH


@pytest.mark.slow
def test_kills_at_random_moments(tmp_path):
    """Killed again and again, the store never shows half a batch, a foreign vector or a lost commit."""
    seed = int(os.environ.get("IMAGECLUSTER_CRASH_SEED", "20"))
    rng = random.Random(seed)
    n_before = 0
    for kill in range(N_KILLS):
        acknowledged = run_and_kill(tmp_path, rng.randrange(600_000))
        with Store.open(tmp_path / "imagecluster", root=tmp_path, writable=bool(kill % 2)) as store:
            n = check_whole_batches(store)
        assert max(acknowledged, n_before) <= n <= max(acknowledged, n_before) + BATCH
        n_before = n
    assert n_before > N_KILLS * BATCH


def test_an_unfinished_tail_is_overwritten(tmp_path):
    """Rows that were appended without a commit are invisible, and the next append takes their place."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(5)), model=MODEL)
        path = store.directory / "fingerprints" / "lite0@1.f16"
        whole = path.read_bytes()
    path.write_bytes(whole + os.urandom(1001))
    with Store.open(tmp_path / "imagecluster") as store:
        store.commit(batch_of(tmp_path, range(5, 8)), model=MODEL)
        assert path.read_bytes()[: len(whole)] == whole
        assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in range(8)]), vectors_of(range(8)))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (matrix, "append"),
        (tables, "add_metadata"),
        (tables, "put_files"),
        (tables, "put_skips"),
        (tables, "add_fingerprints"),
    ],
)
def test_a_commit_that_fails_at_any_step_leaves_nothing(tmp_path, monkeypatch, module, name):
    """An interruption in any step of a commit leaves the store as it was, and usable."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(4)), model=MODEL)
        real = getattr(module, name)

        def interrupted(*arguments, **options):
            real(*arguments, **options)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(module, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.commit(batch_of(tmp_path, range(4, 9)), model=MODEL)
        assert store.info().n_files == store.info().n_contents == len(store.rows(MODEL)) == 4
        store.commit(batch_of(tmp_path, range(6, 9)), model=MODEL)
        numbers = [0, 1, 2, 3, 6, 7, 8]
        assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in numbers]), vectors_of(numbers))


def test_forgetting_that_fails_leaves_everything(tmp_path, monkeypatch):
    """An interruption while a matrix is written anew keeps the old one in use."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(6)), model=MODEL)
        store.mark_present([])
        real = matrix.rewrite

        def interrupted(*arguments, **options):
            real(*arguments, **options)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(matrix, "rewrite", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.forget_gone()
        assert store.info().n_gone == 6
        assert np.array_equal(store.vectors(MODEL, [hash_of(5)]), vectors_of([5]))
        assert store.forget_gone() == 6
        assert len(list((store.directory / "fingerprints").iterdir())) == 1
