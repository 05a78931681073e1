"""Clusters of a cut after corrections, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imagecluster import cut
from imagecluster.edits import Apart, Edit, Hide, Move, Name, Together, Unhide, members_of, replay
from imagecluster.errors import ArgumentError
from imagecluster.web.snapshot import Snapshot

__all__ = ["corrected_clusters", "edit_of_request", "edits_for_page"]

_KINDS: dict[str, Any] = {"together": Together, "hide": Hide, "unhide": Unhide}


def corrected_clusters(
    snapshot: Snapshot, edits: Sequence[Edit], *, sim: float, min_size: int, only_changed: bool
) -> dict[str, Any]:
    """Clusters with their names and members, and hidden pictures; all others are single.

    The same clusters as those of `imagecluster PATH`: largest first, then by the first member's path.

    Parameters
    ----------
    snapshot
        The pictures.
    edits
        Corrections, the oldest first.
    sim, min_size
        The cut.
    only_changed
        Leave out clusters without a name that are exactly as the cut made them. What a correction took apart so that
        fewer than `min_size` are left is given too then.

    """
    height = cut.cut_height(snapshot.dendrogram, sim=sim)
    done = replay(cut.flat_clusters(snapshot.dendrogram, height), edits, snapshot.leaves.hashes)
    wanted = done.changed | done.pinned | done.names.keys()
    if not only_changed:
        wanted |= set(np.flatnonzero(np.bincount(done.labels) >= min_size).tolist()) if len(snapshot) else set()
    clusters = []
    by_hand = done.pinned | done.names.keys()
    for label, members in members_of(done, wanted, order=snapshot.dendrogram.order).items():
        smallest = 1 if only_changed else min(2, min_size) if label in by_hand else min_size
        if len(members) >= smallest:
            first = snapshot.leaves.hashes[int(members.min())]
            clusters.append((-len(members), int(snapshot.path_rank[members].min()), label, first, members.tolist()))
    return {
        "clusters": [
            {
                "key": first.hex(),
                "name": done.names.get(label) or None,
                "members": members,
                "pinned": label in done.pinned,
            }
            for *_, label, first, members in sorted(clusters)
        ],
        "hidden": done.hidden.tolist(),
    }


def edit_of_request(values: Any, snapshot: Snapshot) -> Edit:
    """The correction that a page asks for; pictures have ids there.

    Raises
    ------
    ArgumentError
        It is none.

    """
    if not isinstance(values, dict):
        raise ArgumentError("the record of a correction must be an object")
    kind = values.get("kind")
    if kind == "apart":
        return Apart(_hashes(values.get("a"), "a", snapshot), _hashes(values.get("b"), "b", snapshot))
    pictures = _hashes(values.get("ids"), "ids", snapshot)
    if kind == "name":
        if not isinstance(values.get("name"), str):
            raise ArgumentError(f"the name is {values.get('name')!r}; it must be a text")
        return Name(pictures, values["name"].strip())
    if kind == "move":
        return Move(pictures, _hashes(values.get("to"), "to", snapshot))
    if kind not in _KINDS:
        raise ArgumentError(f"no correction is of the kind {kind!r}; known: name, apart, move, {', '.join(_KINDS)}")
    found: Edit = _KINDS[kind](pictures)
    return found


def edits_for_page(edits: Sequence[Edit], snapshot: Snapshot) -> list[dict[str, Any]]:
    """Corrections as a page gives them; pictures that are not there are left out."""
    mentioned = {content_hash for edit in edits for side in _sides(edit).values() for content_hash in side}
    ids: dict[bytes, list[int]] = {}
    if mentioned:
        for picture, content_hash in enumerate(snapshot.leaves.hashes):
            if content_hash in mentioned:
                ids.setdefault(content_hash, []).append(picture)
    records = []
    for edit in edits:
        record: dict[str, Any] = {"kind": type(edit).__name__.lower()}
        for key, side in _sides(edit).items():
            record[key] = sorted(picture for content_hash in side for picture in ids.get(content_hash, ()))
        if isinstance(edit, Name):
            record["name"] = edit.name
        records.append(record)
    return records


def _sides(edit: Edit) -> dict[str, frozenset[bytes]]:
    """Pictures of a correction, by the page's key."""
    match edit:
        case Apart():
            return {"a": edit.pictures, "b": edit.others}
        case Move():
            return {"ids": edit.pictures, "to": edit.target}
        case _:
            return {"ids": edit.pictures}


def _hashes(ids: Any, what: str, snapshot: Snapshot) -> frozenset[bytes]:
    """Content hashes of pictures."""
    n = len(snapshot)
    if isinstance(ids, int):
        ids = [ids]
    if not isinstance(ids, list) or not all(type(picture) is int and 0 <= picture < n for picture in ids):
        raise ArgumentError(f"{what} must be a list of ids from 0 to {n - 1}")
    return frozenset(snapshot.leaves.hashes[picture] for picture in ids)
