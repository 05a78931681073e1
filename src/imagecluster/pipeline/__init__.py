"""Joins the stages: pictures in, clusters on disk and in hand."""

from imagecluster.pipeline.chain import Result, Settings, locate, run
from imagecluster.pipeline.export import write_fingerprints
from imagecluster.pipeline.fingerprinting import FETCHING, Progress

__all__ = ["FETCHING", "Progress", "Result", "Settings", "locate", "run", "write_fingerprints"]
