"""The command that installs an optional dependency."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from imagecluster.errors import MissingExtraError

__all__ = ["install_command", "missing_extra"]


def missing_extra(need: str, extra: str, *, otherwise: str = "") -> MissingExtraError:
    """The error for an optional dependency that is not installed.

    Parameters
    ----------
    need
        What needs which package, such as `plots need matplotlib`.
    extra
        Name of the extra that lists the package.
    otherwise
        What to do without it, such as `write .csv`.

    Returns
    -------
    MissingExtraError
        Its message is one sentence with the command that installs the package.

    """
    instead = f", or {otherwise}" if otherwise else ""
    return MissingExtraError(f"{need}, which is not installed: {install_command(extra)}{instead}")


def install_command(extra: str) -> str:
    """The command that installs the packages of an extra into the environment that runs this program.

    It names the packages themselves, so that it is right wherever imagecluster itself came from.
    """
    packages = _packages(extra)
    if not packages:
        return f"install the extra {extra!r} of imagecluster"
    python, *quoted = (_quoted(word) for word in (sys.executable or "python", *packages))
    if find_spec("pip") is None:  # an environment of pipx or uv
        return f"install {' '.join(quoted)} into the environment of {python}"
    return f"{python} -m pip install {' '.join(quoted)}"


def _packages(extra: str) -> list[str]:
    """Requirements of an extra, such as `matplotlib>=3.8`, as the installed package declares them."""
    try:
        declared = requires("imagecluster") or []
    except PackageNotFoundError:  # run from its source, without an installation
        declared = []
    found = []
    for requirement in declared:
        package, _, condition = requirement.partition(";")
        if re.search(rf"""extra\s*==\s*(['"]){re.escape(extra)}\1""", condition):
            found.append(package.strip().replace(" ", ""))
    return found


def _quoted(word: str) -> str:
    """A word of a command, as a shell of this system takes it."""
    if sys.platform == "win32":
        return f'"{word}"' if re.search(r"[\s<>=&|^]", word) else word
    return shlex.quote(word)
