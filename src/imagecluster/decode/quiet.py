"""Suppression of the decoders' warnings, in decoding threads only.

`warnings.catch_warnings` swaps a global list and is not safe in threads (before Python 3.14), and a plain
filter would silence Pillow for the whole program that imports us. Pillow's log messages about damaged TIFF
files would appear on the screen of any program that has not configured logging.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["quiet"]


class _DecodingThreads(threading.local):
    """Stands in for a compiled pattern in `warnings.filters`; matches in threads that are decoding."""

    decoding = False

    def match(self, _module: str) -> bool:
        """Whether a warning of the running thread is to be dropped."""
        return self.decoding

    def filter(self, _record: logging.LogRecord) -> bool:
        """Whether a log record of the running thread is to be kept."""
        return not self.decoding


_THREADS = _DecodingThreads()
_FILTER: Any = ("ignore", None, Warning, _THREADS, 0)
logging.getLogger("PIL.TiffImagePlugin").addFilter(_THREADS.filter)


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which this thread's warnings are dropped; other threads keep theirs."""
    filters: Any = warnings.filters  # typed as a read-only sequence, but documented nowhere as such
    if not filters or filters[0] is not _FILTER:
        # Filters that were added or restored since are in front of ours, or have removed it.
        filters[:] = [_FILTER, *(entry for entry in filters if entry is not _FILTER)]
    _THREADS.decoding = True
    try:
        yield
    finally:
        _THREADS.decoding = False
