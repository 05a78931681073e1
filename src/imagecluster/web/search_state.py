"""How far a search is that runs in a thread of its own, for the pages that wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from imagecluster.system.progress import Stage

__all__ = ["SearchState"]


@dataclass(frozen=True, slots=True)
class SearchState:
    """A search in progress, or how the last one ended."""

    running: bool = False
    stage: Stage | Literal[""] = ""
    done: float = 0
    total: float = 0
    error: str = ""
