"""Progress on standard error: pictures per second and time left, for a person at a terminal."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any, Self

from imagecluster.system.progress import Progress, Stage

_TEXTS: dict[Stage, str] = {
    "scan": "scan",
    "weights": "downloading weights",
    "fingerprints": "fingerprints",
    "dates": "reading dates and places again",
    "signs": "looking at pictures again",
    "copies": "comparing pictures",
    "pairs": "comparing all pairs",
    "neighbours": "looking for neighbours",
    "farthest": "finding the farthest pair",
    "merging": "merging",
    "verifying": "verifying pairs",
    "links": "links",
    "thumbnails": "pictures",
    "retrieval": "searching for each picture",
    "speed": "measuring",
    "acting": "moving files",
}

_UNITS: dict[Stage, str] = {
    "weights": "B",
    "fingerprints": " images",
    "dates": " images",
    "signs": " images",
    "copies": " pairs",
    "verifying": " pairs",
    "thumbnails": " images",
}
"""Units of stages that are shown with a rate; others are shown as a percentage."""

_WORTH_SAYING_S = 10.0

_SAID_EVERY_S = 60.0
"""Seconds after which a log is told how far the work is."""


class ProgressBar:
    """A progress bar for one stage after another; where standard error is no terminal, a line from time to time.

    Silent if `quiet`.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._said_s = None if quiet or self._shown else time.monotonic()
        self._shown_stage: tuple[Stage, str] | None = None
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, progress: Progress) -> None:
        """Show the progress of a stage."""
        if not self._shown:
            self._say(progress)
            return
        if (progress.stage, progress.note) != self._shown_stage:
            self._open(progress)
        if self._bar is not None:
            self._bar.update(progress.done - self._bar.n)

    def _say(self, progress: Progress) -> None:
        """Say in a line how far it is, if the last one was long ago."""
        if self._said_s is not None and progress.total and time.monotonic() - self._said_s > _SAID_EVERY_S:
            self._said_s = time.monotonic()
            share = f"{progress.done:,.0f} of {progress.total:,.0f}" if progress.stage in _UNITS else (
                f"{progress.done / progress.total:.0%}"
            )  # fmt: skip
            print(f"{_TEXTS[progress.stage]}: {share}", file=sys.stderr, flush=True)

    def _open(self, progress: Progress) -> None:
        self._close()
        self._shown_stage = progress.stage, progress.note
        if progress.total:
            from tqdm import tqdm

            unit = _UNITS.get(progress.stage)
            text = _TEXTS[progress.stage] + _expected(progress.expected_s)
            layout = None if unit else "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            self._bar = tqdm(
                total=progress.total, desc=text, unit=unit or "it", unit_scale=unit == "B", file=sys.stderr,
                leave=False, bar_format=layout, smoothing=0.1, **_size(),
            )  # fmt: skip

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _expected(seconds: float | None) -> str:
    """The expected duration, as ` (about 3 min in all)`; empty if it is unknown or a few seconds."""
    if seconds is None or seconds < _WORTH_SAYING_S:
        return ""
    if seconds < 100:
        return f" (about {round(seconds, -1):.0f} s in all)"
    return f" (about {seconds / 60:.0f} min in all)" if seconds < 6000 else f" (about {seconds / 3600:.1f} h in all)"


def _size() -> dict[str, Any]:
    """Arguments for tqdm: the terminal's own size, or 80 x 24 if the terminal does not report one."""
    try:
        known = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:
        known = False
    return {"dynamic_ncols": True} if known else {"ncols": 80, "nrows": 24}
