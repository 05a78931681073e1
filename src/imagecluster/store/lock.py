"""One writer at a time."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from typing import Any, BinaryIO

from imagecluster.errors import OutputError, StoreLockedError
from imagecluster.store.layout import LOCK_NAME
from imagecluster.system.safe_files import OwnFolder

__all__ = ["WriterLock"]

OWNER_NAME = "lock-owner"


class WriterLock:
    """The exclusive right to write to a store, held by the operating system's lock on a file.

    The system drops the lock when its holder ends, however it ends. A second file says who holds it, for the
    message alone: on Windows, a locked file cannot be read.
    """

    def __init__(self, folder: OwnFolder) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._windows_lock: Any = None

    def acquire(self) -> None:
        """Take the lock, or fail at once.

        Raises
        ------
        StoreLockedError
            Another run holds it.
        OutputError
            The lock file cannot be written.
        NotOursError
            One of the two files is a link.

        """
        place = self._folder.path
        try:
            self._folder.status(OWNER_NAME)  # both are looked at before either is written
            is_free = self._lock_windows() if os.name == "nt" else self._lock()
        except OSError as error:
            msg = (
                f"cannot write to the database in {place}: {error.strerror}."
                " Make the folder writable, or give another place with --db"
            )
            raise OutputError(msg) from error
        if not is_free:
            msg = (
                f"another run is writing to the database in {place} ({self._owner()}):"
                " wait until it has ended, or stop it, and run again"
            )
            raise StoreLockedError(msg)
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        text = f"process {os.getpid()} on {socket.gethostname()}, since {started}\n"
        with contextlib.suppress(OSError, OutputError), self._folder.open_writing(OWNER_NAME) as file:  # a full disk
            file.truncate()
            file.write(text.encode())

    def _lock(self) -> bool:
        """Take the lock if nobody holds it; whether it was taken."""
        import fcntl

        file = self._folder.open_writing(LOCK_NAME)
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except BaseException:
            file.close()
            raise
        self._file = file
        return True

    def _lock_windows(self) -> bool:
        """Take the lock if nobody holds it; whether it was taken."""
        from filelock import FileLock, Timeout

        self._folder.status(LOCK_NAME)
        lock = FileLock(self._folder.path / LOCK_NAME, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._windows_lock = lock
        return True

    def _owner(self) -> str:
        """Description of the process that holds the lock, as far as it is known."""
        try:
            with self._folder.open_reading(OWNER_NAME) as file:
                return file.read(200).decode(errors="replace").strip() or "of unknown origin"
        except OSError:
            return "of unknown origin"

    def release(self) -> None:
        """Release the lock."""
        with contextlib.suppress(OSError, OutputError):
            self._folder.remove(OWNER_NAME)
        if self._file is not None:
            self._file.close()
        if self._windows_lock is not None:
            self._windows_lock.release()
