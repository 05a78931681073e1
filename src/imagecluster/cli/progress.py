"""Progress on standard error: pictures per second and time left, for a person at a terminal."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any, Self

_UNITS = {"fingerprints": " images", "pictures": " images", "weights": "B"}


class ProgressBar:
    """A progress bar for one stage after another. Silent if `quiet`, or if standard error is not a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of a stage are complete."""
        if not self._shown:
            return
        if stage != self._stage:
            self._open(stage, total)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def _open(self, stage: str, total: int) -> None:
        self._close()
        self._stage = stage
        if total:
            from tqdm import tqdm

            unit = _UNITS.get(stage)
            layout = None if unit else "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            self._bar = tqdm(
                total=total, desc=stage, unit=unit or "it", unit_scale=unit == "B", file=sys.stderr, leave=False,
                bar_format=layout, smoothing=0.1, **_size(),
            )  # fmt: skip

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _size() -> dict[str, Any]:
    """Arguments for tqdm: the terminal's own size, or 80 x 24 if the terminal does not report one."""
    try:
        known = os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:
        known = False
    return {"dynamic_ncols": True} if known else {"ncols": 80, "nrows": 24}
