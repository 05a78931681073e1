"""A collection: pictures with their fingerprints, and everything that determines their clusters."""

from imagecluster.collection.collection import Collection, Scanned
from imagecluster.collection.fingerprinting import fingerprint_scan
from imagecluster.collection.opening import DENDROGRAM, bring_up, open_latest
from imagecluster.collection.place import Place, locate, place_of
from imagecluster.collection.recipe import Recipe, is_key_of, is_of_cosines
from imagecluster.collection.report import Report
from imagecluster.collection.scales import branch_scale_of, cut_name, scale_of, sim_scale_name
from imagecluster.collection.settings import Settings, is_from_before_branches, latest_run, settings_of
from imagecluster.collection.verification import Verification, VerifiedPairs, verified_pairs

__all__ = [
    "DENDROGRAM",
    "Collection",
    "Place",
    "Recipe",
    "Report",
    "Scanned",
    "Settings",
    "Verification",
    "VerifiedPairs",
    "branch_scale_of",
    "bring_up",
    "cut_name",
    "fingerprint_scan",
    "is_from_before_branches",
    "is_key_of",
    "is_of_cosines",
    "latest_run",
    "locate",
    "open_latest",
    "place_of",
    "scale_of",
    "settings_of",
    "sim_scale_name",
    "verified_pairs",
]
