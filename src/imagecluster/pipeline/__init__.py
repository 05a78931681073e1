"""Joins the stages: pictures in, clusters on disk and in hand."""

from imagecluster.pipeline.chain import Result, Settings, locate, run
from imagecluster.pipeline.clustering import kept_leaves, kept_tree
from imagecluster.pipeline.evaluation import Evaluation, evaluate_collection
from imagecluster.pipeline.export import write_fingerprints
from imagecluster.pipeline.fingerprinting import FETCHING, Progress, fingerprint_scan
from imagecluster.pipeline.searching import Hit, Query, Searcher, queries, write_search_page
from imagecluster.pipeline.stored import SmallPictures, StoredCollection, read_collection

__all__ = [
    "FETCHING",
    "Evaluation",
    "Hit",
    "Progress",
    "Query",
    "Result",
    "Searcher",
    "Settings",
    "SmallPictures",
    "StoredCollection",
    "evaluate_collection",
    "fingerprint_scan",
    "kept_leaves",
    "kept_tree",
    "locate",
    "queries",
    "read_collection",
    "run",
    "write_fingerprints",
    "write_search_page",
]
