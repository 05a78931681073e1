"""Dendrograms: average linkage under cosine from the vectors alone, and every method and metric of scipy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagecluster.linkage.average import Linkage, average_linkage, link, neighbours_of
    from imagecluster.linkage.dispatch import linkage
    from imagecluster.linkage.planning import Estimate, estimate, expected_s, needed_bytes
    from imagecluster.linkage.raised import RaisedPairs

__all__ = [
    "Estimate",
    "Linkage",
    "RaisedPairs",
    "average_linkage",
    "estimate",
    "expected_s",
    "link",
    "linkage",
    "needed_bytes",
    "neighbours_of",
]

_HOME = {
    "Estimate": "planning",
    "Linkage": "average",
    "RaisedPairs": "raised",
    "average_linkage": "average",
    "estimate": "planning",
    "expected_s": "planning",
    "link": "average",
    "linkage": "dispatch",
    "needed_bytes": "planning",
    "neighbours_of": "average",
}
"""Module of each name, which is loaded on first use, so that the names of methods alone cost nothing."""


def __getattr__(name: str) -> Any:
    """Load a name of `_HOME`."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.linkage.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
