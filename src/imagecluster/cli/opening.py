"""The model and the collection that a command works with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.errors import ImageclusterError
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from imagecluster.collection import Collection
    from imagecluster.models import Model
    from imagecluster.store import Store


def model_of(arguments: argparse.Namespace, store: Store) -> Model:
    """The model that the arguments name; else that of the latest run, or the default if there has been no run."""
    from imagecluster.collection import latest_run, settings_of
    from imagecluster.models import DEFAULT_MODEL, find_model

    run = latest_run(store)
    if run is not None and (arguments.model, arguments.weights, arguments.preprocess) == (None, None, None):
        return settings_of(run).find_model()
    return find_model(arguments.model or DEFAULT_MODEL, weights=arguments.weights, preprocess=arguments.preprocess)


def opened(arguments: argparse.Namespace, store: Store, *, progress: OnProgress = silent) -> Collection:
    """The collection as the latest run left it, with the model and the scale of `sim` that the arguments name."""
    from imagecluster.collection import open_latest

    model = model_of(arguments, store).identity
    collection = open_latest(store, model, n_threads=getattr(arguments, "threads", None), progress=progress)
    return collection.on_scale(arguments.sim_scale)


def former_model(directory: Path) -> str | None:
    """Name of the latest run's model if there has been no run with the default model yet, else None."""
    from imagecluster.collection import settings_of
    from imagecluster.models import DEFAULT_MODEL, find_model
    from imagecluster.store import Store

    try:
        if not Store.exists(directory):
            return None
        with Store.open(directory, writable=False) as store:
            runs = store.runs()
    except ImageclusterError:  # the run itself mends it, or explains
        return None
    if not runs or any(run.model == find_model(DEFAULT_MODEL).identity for run in runs):
        return None
    return settings_of(runs[-1]).model
