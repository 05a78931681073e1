"""What the library and the server log, as one line each on standard error."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagecluster.cli.text import one_line

__all__ = ["logged"]

_LOGGERS = ("imagecluster", "uvicorn")


@contextmanager
def logged(*, debug: bool) -> Iterator[None]:
    """Print warnings and errors of this package, its server and its threads; for debugging, all with tracebacks."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine(debug=debug))
    handler.setLevel(logging.INFO if debug else logging.WARNING)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    hook = threading.excepthook
    threading.excepthook = _log_end
    for logger in loggers:
        logger.addHandler(handler)
        if debug:
            logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        threading.excepthook = hook
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


class _OneLine(logging.Formatter):
    """The message and the error as one line; the whole error only for debugging."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__("imagecluster: %(message)s")
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        if self._debug:
            return super().format(record)
        error = record.exc_info[1] if record.exc_info else None
        cause = "" if error is None else f": {type(error).__name__} ({error}); --debug shows where it happened"
        return f"imagecluster: {one_line(record.getMessage().strip() + cause)}"


def _log_end(ended: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread."""
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        logging.getLogger("imagecluster").error("a part of the work ended early", exc_info=ended.exc_value)
