"""Rules by which a user says which of several copies is kept."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.errors import ArgumentError

__all__ = ["RULES", "Rule", "parse_rules"]

RULES = {
    "largest": "most pixels",
    "smallest": "fewest pixels",
    "most-bytes": "largest file",
    "fewest-bytes": "smallest file",
    "quality": "least lossy: raw file, HEIC, lossless, JPEG by the quality of its tables",
    "format": "first of these formats, as format:heic,jpeg",
    "folder": "inside this folder, as folder:~/Pictures/Originals",
    "not-folder": "outside this folder",
    "metadata": "says most about time, place and camera",
    "whole": "shows most of the picture",
    "upright": "not turned against the others",
    "oldest": "file that was changed first",
    "newest": "file that was changed last",
    "name": "name without the mark of a copy, as (1)",
    "shortest-name": "fewest characters in its name",
    "longest-name": "most characters in its name",
    "shortest-path": "fewest characters in its path",
    "longest-path": "most characters in its path",
    "path": "first by path",
}
"""What each rule prefers, by its name."""

_WITH_VALUES = frozenset(("format", "folder", "not-folder"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    name: str
    """One of `RULES`."""
    values: tuple[str, ...] = ()
    """Formats in lower case, the most wanted first; or one absolute folder."""


def parse_rules(text: str | Sequence[str], *, base: Path | None = None) -> tuple[Rule, ...]:
    """The rules in a text, the most important first.

    Parameters
    ----------
    text
        Names of rules with commas or semicolons between them; several texts follow one another. What follows the rules
        `format`, `folder` and `not-folder` after a colon may hold commas.
    base
        Folder at which relative folders start; the working directory by default.

    Raises
    ------
    ArgumentError
        A rule is unknown, or misses what it needs.

    Examples
    --------
    >>> parse_rules("largest,format:heic,jpeg;oldest")
    (Rule(name='largest', values=()), Rule(name='format', values=('heic', 'jpeg')), Rule(name='oldest', values=()))
    """
    texts = [text] if isinstance(text, str) else list(text)
    rules: list[Rule] = []
    for part in (part for whole in texts for part in whole.split(";")):
        for words in _joined(part):
            rules.append(_rule(words, base or Path.cwd()))
    return tuple(dict.fromkeys(rules))


def _joined(text: str) -> list[str]:
    """The rules in a text with commas: what is no rule belongs to the values before it."""
    found: list[str] = []
    for word in text.split(","):
        name = word.partition(":")[0].strip().lower()
        if found and name not in RULES and found[-1].partition(":")[0].strip().lower() in _WITH_VALUES:
            found[-1] += "," + word
        elif word.strip():
            found.append(word)
    return found


def _rule(text: str, base: Path) -> Rule:
    """One rule."""
    name, colon, value = (part.strip() for part in text.partition(":"))
    name = name.lower()
    if name not in RULES:
        near = difflib.get_close_matches(name, RULES, 1)
        msg = f"unknown rule {name!r}{f': did you mean {near[0]!r}?' if near else ';'} known are {', '.join(RULES)}"
        raise ArgumentError(msg)
    if name in _WITH_VALUES and not value:
        example = RULES[name].rpartition("as ")[2] if "as " in RULES[name] else f"{name}:~/Pictures/Old"
        msg = f"the rule {name!r} needs a value: for example {example}"
        raise ArgumentError(msg)
    if name not in _WITH_VALUES and colon:
        msg = f"the rule {name!r} takes no value; got {value!r}"
        raise ArgumentError(msg)
    if name == "format":
        formats = tuple(dict.fromkeys(part.strip().lower().lstrip(".") for part in value.split(",") if part.strip()))
        return Rule(name, formats)
    if name in _WITH_VALUES:
        folder = base / Path(os.path.expanduser(value))  # noqa: PTH111 - a missing home is no error here
        return Rule(name, (os.path.abspath(folder),))  # noqa: PTH100 - folds '..' without following links
    return Rule(name)
