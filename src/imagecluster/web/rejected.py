"""The plan that moves rejected pictures away, each with the files that belong to it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from imagecluster.actions import FileFacts, Plan, Step, facts_of
from imagecluster.decode import read_moment
from imagecluster.explore.snapshot import Snapshot
from imagecluster.scan import items_of, parts_leaving
from imagecluster.web import wire_copies as wire
from imagecluster.web.viewer_options import shown_name

__all__ = ["plan_of_rejected"]

WHY = "rejected"


def plan_of_rejected(
    snapshot: Snapshot, rejected: Collection[int], *, command: str
) -> tuple[Plan, tuple[wire.FileLeft, ...]]:
    """The plan that moves rejected pictures away, and the files that stay all the same, with the reasons.

    A picture goes with its parts: sidecars, its raw file, the film of a live photo. A part does not go without the
    picture that it belongs to. Every file is read, so that only what was looked at is in the plan.

    Parameters
    ----------
    snapshot
        The pictures.
    rejected
        Those that were rejected.
    command
        What the plan is made by, for its reader.
    """
    path_of = {snapshot.path(picture): picture for picture in rejected}
    items = items_of(_beside(snapshot, path_of), read=read_moment)
    leaving, left = [], []
    for path in sorted(path_of):
        main = items[path].main
        if main == path:
            leaving.append(path)
        elif main not in path_of:
            left.append(_left(snapshot, path, f"belongs to {main.name}, which is not rejected"))
    steps = []
    for path, parts in parts_leaving(items, leaving).items():
        step = _step(path, parts, snapshot.leaves.hashes[path_of[path]])
        if isinstance(step, str):
            left.append(_left(snapshot, path, step))
        else:
            steps.append(step)
    return Plan(snapshot.root, tuple(steps), time.time(), command), tuple(left)


def _beside(snapshot: Snapshot, paths: Iterable[Path]) -> list[Path]:
    """All pictures in the folders of some files."""
    folders = {os.fsencode(path.parent) for path in paths}
    root = os.fsencode(snapshot.root)
    found = []
    for picture, key in enumerate(snapshot.leaves.keys):
        folder = os.path.dirname(os.path.join(root, key))  # noqa: PTH118, PTH120 - for all pictures
        if folder in folders:
            found.append(snapshot.path(picture))
    return found


def _step(path: Path, parts: tuple[Path, ...], content_hash: bytes) -> Step | str:
    """The step by which a picture goes; the reason if it cannot."""
    facts: list[FileFacts] = []
    for file in (path, *parts):
        try:
            facts.append(facts_of(file))
        except OSError as error:
            return f"{file.name}: {error.strerror or error}"
    if facts[0].content_hash != content_hash:
        return "it has changed since imagecluster read it"
    return Step(facts[0], tuple(facts[1:]), kind="rejected", why=WHY)


def _left(snapshot: Snapshot, path: Path, reason: str) -> wire.FileLeft:
    return {"name": shown_name(path, snapshot.root), "reason": reason}
