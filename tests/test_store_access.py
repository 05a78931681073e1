"""Tests of who may use a store at the same time, and from where."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imagecluster.errors import OutputError, StoreError, StoreLockedError
from imagecluster.store import Store, database
from store_samples import MODEL, batch_of, check_whole_batches, hash_of, start_worker, vectors_of


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A collection's folder with a store of 20 pictures."""
    with Store.open(tmp_path / "imagecluster", root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(20)), model=MODEL)
    return tmp_path


@contextlib.contextmanager
def read_only(folder: Path):
    """Makes a folder read-only: by a mount for the superuser, whom permissions do not bind."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        mounted = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("cannot mount here, and permissions do not bind the superuser")
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
            yield
        finally:
            subprocess.run(["umount", folder], check=True)
        return
    everything = [folder, *folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in everything}
    try:
        for path in everything:
            path.chmod(modes[path] & ~0o222)
        yield
    finally:
        for path in everything:
            path.chmod(modes[path])


def test_a_second_writer_is_told_who_writes(filled):
    """While one process writes, another one fails at once and names the first."""
    worker = start_worker(filled)
    try:
        worker.stdout.readline()
        with pytest.raises(StoreLockedError, match=rf"process {worker.pid} on .*wait"):
            Store.open(filled / "imagecluster", root=filled)
    finally:
        worker.kill()
        worker.communicate()
    with Store.open(filled / "imagecluster") as store:
        assert store.info().n_files >= 20


def test_a_second_writer_in_the_same_process_is_refused(filled):
    """Two writers cannot be open in one program either, and closing frees the place."""
    with (
        Store.open(filled / "imagecluster") as _,
        pytest.raises(StoreLockedError, match=f"process {os.getpid()} on"),
    ):
        Store.open(filled / "imagecluster")
    with Store.open(filled / "imagecluster") as store:
        assert store.writable


def test_a_reader_sees_whole_batches_while_another_process_writes(tmp_path):
    """Readers need no lock, are never in the way, and see only what was committed."""
    worker = start_worker(tmp_path, n_batches=40)
    worker.stdout.readline()
    worker.stdout.readline()
    seen = []
    while worker.poll() is None or not seen:
        with Store.open(tmp_path / "imagecluster", writable=False) as reader:
            seen.append(len(reader.known_files()))
            rows = reader.rows(MODEL)
            assert len(rows) >= seen[-1]
            assert reader.vectors(MODEL, list(rows)).shape[0] == len(rows)
    worker.communicate()
    assert worker.returncode == 0
    assert seen == sorted(seen)
    with Store.open(tmp_path / "imagecluster", writable=False) as reader:
        assert check_whole_batches(reader) == 40 * 16


def test_an_open_reader_sees_later_commits(filled):
    """A reader that stays open sees what is committed after it came."""
    with (
        Store.open(filled / "imagecluster") as writer,
        Store.open(filled / "imagecluster", writable=False) as reader,
    ):
        assert len(reader.rows(MODEL)) == 20
        writer.commit(batch_of(filled, range(20, 30)), model=MODEL)
        assert np.array_equal(reader.vectors(MODEL, [hash_of(29)]), vectors_of([29]))


def test_a_reader_works_on_a_read_only_folder(filled):
    """A store on media that cannot be written to is read, and left as it is."""
    with read_only(filled), Store.open(filled / "imagecluster", writable=False) as reader:
        assert len(reader.known_files()) == 20
        assert np.array_equal(reader.vectors(MODEL, [hash_of(3)]), vectors_of([3]))


def test_a_reader_reads_an_interrupted_log_on_a_read_only_folder(filled, tmp_path_factory):
    """What a killed run left in the log is read too where the folder cannot be written to any more."""
    frozen = tmp_path_factory.mktemp("frozen")
    with Store.open(filled / "imagecluster") as writer:
        writer.commit(batch_of(filled, range(20, 30)), model=MODEL)
        shutil.copytree(filled / "imagecluster", frozen / "imagecluster")
    (frozen / "imagecluster" / "imagecluster.db-shm").unlink()
    assert (frozen / "imagecluster" / "imagecluster.db-wal").stat().st_size > 0
    with read_only(frozen), Store.open(frozen / "imagecluster", writable=False) as reader:
        assert len(reader.known_files()) == 30
        assert np.array_equal(reader.vectors(MODEL, [hash_of(29)]), vectors_of([29]))


def test_a_writer_on_a_read_only_folder_is_told_what_to_do(filled):
    """Where nothing can be written, the writer's error says so and names the way out."""
    with read_only(filled):
        with pytest.raises(OutputError, match=r"cannot write.*--db"):
            Store.open(filled / "imagecluster")
        with pytest.raises(OutputError, match=r"cannot make.*--db"):
            Store.open(filled / "other", root=filled)


@pytest.mark.skipif(os.name == "nt", reason="needs a file system layer without shared memory")
@pytest.mark.parametrize("made_with_log", [True, False])
def test_a_file_system_without_shared_memory_is_good_enough(tmp_path, monkeypatch, made_with_log):
    """Where SQLite's log cannot be used the store works without it, also one that was made with it elsewhere."""
    real = database._address
    directory = tmp_path / "imagecluster"
    if made_with_log:
        with Store.open(directory, root=tmp_path) as store:
            store.commit(batch_of(tmp_path, range(3)), model=MODEL)
    monkeypatch.setattr(database, "_address", lambda path, mode: real(path, mode) + "&vfs=unix-dotfile")
    with Store.open(directory, root=tmp_path) as store:
        store.commit(batch_of(tmp_path, range(3, 6)), model=MODEL)
        with Store.open(directory, writable=False) as reader:
            assert len(reader.known_files()) == (6 if made_with_log else 3)
        store.commit(batch_of(tmp_path, range(6, 9)), model=MODEL)
    assert directory.joinpath("imagecluster.db").read_bytes()[18:20] == b"\1\1"  # SQLite's "no log" version


def test_a_store_may_be_handed_to_another_thread(filled):
    """Opened here, used and closed there."""
    from concurrent.futures import ThreadPoolExecutor

    store = Store.open(filled / "imagecluster")
    with ThreadPoolExecutor(4) as pool:
        for result in [
            pool.submit(store.commit, batch_of(filled, range(n, n + 5)), model=MODEL) for n in range(20, 100, 5)
        ]:
            result.result()
        pool.submit(store.close).result()
    with Store.open(filled / "imagecluster") as again:
        assert np.array_equal(again.vectors(MODEL, [hash_of(n) for n in range(100)]), vectors_of(range(100)))


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store_samples import MODEL, batch_of
from imagecluster.errors import StoreError
from imagecluster.store import Store
root = Path(sys.argv[1])
with Store.open(root / "imagecluster") as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        store.commit(batch_of(root, range(20, 3000)), model=MODEL)
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert store.info().n_files == 20
    store.commit(batch_of(root, range(20, 40)), model=MODEL)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit of a file's size there")
@pytest.mark.parametrize("limit", [30_000, 200_000])
def test_a_file_that_may_not_grow_fails_one_commit(filled, limit):
    """Where the matrix, or later the log, cannot grow, the commit fails, and the same store goes on afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, filled, Path(__file__).parent, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the database in" in done.stdout
    with Store.open(filled / "imagecluster") as store:
        assert np.array_equal(store.vectors(MODEL, [hash_of(n) for n in range(40)]), vectors_of(range(40)))


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A file system of 1 MB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only Linux's superuser can mount a tiny disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a tiny disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("n_dimensions", [1280, 4])
def test_a_full_disk_fails_one_commit_and_the_store_goes_on(tiny_disk, n_dimensions):
    """When the disk fills, in the matrix or in the log, earlier batches stay, and with room commits work again."""
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    with Store.open(tiny_disk / "imagecluster", root=tiny_disk) as store:
        n = 0
        with pytest.raises(StoreError, match=r"no space left for the database.*make room"):
            for n in range(0, 100_000, 10):
                store.commit(batch_of(tiny_disk, range(n, n + 10), n_dimensions=n_dimensions), model=MODEL)
        assert n > 0
        assert store.info().n_files == len(store.rows(MODEL)) == n
        ballast.unlink()
        store.commit(batch_of(tiny_disk, range(n, n + 10), n_dimensions=n_dimensions), model=MODEL)
    with Store.open(tiny_disk / "imagecluster") as store:
        assert store.vectors(MODEL, [hash_of(i) for i in range(n + 10)]).shape == (n + 10, n_dimensions)


def test_a_disk_that_is_full_from_the_start_is_told(tiny_disk):
    """A store that cannot even be created says that there is no space."""
    with contextlib.suppress(OSError), (tiny_disk / "ballast").open("wb") as file:
        file.write(bytes(2_000_000))
    with pytest.raises((StoreError, OutputError), match=r"[Nn]o space left"):
        Store.open(tiny_disk / "imagecluster", root=tiny_disk)
    (tiny_disk / "ballast").unlink()
    with Store.open(tiny_disk / "imagecluster", root=tiny_disk) as store:
        assert store.info().n_files == 0
