"""The collection that the viewer shows. This module imports nothing heavy."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ViewerOptions", "name_of", "shown_name"]


@dataclass(frozen=True, slots=True)
class ViewerOptions:
    """The collection to view, and how to start."""

    root: Path
    directory: Path
    """Folder of the database."""
    follow: bool = True
    """Whether that folder may be a link: where the user named it."""
    sim: float | None = None
    """Similarity at the start; None for that of the latest run."""
    min_size: int = 2
    model: str | None = None
    """Name of the fingerprint model; None for that of the latest run."""
    update: bool = False
    """Whether to look for new pictures first. A folder that has not been sorted is sorted in any case."""
    read_only: bool = False

    @property
    def place(self) -> str:
        """A word for the place of the database, which tells nothing about it."""
        return hashlib.sha256(os.fsencode(os.path.realpath(self.directory))).hexdigest()[:32]


def name_of(root: Path) -> str:
    """Name of a collection, which is that of its folder."""
    return (root.name or str(root)).encode("utf-8", "replace").decode()


def shown_name(path: Path, root: Path) -> str:
    """A path as the page shows it: inside the collection's folder without it, with '/' between folders."""
    inside, text = os.fspath(root) + os.sep, os.fspath(path)
    return text[len(inside) :].replace(os.sep, "/") if text.startswith(inside) else text
