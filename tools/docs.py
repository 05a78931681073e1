"""Write docs/cli.md from the command line's own help, or check that it is up to date.

Usage: python tools/docs.py [--check]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cli.md"
HEAD = """\
# Command line

Made from `imagecluster --help` by `python tools/docs.py`; a test fails when it is out of date.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if something is out of date")
    arguments = parser.parse_args()
    if not arguments.check:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE.relative_to(ROOT)} is out of date: run python tools/docs.py", file=sys.stderr)
        return 1
    return 0


def page() -> str:
    """Text of docs/cli.md."""
    os.environ["COLUMNS"] = "100"
    os.environ["NO_COLOR"] = "1"
    from imagecluster.cli.parser import COMMANDS, build_parser

    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    parts = [HEAD, "```\n" + parser.format_help() + "```\n"]
    for name in COMMANDS:
        parts.append(f"## {name}\n\n```\n{commands.choices[name].format_help()}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
