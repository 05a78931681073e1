"""The moves of a step: one change to one file each, as the journal records them before they are made.

Each can be made, looked at, and taken back. Taking back works from any state in which a kill can leave a move, as often
as it is tried, and looks at the files rather than at what was recorded last.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from imagecluster.actions.contents import Before
from imagecluster.system.safe_files import unfinished_name

__all__ = ["Bases", "LostError", "Move", "Way", "aside_name", "numbered", "unfinished_name"]

Way = Literal["rename", "copy", "system", "hard", "reflink", "symbolic", "write"]
Bases = tuple[Path, ...]
"""Folders that somebody named: a path may lead through links as far as one of them, and not below."""


class LostError(OSError):
    """What was moved is not where it was left; `str(error)` says so, after the path and "it"."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Move:
    """One change to one file."""

    way: Way
    """"rename" and "copy" (to another drive) take it elsewhere, "system" into a trash that does not tell where;
    "hard", "reflink" and "symbolic" put a link in its place; "write" writes a sidecar."""
    source: Path
    target: Path
    """Where it is afterwards; `source` if it stays in place."""
    before: Before | None
    """The file as it was; None where "write" makes a new one."""
    unfinished: str = ""
    """Name of a new file beside `target` until it is complete."""
    aside: str = ""
    """Name of the original beside `source` until the new file is in place."""
    info: Path | None = None
    """The note about it in a trash."""
    keep: Path | None = None
    """The file that a link leads to."""
    data: bytes = b""
    """What "write" writes."""
    old: bytes = b""
    """What it replaces."""

    @property
    def goes(self) -> bool:
        """Whether the file goes elsewhere."""
        return self.way in ("rename", "copy", "system")

    def to_json(self, name: Callable[[Path], str]) -> dict[str, Any]:
        """As JSON values, with paths in the journal's form."""
        values: dict[str, Any] = {"way": self.way, "from": name(self.source)}
        if self.target != self.source:
            values["to"] = name(self.target)
        if self.before is not None:
            values["before"] = self.before.to_json()
        for key, text in (("unfinished", self.unfinished), ("aside", self.aside)):
            if text:
                values[key] = text
        for key, path in (("info", self.info), ("keep", self.keep)):
            if path is not None:
                values[key] = name(path)
        for key, data in (("data", self.data), ("old", self.old)):
            if data:
                values[key] = b64encode(data).decode()
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any], path: Callable[[str], Path]) -> Move:
        """From JSON values. Raises LookupError, TypeError or ValueError for others."""
        source = path(values["from"])
        for name in (values.get("unfinished", "x"), values.get("aside", "x")):
            if Path(name).name != name:
                raise ValueError(f"{name!r} is not a name")
        if values["way"] not in get_args(Way):
            raise ValueError(f"{values['way']!r} is not a way to move a file")
        return cls(
            way=values["way"],
            source=source,
            target=path(values["to"]) if "to" in values else source,
            before=Before.from_json(values["before"]) if "before" in values else None,
            unfinished=values.get("unfinished", ""),
            aside=values.get("aside", ""),
            info=path(values["info"]) if "info" in values else None,
            keep=path(values["keep"]) if "keep" in values else None,
            data=b64decode(values.get("data", "")),
            old=b64decode(values.get("old", "")),
        )


def aside_name(name: str) -> str:
    """A name for an original until what replaces it is in place."""
    return f".{name[:50]}.{secrets.token_hex(8)}.old"


def numbered(path: Path, main: Path, n: int) -> Path:
    """The path with a number in its name, the same for a file and its parts, so that they still belong together.

    >>> numbered(Path("a/x.jpg"), Path("a/x.jpg"), 2).name, numbered(Path("a/x.jpg.xmp"), Path("a/x.jpg"), 2).name
    ('x-2.jpg', 'x-2.jpg.xmp')
    >>> numbered(Path("x.jpg"), Path("x.jpg"), 1).name, numbered(Path("y.mov"), Path("x.jpg"), 3).name
    ('x.jpg', 'y-3.mov')
    """
    if n == 1:
        return path
    common = main.stem if path.name.startswith(main.stem) else path.stem
    rest = path.name[len(common) :]
    number = f"-{n}"
    while common and len(os.fsencode(f"{common}{number}{rest}")) > 255:
        common = common[:-1]
    return path.with_name(f"{common}{number}{rest}")
