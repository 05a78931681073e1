"""A pause of Python's cyclic garbage collector while millions of objects are made, none of them in cycles."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["garbage_waits"]

_guard = threading.Lock()
_n_waiting = 0
_was_enabled = False


@contextmanager
def garbage_waits() -> Iterator[None]:
    """Let the collector wait until the context ends, in all threads: it would walk all new objects again and again.

    Contexts may overlap, also in several threads; the last one that ends lets the collector go on, if it was on before.
    """
    global _n_waiting, _was_enabled  # noqa: PLW0603  # the collector is the process's, too
    with _guard:
        if _n_waiting == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _n_waiting += 1
    try:
        yield
    finally:
        with _guard:
            _n_waiting -= 1
            if _n_waiting == 0 and _was_enabled:
                gc.enable()
