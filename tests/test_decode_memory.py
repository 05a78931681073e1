"""All pictures that are decoded at once share one room, and nothing of a file outlives its decoding."""

import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from imagecluster.decode import large_file, memory
from imagecluster.decode.memory import room
from imagecluster.errors import DecodeError
from picture_samples import encoded


@pytest.fixture
def small_limits(monkeypatch):
    """A room of 1000 bytes, in which a file of more than 100 is large."""
    monkeypatch.setattr(memory, "MAX_MEMORY_BYTES", 1000)
    monkeypatch.setattr(memory, "_LARGE_BYTES", 100)


def test_threads_never_take_more_than_there_is_and_all_come_to_their_end(small_limits):
    """Small and large pictures, in small and large files, from eight threads."""
    taken, most, guard = [0], [0], threading.Lock()

    def add(n_bytes):
        with guard:
            taken[0] += n_bytes
            most[0] = max(most[0], taken[0])

    def decode_one(seed):
        chance = random.Random(seed)
        n_file, n_bytes = chance.choice([1, 50, 150, 600]), chance.randrange(1, 1001)
        with large_file(n_file), room(max(n_file, n_bytes)), room(chance.randrange(1, n_bytes + 1)):
            add(n_bytes)
            add(-n_bytes)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(decode_one, range(3000)))
    assert 0 < most[0] <= 1000
    assert taken == [0]
    assert memory._ROOM._taken_bytes == 0


def test_a_large_file_goes_ahead_of_those_that_have_nothing(small_limits):
    """A thread that holds a large file takes more room while another waits in front of it: nobody waits for ever."""
    inside, waits = threading.Event(), threading.Event()

    def other():
        inside.wait()
        waits.set()
        with room(900):
            return True

    with ThreadPoolExecutor(1) as threads:
        with large_file(500):
            done = threads.submit(other)
            inside.set()
            waits.wait()
            with room(1000):
                assert not done.done()
        assert done.result(60)


def test_more_than_the_limit_is_refused_at_once(small_limits):
    """It does not wait for room that never comes; a file above the limit is left to the reader to refuse."""
    with pytest.raises(DecodeError, match="would take"), room(1001):
        pass
    with large_file(5000):
        assert memory._ROOM._taken_bytes == 1000
    assert memory._ROOM._taken_bytes == 0


PEAK_OF_A_FOLDER = """
import re, sys
from pathlib import Path
from imagecluster.embed import Embedder, embed_files
from imagecluster.models import MODELS
from imagecluster.records import ImageFile
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000
files = [ImageFile(path, path.stat().st_size, 0) for path in sorted(Path(sys.argv[1]).iterdir())]
embedder = Embedder(MODELS["efficientnet-lite0"])
list(embed_files(files[:1], embedder, n_threads=1))
before = peak()
found = [outcome for chunk in embed_files(files, embedder, n_threads=4) for outcome in chunk]
print(len(found), peak() - before)
"""


def peak_of(folder):
    """Number of files and MB that a process with four threads takes to embed them, beyond the first."""
    command = [sys.executable, "-c", PEAK_OF_A_FOLDER, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    n_files, megabytes = done.stdout.split()
    return int(n_files), float(megabytes)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_the_bytes_of_broken_files_are_not_kept(tmp_path):
    """A failure stays known, so that equal bytes fail once; its file does not stay in memory (ten were 0.7 GB)."""
    (tmp_path / "0.png").write_bytes(encoded(Image.new("L", (9, 9)), "PNG"))
    for i in range(1, 11):
        with (tmp_path / f"{i}.jpg").open("wb") as file:
            file.truncate(70_000_000 + i)
    n_files, megabytes = peak_of(tmp_path)
    assert n_files == 11
    assert megabytes < 200


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_threads_give_back_what_their_pictures_took(tmp_path):
    """Twelve pictures of 100 MB in four threads: those that are decoded at once, not one that each thread keeps."""
    for i in range(12):
        values = np.full((5000, 5000), i / 20, np.float32)
        (tmp_path / f"{i:02}.tif").write_bytes(
            encoded(Image.fromarray(values), "TIFF", compression="tiff_adobe_deflate")
        )
    n_files, megabytes = peak_of(tmp_path)
    assert n_files == 12
    assert megabytes < 4 * 100 + 350
