"""The entry of the command line: one command, its errors as messages, and its exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from imagecluster.errors import ArgumentError, ImageclusterError

if TYPE_CHECKING:
    import argparse

__all__ = ["main"]

_REST_SOON = ("OPENBLAS_THREAD_TIMEOUT", "20")
"""Idle threads of OpenBLAS spin for 2**20 cycles instead of 2**26, which kept a core busy for 70 ms whenever NumPy was
loaded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 success, 1 failure, 2 wrong usage."""
    os.environ.setdefault(*_REST_SOON)
    try:
        from imagecluster.cli.parser import build_parser, with_command  # here, where Ctrl-C ends in one line

        parsed = build_parser().parse_args(with_command(list(sys.argv[1:] if arguments is None else arguments)))
        code = _command(parsed.command)(parsed)
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


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """The function that runs a command; its module is loaded now."""
    command: Callable[[argparse.Namespace], int] = importlib.import_module(
        f"imagecluster.cli.commands.{name.replace('-', '_')}"
    ).command
    return command
