"""Plain functions: what `import imagecluster` offers besides the estimator."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagecluster.functions.acting import apply_plan, list_actions, undo
    from imagecluster.functions.copy_finding import duplicates
    from imagecluster.functions.event_finding import find_events
    from imagecluster.functions.running import Result, run, update
    from imagecluster.functions.searching import search
    from imagecluster.functions.vectors import cluster, dendrogram, fingerprint

__all__ = [
    "Result",
    "apply_plan",
    "cluster",
    "dendrogram",
    "duplicates",
    "find_events",
    "fingerprint",
    "list_actions",
    "run",
    "search",
    "undo",
    "update",
]

_HOME = {
    "Result": "running",
    "apply_plan": "acting",
    "cluster": "vectors",
    "dendrogram": "vectors",
    "duplicates": "copy_finding",
    "find_events": "event_finding",
    "fingerprint": "vectors",
    "list_actions": "acting",
    "run": "running",
    "search": "searching",
    "undo": "acting",
    "update": "running",
}
"""Module of each name; it is loaded when the name is first used, so that a second run answers at once."""


def __getattr__(name: str) -> Any:
    """Load a name of `_HOME`."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.functions.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
