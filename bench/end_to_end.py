"""Pictures a second of the whole run, against the original's way and a peer, and against our own limits.

Usage: python bench/end_to_end.py PHOTOS [--keras PYTHON] [--fastdup PYTHON] [--rounds 5] [--model NAME]

PYTHON is the interpreter of an environment with tensorflow (or keras and a backend), or with fastdup. Prints, for
web-sized JPEGs and for 12-megapixel ones (real photographs, enlarged):

- ours: wall and CPU time a picture of `imagecluster PATH` from an empty folder, everything included, and peak memory;
- the limits: CPU time a picture of decoding and of the network, noted by each thread while the run goes on, and what
  the wall time is against (decoding + network) / cores;
- the original's way: Keras VGG16 cut at fc2, one picture at a time, full decode, bicubic (random weights: the time is
  the same); fastdup as it comes.

Rounds are interleaved; figures are medians.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from imagecluster.models import DEFAULT_MODEL
from imagecluster.system.progress import Progress

KERAS = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
from keras.applications.vgg16 import VGG16, preprocess_input
from PIL import Image
network = VGG16(weights=None)
network = keras.Model(network.input, network.get_layer("fc2").output)
def fingerprint(file):
    image = Image.open(file).convert("RGB").resize((224, 224), Image.BICUBIC)
    return network.predict(preprocess_input(np.asarray(image, "f4")[None]), verbose=0)
files = sys.argv[1:]
fingerprint(files[0])
wall, cpu = time.perf_counter(), time.process_time()
for file in files:
    fingerprint(file)
print((time.perf_counter() - wall) / len(files), (time.process_time() - cpu) / len(files))
"""
REPEATS = 3
FASTDUP = """
import sys, fastdup
fastdup.create(work_dir=sys.argv[2], input_dir=sys.argv[1]).run(verbose=False, print_summary=False)
"""

LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(bool(status))
"""
# A process of its own: the system counts the memory of the one that starts another to that one's peak.


@dataclass(frozen=True)
class Cost:
    """Time a picture in milliseconds, and peak memory of the process."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float = 0.0


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--keras", help="python of an environment with keras")
    parser.add_argument("--fastdup", help="python of an environment with fastdup")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"web": web_sized(arguments.photos, Path(scratch, "web"))}
        folders["camera"] = camera_sized(arguments.photos, Path(scratch, "camera"))
        for name, folder in folders.items():
            measure(name, folder, arguments)


def web_sized(photos: Path, folder: Path) -> Path:
    """All JPEGs of the two web-sized sets."""
    folder.mkdir()
    for name in ("objects_ukbench", "categories_clothing"):
        with (photos / name / "MANIFEST.tsv").open(newline="", encoding="utf-8") as lines:
            for i, row in enumerate(csv.DictReader(lines, delimiter="\t")):
                repeat(photos / name / row["path"], folder, f"{name}_{i}")
    return folder


def repeat(picture: Path, folder: Path, name: str) -> None:
    """The same picture several times, each with bytes of its own, so that starting up weighs less."""
    for i in range(REPEATS):
        (folder / f"{name}_{i}.jpg").write_bytes(picture.read_bytes() + bytes(i))


def camera_sized(photos: Path, folder: Path) -> Path:
    """Real photographs of places, enlarged to 12 megapixels, two of each."""
    folder.mkdir()
    for i, source in enumerate(sorted((photos / "scenes_sfm").rglob("*.[jJ][pP]*[gG]"))):
        with Image.open(source) as image:
            large = image.convert("RGB").resize((4000, 3000), Image.Resampling.LANCZOS)
        for quality in (88, 92):
            large.save(folder.parent / "large.jpg", quality=quality)
            repeat(folder.parent / "large.jpg", folder, f"{i}_{quality}")
    return folder


def measure(name: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Print the figures of one folder."""
    files = sorted(folder.glob("*.jpg"))
    size_kb = statistics.mean(file.stat().st_size for file in files) / 1e3
    costs: dict[str, list[Cost]] = {}
    ratios = []
    for _ in range(arguments.rounds):
        costs.setdefault("ours", []).append(ours(folder, len(files), arguments.model))
        parts = shares(folder, len(files), arguments.model)
        for part, cost in zip(("whole run", "fingerprinting", "decoding", "network"), parts, strict=True):
            costs.setdefault(part, []).append(cost)
        n_cores = len(os.sched_getaffinity(0))
        limit = (parts[2].cpu_ms + parts[3].cpu_ms) / n_cores
        ratios.append((parts[1].wall_ms / limit, parts[0].wall_ms / limit))
        if arguments.keras:
            costs.setdefault("original's way", []).append(keras(arguments.keras, files[:: len(files) // 20]))
        if arguments.fastdup:
            costs.setdefault("fastdup", []).append(fastdup(arguments.fastdup, folder, len(files)))
    middle = {what: median(of) for what, of in costs.items()}
    print(f"\n{name}: {len(files)} JPEGs, {size_kb:.0f} kB each; milliseconds a picture")
    for what, cost in middle.items():
        figures = (f"{cost.wall_ms:9.2f} wall", f"{cost.cpu_ms:9.2f} CPU", f"{cost.peak_mb:6.0f} MB")
        shown = zip(figures, (cost.wall_ms, cost.cpu_ms, cost.peak_mb), strict=True)
        print(f"  {what:<16}" + "".join(figure if value else " " * len(figure) for figure, value in shown))
    mine = middle["ours"]
    stage, whole_run = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"  ours: {1000 / mine.wall_ms:.0f} pictures/s")
    print(f"  wall time / ((decoding + network) / cores): fingerprinting {stage:.2f}, whole run {whole_run:.2f}")
    for what in ("original's way", "fastdup"):
        if what in middle:
            wall, cpu = middle[what].wall_ms / mine.wall_ms, middle[what].cpu_ms / mine.cpu_ms
            print(f"  {what}: {wall:.1f} times our wall time, {cpu:.1f} times our CPU time")


def median(costs: list[Cost]) -> Cost:
    """Median of each figure."""
    fields = zip(*((cost.wall_ms, cost.cpu_ms, cost.peak_mb) for cost in costs), strict=True)
    return Cost(*(statistics.median(field) for field in fields))


def ours(folder: Path, n_files: int, model: str) -> Cost:
    """The command from an empty folder, its start, clustering and outputs included."""
    with tempfile.TemporaryDirectory() as database:
        command = [sys.executable, "-m", "imagecluster", str(folder), "--db", f"{database}/db", "--model", model]
        return whole(command, n_files)


def fastdup(python: str, folder: Path, n_files: int) -> Cost:
    """A run of fastdup from an empty folder."""
    with tempfile.TemporaryDirectory() as work:
        return whole([python, "-c", FASTDUP, str(folder), work], n_files)


def whole(command: list[str], n_files: int) -> Cost:
    """Cost of a process."""
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *command], capture_output=True, text=True, check=True)
    wall, cpu, peak_kb = (float(value) for value in done.stdout.split())
    return Cost(1000 * wall / n_files, 1000 * cpu / n_files, peak_kb / 1e3)


def keras(python: str, files: list[Path]) -> Cost:
    """The original's way, without its start."""
    done = subprocess.run([python, "-c", KERAS, *files], capture_output=True, text=True, check=True)
    wall, cpu = (1000 * float(value) for value in done.stdout.split())
    return Cost(wall, cpu)


def shares(folder: Path, n_files: int, model: str) -> list[Cost]:
    """One run in a process of its own that notes the CPU time of decoding and of the network while they run."""
    with tempfile.TemporaryDirectory() as database:
        command = [sys.executable, __file__, "--child", str(folder), f"{database}/db", model]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    whole_s, stage_s, decode_s, network_s = (1000 * float(value) / n_files for value in done.stdout.split())
    return [Cost(whole_s, 0), Cost(stage_s, 0), Cost(0, decode_s), Cost(0, network_s)]


def child(folder: Path, database: Path, model: str) -> None:
    """Print seconds: the whole run, its fingerprinting stage, CPU of decoding and of the network."""
    from imagecluster.collection import Settings
    from imagecluster.embed import Embedder, embedding
    from imagecluster.functions.running import run

    started = time.perf_counter()
    spent = {"decode": 0.0, "network": 0.0}
    lock = threading.Lock()

    def noting(part: str, function: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object, **options: object) -> object:
            before = time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                with lock:
                    spent[part] += time.thread_time() - before

        return timed

    embedding.decode = noting("decode", embedding.decode)  # type: ignore[assignment]
    Embedder.all_features = noting("network", Embedder.all_features)  # type: ignore[assignment,method-assign]
    stage = [0.0, 0.0]

    def progress(now: Progress) -> None:
        if now.stage == "fingerprints":
            stage[0 if now.done == 0 else 1] = time.perf_counter()

    run([folder], Settings(model=model), db=database, progress=progress)
    print(time.perf_counter() - started, stage[1] - stage[0], spent["decode"], spent["network"])


if __name__ == "__main__":
    main()
