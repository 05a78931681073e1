"""Names for a person to read: nothing that a terminal would take for a command."""

from __future__ import annotations

from pathlib import Path


def printable(path: Path, root: Path | None = None) -> str:
    r"""The path, relative to `root` where it lies inside, with everything unprintable escaped.

    >>> printable(Path("/pics/a\nb.jpg"), Path("/pics"))
    'a\\nb.jpg'
    """
    if root is not None and path.is_relative_to(root):
        path = path.relative_to(root)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(path))
