"""Flat clusters from a dendrogram: where a similarity index cuts, and what the cut gives."""

from imagecluster.cut.flat import (
    Cut,
    clusters,
    cut,
    cut_height,
    flat_clusters,
    height_for_n_clusters,
    measurer,
    on_scale,
    sim_at_height,
    sim_for_n_clusters,
    split_wide,
)

__all__ = [
    "Cut",
    "clusters",
    "cut",
    "cut_height",
    "flat_clusters",
    "height_for_n_clusters",
    "measurer",
    "on_scale",
    "sim_at_height",
    "sim_for_n_clusters",
    "split_wide",
]
