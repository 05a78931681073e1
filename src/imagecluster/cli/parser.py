"""The command-line parser, assembled from the commands. It imports nothing heavy, so that `--help` answers at once."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any, NoReturn

from imagecluster.cli.arguments import add_debug
from imagecluster.cli.paths import nearest
from imagecluster.cli.text import one_line

COMMANDS = (
    "run",
    "view",
    "search",
    "duplicates",
    "events",
    "suggest",
    "eval",
    "info",
    "plot",
    "export",
    "actions",
    "undo",
    "import-original",
    "models",
    "doctor",
)
"""The commands, in the order in which the help lists them."""

_FLAGS = ("--json", "-q", "--quiet", "--debug", "--exact", "--approx", "--strict", "--force", "--no-page", "--gone")
"""Options without a value that somebody may write before the command."""

_HELP = ("help", "-h", "--help", "--version")

_EPILOG = """\
`imagecluster PATH [--sim 0.5] ...` is short for `imagecluster run PATH ...`: see `imagecluster run --help`. The help
of a command is also `imagecluster help COMMAND`. If a folder has the name of a command, write ./info; if a name begins
with `-` or `~`, write ./ before it too.

exit codes:
  0  success, also if single pictures were skipped
  1  failure: nothing to read or nowhere to write, a database or model that cannot be used, Ctrl-C; with --strict also
     skipped pictures
  2  wrong usage: a command, option or value that does not exist; nothing was done

A failure is one sentence on standard error. With --debug, or IMAGECLUSTER_DEBUG=1 in the environment, what happened is
shown in full.
"""

_SHORT_HELP = """\
usage: imagecluster PATH           sort a folder of pictures, such as ~/Pictures
       imagecluster view PATH      see and correct the clusters in the browser
       imagecluster COMMAND ...    {commands}
       imagecluster help           everything else
"""


_SEE = "; see `{} --help`"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence that says what to do."""

    def error(self, message: str) -> NoReturn:
        """Print the message as one line, and exit with 2."""
        # What is wrong with a value is said with it; what is missing is in the help.
        is_whole = message.startswith("argument ") and not message.endswith("argument")
        self.exit(2, f"{self.prog}: {one_line(message)}{'' if is_whole else _SEE.format(self.prog)}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            raise argparse.ArgumentError(
                action, f"{str(value)!r} is not one of {', '.join(known)}{_meant(value, known)}"
            )


class _Version(argparse.Action):
    """Print the version: looking it up takes a third of the time of `--help`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        from importlib.metadata import version

        print(f"imagecluster {version('imagecluster')}")
        parser.exit()


def command_module(name: str) -> ModuleType:
    """The module of a command, with `add`, which adds its parser, and `command`, which runs it."""
    return importlib.import_module(f"imagecluster.cli.commands.{name.replace('-', '_')}")


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser for all commands, or for one, which does not load the others."""
    parser = Parser(
        prog="imagecluster",
        description="Group pictures by content: the same shot, the same place, the same kind of thing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS if only not in COMMANDS else (only,):
        command_module(name).add(commands)
        add_debug(commands.choices[name])
    return parser


def with_command(arguments: list[str]) -> list[str]:
    """The arguments, with `run` in front if they name no command, and `--help` for `help`."""
    if arguments[:1] == ["help"]:
        return [*(word for word in arguments[1:2] if word != "help"), "--help"]
    if not arguments or arguments[0] in (*COMMANDS, *_HELP):
        return arguments
    return ["run", *arguments]


def parsed(given: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line; `is_word` says that a path stands where a command might.

    Prints a message and exits with 2 if they are wrong, and with 0 after help or the version.
    """
    if not given:
        sys.stderr.write(_SHORT_HELP.format(commands=", ".join(COMMANDS[2:])))
        sys.exit(2)
    _refuse_misspelt(given)
    words = with_command([*given])
    parser = build_parser(words[0])
    found, unknown = parser.parse_known_args(words)
    found.is_word = words != [*given] and _is_word(given[0])
    if unknown:
        _refuse_unknown(found.command, unknown)
    return found


def _refuse_misspelt(given: Sequence[str]) -> None:
    """Exit with 2 if the first word is nearly a command and no file is called so, or if the command is not first."""
    first = given[0]
    if first == "help":
        for word in given[1:2]:
            if word not in (*COMMANDS, "help"):
                _fail("imagecluster", f"no command is called {word!r}{_meant(word, COMMANDS)}")
        return
    if first in (*COMMANDS, *_HELP) or os.path.lexists(first):
        return
    if first.startswith("-"):
        pairs = pairwise(given)
        later = next((word for before, word in pairs if word in COMMANDS and _ends_before(before, word)), None)
        if later is not None:
            rest = " ".join([*(word for word in given if word != later)])
            _fail("imagecluster", f"the command comes first: `imagecluster {later} {rest}`")
        return
    command = nearest(first, (*COMMANDS, "help")) if _is_word(first) else None
    if command is not None:
        _fail(
            "imagecluster",
            f"there is no command, file or folder {first!r}; did you mean the command `{command}`?",
        )


def _is_word(text: str) -> bool:
    """Whether a text may have been meant as a command, because it does not look like a path."""
    return not re.search(r"[/\\.~]", text)


def _ends_before(before: str, word: str) -> bool:
    """Whether a word that names nothing here is not the value of the option before it."""
    is_value = before.startswith("-") and "=" not in before and before not in _FLAGS
    return not is_value and not os.path.lexists(word)


def _refuse_unknown(command: str, unknown: Sequence[str]) -> NoReturn:
    """Exit with 2 because of arguments that the command does not take."""
    prog, first = f"imagecluster {command}", unknown[0]
    if not first.startswith("-") or first == "-":
        _fail(prog, f"{first!r} is one argument too many; a name with spaces stands in quotes")
    if os.path.lexists(first):
        _fail(prog, f"{first!r} would be an option; to name the file or folder, write ./{first}")
    name, options = first.partition("=")[0], _options()
    if name in options[command]:  # given in a place, or with a value, that it does not take
        _fail(prog, f"{first!r} is not how {name} is used")
    others = [f"`{other}`" for other in COMMANDS if name in options[other]]
    if others:
        _fail(prog, f"{name} is an option of {', '.join(others)}, not of `{command}`")
    _fail(prog, f"there is no option {name}{_meant(name, options[command])}")


def _options() -> dict[str, list[str]]:
    """The options of each command."""
    (commands,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {
        name: [option for action in command._actions for option in action.option_strings]
        for name, command in commands.choices.items()
    }


def _meant(word: object, known: Iterable[str]) -> str:
    """A question after what is nearly the same as a known word; empty if nothing is."""
    found = nearest(str(word), [*known])
    return f"; did you mean {found}?" if found else ""


def _fail(prog: str, message: str) -> NoReturn:
    """Print one line and exit with 2."""
    end = "" if message.endswith((")", "`", "?")) else _SEE.format(prog)
    sys.stderr.write(f"{prog}: {one_line(message)}{end}\n")
    sys.exit(2)
