"""What grows with the collection: peak memory of a first run, and the time of a second one.

Usage: python bench/growth.py PHOTOS [--sizes 1000 2000 4000 8000]

Collections are cut from many_flowers and many_landscapes; beyond their size pictures repeat with one byte appended
(another content to the program, the same picture). Prints a line a size: pictures/s of the first run, its peak memory
after fingerprinting and after all, then seconds, files/s and peak memory of a run over the unchanged folder, start of
the interpreter included (medians of five).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from imagecluster.system.progress import Progress

SETS = ("many_flowers", "many_landscapes")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    arguments = parser.parse_args()
    sources = [file for name in SETS for file in sorted((arguments.photos / name).rglob("*.jpg"))]
    print(f"{'pictures':>9}{'first/s':>9}{'embed MB':>10}{'all MB':>8}{'second s':>10}{'files/s':>9}{'MB':>6}")
    for n_pictures in arguments.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = collection(sources, n_pictures, Path(scratch, "pics"))
            started = time.perf_counter()
            first = subprocess.run([sys.executable, __file__, "--child", folder], capture_output=True, check=True)
            first_s = time.perf_counter() - started
            embed_mb, all_mb = (float(value) for value in first.stdout.split())
            second = [run(folder) for _ in range(5)]
        second_s, second_mb = (statistics.median(column) for column in zip(*second, strict=True))
        print(
            f"{n_pictures:>9}{n_pictures / first_s:>9.0f}{embed_mb:>10.0f}{all_mb:>8.0f}{second_s:>10.2f}"
            f"{n_pictures / second_s:>9.0f}{second_mb:>6.0f}"
        )


def child(folder: Path) -> None:
    """Print the peak memory in MB of a first run: after fingerprinting, and at its end."""
    from imagecluster.functions.running import run as run_chain

    peaks = {}

    def progress(now: Progress) -> None:
        peaks[now.stage] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3

    run_chain([folder], progress=progress)
    print(peaks["fingerprints"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def collection(sources: list[Path], n_pictures: int, folder: Path) -> Path:
    """A folder of that many pictures, each with a content of its own."""
    folder.mkdir()
    for i in range(n_pictures):
        data = sources[i % len(sources)].read_bytes() + bytes(i // len(sources))
        (folder / f"{i:07}.jpg").write_bytes(data)
    return folder


def run(folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one run."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "imagecluster", folder], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the run failed on {folder}")
    return time.perf_counter() - started, usage.ru_maxrss / 1e3


if __name__ == "__main__":
    main()
