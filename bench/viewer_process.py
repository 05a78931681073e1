"""The viewer as a user starts it, for bench/viewer.py and its part in a browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Viewer(NamedTuple):
    """A viewer that runs."""

    pid: int
    port: int

    @property
    def address(self) -> str:
        """Of its page."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def viewing(root: Path) -> Iterator[Viewer]:
    """A viewer of a folder, as soon as it says its address; ended afterwards."""
    # -u: the address must not wait in a buffer.
    command = [sys.executable, "-u", "-m", "imagecluster", "view", str(root), "--no-browser", "--port", "0"]
    # Modules are compiled once, as an installed package's are.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert found is not None
            yield Viewer(process.pid, int(found[1]))
        finally:
            process.send_signal(signal.SIGINT)
