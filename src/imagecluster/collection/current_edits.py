"""What people said of a collection's pictures, in terms of the contents that these have now."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from imagecluster.corrections import EDITS_NAME, Choice, Edit, History, choice_edits_of, choices_of, follow, heirs
from imagecluster.store import Leaves, Store

__all__ = ["current_choices", "current_edits"]


def current_edits(store: Store, leaves: Leaves) -> tuple[Edit, ...]:
    """Corrections and decisions in effect, oldest first; pictures that were edited since count as what they were."""
    edits = History(store.directory / EDITS_NAME, follow=store.folder.follow).edits
    return follow(edits, heirs(edits, leaves.hashes, store.successors))


def current_choices(store: Store, leaves: Leaves, edits: Sequence[Edit]) -> Mapping[int, Choice]:
    """What was chosen for each picture, by its row; those for which nothing was chosen are left out."""
    chosen = choice_edits_of(edits)
    if not chosen:
        return {}
    row_of = {os.fsdecode(key): row for row, key in enumerate(leaves.keys)}
    followed = heirs(chosen, leaves.hashes, store.successors)
    return choices_of(chosen, row_of.get, leaves.hashes, heirs=followed)
