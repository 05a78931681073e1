"""Folders of links by trips and events: `2025/2025-03 Iceland/03-02 Vík/`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from imagecluster.collection.events import Events, FoundEvent, FoundTrip
from imagecluster.present.links import LinkKind, LinkReport, folder_name, link_pictures
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, silent

__all__ = ["event_folders", "make_event_links"]

_LONGEST = 120
"""Characters of a folder's name, which leaves room on every file system."""


def make_event_links(
    found: Events, store: Store, tree: Path, *, kind: LinkKind = "symlink", progress: OnProgress = silent
) -> LinkReport:
    """Lay the pictures of events out in folders of links; errors are those of `make_links`.

    Undated pictures lie beside those of the event that they resemble closely; others are in no folder.
    """
    paths = list(map(os.fspath, found.paths))
    folders = {name: [paths[row] for row in rows] for name, rows in event_folders(found).items()}
    return link_pictures(store, found.leaves, folders, tree, kind=kind, progress=progress)


def event_folders(found: Events) -> dict[str, tuple[int, ...]]:
    """Rows of the pictures of each folder: year, trip, event."""
    folders: dict[str, tuple[int, ...]] = {}
    for trip, folder in zip(found.trips, _distinct(map(_trip_folder, found.trips)), strict=True):
        names = _distinct(_event_folder(event, trip) for event in trip.events)
        for event, name in zip(trip.events, names, strict=True):
            folders[f"{folder}/{name}"] = event.rows + event.attached
    return folders


def _trip_folder(trip: FoundTrip) -> str:
    first, last = trip.days
    year = f"{first.year:04d}"
    if not trip.is_named_by_dates:
        return f"{year}/{first.isoformat()[:7]} {_short(trip.name)}"
    end = last.isoformat()[5 if last.year == first.year else 0 :]
    return f"{year}/{first.isoformat()}" if first == last else f"{year}/{first.isoformat()} to {end}"


def _event_folder(event: FoundEvent, trip: FoundTrip) -> str:
    first, last = trip.days
    day = event.start.date().isoformat()
    return f"{day[5:] if first.year == last.year else day} {_short(event.name)}"


def _short(name: str) -> str:
    return folder_name(name[:_LONGEST])


def _distinct(names: Iterable[str]) -> list[str]:
    """Names that no file system takes for equal: later ones get a number."""
    seen: set[str] = set()
    found = []
    for name in names:
        own, number = name, 1
        while own.casefold() in seen:
            number += 1
            own = f"{name} {number}"
        seen.add(own.casefold())
        found.append(own)
    return found
