"""The one place where tests wait: for something to become true, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

LONG_S = 60.0
"""A busy machine takes its time; nothing that works takes this long."""


def wait_until(condition: Callable[[], T], what: str | Callable[[], str] = "", *, pause_s: float = 0.02) -> T:
    """The first true value of a function; after a minute the test fails and says what it waited for."""
    end = time.monotonic() + LONG_S
    while not (found := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited for {LONG_S:.0f} s: {what() if callable(what) else what or condition}")
        time.sleep(pause_s)
    return found


def run_on(seconds: float) -> None:
    """Lets a process run on that is to be killed at a random moment; nothing is expected of it by then."""
    time.sleep(seconds)
