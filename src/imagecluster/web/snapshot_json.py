"""Facts of a snapshot, in the form in which the page receives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagecluster.cut.curve import cluster_counts
from imagecluster.explore.evidence import Evidence
from imagecluster.explore.similar import Nearest, Pair
from imagecluster.explore.snapshot import Snapshot
from imagecluster.web import wire

__all__ = ["collection_facts", "curve", "neighbour", "neighbours", "pair", "verified"]


def collection_facts(snapshot: Snapshot) -> wire.CollectionFacts:
    """The facts of a collection that the page needs first."""
    scale = snapshot.scale
    return {
        "snapshot": snapshot.key,
        "n": len(snapshot),
        "largest_distance": snapshot.dendrogram.top,
        "scale": {"heights": scale.heights.tolist(), "sims": scale.sims.tolist()},
        "cut": "flat" if snapshot.joined_at is None else "branch",
        "max_diameter": snapshot.max_diameter,
        "within": snapshot.within,
        "provisional": snapshot.provisional,
        "has_times": snapshot.has_times,
    }


def curve(snapshot: Snapshot) -> wire.Curve:
    """The number of clusters at each similarity, and the suggested similarities."""
    found = cluster_counts(snapshot.dendrogram, snapshot.scale)
    return {
        "sim": found.sim.tolist(),
        "n_clusters": found.n_clusters.tolist(),
        "n_grouped": found.n_grouped.tolist(),
        "suggestions": [
            {
                "sim": each.sim,
                "label": f"{each.name}?" if each.unsure else each.name,
                "n_clusters": each.n_clusters,
                "unsure": each.unsure,
            }
            for each in snapshot.suggestions
        ],
    }


def neighbour(found: Nearest) -> wire.Neighbour:
    """A picture that is near another one."""
    return {"id": found.picture, "distance": found.distance}


def neighbours(found: Sequence[Nearest], points: Mapping[int, int]) -> list[wire.Neighbour]:
    """Pictures that are near another one, with the points in which they agree with it, by picture."""
    listed = [neighbour(each) for each in found]
    for each in listed:
        if each["id"] in points:
            each["points"] = points[each["id"]]
    return listed


def verified(found: Evidence | None) -> wire.Verified | None:
    """The verified pairs of a cluster."""
    if found is None:
        return None
    return {"pair": (found.first, found.second), "points": found.n_points, "n_pairs": found.n_pairs}


def pair(found: Pair) -> wire.Pair:
    """Two pictures of a cluster."""
    return found.first, found.second, found.distance, found.exact
