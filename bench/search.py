"""Search by a scan of the fingerprints: time against reading their bytes, and against the plain ways to write it.

    python bench/search.py                        # 1,000,000 x 256 and 200,000 x 1280
    python bench/search.py --store                # the whole answer from a database of the first size
    python bench/search.py --index --sizes 100000x256     # against HNSW indexes, with their recall (usearch, faiss)

Every engine works on the same float16 matrix, mapped from a file that is in the system's cache, one query at a time;
the best of `--repeats` counts. Take the ratios, of the time of all cores together, not the seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.explore.exact_index import ExactIndex
from imagecluster.explore.queries import Query
from imagecluster.explore.searching import Searcher
from imagecluster.models import DEFAULT_MODEL, find_model
from imagecluster.records import ImageFile, Metadata
from imagecluster.store import Batch, HashedFile, Store
from imagecluster.system.cores import n_cores

K = 20
CHUNK = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["1000000x256", "200000x1280"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--index", action="store_true")
    arguments = parser.parse_args()
    for size in arguments.sizes[: 1 if arguments.store else None]:
        n, d = (int(part) for part in size.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            if arguments.store:
                whole_answer(Path(folder), n, d, arguments.repeats)
                continue
            rows = mapped(Path(folder) / "rows.f16", n, d)
            scans(rows, arguments.repeats)
            if arguments.index:
                indexes(rows, arguments.repeats)


def chunk(number: int, n: int, d: int) -> NDArray[np.float16]:
    """Unit vectors around centres, as photographs have."""
    rng = np.random.default_rng(number)
    centres = np.random.default_rng(99).standard_normal((2000, d), dtype=np.float32)
    X = centres[rng.integers(2000, size=n)] + 0.8 * rng.standard_normal((n, d), dtype=np.float32)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    return X.astype(np.float16)


def mapped(file: Path, n: int, d: int) -> NDArray[np.float16]:
    """A matrix on disk."""
    with file.open("wb") as stream:
        for start in range(0, n, CHUNK):
            stream.write(chunk(start, min(CHUNK, n - start), d).tobytes())
    return np.memmap(file, np.float16, "r", shape=(n, d))


class Taken(NamedTuple):
    """Seconds on the clock, and of all cores together."""

    wall_s: float
    cpu_s: float


def seconds(work: Callable[[], object], repeats: int) -> Taken:
    """Best times of several."""
    times = []
    for _ in range(repeats):
        started, cpu = time.perf_counter(), time.process_time()
        work()
        times.append(Taken(time.perf_counter() - started, time.process_time() - cpu))
    return Taken(min(t.wall_s for t in times), min(t.cpu_s for t in times))


def scans(rows: NDArray[np.float16], repeats: int) -> None:
    """Reading, the plain ways, and ours."""
    n, d = rows.shape
    query = rows[n // 2].astype(np.float32)  # of unit length
    bounds = np.linspace(0, n, 4 * n_cores() + 1).astype(int)
    parts = [rows[i:j] for i, j in itertools.pairwise(bounds)]

    def read() -> None:
        with ThreadPoolExecutor(n_cores()) as pool:
            list(pool.map(lambda part: part.view(np.uint64).max(), parts))

    def plain(part: NDArray[np.float16]) -> NDArray[np.float32]:
        return np.concatenate([part[i : i + 1024].astype(np.float32) @ query for i in range(0, len(part), 1024)])

    def plain_threads() -> None:
        with ThreadPoolExecutor(n_cores()) as pool:
            list(pool.map(plain, parts))

    def first() -> None:
        ExactIndex(rows).nearest(query, k=K)

    index = ExactIndex(rows)
    index.similarities(query)
    reading = seconds(read, repeats)
    print(f"\n{n:,} x {d} float16, {n * d * 2 / 2**20:.0f} MiB, {n_cores()} threads, best of {repeats}")
    for name, work in (
        ("reading the bytes", read),
        ("astype(float32) by blocks, one thread", lambda: plain(rows)),
        ("the same, all threads", plain_threads),
        ("first query: lengths too", first),
        ("every later query", lambda: index.nearest(query, k=K)),
    ):
        taken = reading if work is read else seconds(work, repeats)
        print(
            f"  {name:<40} {1000 * taken.wall_s:8.1f} ms, {1000 * taken.cpu_s:8.1f} CPU ms"
            f"   x {taken.cpu_s / reading.cpu_s:5.1f} of reading"
        )


def whole_answer(folder: Path, n: int, d: int, repeats: int) -> None:
    """From a query inside the collection to the paths that were found."""
    model = find_model(DEFAULT_MODEL)
    root = folder / "pictures"
    root.mkdir()
    with Store.open(root / "imagecluster", root=root) as store:
        for start in range(0, n, CHUNK):
            vectors = chunk(start, min(CHUNK, n - start), d)
            names = range(start, start + len(vectors))
            hashes = [hashlib.blake2b(str(i).encode(), digest_size=16).digest() for i in names]
            paths = [root / f"{i // 1000}" / f"{i}.jpg" for i in names]
            files = [HashedFile(ImageFile(path, 1, 1), h) for path, h in zip(paths, hashes, strict=True)]
            metadata = dict.fromkeys(hashes, Metadata(1, 1, "JPEG"))
            batch = Batch(tuple(files), metadata, dict(zip(hashes, vectors, strict=True)))
            store.commit(batch, model=model.identity)
        asked = root / "query.jpg"
        asked.write_bytes(b"query")
        status = asked.stat()
        known = ImageFile(asked, status.st_size, status.st_mtime_ns)
        store.commit(Batch((HashedFile(known, hashes[7]),)), model=model.identity)
        started = time.perf_counter()
        searcher = Searcher(store, model)
        searcher.search([Query(asked)], k=K)
        first = time.perf_counter() - started
        later = seconds(lambda: searcher.search([Query(asked)], k=K), repeats)
    print(f"\n{n:,} x {d} in a database: first answer {1000 * first:.0f} ms, later ones {1000 * later.wall_s:.0f} ms")
    print(f"  {1000 * later.cpu_s:.0f} CPU ms each")


def indexes(rows: NDArray[np.float16], repeats: int) -> None:
    """Approximate indexes: what they cost to make, and how many of the true neighbours they find."""
    X = rows.astype(np.float32)
    queries = chunk(10**6, 100, X.shape[1]).astype(np.float32)
    true = [set(np.argsort(-(X @ q))[:K].tolist()) for q in queries]
    for name, build in (("usearch", usearch_index), ("faiss HNSW", faiss_index)):
        try:
            started, cpu = time.perf_counter(), time.process_time()
            search, n_bytes = build(X)
        except ImportError:
            print(f"  {name:<12} is not installed")
            continue
        made, made_cpu = time.perf_counter() - started, time.process_time() - cpu
        taken = seconds(partial(search, queries[:1]), repeats)
        found = search(queries)
        recall = np.mean([len(true[i] & set(found[i].tolist())) / K for i in range(len(queries))])
        print(
            f"  {name:<12} made in {made:.0f} s ({made_cpu:.0f} CPU s), {n_bytes / 2**20:.0f} MiB, one query"
            f" {1000 * taken.wall_s:.2f} ms, recall@{K} {recall:.3f}"
        )


def usearch_index(X: NDArray[np.float32]) -> tuple[Callable[[NDArray[np.float32]], NDArray[np.int64]], int]:
    from usearch.index import Index

    index = Index(ndim=X.shape[1], metric="cos", dtype="f16")
    index.add(np.arange(len(X)), X, threads=n_cores())
    return lambda q: np.atleast_2d(index.search(q, K).keys).astype(np.int64), index.memory_usage


def faiss_index(X: NDArray[np.float32]) -> tuple[Callable[[NDArray[np.float32]], NDArray[np.int64]], int]:
    import faiss

    index = faiss.IndexHNSWFlat(X.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.add(X)
    return lambda q: index.search(q, K)[1], X.nbytes + len(X) * 32 * 2 * 4


if __name__ == "__main__":
    main()
