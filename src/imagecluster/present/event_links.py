"""Folders of links by trips and events: `2025/2025-03 Iceland/03-02 Vík/`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from imagecluster.collection.found_events import Events, FoundEvent, FoundTrip
from imagecluster.present.links import LinkKind, LinkReport, link_pictures
from imagecluster.store import Store
from imagecluster.system.folder_names import distinct_folders, folded, folder_name
from imagecluster.system.progress import OnProgress, silent

__all__ = ["event_folders", "make_event_links"]


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
    of_trips = [_trip_folder(trip) for trip in found.trips]
    several = Counter(map(folded, of_trips))
    of_trips = [
        _trip_folder(trip, to_the_day=several[folded(name)] > 1)
        for trip, name in zip(found.trips, of_trips, strict=True)
    ]
    for trip, folder in zip(found.trips, distinct_folders(of_trips), strict=True):
        names = distinct_folders(_event_folder(event, trip) for event in trip.events)
        for event, name in zip(trip.events, names, strict=True):
            folders[f"{folder}/{name}"] = event.rows + event.attached
    return folders


def _trip_folder(trip: FoundTrip, *, to_the_day: bool = False) -> str:
    """The folder of a trip in that of its year; two of one month and name are told apart by the day."""
    first, last = trip.days
    year = f"{first.year:04d}"
    if not trip.is_named_by_dates:
        return f"{year}/{first.isoformat()[: 10 if to_the_day else 7]} {folder_name(trip.name)}"
    end = last.isoformat()[5 if last.year == first.year else 0 :]
    return f"{year}/{first.isoformat()}" if first == last else f"{year}/{first.isoformat()} to {end}"


def _event_folder(event: FoundEvent, trip: FoundTrip) -> str:
    first, last = trip.days
    day = event.start.date().isoformat()
    return f"{day[5:] if first.year == last.year else day} {folder_name(event.name)}"
