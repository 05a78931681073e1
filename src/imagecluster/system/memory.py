"""The memory that is available on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_UNKNOWN = 4 << 30
"""Assumed if the system does not tell."""


def available_bytes() -> int:
    """Estimated physical memory that can be used without displacing that of others.

    On Linux, what the kernel calls available, or what the control group allows if that is less; elsewhere, half of all
    memory.
    """
    if sys.platform == "win32":
        return _windows_bytes()
    allowed = _number_in(Path("/sys/fs/cgroup/memory.max"))
    used = _number_in(Path("/sys/fs/cgroup/memory.current"))
    in_group = [max(0, allowed - used)] if allowed is not None and used is not None else []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(1024 * int(line.split()[1]), *in_group, sys.maxsize)
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (OSError, ValueError):
        return _UNKNOWN


def _number_in(file: Path) -> int | None:
    """The number in a small file; None if it does not hold a number ("max") or cannot be read."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _windows_bytes() -> int:
    """Available physical memory as Windows reports it."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "available", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows only
    return int(status.available) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else _UNKNOWN
