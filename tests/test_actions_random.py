"""Random plans, killed at random points and undone: bench/actions.py tries a thousand, over photographs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from action_chaos import try_every_point
from imagecluster.actions import Folder, Link, Trash

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the process is forked many times")


def tried(scratch, *options):
    """What action_chaos.py prints; a test that finds something wrong fails with all of it."""
    script = Path(__file__).with_name("action_chaos.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, script, *options, "--scratch", scratch]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        name: int(count.replace(",", "")) for name, count in re.findall(r"^(.*): ([\d,]+)$", done.stdout, re.MULTILINE)
    }


def test_nothing_is_lost_by_random_plans(tmp_path):
    """Applied with kills, torn writes and power cuts in between, then undone with as many: all is as before."""
    counts = tried(tmp_path, "24", "--seed", "3")
    assert counts["plans"] == 24
    assert counts["steps done"] > 50
    assert (
        sum(counts.get(f"{name}: {way}", 0) for name in ("apply", "undo") for way in ("kill", "torn", "power cut")) > 9
    )


def test_nothing_is_lost_between_drives(tmp_path):
    """With a second drive, to which files are copied, and from which they come into a trash of its own."""
    other = tmp_path / "other"
    other.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", other], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("cannot mount a second drive here")
    try:
        counts = tried(tmp_path, "16", "--seed", "4", "--other", other)
        assert counts["plans, folder on another drive"] >= 2
    finally:
        subprocess.run(["umount", other], check=True)


@pytest.mark.parametrize(
    ("to", "drive", "way"),
    [
        (Trash(), "", "kill"),
        (Folder, "no links", "torn"),
        (Folder, "no call", "kill"),
        (Link("hard"), "", "power cut"),
        (Link("symbolic"), "no links", "kill"),
    ],
    ids=str,
)
def test_any_point_of_a_small_plan_can_be_the_last(tmp_path, monkeypatch, to, drive, way):
    """A picture with its sidecar goes, and two sidecars are written; killed at a call, then applied again or undone."""
    monkeypatch.setenv("XDG_DATA_HOME", "")
    to = Folder(tmp_path / "aside") if to is Folder else to
    n, wrong = try_every_point(tmp_path, to, drive, way, every=6)
    assert not wrong
    assert n > 8
