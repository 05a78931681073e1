"""Whether two pictures are the same one again: found, compared, put into words. Arrays in, records out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagecluster.copies.candidates import candidate_pairs, near_pairs
    from imagecluster.copies.compare import compare_pairs, version
    from imagecluster.copies.comparison import PACKED_BYTES, SAME_PIXELS, Comparison
    from imagecluster.copies.facts import CopyFacts, is_other_moment
    from imagecluster.copies.insets import INSETS_VERSION, Insets, signed_insets
    from imagecluster.copies.planes import has_opencv

__all__ = [
    "INSETS_VERSION",
    "PACKED_BYTES",
    "SAME_PIXELS",
    "Comparison",
    "CopyFacts",
    "Insets",
    "candidate_pairs",
    "compare_pairs",
    "has_opencv",
    "is_other_moment",
    "near_pairs",
    "signed_insets",
    "version",
]

_HOME = {
    "INSETS_VERSION": "insets",
    "PACKED_BYTES": "comparison",
    "SAME_PIXELS": "comparison",
    "Comparison": "comparison",
    "CopyFacts": "facts",
    "Insets": "insets",
    "candidate_pairs": "candidates",
    "compare_pairs": "compare",
    "has_opencv": "planes",
    "is_other_moment": "facts",
    "near_pairs": "candidates",
    "signed_insets": "insets",
    "version": "compare",
}
"""Module of each name, which is loaded on first use, so that the rules by which a copy is kept cost nothing."""


def __getattr__(name: str) -> Any:
    """Load a name of `_HOME`."""
    if name in _HOME:
        return getattr(importlib.import_module(f"imagecluster.copies.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
