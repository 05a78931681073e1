"""Joins the stages: pictures in, clusters on disk and in hand."""

from imagecluster.pipeline.chain import DENDROGRAM, Result, Settings, locate, run, settings_of, update
from imagecluster.pipeline.clustering import is_key_of, kept_leaves, kept_tree
from imagecluster.pipeline.evaluation import Evaluation, evaluate_collection
from imagecluster.pipeline.export import write_fingerprints
from imagecluster.pipeline.fingerprinting import FETCHING, Progress, fingerprint_scan
from imagecluster.pipeline.searching import Hit, Query, Searcher, queries, write_search_page
from imagecluster.pipeline.single import Output, cluster_known, latest_run, write_output
from imagecluster.pipeline.stored import SmallPictures, StoredCollection, read_collection

__all__ = [
    "DENDROGRAM",
    "FETCHING",
    "Evaluation",
    "Hit",
    "Output",
    "Progress",
    "Query",
    "Result",
    "Searcher",
    "Settings",
    "SmallPictures",
    "StoredCollection",
    "cluster_known",
    "evaluate_collection",
    "fingerprint_scan",
    "is_key_of",
    "kept_leaves",
    "kept_tree",
    "latest_run",
    "locate",
    "queries",
    "read_collection",
    "run",
    "settings_of",
    "update",
    "write_fingerprints",
    "write_output",
    "write_search_page",
]
