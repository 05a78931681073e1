"""kill -9 and Ctrl-C at any moment: the next run completes, and its result equals an uninterrupted one's."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import photos_folder
from pictures import draw
from waiting import wait_until

N_KILLS = int(os.environ.get("IMAGECLUSTER_KILLS", "4"))
N_PICTURES = int(os.environ.get("IMAGECLUSTER_KILL_PICTURES", "200"))


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "imagecluster", *more, str(folder)]


def result_of(folder: Path, scratch: Path) -> tuple[bytes, ...]:
    """Fingerprints, tables and page of a folder, byte for byte."""
    exported = scratch / "fingerprints.npz"
    subprocess.run([*command(folder, "export"), "--fingerprints", exported], check=True, stdout=subprocess.DEVNULL)
    with np.load(exported) as arrays:
        vectors = arrays["vectors"].tobytes() + arrays["paths"].tobytes()
    names = ("clusters.json", "clusters.csv", "clusters.html")
    written = [(folder / "imagecluster" / name).read_bytes() for name in names]
    return vectors, *(content.replace(bytes(folder.parent), b"") for content in written)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Many different pictures, some of them twice: real photographs where there are any, else drawn ones."""
    folder = tmp_path_factory.mktemp("pictures") / "pics"
    folder.mkdir()
    photos = photos_folder()
    sources = sorted((photos / "many_flowers").rglob("*.jpg"))[:N_PICTURES] if photos else []
    for i in range(N_PICTURES):
        place = folder / f"{i:04}.jpg"
        if i < len(sources):
            shutil.copy(sources[i], place)
        else:
            draw(place, i)
        if i % 10 == 0:
            shutil.copy(place, folder / f"{i:04} copy.jpg")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(pictures, tmp_path_factory):
    """What a run that nobody disturbs gives."""
    scratch = tmp_path_factory.mktemp("uninterrupted")
    folder = shutil.copytree(pictures, scratch / "pics")
    subprocess.run([*command(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return result_of(folder, scratch)


@pytest.mark.slow
def test_kill_9_at_random_moments_loses_nothing(pictures, uninterrupted, tmp_path):
    """After any number of kills the completed result is byte-equal to the uninterrupted one."""
    folder = shutil.copytree(pictures, tmp_path / "pics")
    moment = random.Random(0)
    started = time.monotonic()
    subprocess.run([*command(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    whole_s = time.monotonic() - started
    shutil.rmtree(folder / "imagecluster")
    n_kills = 0
    while n_kills < N_KILLS:
        process = subprocess.Popen([*command(folder), "--quiet"], stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=moment.uniform(0.05, 0.8 * whole_s))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            n_kills += 1
        else:
            assert process.returncode == 0
            assert result_of(folder, tmp_path) == uninterrupted
            shutil.rmtree(folder / "imagecluster")
    subprocess.run([*command(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    assert result_of(folder, tmp_path) == uninterrupted


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(pictures, uninterrupted, tmp_path):
    """An interrupt ends the run with exit code 1 and one line; the next run completes it."""
    folder = shutil.copytree(pictures, tmp_path / "pics")
    # A shell that starts the tests in the background has them ignore SIGINT, and so would the child.
    process = subprocess.Popen(
        [*command(folder), "--quiet"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads run here
    )
    wait_until(lambda: (folder / "imagecluster" / "fingerprints").exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 1
    assert messages.decode().startswith("imagecluster: interrupted")
    assert len(messages.splitlines()) == 1
    subprocess.run([*command(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    assert result_of(folder, tmp_path) == uninterrupted
