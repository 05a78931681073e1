"""What a cut says, for people and for programs: a statistics table, JSON, CSV and a page of contact sheets."""

from __future__ import annotations

from imagecluster.report.columns import write_parquet
from imagecluster.report.found import Found, write_found
from imagecluster.report.gallery import Html, gallery
from imagecluster.report.page import write_page
from imagecluster.report.record import Report, relative_names
from imagecluster.report.scores import plot_scores
from imagecluster.report.tables import statistics, write_csv, write_json

__all__ = [
    "Found",
    "Html",
    "Report",
    "gallery",
    "plot_scores",
    "relative_names",
    "statistics",
    "write_csv",
    "write_found",
    "write_json",
    "write_page",
    "write_parquet",
]
