"""The data in a copy of the page, in place of a server: names, sizes, times, dendrogram, corrections; but no paths."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.corrections import Edit, replay
from imagecluster.explore.cluster_facts import closest_of_clusters, facts_of_clusters
from imagecluster.explore.colours import UNKNOWN
from imagecluster.explore.similar import all_nearest, exact_similarities
from imagecluster.explore.snapshot import Snapshot, is_absolute
from imagecluster.web import wire
from imagecluster.web.correction_json import edits_for_page
from imagecluster.web.snapshot_json import collection_facts, curve
from imagecluster.web.viewer_options import name_of

__all__ = ["View", "copy_data", "hidden_pictures"]

N_NEIGHBOURS = 12
MOST_FOR_NEIGHBOURS = 6_000
"""Number of pictures up to which a copy has the neighbours of each picture and all facts of clusters; comparing all
pairs then takes a second or two."""

_FOR_A_SERVER = (
    "reveal", "export", "name-cluster", "together", "apart", "move-here", "hide", "unhide", "tray", "copies",
    "compare-copy", "spare", "not-copies", "keep-all", "keep-this", "preview", "put-back", "trips",
    "open-trip", "leave-trip", "correct-trip", "cull", "cull-keep", "cull-reject", "cull-only", "cull-all", "cull-none",
    "cull-alone", "stars-0", "stars-1", "stars-2", "stars-3", "stars-4", "stars-5", "rejected",
)  # fmt: skip
"""Commands that need a server."""


class View(NamedTuple):
    """The first view of a copy."""

    sim: float
    min_size: int
    link: str = ""
    """The rest of the view, as in the page's address after '#'; empty for the page's defaults."""


def hidden_pictures(snapshot: Snapshot, edits: Sequence[Edit]) -> NDArray[np.int64]:
    """Pictures hidden by hand, which a copy leaves out."""
    names = tuple(map(snapshot.name, range(len(snapshot))))
    return replay(np.zeros(len(snapshot), np.int64), edits, snapshot.leaves.hashes, names=names).hidden


def copy_data(
    snapshot: Snapshot,
    edits: Sequence[Edit],
    view: View,
    *,
    colours: NDArray[np.uint32],
    places: NDArray[np.float32],
    made_s: float,
) -> wire.CopyData:
    """Everything that the copied page needs, except the pictures.

    Parameters
    ----------
    snapshot
        The pictures.
    edits
        Corrections, oldest first.
    view
        The first view of the copy.
    colours : array of uint32, shape (n,)
        Average colours.
    places : array of float32, shape (n, 2)
        The map.
    made_s
        Time at which the copy is made, in seconds since 1970.

    """
    hidden = hidden_pictures(snapshot, edits)
    shown = _without(snapshot, hidden)
    neighbours = _neighbours(snapshot, hidden) if len(snapshot) <= MOST_FOR_NEIGHBOURS else None
    colours = colours.copy()
    colours[hidden] = UNKNOWN
    return {
        "state": {
            **collection_facts(snapshot),
            "root_name": name_of(snapshot.root),
            "place": "",
            "sim": view.sim,
            "min_size": view.min_size,
            "read_only": True,
            "can_reveal": False,
            "can_act": False,
            "can_search_text": False,
            "run": {"running": False, "stage": "", "done": 0, "total": 0, "error": ""},
            "skips": [],
            "has_times": shown.has_times,
            "copied": {
                "made_s": made_s,
                "lacks": [*_FOR_A_SERVER, *(() if neighbours else ("similar",))],
                "link": view.link,
            },
        },
        "edits": {
            "snapshot": snapshot.key,
            "version": 0,
            "corrections": edits_for_page(edits, snapshot),
            "undo": None,
            "redo": None,
        },
        "curve": curve(shown),
        "names": _names(snapshot, hidden),
        "bytes": shown.leaves.size_bytes.tolist(),
        "arrays": {
            "order": _text(snapshot.order_bytes),
            "gap": _text(snapshot.gap_bytes),
            "distances": _text(snapshot.distance_bytes),
            "rank": _text(snapshot.path_rank.astype("<u4").tobytes()),
            "pictures": _text(shown.picture_bytes(colours)),
            "map": _text(places.astype("<f4").tobytes()),
        },
        "neighbours": neighbours,
        "clusters": _clusters(snapshot, hidden),
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _without(snapshot: Snapshot, hidden: NDArray[np.int64]) -> Snapshot:
    """The same pictures, without sizes and times of hidden ones."""
    values = {name: getattr(snapshot.leaves, name).copy() for name in ("size_bytes", "width_px", "height_px")}
    for array in values.values():
        array[hidden] = 0
    taken_s = snapshot.leaves.taken_s.copy()
    taken_s[hidden] = np.nan
    return dataclasses.replace(snapshot, leaves=dataclasses.replace(snapshot.leaves, **values, taken_s=taken_s))


def _names(snapshot: Snapshot, hidden: NDArray[np.int64]) -> list[str]:
    """Paths in the collection; only the file name for pictures outside it, and nothing for hidden ones."""
    names = []
    unseen = set(hidden.tolist())
    for picture, key in enumerate(snapshot.leaves.keys):
        name = "" if picture in unseen else snapshot.name(picture)
        if is_absolute(key) or name.startswith("../"):
            name = name.replace("\\", "/").rpartition("/")[2]
        # In a name that is not Unicode text, a mark replaces each invalid byte.
        names.append(name.encode("utf-8", "replace").decode())
    return names


def _neighbours(snapshot: Snapshot, hidden: NDArray[np.int64]) -> wire.CopyNeighbours | None:
    """The nearest neighbours of each picture, for the view of one picture and for "Find similar"."""
    k = min(N_NEIGHBOURS, len(snapshot) - len(hidden) - 1)
    if k < 1:
        return None
    ids, distances = all_nearest(snapshot, k=k, leave_out=hidden)
    return {
        "k": k,
        "ids": _text(ids.astype("<u4").tobytes()),
        "distances": _text(distances.astype("<f4").tobytes()),
    }


def _clusters(snapshot: Snapshot, hidden: NDArray[np.int64]) -> dict[str, wire.CopyPairs]:
    """Facts for the view of one cluster, by the place of its largest gap (the first if several are equally large)."""
    if len(snapshot) < 2:
        return {}
    if len(snapshot) <= MOST_FOR_NEIGHBOURS:
        facts = facts_of_clusters(snapshot, hidden)._asdict()
    elif snapshot.of_cosines:
        facts = {"closest": closest_of_clusters(snapshot, hidden)}
    else:
        facts = {}
    return {name: _pairs(snapshot, pairs) for name, pairs in facts.items()}


def _pairs(snapshot: Snapshot, pairs: NDArray[np.int64]) -> wire.CopyPairs:
    """Pairs of pictures, -1 for none, and their distances."""
    distances = np.maximum(1.0 - exact_similarities(snapshot, pairs[:, 0], pairs[:, 1]), 0.0)
    return {"ids": _text(pairs.astype("<i4").tobytes()), "distances": _text(distances.astype("<f4").tobytes())}
