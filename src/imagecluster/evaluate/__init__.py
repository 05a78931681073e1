"""Scores of fingerprints and clusters against labels: of leave-one-out retrieval, and of every cut of a dendrogram."""

from __future__ import annotations

from imagecluster.evaluate.labels import DISTRACTOR, UNLABELLED, Labelling, labelling
from imagecluster.evaluate.partitions import SCORES, BestHeights, ScoreCurve, curve
from imagecluster.evaluate.ranking import Retrieval, retrieval

__all__ = [
    "DISTRACTOR",
    "SCORES",
    "UNLABELLED",
    "BestHeights",
    "Labelling",
    "Retrieval",
    "ScoreCurve",
    "curve",
    "labelling",
    "retrieval",
]
