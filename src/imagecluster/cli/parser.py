"""The command line's grammar. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
import math
from importlib.metadata import version
from pathlib import Path

COMMANDS = ("run", "info", "export", "doctor")
_EPILOG = """\
`imagecluster PATH [--sim 0.5] ...` is short for `imagecluster run PATH ...`: see `imagecluster run --help`. A folder
that is called like a command is written ./info.
Exit codes: 0 fine, 1 failed (or, with --strict, pictures were skipped), 2 wrong usage.
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="imagecluster",
        description="Sort pictures by what is in them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"imagecluster {version('imagecluster')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_info(commands)
    _add_export(commands)
    _add_doctor(commands)
    return parser


def with_command(arguments: list[str]) -> list[str]:
    """The arguments, with `run` put in front where no command is given."""
    if not arguments or arguments[0] in (*COMMANDS, "-h", "--help", "--version"):
        return arguments
    return ["run", *arguments]


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "run",
        help="sort a folder of pictures (the default command)",
        description="Scan folders, fingerprint what is new, cluster, and write folders of links, tables and a page.",
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH",
        help="folders and files; several, or files, belong to the working directory",
    )  # fmt: skip
    parser.add_argument(
        "--files-from", metavar="FILE", help="read more paths from a file, one a line ('-': standard input)"
    )
    parser.add_argument("-0", "--null", action="store_true", help="the paths of --files-from end with NUL")
    parser.add_argument(
        "--sim", type=_sim, default=0.5, metavar="S",
        help="similarity index of the cut: 0 all in one cluster, 1 only identical pictures (default: 0.5)",
    )  # fmt: skip
    _add_db(parser)
    parser.add_argument("--model", default=None, metavar="NAME", help="fingerprint model (default: efficientnet-lite0)")
    parser.add_argument(
        "--min-size", type=_positive, default=2, metavar="N", help="smallest cluster that is shown (default: 2)"
    )
    parser.add_argument(
        "--links", choices=("symlink", "hardlink", "copy", "none"), default="symlink",
        help="how the folders of clusters hold their pictures (default: symlink)",
    )  # fmt: skip
    parser.add_argument("--no-page", action="store_true", help="write no page of contact sheets, keep no thumbnails")
    parser.add_argument("--no-recursive", action="store_true", help="leave out folders inside the folders")
    parser.add_argument(
        "--max-pixels", type=_positive, default=None, metavar="N",
        help="skip pictures of more pixels (default: 250 million)",
    )  # fmt: skip
    parser.add_argument("--threads", type=_positive, default=None, metavar="N", help="default: one a core")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a picture was skipped")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no list of skipped pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def _add_info(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "info",
        help="what is in the database of a folder",
        description="Print what the database of a folder holds.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    _add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="write the fingerprints of a folder to a file",
        description="Write paths and fingerprints: float32, unit length, as clustering measures their cosine.",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of pictures")
    parser.add_argument(
        "--fingerprints", type=Path, required=True, metavar="FILE", help="file to write, .npz or .parquet"
    )
    _add_db(parser)
    parser.add_argument("--model", default=None, metavar="NAME", help="default: efficientnet-lite0")


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="check the installation, and whether a folder can be worked on",
        description="Print versions, decoders, inference providers and models, and check that the default model works.",
    )
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH", help="a folder of pictures to check too")
    _add_db(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_db(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--db", type=Path, default=None, metavar="DIR", help="folder of the database (default: PATH/imagecluster)"
    )


def _sim(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return value
