"""Text for a person at a terminal: paths without control characters, and durations."""

from __future__ import annotations

from pathlib import Path

from imagecluster.cli.arguments import UNITS_S
from imagecluster.system.characters import is_text


def printable(path: Path, root: Path | None = None) -> str:
    r"""The path, relative to `root` where it lies inside, with everything unprintable escaped.

    >>> printable(Path("/pics/a\nb.jpg"), Path("/pics"))
    'a\\nb.jpg'
    """
    if root is not None and path.is_relative_to(root):
        path = path.relative_to(root)
    return one_line(str(path))


def one_line(text: str) -> str:
    r"""A message as one line, with every other control character of a name escaped.

    >>> one_line("there is no 'a\nb.jpg'")
    "there is no 'a\\nb.jpg'"
    """
    return "".join(c if is_text(c) else c.encode("unicode_escape").decode() for c in text)


def printable_suffix(suffix: str) -> str:
    """A suffix of file names for a list of counts.

    >>> printable_suffix(".svg"), printable_suffix("")
    ('.svg', 'without suffix')
    """
    return printable(Path(suffix)) if suffix else "without suffix"


def counted(n: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def duration(length_s: float) -> str:
    """A duration in the largest unit that divides it evenly, as `--time-scale` takes it.

    >>> duration(21600), duration(5400), duration(0.5 + 60)
    ('6 h', '90 min', '60.5 s')
    """
    unit = max((name for name in UNITS_S if length_s % UNITS_S[name] == 0), key=UNITS_S.__getitem__, default="s")
    return f"{length_s / UNITS_S[unit]:g} {unit}"
