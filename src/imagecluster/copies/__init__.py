"""Whether two pictures are the same one again: found, compared, put into words. Arrays in, records out."""

from imagecluster.copies.candidates import candidate_pairs, near_pairs
from imagecluster.copies.compare import compare_pairs, version
from imagecluster.copies.comparison import PACKED_BYTES, SAME_PIXELS, Comparison
from imagecluster.copies.facts import CopyFacts, is_other_moment
from imagecluster.copies.planes import has_opencv

__all__ = [
    "PACKED_BYTES",
    "SAME_PIXELS",
    "Comparison",
    "CopyFacts",
    "candidate_pairs",
    "compare_pairs",
    "has_opencv",
    "is_other_moment",
    "near_pairs",
    "version",
]
