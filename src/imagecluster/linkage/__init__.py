"""Dendrograms: average linkage under cosine from the vectors alone, and every method and metric that scipy names."""

from imagecluster.linkage.average import Linkage, average_linkage, link
from imagecluster.linkage.dispatch import linkage
from imagecluster.linkage.planning import Estimate, estimate, estimate_text, needed_bytes

__all__ = ["Estimate", "Linkage", "average_linkage", "estimate", "estimate_text", "link", "linkage", "needed_bytes"]
