"""What grows with the collection: peak memory of a first run, and the time of a second one.

Usage: python bench/growth.py PHOTOS [--sizes 1000 2000 4000 8000]

Collections are cut from many_flowers and many_landscapes; beyond their size pictures repeat with one byte appended
(another content to the program, the same picture). Prints a line a size: pictures/s and peak memory of the first run,
seconds and files/s of a run over the unchanged folder, start of the interpreter included, with and without the page.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETS = ("many_flowers", "many_landscapes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    arguments = parser.parse_args()
    sources = [file for name in SETS for file in sorted((arguments.photos / name).rglob("*.jpg"))]
    print(f"{'pictures':>9}{'first/s':>9}{'peak MB':>9}{'second s':>10}{'files/s':>9}{'peak MB':>9}{'no page s':>11}")
    for n_pictures in arguments.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = collection(sources, n_pictures, Path(scratch, "pics"))
            first_s, first_mb = run(folder)
            second = [run(folder) for _ in range(5)]
            plain = [run(folder, "--no-page")[0] for _ in range(5)]
        second_s, second_mb = (statistics.median(column) for column in zip(*second, strict=True))
        print(
            f"{n_pictures:>9}{n_pictures / first_s:>9.0f}{first_mb:>9.0f}{second_s:>10.2f}"
            f"{n_pictures / second_s:>9.0f}{second_mb:>9.0f}{statistics.median(plain):>11.2f}"
        )


def collection(sources: list[Path], n_pictures: int, folder: Path) -> Path:
    """A folder of that many pictures, each with a content of its own."""
    folder.mkdir()
    for i in range(n_pictures):
        data = sources[i % len(sources)].read_bytes() + bytes(i // len(sources))
        (folder / f"{i:07}.jpg").write_bytes(data)
    return folder


def run(folder: Path, *more: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of one run."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "imagecluster", folder, *more], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the run failed on {folder}")
    return time.perf_counter() - started, usage.ru_maxrss / 1e3


if __name__ == "__main__":
    main()
