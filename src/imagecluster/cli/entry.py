"""The entry of the command line: one command, its errors as messages, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from imagecluster.errors import ArgumentError, ImageclusterError

__all__ = ["main"]

_REST_SOON = ("OPENBLAS_THREAD_TIMEOUT", "20")
"""Idle threads of OpenBLAS spin for 2**20 cycles instead of 2**26, which kept a core busy for 70 ms whenever NumPy was
loaded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 success, 1 failure, 2 wrong usage."""
    os.environ.setdefault(*_REST_SOON)
    try:
        from imagecluster.cli.parser import build_parser, command_module, with_command  # here Ctrl-C ends in one line

        given = with_command(list(sys.argv[1:] if arguments is None else arguments))
        parsed = build_parser(given[0] if given else None).parse_args(given)
        code: int = command_module(parsed.command).command(parsed)
        sys.stdout.flush()  # a reader that has gone shows here, not while the interpreter ends
        return code
    except ArgumentError as error:
        print(f"imagecluster: {error}", file=sys.stderr)
        return 2
    except ImageclusterError as error:
        print(f"imagecluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("imagecluster: interrupted; finished work is kept, and the same command continues", file=sys.stderr)
        return 1
    except OSError as error:
        # Mostly standard output: its reader has gone (`| head`), or its disk is full.
        if not isinstance(error, BrokenPipeError):
            where = f": {error.filename!r}" if error.filename else ""
            with suppress(OSError):
                print(f"imagecluster: {(error.strerror or str(error)).lower()}{where}", file=sys.stderr)
        _drop_output()
        return 1


def _drop_output() -> None:
    """Drop what could not be printed; Python would complain once more while it ends."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError):  # a notebook's output has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
