"""One writer at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path

from imagecluster.errors import OutputError, StoreLockedError

__all__ = ["WriterLock"]


class WriterLock:
    """The exclusive right to write to a store, held by the operating system's lock on a file.

    The system drops the lock when its holder ends, however it ends. Who holds it stands in a second file, for
    the message alone: on Windows a locked file cannot be read, and older filelock empties it on every try.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock

        self._path = path
        self._owner_path = path.with_name(path.name + "-owner")
        self._lock = FileLock(path, thread_local=False)

    def acquire(self) -> None:
        """Takes the lock, or fails at once.

        Raises
        ------
        StoreLockedError
            Another run holds it.
        OutputError
            The lock file cannot be written.

        """
        from filelock import Timeout

        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            msg = (
                f"another run is writing to the database in {self._path.parent} ({self._owner()}):"
                " wait until it has ended, or stop it, and start again"
            )
            raise StoreLockedError(msg) from error
        except OSError as error:
            msg = (
                f"cannot write to the database in {self._path.parent}: {error.strerror}."
                " Make the folder writable, or give another place with --db"
            )
            raise OutputError(msg) from error
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        with contextlib.suppress(OSError):  # a full disk; the lock itself holds
            self._owner_path.write_text(f"process {os.getpid()} on {socket.gethostname()}, since {started}\n")

    def _owner(self) -> str:
        """Who holds the lock, as far as it said so."""
        try:
            return self._owner_path.read_text(errors="replace").strip()[:200] or "which one is unknown"
        except OSError:
            return "which one is unknown"

    def release(self) -> None:
        """Gives the lock back."""
        with contextlib.suppress(OSError):
            self._owner_path.unlink()
        self._lock.release()
