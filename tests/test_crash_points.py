"""kill -9, Ctrl-C, I/O errors and full disks at some points: crash_points.py tries all of them by hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is loaded is forked many times")


def tried(*options: str) -> str:
    """What crash_points.py prints; a test that finds something wrong fails with all of it."""
    script = Path(__file__).with_name("crash_points.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_first_run_that_is_killed_is_taken_up():
    """At each of its first moments, in which a store comes into being, and at some later ones."""
    assert "first, kill: " in tried("first", "--ways", "kill", "--first", "18", "--every", "49")


def test_runs_that_are_interrupted_or_fail_are_taken_up():
    """Ctrl-C, half a write, a bad disk and a full one, in a first run and in one after pictures have changed."""
    printed = tried("first", "second", "--ways", "torn,interrupt,error,full", "--every", "40")
    assert all(f"{run}, {way}: " in printed for run in ("first", "second") for way in ("torn", "error", "full"))


def test_a_correction_that_was_kept_stays():
    """What the viewer has acknowledged is there after a kill in the middle of the next correction."""
    assert "correction, torn: " in tried("correction", "--ways", "torn,kill", "--every", "3", "--first", "3")


def test_a_run_that_is_killed_at_any_moment_is_taken_up():
    """Some random moments."""
    assert "first, random kills: 5 points" in tried("first", "--random", "5")
