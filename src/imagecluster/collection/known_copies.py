"""What is already known of the copies in a collection, for outputs that search for none."""

from __future__ import annotations

import os
from pathlib import Path

from imagecluster.corrections import EDITS_NAME
from imagecluster.store import COPIES_NAME, Store

__all__ = ["copies_stamp", "known_copies"]


def known_copies(store: Store, model: str) -> dict[str, str]:
    """For each file that is a copy of another one a remark in words, by name; empty if nobody has searched for copies.

    Pictures that were added since the latest search are not compared.
    """
    if not _results(store.directory):
        return {}
    from imagecluster.collection.copies import find_duplicates
    from imagecluster.collection.duplicates import DuplicateSettings

    found = find_duplicates(store, model, DuplicateSettings(kinds=("identical", "pixels", "copy"), only_kept=True))
    remarks = {}
    for group in found.groups:
        for file in group.removable:
            how = file.evidence.transform if file.evidence is not None and file.kind == "copy" else ""
            remark = f"copy of {os.fsdecode(group.kept.key)}"
            remarks[os.fsdecode(file.key)] = f"{remark}: {how}" if how else remark
    return remarks


def copies_stamp(directory: Path) -> str:
    """What changes with the results of a search for copies, and with decisions about them."""
    files = [*_results(directory), directory / EDITS_NAME] if _results(directory) else []
    return " ".join(f"{file.name} {file.stat().st_mtime_ns}" for file in files if file.exists())


def _results(directory: Path) -> list[Path]:
    return sorted((directory / COPIES_NAME).glob("*.npz"))
