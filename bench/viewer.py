"""How fast the viewer's server starts and answers, and what memory it takes.

Usage: python bench/viewer.py [--sizes 100000 1000000] [--dimensions 64] [--scratch DIR] [--browser]

A made-up collection of each size: files that do not exist, random fingerprints and a random dendrogram, the same small
thumbnail for every picture. `imagecluster view` is started on it as a user would, and asked what the page asks at its
start.
Prints seconds and CPU seconds of the server since the start of the process for the first answers, then both for each
answer from a warm server, next to the seconds of reading the same bytes from a file, and the peak memory of the server.
`--browser` opens the page in chromium (with playwright) instead: seconds from the command to the first picture, at a
first start and at a second one; milliseconds from a movement of the slider until it is painted, and of frames while
scrolling; memory of the page.
Linux only. On a busy machine the CPU seconds say more.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import re
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection import DENDROGRAM
from imagecluster.collection.recipe import contents_digest
from imagecluster.records import Dendrogram, ImageFile, Metadata, Taken
from imagecluster.store import Batch, HashedFile, Run, Store
from viewer_browser import measure_page
from viewer_process import viewing

MODEL = "efficientnet-lite0@int8.2"
N_THUMBNAILS = 500
BATCH = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--scratch", type=Path, default=None)
    parser.add_argument("--browser", action="store_true", help="measure the page in a browser")
    arguments = parser.parse_args()
    for n_pictures in arguments.sizes:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            root = Path(scratch, "pics")
            started = time.perf_counter()
            make_collection(root, n_pictures, arguments.dimensions)
            print(f"\n{n_pictures:,} pictures (made in {time.perf_counter() - started:.0f} s)")
            if arguments.browser:
                measure_page(root)
            else:
                measure(root, n_pictures)


def make_collection(root: Path, n_pictures: int, n_dimensions: int) -> None:
    """A database of made-up pictures."""
    from PIL import Image

    from imagecluster.decode.thumbnail import make_thumbnail

    root.mkdir()
    rng = np.random.default_rng(0)
    with Store.open(root / "imagecluster", root=root) as store:
        for start in range(0, n_pictures, BATCH):
            numbers = range(start, min(n_pictures, start + BATCH))
            vectors = rng.standard_normal((len(numbers), n_dimensions)).astype(np.float16)
            hashes = [hash_of(i) for i in numbers]
            files = [ImageFile(root / f"album {i // 1000:04}" / f"IMG_{i:07}.jpg", 3_000_000, i) for i in numbers]
            metadata = [
                Metadata(4000, 3000, "JPEG", Taken(1.5e9 + i, None, "second", "EXIF DateTimeOriginal")) for i in numbers
            ]
            store.commit(
                Batch(
                    files=tuple(map(HashedFile, files, hashes)),
                    metadata=dict(zip(hashes, metadata, strict=True)),
                    vectors=dict(zip(hashes, vectors, strict=True)),
                ),
                model=MODEL,
            )
        leaves = store.leaves(MODEL)
        gap = np.sort(rng.random(n_pictures - 1))[rng.permutation(n_pictures - 1)]
        order = rng.permutation(n_pictures)
        children = merges_of(gap)
        merges = np.array([(left, right, height, 2) for left, right, height in children])
        key = f"made up {contents_digest(leaves.hashes)}"
        store.save_dendrogram(key, Dendrogram(merges, 1.0, order, gap), {})
        store.keep_leaves(MODEL)
        store.record_run(Run(time.time(), 1.0, MODEL, n_pictures, n_pictures, 0, 0, {"sim": 0.5, DENDROGRAM: key}))
        thumbnail = make_thumbnail(Image.radial_gradient("L").resize((192, 144)).convert("RGB"))
        with store.thumbnails() as cache:
            for content_hash in leaves.hashes:
                cache.put(content_hash, thumbnail, side_px=192)


def merges_of(gaps: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Merges of a dendrogram with these gaps, lowest first: left, right, height; m + k is what merge k made."""
    m = len(gaps) + 1
    node_of = list(range(m))  # by first and by last place of what it spans
    spans = [(place, place) for place in range(m)]
    merges: list[tuple[int, int, float]] = []
    for place in np.argsort(gaps, kind="stable").tolist():
        left, right = node_of[place], node_of[place + 1]
        merges.append((left, right, float(gaps[place])))
        span = (spans[left][0], spans[right][1])
        spans.append(span)
        node_of[span[0]] = node_of[span[1]] = m + len(merges) - 1
    return merges


def hash_of(number: int) -> bytes:
    return hashlib.blake2b(str(number).encode(), digest_size=16).digest()


def measure(root: Path, n_pictures: int) -> None:
    """Start the viewer and ask it what the page asks."""
    started = time.perf_counter()
    with viewing(root) as viewer:
        asked = Asked(http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=600), viewer.pid)
        since = {}

        def note(what: str) -> None:
            since[what] = f"{what} {time.perf_counter() - started:.2f} s ({asked.cpu_s():.2f} CPU)"

        note("address")
        asked.get("/")
        note("page")
        state = json.loads(asked.get("/api/state"))
        note("state")
        at = f"/api/{state['snapshot']}/"
        order = np.frombuffer(asked.get(at + "order.bin"), "<u4")
        asked.get(at + "gap.bin")
        note("order and gap")
        asked.get(f"{at}thumb/{order[0]}")
        note("first picture")
        print("  since the start: " + ", ".join(since.values()))
        print(f"  {'answer':<26}{'s':>8}{'CPU s':>8}{'MB':>8}{'reading s':>11}{'CPU / reading':>15}")
        for name in ("order.bin", "gap.bin", "rank.bin", "pictures.bin", "curve"):
            asked.row(at + name, name, root)
        asked.row(f"{at}names.json?from=0&to=2000", "2,000 names", root)
        asked.row(f"{at}search?picture=3&k=12", "neighbours", root)
        asked.row(f"{at}cluster?a=0&b=100", "a cluster of 100", root)
        begun, begun_cpu = time.perf_counter(), asked.cpu_s()
        for picture in order[:N_THUMBNAILS]:
            asked.get(f"{at}thumb/{picture}")
        wall, cpu = time.perf_counter() - begun, asked.cpu_s() - begun_cpu
        print(f"  thumbnails from the cache: {N_THUMBNAILS / wall:.0f} a second, {N_THUMBNAILS / cpu:.0f} a CPU second")
        memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{viewer.pid}/status").read_text())
        print(f"  peak memory: {int(memory[1]) / 1e3:.0f} MB" if memory else "")
        asked.connection.close()


class Asked:
    """A server that answers."""

    def __init__(self, connection: http.client.HTTPConnection, pid: int) -> None:
        self.connection = connection
        self.pid = pid

    def cpu_s(self) -> float:
        """CPU seconds that the server has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def row(self, address: str, name: str, root: Path) -> None:
        """Seconds of an answer, the best of three, next to those of reading it from a file."""
        times, cpu, reads = [], [], []
        for _ in range(3):
            begun, begun_cpu = time.perf_counter(), self.cpu_s()
            content = self.get(address)
            times.append(time.perf_counter() - begun)
            cpu.append(self.cpu_s() - begun_cpu)
        copy = root / "copy"
        copy.write_bytes(content)
        for _ in range(3):
            begun = time.perf_counter()
            copy.read_bytes()
            reads.append(time.perf_counter() - begun)
        print(
            f"  {name:<26}{min(times):>8.3f}{min(cpu):>8.2f}{len(content) / 1e6:>8.2f}{min(reads):>11.4f}"
            f"{min(cpu) / min(reads):>15.0f}"
        )

    def get(self, address: str) -> bytes:
        """The content at an address."""
        self.connection.request("GET", address)
        return self._content(address)

    def _content(self, address: str) -> bytes:
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {content[:200]!r}")
        return content


if __name__ == "__main__":
    main()
