"""Flat clusters from a dendrogram: the height at which a similarity index cuts, and the clusters of the cut."""

from imagecluster.cut.counting import DEFAULT_SIM, check_n_clusters, nearest_count, sim_for_clusters
from imagecluster.cut.flat import (
    Cut,
    clusters,
    cut,
    flat_clusters,
    joined_at,
    measurer,
    split_wide,
)
from imagecluster.cut.heights import (
    cut_height,
    height_for_n_clusters,
    on_scale,
    sim_at_height,
    sim_for_n_clusters,
)

__all__ = [
    "DEFAULT_SIM",
    "Cut",
    "check_n_clusters",
    "clusters",
    "cut",
    "cut_height",
    "flat_clusters",
    "height_for_n_clusters",
    "joined_at",
    "measurer",
    "nearest_count",
    "on_scale",
    "sim_at_height",
    "sim_for_clusters",
    "sim_for_n_clusters",
    "split_wide",
]
