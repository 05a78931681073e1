"""What the viewer is asked to show. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Setup", "name_of"]


@dataclass(frozen=True, slots=True)
class Setup:
    """What to view, and how."""

    root: Path
    directory: Path
    """Folder of the database."""
    sim: float | None = None
    """Similarity at the start; None for that of the latest run."""
    min_size: int = 2
    model: str | None = None
    """Name of the fingerprint model; None for that of the latest run."""
    update: bool = False
    """Whether to look for new pictures first. A folder that was never looked at is looked at in any case."""
    read_only: bool = False


def name_of(root: Path) -> str:
    """What a collection is called: its folder's name."""
    return (root.name or str(root)).encode("utf-8", "replace").decode()
