"""Batches of made-up pictures for the tests of the store."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.records import ImageFile, Metadata, Place, Taken
from imagecluster.store import Batch, HashedFile, SkippedFile, Store

MODEL = "lite0@1"
N_DIMENSIONS = 24

WORKER = Path(__file__).with_name("store_worker.py")
BATCH = 16
N_LONG = 1280


def hash_of(number: int) -> bytes:
    """The content hash of picture `number`."""
    return hashlib.blake2b(str(number).encode(), digest_size=16).digest()


def vector_of(number: int, *, n_dimensions: int = N_DIMENSIONS) -> NDArray[np.float32]:
    """The fingerprint of picture `number`, already rounded to what float16 holds."""
    vector = np.random.default_rng(number).standard_normal(n_dimensions)
    return (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)


def metadata_of(number: int) -> Metadata:
    """Metadata of picture `number`."""
    taken = Taken(1.5e9 + number, 3600, "second", "EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal")
    return Metadata(100 + number, 50, "JPEG", taken, Place(48.25, -11.5, "EXIF") if number % 2 else None)


def file_of(root: Path, number: int) -> ImageFile:
    """The file of picture `number`."""
    return ImageFile(root / f"album {number // 10}" / f"{number:05d}.jpg", 1000 + number, 10**18 + number)


def batch_of(root: Path, numbers: Iterable[int], *, n_dimensions: int = N_DIMENSIONS) -> Batch:
    """A batch of pictures."""
    chosen: Sequence[int] = list(numbers)
    return Batch(
        files=tuple(HashedFile(file_of(root, n), hash_of(n)) for n in chosen),
        metadata={hash_of(n): metadata_of(n) for n in chosen},
        vectors={hash_of(n): vector_of(n, n_dimensions=n_dimensions) for n in chosen},
    )


def vectors_of(numbers: Iterable[int]) -> NDArray[np.float32]:
    """Fingerprints of pictures, one a row."""
    return np.stack([vector_of(n) for n in numbers])


def long_vector(number: int) -> NDArray[np.float16]:
    """The fingerprint of picture `number` that the worker commits."""
    return np.random.default_rng(number).standard_normal(N_LONG, dtype=np.float32).astype(np.float16)


def crash_batch(root: Path, numbers: range) -> Batch:
    """What the worker commits at once: pictures and one unreadable file."""
    return Batch(
        files=tuple(HashedFile(file_of(root, n), hash_of(n)) for n in numbers),
        metadata={hash_of(n): metadata_of(n) for n in numbers},
        vectors={hash_of(n): long_vector(n) for n in numbers},
        skips=(SkippedFile(file_of(root / "broken", numbers[0]), "decode", "broken"),),
    )


def start_worker(root: Path, *, n_batches: int = 0) -> subprocess.Popen[str]:
    """A process that commits batches; its first line of output says that it has the store."""
    command = [sys.executable, str(WORKER), str(root), str(n_batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check_whole_batches(store: Store) -> int:
    """Number of pictures, all in whole batches, each with exactly its own vector."""
    info = store.info()
    n = info.n_files
    assert n % BATCH == 0
    assert info.n_contents == n
    assert info.n_skipped == n // BATCH
    if n:
        assert store.rows(MODEL) == {hash_of(i): i for i in range(n)}
        kept = store.vectors(MODEL, [hash_of(i) for i in range(n)])
        assert np.array_equal(kept, np.stack([long_vector(i) for i in range(n)]))
    return n
