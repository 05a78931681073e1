"""What people said of a collection's pictures, in terms of the contents that these have now."""

from __future__ import annotations

from imagecluster.corrections import EDITS_NAME, Edit, History, follow, heirs
from imagecluster.store import Leaves, Store

__all__ = ["current_edits"]


def current_edits(store: Store, leaves: Leaves) -> tuple[Edit, ...]:
    """Corrections and decisions in effect, oldest first; pictures that were edited since count as what they were."""
    edits = History(store.directory / EDITS_NAME, follow=store.folder.follow).edits
    return follow(edits, heirs(edits, leaves.hashes, store.successors))
