"""Copies in the form in which the page receives them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from imagecluster.actions import Plan
from imagecluster.collection.duplicates import CopyGroup, GroupFile
from imagecluster.explore.snapshot import Snapshot
from imagecluster.records import CopyEvidence
from imagecluster.web import wire_copies as wire
from imagecluster.web.duplicates import KeepingRules, removable
from imagecluster.web.viewer_options import shown_name

__all__ = ["group_for_page", "head_for_page", "plan_for_page", "rules_for_page"]


def head_for_page(group: CopyGroup, files: Sequence[GroupFile]) -> wire.DuplicateHead:
    """What the page needs of each group."""
    going = removable(group, files)
    return group.id, group.kind, len(files), len(going), sum(file.size_bytes + file.part_bytes for file in going)


def group_for_page(group: CopyGroup, files: Sequence[GroupFile], snapshot: Snapshot) -> wire.DuplicateGroup:
    """A group with those of its files that are still there."""
    return {
        "id": group.id,
        "kind": group.kind,
        "tie": group.is_tie,
        "decided": group.decided,
        "files": [_file(file, snapshot) for file in files],
    }


def _file(file: GroupFile, snapshot: Snapshot) -> wire.DuplicateFile:
    picture = snapshot.id_of_key(file.key)
    return {
        "id": -1 if picture is None else picture,
        "name": shown_name(file.path, snapshot.root),
        "keep": file.keep,
        "why": file.why,
        "kind": file.kind,
        "evidence": None if file.evidence is None else _evidence(file.evidence),
        "bytes": file.size_bytes,
        "width": file.width_px,
        "height": file.height_px,
        "format": file.format,
        "parts": [shown_name(part, snapshot.root) for part in file.parts],
        "names": [shown_name(name, snapshot.root) for name in file.names],
        "reference": file.is_reference,
    }


def _evidence(evidence: CopyEvidence) -> wire.Evidence:
    return {
        "transform": evidence.transform,
        "overlap": evidence.overlap,
        "contained": evidence.is_contained,
        "framed": evidence.is_framed,
        "matrix": list(evidence.matrix),
    }


def plan_for_page(
    key: str,
    plan: Plan,
    snapshot: Snapshot,
    *,
    of: Literal["copies", "rejected"] = "copies",
    left: Sequence[wire.FileLeft] = (),
) -> wire.PlanFacts:
    """A plan, file by file."""
    root = snapshot.root
    files: list[wire.PlannedFile] = []
    for step in plan.steps:
        picture = snapshot.id_of_path(step.file.path)
        files.append(
            {
                "id": -1 if picture is None else picture,
                "name": shown_name(step.file.path, root),
                "bytes": step.file.size_bytes + sum(part.size_bytes for part in step.parts),
                "parts": [shown_name(part.path, root) for part in step.parts],
                "keep": "" if step.keep is None else shown_name(step.keep.path, root),
                "why": step.why,
            }
        )
    return {
        "plan": key,
        "of": of,
        "left": list(left),
        "files": files,
        "n_parts": sum(len(step.parts) for step in plan.steps),
        "n_written": len({new.path for step in plan.steps for new in step.writes}),
        "bytes": sum(file["bytes"] for file in files),
    }


def rules_for_page(rules: KeepingRules) -> wire.KeepingRules:
    """Which file of a group is kept."""
    return {"keep": rules.keep, "references": [os.fspath(place) for place in rules.references]}
