"""What a cut says, for people and for programs: a statistics table, JSON, CSV and a page of contact sheets."""

from __future__ import annotations

from imagecluster.present.notebook import Html, gallery
from imagecluster.present.page import write_page
from imagecluster.present.parquet import write_parquet
from imagecluster.present.record import Report, relative_names
from imagecluster.present.score_plot import plot_scores
from imagecluster.present.search_page import Found, write_found
from imagecluster.present.tables import statistics, write_csv, write_json

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
