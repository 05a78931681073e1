"""The model and the collection that a command works with."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.cli.paths import no_such_path
from imagecluster.errors import ImageclusterError, InputError
from imagecluster.system.progress import OnProgress, silent

if TYPE_CHECKING:
    from imagecluster.collection import Collection
    from imagecluster.models import Model
    from imagecluster.records import SimScaleName
    from imagecluster.store import Run, Store


NEW_CUT = (
    "groups are cut by branch now, each branch of the dendrogram where it is most a group; a run with --cut flat gives"
    " the former groups"
)
"""Said of a collection whose latest run cut at one distance since there was no other way."""


def database_of(arguments: argparse.Namespace) -> Path:
    """Folder of the database of the collection in PATH, or of `--db`.

    Raises
    ------
    InputError
        PATH does not exist, is not a folder, or has not been sorted, or there is nothing in `--db`.

    """
    from imagecluster.collection import locate

    path: Path = arguments.path
    if arguments.db is None and os.path.isfile(path):  # noqa: PTH113 - a Path may raise
        raise InputError(f"{str(path)!r} is a file; name the folder of pictures")
    directory = locate(path, arguments.db).directory
    if os.path.lexists(directory):
        return directory
    if arguments.db is not None:
        otherwise = "`imagecluster run` with the same --db makes one"
        raise no_such_path(arguments.db, what="database", otherwise=otherwise)
    refuse_unreadable(path)
    raise InputError(
        f"{str(path)!r} has not been sorted yet: run `imagecluster {shlex.quote(str(path))}` first, or give --db if its"
        " database is elsewhere"
    )


def refuse_unreadable(path: Path, *, is_word: bool = False) -> None:
    """Raise InputError for a path that does not exist, a folder that may not be read, or a database or page of ours.

    `is_word` says that it may have been meant as a command.
    """
    from imagecluster.scan import PAGE_MARKER, STORE_MARKER

    if not os.path.lexists(path):
        if is_word:
            raise no_such_path(path, what="command, file or folder", otherwise="`imagecluster help` lists the commands")
        raise no_such_path(path)
    if not os.path.exists(path):  # noqa: PTH110
        raise InputError(f"{str(path)!r} is a link to something that does not exist; name a folder of pictures")
    if not os.path.isdir(path):  # noqa: PTH112
        return
    try:
        with os.scandir(path):
            pass
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError(f"cannot look into {str(path)!r}: {reason}; check the rights to it, and its drive") from None
    if os.path.lexists(path / STORE_MARKER):
        raise InputError(
            f"{str(path)!r} is a database of imagecluster, not a folder of pictures; name the folder that was sorted,"
            f" such as {os.path.normpath(path / os.pardir)!r}"
        )
    if os.path.lexists(path / PAGE_MARKER):
        raise InputError(
            f"{str(path)!r} is a copy of a page of imagecluster, with small pictures; name the folder that was sorted"
        )


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
    return _as_asked(_latest(arguments, store, progress), arguments.sim_scale, arguments, store)


def opened_to_cut(
    arguments: argparse.Namespace, store: Store, *, progress: OnProgress = silent
) -> tuple[Collection, float]:
    """The collection as the latest run left it, and the similarity index at which to cut it.

    What the arguments do not name is that of the latest run: its scale, and its index, on whatever scale.
    """
    from imagecluster.cut import cut_height, sim_at_height

    latest = _latest(arguments, store, progress)
    wanted = _as_asked(latest, arguments.sim_scale or latest.scale.name, arguments, store)
    if arguments.sim is not None:
        return wanted, arguments.sim
    sim = latest.settings.sim
    if wanted.scale.name != latest.scale.name:
        height = cut_height(latest.dendrogram, sim=sim, scale=latest.scale)
        sim = sim_at_height(wanted.dendrogram, height, scale=wanted.scale)
    return wanted, sim


def _latest(arguments: argparse.Namespace, store: Store, progress: OnProgress) -> Collection:
    from imagecluster.collection import open_latest

    model = model_of(arguments, store).identity
    return open_latest(store, model, n_threads=getattr(arguments, "threads", None), progress=progress)


def _as_asked(
    latest: Collection, scale: SimScaleName | None, arguments: argparse.Namespace, store: Store
) -> Collection:
    """A collection on a scale, cut as the arguments say; a cut that is new to it is named."""
    from imagecluster.collection import is_from_before_branches, latest_run

    found = latest.on_scale(scale, arguments.cut)
    if found.cut_name == "branch" and arguments.cut is None and is_from_before_branches(
        latest_run(store, latest.model)
    ):  # fmt: skip
        print(NEW_CUT, file=sys.stderr)
    return found


def new_model(directory: Path) -> str | None:
    """What the default model costs a collection that was only used with others so far, in a sentence; else None."""
    from imagecluster.collection import settings_of
    from imagecluster.models import DEFAULT_MODEL, find_model, is_retired
    from imagecluster.present.markup import count

    runs = _runs(directory)
    if not runs or any(run.model == find_model(DEFAULT_MODEL).identity for run in runs):
        return None
    run = runs[-1]
    former = settings_of(run).model
    if is_retired(former):
        pictures = count(run.n_fingerprinted + run.n_reused, "picture")
        return (
            f"the latest run here was with --model {former}, which this version no longer has: {pictures} must be"
            f" fingerprinted again, with the default model, {DEFAULT_MODEL}. The other fingerprints are kept."
        )
    return (
        f"the latest run here was with --model {former}; without --model, every picture is fingerprinted with the"
        f" default model, {DEFAULT_MODEL}. The other fingerprints are kept: use --model {former} to continue with them."
    )


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
