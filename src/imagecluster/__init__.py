"""Group pictures by content: the same shot, the same place, the same kind of thing.

>>> import imagecluster
>>> result = imagecluster.cluster([[1, 0], [1, 0.1], [0, 1]], sim=0.5)
>>> [cluster.members for cluster in result.clusters]
[(0, 1)]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagecluster import calc, errors, exceptions, io, main, postproc
    from imagecluster.collection import Settings
    from imagecluster.collection.duplicates import Duplicates, DuplicateSettings
    from imagecluster.collection.found_events import Events
    from imagecluster.estimator import ImageClusterer
    from imagecluster.functions import (
        Result,
        apply_plan,
        cluster,
        dendrogram,
        duplicates,
        find_events,
        fingerprint,
        list_actions,
        run,
        search,
        undo,
    )
    from imagecluster.system.progress import Progress

__all__ = [
    "DuplicateSettings",
    "Duplicates",
    "Events",
    "ImageClusterer",
    "Progress",
    "Result",
    "Settings",
    "apply_plan",
    "calc",
    "cluster",
    "dendrogram",
    "duplicates",
    "errors",
    "exceptions",
    "find_events",
    "fingerprint",
    "io",
    "list_actions",
    "main",
    "postproc",
    "run",
    "search",
    "undo",
]

_HOME = {
    "DuplicateSettings": "imagecluster.collection.duplicates",
    "Duplicates": "imagecluster.collection.duplicates",
    "Events": "imagecluster.collection.found_events",
    "ImageClusterer": "imagecluster.estimator",
    "Progress": "imagecluster.system.progress",
    "Result": "imagecluster.functions",
    "Settings": "imagecluster.collection",
    "apply_plan": "imagecluster.functions",
    "cluster": "imagecluster.functions",
    "dendrogram": "imagecluster.functions",
    "duplicates": "imagecluster.functions",
    "find_events": "imagecluster.functions",
    "fingerprint": "imagecluster.functions",
    "list_actions": "imagecluster.functions",
    "run": "imagecluster.functions",
    "search": "imagecluster.functions",
    "undo": "imagecluster.functions",
}

# Not all are in `__all__`: with a star import, the module `imagecluster` would take the place of the package.
_MODULES = frozenset(("calc", "common", "errors", "exceptions", "imagecluster", "io", "main", "postproc"))


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package costs nothing."""
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"imagecluster.{name}")
    raise AttributeError(f"module 'imagecluster' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
