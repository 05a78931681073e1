"""Trees of links to the pictures of a collection, whose database is told what linking changes."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from imagecluster.present.links.building import LinkKind, LinkReport, make_links
from imagecluster.scan import StrPath
from imagecluster.store import Leaves, Store
from imagecluster.system.progress import OnProgress, silent
from imagecluster.system.safe_files import exists

__all__ = ["has_content", "link_pictures"]


def link_pictures(
    store: Store,
    leaves: Leaves,
    folders: Sequence[Sequence[StrPath]] | Mapping[str, Sequence[StrPath]],
    tree: Path,
    *,
    kind: LinkKind,
    progress: OnProgress = silent,
) -> LinkReport:
    """Build a tree of links to pictures of a collection; see `make_links` for folders, kinds and errors."""
    within = store.folder if tree.parent == store.directory else None
    has = partial(has_content, store, leaves)
    if kind != "hardlink" or not store.writable:
        return make_links(folders, tree, kind=kind, progress=progress, within=within, is_elsewhere=has)
    before = _statuses(store, leaves)
    linked = make_links(folders, tree, kind=kind, progress=progress, within=within, is_elsewhere=has)
    store.note_links(_linked_since(before, _statuses(store, leaves)))
    return linked


def _statuses(store: Store, leaves: Leaves) -> dict[bytes, os.stat_result]:
    """What the system says of each picture's file, by its key."""
    found = {}
    for key, path in zip(leaves.keys, store.paths_of(leaves.keys), strict=True):
        with suppress(OSError):
            found[key] = path.stat()
    return found


def _linked_since(
    before: Mapping[bytes, os.stat_result], after: Mapping[bytes, os.stat_result]
) -> Iterator[tuple[bytes, int, int]]:
    """Key and times of change, before and after, of the files to which names were added or from which they were taken.

    The system counts both as changes; without this, the next run would read them all.
    """
    for key, status in after.items():
        former = before.get(key)
        if former is not None and former.st_ctime_ns != status.st_ctime_ns:
            same = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_mode", "st_uid")
            if all(getattr(former, name) == getattr(status, name) for name in same):
                yield key, former.st_ctime_ns, status.st_ctime_ns


def has_content(store: Store, leaves: Leaves, content: bytes) -> bool:
    """Whether a picture of the collection with this content exists."""
    hashes, keys = leaves.hashes, leaves.keys
    row = bisect_left(hashes, content)  # leaves are in the order of their contents
    while row < len(hashes) and hashes[row] == content:
        if exists(store.paths_of(keys[row : row + 1])[0]):
            return True
        row += 1
    return False
