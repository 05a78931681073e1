"""Joins the stages: pictures in, clusters on disk and in hand."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imagecluster.collection.chain import DENDROGRAM, Result, Settings, locate, run, scale_name_of, settings_of, update
from imagecluster.collection.clustering import is_key_of, is_of_cosines, kept_leaves, kept_tree
from imagecluster.collection.export import write_fingerprints
from imagecluster.collection.fingerprinting import FETCHING, Progress, fingerprint_scan
from imagecluster.collection.scales import scale_of, sim_scale_name

if TYPE_CHECKING:
    from imagecluster.collection.evaluation import Evaluation, evaluate_collection
    from imagecluster.collection.single import Output, bounded_tree, cluster_known, latest_run, write_output
    from imagecluster.collection.stored import SmallPictures, StoredCollection, read_collection

__all__ = [
    "DENDROGRAM",
    "FETCHING",
    "Evaluation",
    "Output",
    "Progress",
    "Result",
    "Settings",
    "SmallPictures",
    "StoredCollection",
    "bounded_tree",
    "cluster_known",
    "evaluate_collection",
    "fingerprint_scan",
    "is_key_of",
    "is_of_cosines",
    "kept_leaves",
    "kept_tree",
    "latest_run",
    "locate",
    "read_collection",
    "run",
    "scale_name_of",
    "scale_of",
    "settings_of",
    "sim_scale_name",
    "update",
    "write_fingerprints",
    "write_output",
]

_HOME = {
    "Evaluation": "evaluation",
    "Output": "single",
    "SmallPictures": "stored",
    "StoredCollection": "stored",
    "bounded_tree": "single",
    "cluster_known": "single",
    "evaluate_collection": "evaluation",
    "latest_run": "single",
    "read_collection": "stored",
    "write_output": "single",
}
"""What a run needs nothing of, by module: loaded where it is first used, so that a second run answers at once."""


def __getattr__(name: str) -> Any:
    """A name of `_HOME`."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.collection.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
