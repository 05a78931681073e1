"""Random plans over real photographs, applied and undone, killed at random points: everything has to be as before.

Usage: python bench/actions.py PHOTOS [--n 1000] [--seed 0] [--other FOLDER]

Each plan is about a small collection of photographs from PHOTOS with equal copies, sidecars, second names, symbolic
links, references, odd names and names that are taken; its files go to a trash, to folders (also on the drive of
FOLDER), or become links. Prints how many plans and steps there were, how often they were killed, and what was wrong.
Then the time that a step takes, by destination. See tests/action_chaos.py for what must hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1] / "tests"))

from action_chaos import try_many
from action_samples import plan, step
from imagecluster.actions import Folder, Link, Trash, apply, undo


def times(photos: Path, scratch: Path, n: int = 200) -> None:
    """Prints milliseconds per step for copies of photographs."""
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))[:n]
    root, database = scratch / "pics", scratch / "pics" / "imagecluster"
    database.mkdir(parents=True)
    os.environ["XDG_DATA_HOME"] = os.fspath(scratch / "data")
    pairs = []
    for i, file in enumerate(files):
        for folder in ("a", "b"):
            (root / folder).mkdir(exist_ok=True)
            shutil.copyfile(file, root / folder / f"{i}.jpg")
        pairs.append((root / "b" / f"{i}.jpg", root / "a" / f"{i}.jpg"))
    made = plan(root, *(step(file, keep) for file, keep in pairs))
    for to in (Trash(), Folder(scratch / "aside"), Link("hard")):
        started = time.perf_counter()
        done = len(apply(made, to, database).done)
        applied_s = time.perf_counter() - started
        undo(database)
        undone_s = time.perf_counter() - started - applied_s
        print(
            f"{to}: {done} steps, {1e3 * applied_s / done:.1f} ms each, undone in {1e3 * undone_s / done:.1f} ms each"
        )


def main() -> int:
    """Tries the plans and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--other", type=Path, default=None, help="empty folder on another drive")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-actions-") as folder:
        scratch = Path(folder).resolve()
        started = time.perf_counter()
        counts, wrong = try_many(given.n, seed=given.seed, photos=given.photos, other=given.other, scratch=scratch)
        for name, count in sorted(counts.items()):
            print(f"{name}: {count:,}")
        for each in wrong:
            print("FAILED", each)
        print(f"{len(wrong)} of {given.n:,} plans failed; {time.perf_counter() - started:.0f} s")
        times(given.photos, scratch / "times")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
