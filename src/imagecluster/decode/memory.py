"""Limits on the memory that decoding takes: for one picture, and for all that are decoded at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagecluster.errors import DecodeError

__all__ = ["MAX_MEMORY_BYTES", "check_memory", "room"]

MAX_MEMORY_BYTES = 800_000_000
"""Maximum for the bytes of a file and its decoder's memory together.

With the interpreter and the network a run stays below 1 GB.
"""


def check_memory(n_bytes: int) -> None:
    """Refuse a picture that takes more memory than one picture may.

    Raises
    ------
    DecodeError
        The reason gives both figures.

    """
    if n_bytes > MAX_MEMORY_BYTES:
        msg = f"decoding it would take {n_bytes / 1e6:,.0f} MB of memory, the limit is {MAX_MEMORY_BYTES / 1e6:,.0f} MB"
        raise DecodeError(msg)


class _Room:
    """The memory that all pictures being decoded take together."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._taken_bytes = 0

    def take(self, n_bytes: int) -> None:
        """Wait until there is room; first come, first served, so that small pictures do not overtake a large one."""
        with self._turn, self._changed:
            while self._taken_bytes and self._taken_bytes + n_bytes > MAX_MEMORY_BYTES:
                self._changed.wait()
            self._taken_bytes += n_bytes

    def give(self, n_bytes: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._taken_bytes -= n_bytes
            self._changed.notify_all()


_ROOM = _Room()


@contextmanager
def room(n_bytes: int) -> Iterator[None]:
    """A block in which a picture takes this much memory; it starts when that much is left for all threads together.

    Raises
    ------
    DecodeError
        It is more than one picture may take.

    """
    check_memory(n_bytes)
    _ROOM.take(n_bytes)
    try:
        yield
    finally:
        _ROOM.give(n_bytes)
