"""Whether two pictures show the same thing, by local features whose geometry agrees; needs the extra `verify`."""

from imagecluster.verify.features import LocalFeatures, check_installed, local_features
from imagecluster.verify.matching import LEAST_POINTS, VERSION, Match, match
from imagecluster.verify.pairs import match_pairs

__all__ = [
    "LEAST_POINTS",
    "VERSION",
    "LocalFeatures",
    "Match",
    "check_installed",
    "local_features",
    "match",
    "match_pairs",
]
