"""The model and the collection that a command works with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.errors import ImageclusterError
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from imagecluster.collection import Collection
    from imagecluster.models import Model
    from imagecluster.store import Run, Store


NEW_CUT = (
    "groups are cut by branch now: each branch of the dendrogram where it is most a group (--cut flat: all at the same"
    " distance, as in the latest run here)"
)
"""Said of a collection whose latest run cut at one distance since there was no other way."""


def model_of(arguments: argparse.Namespace, store: Store) -> Model:
    """The model that the arguments name; else that of the latest run, or the default if there has been no run."""
    from imagecluster.collection import latest_run, settings_of
    from imagecluster.models import DEFAULT_MODEL, find_model

    run = latest_run(store)
    if run is not None and (arguments.model, arguments.weights, arguments.preprocess) == (None, None, None):
        return settings_of(run).find_model()
    return find_model(arguments.model or DEFAULT_MODEL, weights=arguments.weights, preprocess=arguments.preprocess)


def opened(arguments: argparse.Namespace, store: Store, *, progress: OnProgress = silent) -> Collection:
    """The collection as the latest run left it, with the model, the scale and the cut that the arguments name."""
    from imagecluster.collection import is_from_before_branches, latest_run, open_latest

    model = model_of(arguments, store).identity
    collection = open_latest(store, model, n_threads=getattr(arguments, "threads", None), progress=progress)
    found = collection.on_scale(arguments.sim_scale, arguments.cut)
    if found.cut_name == "branch" and arguments.cut is None and is_from_before_branches(latest_run(store, model)):
        print(NEW_CUT, file=sys.stderr)
    return found


def former_model(directory: Path) -> str | None:
    """Name of the latest run's model if there has been no run with the default model yet, else None."""
    from imagecluster.collection import settings_of
    from imagecluster.models import DEFAULT_MODEL, find_model

    runs = _runs(directory)
    if not runs or any(run.model == find_model(DEFAULT_MODEL).identity for run in runs):
        return None
    return settings_of(runs[-1]).model


def is_cut_anew(directory: Path) -> bool:
    """Whether the latest run in a database is from before there were cuts by branch, and is cut so by default."""
    from imagecluster.collection import is_from_before_branches

    runs = _runs(directory)
    return bool(runs) and is_from_before_branches(runs[-1])


def _runs(directory: Path) -> Sequence[Run]:
    """The runs that a database remembers, oldest first; none if it cannot be read."""
    from imagecluster.store import Store

    try:
        if not Store.exists(directory):
            return ()
        with Store.open(directory, writable=False) as store:
            return store.runs()
    except ImageclusterError:  # the run itself mends it, or explains
        return ()
