"""Joins the stages: pictures in, clusters on disk and in hand."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imagecluster.pipeline.chain import DENDROGRAM, Result, Settings, locate, run, scale_name_of, settings_of, update
from imagecluster.pipeline.clustering import is_key_of, is_of_cosines, kept_leaves, kept_tree
from imagecluster.pipeline.export import write_fingerprints
from imagecluster.pipeline.fingerprinting import FETCHING, Progress, fingerprint_scan
from imagecluster.pipeline.scales import scale_of, sim_scale_name

if TYPE_CHECKING:
    from imagecluster.pipeline.evaluation import Evaluation, evaluate_collection
    from imagecluster.pipeline.searching import Hit, Maker, Query, Searcher, queries, write_search_page
    from imagecluster.pipeline.single import Output, bounded_tree, cluster_known, latest_run, write_output
    from imagecluster.pipeline.stored import SmallPictures, StoredCollection, read_collection

__all__ = [
    "DENDROGRAM",
    "FETCHING",
    "Evaluation",
    "Hit",
    "Maker",
    "Output",
    "Progress",
    "Query",
    "Result",
    "Searcher",
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
    "queries",
    "read_collection",
    "run",
    "scale_name_of",
    "scale_of",
    "settings_of",
    "sim_scale_name",
    "update",
    "write_fingerprints",
    "write_output",
    "write_search_page",
]

_HOME = {
    "Evaluation": "evaluation",
    "Hit": "searching",
    "Maker": "searching",
    "Output": "single",
    "Query": "searching",
    "Searcher": "searching",
    "SmallPictures": "stored",
    "StoredCollection": "stored",
    "bounded_tree": "single",
    "cluster_known": "single",
    "evaluate_collection": "evaluation",
    "latest_run": "single",
    "queries": "searching",
    "read_collection": "stored",
    "write_output": "single",
    "write_search_page": "searching",
}
"""What a run needs nothing of, by module: loaded where it is first used, so that a second run answers at once."""


def __getattr__(name: str) -> Any:
    """A name of `_HOME`."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.pipeline.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
