"""Trips and events of a collection, after all corrections."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np

from imagecluster.collection.current_edits import current_edits
from imagecluster.collection.event_names import known_locale, user_locale
from imagecluster.collection.event_naming import Naming
from imagecluster.collection.found_events import Events
from imagecluster.collection.occasions import ItemOccasions, occasions_of
from imagecluster.corrections import EventEdit, corrections_of, event_edits_of, replay
from imagecluster.places import PlacePrecision, check_precision
from imagecluster.store import Leaves, Store
from imagecluster.system.garbage import garbage_waits
from imagecluster.system.progress import OnProgress, silent

__all__ = ["event_edits", "find_events", "hidden_rows", "named_events"]


@garbage_waits()
def find_events(
    store: Store,
    model: str,
    *,
    locale: str | None = None,
    precision: PlacePrecision = "exact",
    n_threads: int | None = None,
    progress: OnProgress = silent,
) -> Events:
    """The trips and events among the pictures that the latest scan found, after all corrections.

    Parameters
    ----------
    store
        The store. If it is open for reading only, nothing is kept.
    model
        `name@version`, whose fingerprints say what pictures show.
    locale
        For dates and names of places, such as `de_DE`; default: the user's, by the environment.
    precision
        How precisely places are given and named.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on.

    Raises
    ------
    ArgumentError
        No locale or precision is called so.
    StoreError
        The store cannot be used.
    """
    locale = user_locale() if locale is None else known_locale(locale)
    check_precision(precision, "precision")
    leaves = store.leaves(model)
    edits = event_edits(store, leaves)
    items = occasions_of(leaves, store, model, edits, now_s=time.time(), n_threads=n_threads, progress=progress)
    return named_events(leaves, store, items, edits, locale=locale, precision=precision)


@garbage_waits()
def named_events(
    leaves: Leaves,
    store: Store,
    items: ItemOccasions,
    edits: Sequence[EventEdit],
    *,
    locale: str | None = None,
    precision: PlacePrecision = "exact",
) -> Events:
    """The trips and events of pictures whose tree is known, with their names; parameters as for `find_events`."""
    locale = user_locale() if locale is None else known_locale(locale)
    return Naming(leaves, items, edits, locale, precision).events(store)


def event_edits(store: Store, leaves: Leaves) -> tuple[EventEdit, ...]:
    """The corrections of trips and events, in terms of the contents that their pictures have now."""
    return event_edits_of(current_edits(store, leaves))


def hidden_rows(store: Store, leaves: Leaves) -> list[int]:
    """Rows of the pictures that were hidden by hand, ascending."""
    said = corrections_of(current_edits(store, leaves))
    if not said:
        return []
    names = [os.fsdecode(key) for key in leaves.keys]
    hidden: list[int] = replay(np.zeros(len(leaves), np.int64), said, leaves.hashes, names=names).hidden.tolist()
    return hidden
