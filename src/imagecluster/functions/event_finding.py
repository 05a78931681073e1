"""Trips and events of a collection, as a plain function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imagecluster.collection.events import find_events as events_of_store
from imagecluster.collection.events import hidden_rows
from imagecluster.collection.found_events import Events
from imagecluster.collection.opening import Pictures, bring_up_pictures
from imagecluster.collection.place import place_of
from imagecluster.functions.copy_finding import settings_of_latest_run
from imagecluster.places import PlacePrecision
from imagecluster.scan import StrPath, as_paths
from imagecluster.system.progress import OnProgress, silent

__all__ = ["find_events", "opened_pictures"]


def find_events(
    paths: Iterable[StrPath] | StrPath,
    *,
    db: StrPath | None = None,
    locale: str | None = None,
    places: PlacePrecision = "exact",
    gone: bool = False,
    progress: OnProgress = silent,
) -> Events:
    """Find trips, events, scenes and bursts: the collection as its owner lived it.

    New pictures are fingerprinted first, as by `run`, but nothing is clustered and no outputs are written. Corrections
    that were made by `imagecluster events` or in the viewer are applied. Names of places come from a table in the
    package; nothing is looked up on the net.

    Parameters
    ----------
    paths
        One folder or file, or several; the database is where `run` has it for the same paths.
    db
        Folder of the database; default: as for `run`.
    locale
        For dates, and names of places where the table has them in its script, such as `de_DE`; default: the user's, by
        the environment.
    places
        How precisely places are given and named: "exact", "town", "region", "country" or "none".
    gone
        Whether most of the collection may be missing, because it was deleted for good; as for `run`.
    progress
        Called with a `Progress` as work goes on, from this thread.

    Returns
    -------
    Events
        `trips`, in order of time, each with its `events`, their scenes and bursts; and the `undated` pictures.

    Raises
    ------
    ArgumentError
        `locale` or `places` is unknown.
    InputError
        A path cannot be scanned, the database in `db` holds other pictures, or most of the collection is gone.
    StoreError
        The database cannot be used; the message says what to do.

    Examples
    --------
    >>> import imagecluster
    >>> found = imagecluster.find_events("Pictures")  # doctest: +SKIP
    >>> for trip in found.trips:  # doctest: +SKIP
    ...     print(trip.name, trip.start.date(), [event.name for event in trip.events])
    """
    with opened_pictures(paths, db=db, gone=gone, progress=progress) as pictures:
        found = events_of_store(pictures.store, pictures.model, locale=locale, precision=places, progress=progress)
        return found.without(hidden_rows(pictures.store, found.leaves))


@contextmanager
def opened_pictures(
    paths: Iterable[StrPath] | StrPath,
    *,
    db: StrPath | None = None,
    gone: bool = False,
    progress: OnProgress = silent,
) -> Iterator[Pictures]:
    """The pictures of a collection, brought up to date by the model of its latest run; parameters as above."""
    given, database = list(as_paths(paths)), None if db is None else Path(db)
    of_run = settings_of_latest_run(place_of(given, database).directory)
    with bring_up_pictures(given, of_run, db=database, gone=gone, progress=progress) as pictures:
        yield pictures
