"""A viewer's server in a process of its own, as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imagecluster.collection import Settings
from imagecluster.functions.running import run


@contextmanager
def serving(folder: Path, *options: str, **settings: Any) -> Iterator[str]:
    """Address of the page of a folder, which is sorted first, by some settings."""
    run([folder], Settings(links="none", **settings))
    # -u: the address must not wait in a buffer.
    command = [sys.executable, "-u", "-m", "imagecluster", "view", str(folder), "--no-browser", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("http://"), line + process.stdout.read()
        yield line.split()[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)
