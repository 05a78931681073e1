"""The files of the page, in the package."""

from __future__ import annotations

from functools import cache
from importlib import resources

__all__ = ["asset", "asset_names"]


@cache
def asset_names() -> frozenset[str]:
    """Names of the page's files, as in their addresses."""
    names: set[str] = set()
    left = [("", resources.files("imagecluster.web") / "static")]
    while left:
        prefix, folder = left.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                left.append((f"{prefix}{entry.name}/", entry))
            else:
                names.add(prefix + entry.name)
    return frozenset(names)


def asset(name: str) -> bytes:
    """Content of a file of the page."""
    return (resources.files("imagecluster.web") / "static").joinpath(*name.split("/")).read_bytes()
