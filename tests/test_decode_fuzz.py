"""Every format that is read, cut off and with flipped bits: a picture or a reason, in little time and memory.

`IMAGECLUSTER_FUZZ=2000` flips bits in so many copies of each sample; without it in 20.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzed import samples, variants
from imagecluster.collection import Settings
from imagecluster.functions.running import run

N_FLIPPED = int(os.environ.get("IMAGECLUSTER_FUZZ", "20"))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")


def test_no_damage_crashes_hangs_or_fills_the_memory():
    """A process that decodes all variants of all formats ends well, takes 10 s for none and stays below 1 GB."""
    command = [sys.executable, str(Path(__file__).with_name("fuzzed.py")), str(N_FLIPPED)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["name"] for entry in found] == sorted(samples())
    for entry in found:
        assert entry["picture"] + entry["reason"] == 20 + N_FLIPPED, entry
        assert entry["slowest_s"] < 10, entry
        assert entry["peak_mb"] < 1000, entry


def test_scanned_is_fingerprinted_and_reused_and_skipped(tmp_path):
    """A run on hundreds of damaged files accounts for every one of them, the first time and again."""
    n_files = 0
    for seed, (name, (data, suffix)) in enumerate(sorted(samples().items())):
        for i, variant in enumerate([*variants(data, 6, seed)][-12:]):
            path = tmp_path / "pics" / f"{name} {i}{suffix or '.jpg'}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(variant)
            n_files += 1
    settings = Settings(model="efficientnet-lite0", links="none", page=False)
    first = run(tmp_path / "pics", settings)
    assert first.n_scanned == n_files == first.n_fingerprinted + first.n_reused + len(first.skips)
    assert {len(first.skips) > 0, first.n_fingerprinted > 0} == {True}
    again = run(tmp_path / "pics", settings)
    assert (again.n_scanned, again.n_fingerprinted, again.skips) == (n_files, 0, first.skips)
    assert again.notes == first.notes
