"""Limits on the memory that decoding takes: for one picture, and for all that are decoded at once."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from imagecluster.errors import DecodeError

__all__ = ["MAX_MEMORY_BYTES", "check_memory", "large_file", "room"]

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


_LARGE_BYTES = 64_000_000
"""Files, and pictures in memory, above this size are rare enough to be treated with ceremony."""

_ONE_LARGE_FILE = threading.Lock()


class _Room:
    """The memory that the pictures being decoded take together."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._taken_bytes = 0

    def take(self, n_bytes: int) -> None:
        """Wait until there is room. First come, first served, so that a large picture is not overtaken for ever."""
        with self._turn, self._changed:
            while self._taken_bytes and self._taken_bytes + n_bytes > MAX_MEMORY_BYTES:
                self._changed.wait()
            self._taken_bytes += n_bytes

    def take_more(self, n_bytes: int, own_bytes: int) -> None:
        """Wait for more room than the `own_bytes` that this thread has already, ahead of all who have none."""
        with self._changed:
            while self._taken_bytes > own_bytes and self._taken_bytes + n_bytes > MAX_MEMORY_BYTES:
                self._changed.wait()
            self._taken_bytes += n_bytes

    def give(self, n_bytes: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._taken_bytes -= n_bytes
            self._changed.notify_all()


class _Own(threading.local):
    """The room that the running thread has."""

    n_bytes = 0


_ROOM = _Room()
_OWN = _Own()


@contextmanager
def room(n_bytes: int) -> Iterator[None]:
    """A block in which a picture takes this much memory; it starts when that much is left for all threads together.

    Blocks may be nested: the inner one counts what it takes above the outer one. Only within `large_file` may it take
    more, since two threads that wait for each other's room would wait for ever.

    Raises
    ------
    DecodeError
        It is more than one picture may take.

    """
    check_memory(n_bytes)
    own = _OWN.n_bytes
    more = max(0, n_bytes - own)
    if own and more:
        _ROOM.take_more(more, own)
    elif more:
        _ROOM.take(more)
    _OWN.n_bytes = own + more
    try:
        yield
    finally:
        _OWN.n_bytes = own
        if more > _LARGE_BYTES:
            _trim()
        if more:
            _ROOM.give(more)


@contextmanager
def large_file(n_bytes: int) -> Iterator[None]:
    """A block in which a file of this size is read and decoded; large files take turns, and their bytes count."""
    if n_bytes <= _LARGE_BYTES:
        yield
        return
    with _ONE_LARGE_FILE, room(min(n_bytes, MAX_MEMORY_BYTES)):
        yield


def _return_nothing(_n_bytes: int) -> int:
    return 0


def _find_trim() -> Callable[[int], int]:
    """The function of glibc that returns freed memory to the system; otherwise each thread keeps its largest."""
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return _return_nothing
    return cast("Callable[[int], int]", found)


_MALLOC_TRIM = _find_trim()


def _trim() -> None:
    _MALLOC_TRIM(0)
