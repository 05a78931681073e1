"""The command line. Only this room prints and exits."""

from imagecluster.cli.entry import main

__all__ = ["main"]
