"""The entry of the command line: one command, its errors as messages, and its exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from imagecluster.errors import ArgumentError, ImageclusterError

__all__ = ["main"]

_REST_SOON = ("OPENBLAS_THREAD_TIMEOUT", "20")
"""Idle threads of OpenBLAS spin for 2**20 cycles instead of 2**26, which kept a core busy for 70 ms whenever NumPy was
loaded."""

_DEBUG = "IMAGECLUSTER_DEBUG"
"""Variable of the environment that shows tracebacks, unless it is empty or 0."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 success, 1 failure, 2 wrong usage."""
    os.environ.setdefault(*_REST_SOON)
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = os.environ.get(_DEBUG, "") not in ("", "0") or "--debug" in given
    try:
        return _run(given, debug=debug)
    except BrokenPipeError:  # the reader of standard output has gone (`| head`)
        _drop_output()
        return 1
    except (Exception, KeyboardInterrupt) as error:
        message, code = _explained(error)
        _print_failure(message, debug=debug)
        if isinstance(error, OSError):
            _drop_output()
        return code


def _run(given: list[str], *, debug: bool) -> int:
    """Run a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal's encoding lacks is escaped
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a notebook's has no such method
    from imagecluster.cli.logged import logged
    from imagecluster.cli.parser import command_module, parsed  # here Ctrl-C ends in one line

    found = parsed(given)
    with logged(debug=debug):
        code: int = command_module(found.command).command(found)
    sys.stdout.flush()  # a reader that has gone shows here, not while the interpreter ends
    return code


def _explained(error: BaseException) -> tuple[str, int]:
    """A sentence that says why a command failed, and its exit code."""
    match error:
        case ArgumentError():
            return str(error), 2
        case ImageclusterError():
            message = str(error)
        case KeyboardInterrupt():
            message = "interrupted; finished work is kept, and the same command continues"
        case OSError():  # mostly standard output on a full disk
            where = f": {error.filename!r}" if error.filename else ""
            message = f"{(error.strerror or str(error)).lower()}{where}"
        case MemoryError():
            message = "out of memory; close other programs, or use fewer --threads"
        case _:
            message = (
                f"unexpected {type(error).__name__} ({error}), which is a fault of imagecluster: please report it with"
                " what the same command prints with --debug"
            )
    return message, 1


def _print_failure(message: str, *, debug: bool) -> None:
    """Print why the command failed, as one line; in detail before it for debugging."""
    from imagecluster.cli.text import one_line

    with suppress(OSError, ValueError):
        if debug:
            traceback.print_exc()
        print(f"imagecluster: {one_line(message)}", file=sys.stderr)


def _drop_output() -> None:
    """Drop what could not be printed; Python would complain once more while it ends."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError):  # a notebook's output has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
