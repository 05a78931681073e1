"""The two ways to a collection: brought up to date now, or as the latest run left it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.collection.collection import Collection, Scanned
from imagecluster.collection.current_edits import current_choices, current_edits
from imagecluster.collection.fingerprinting import fingerprint_scan
from imagecluster.collection.place import place_of, refuse_to_leave_out, refuse_when_most_are_gone
from imagecluster.collection.recipe import is_key_of
from imagecluster.collection.scales import branch_scale_of, scale_of
from imagecluster.collection.settings import Settings, latest_run, settings_of
from imagecluster.collection.trees import Tree, kept_tree, key_of, tree_of, vectors_of
from imagecluster.corrections import Edit, corrections_of, event_edits_of
from imagecluster.cut.sim_scale import LARGEST_COSINE_DISTANCE
from imagecluster.errors import InputError
from imagecluster.records import Dendrogram, TimeTerm, Within
from imagecluster.scan import scan
from imagecluster.store import Leaves, Run, Store
from imagecluster.system.progress import OnProgress, Progress, silent

if TYPE_CHECKING:
    from imagecluster.collection.occasion_table import OccasionTable
    from imagecluster.collection.occasions import ItemOccasions

DENDROGRAM = "dendrogram"
"""Name under which a run remembers the key of its dendrogram."""


@contextmanager
def bring_up(
    paths: Sequence[Path],
    settings: Settings,
    *,
    db: Path | None = None,
    gone: bool = False,
    rehash: bool = False,
    progress: OnProgress = silent,
) -> Iterator[Collection]:
    """The collection in folders and files, after new pictures have been fingerprinted and linked.

    Its store stays open for writing until the context ends, so that no other run writes outputs at the same time.

    Parameters
    ----------
    paths
        Folders and files.
    settings
        Settings of the run.
    db
        Folder of the database; default: as in `place_of`.
    gone
        Whether most of the collection may be missing, because it was deleted for good.
    rehash
        Whether to read all files again, also those that do not look changed.
    progress
        Called as work goes on.

    Raises
    ------
    InputError
        A path cannot be scanned, or most of the collection is gone.
    ArgumentError
        The calibrated scale of sim or a cut by branch was requested, and there is none.
    ModelError
        The model is unknown or damaged.
    MissingExtraError
        Verification needs OpenCV, which is not installed.
    StoreError
        The database cannot be used; the message says what to do.

    """
    now_s = time.time()
    model = settings.find_model().identity
    if settings.verify:
        from imagecluster.verify import check_installed

        check_installed()
    scale_name, cut_name = settings.scale_name(model), settings.cut_name(model)
    with bring_up_pictures(paths, settings, db=db, gone=gone, rehash=rehash, progress=progress) as pictures:
        store = pictures.store
        leaves = store.leaves(model)
        edits = current_edits(store, leaves)
        load_time = cache(partial(_time, leaves, store, settings, now_s))
        occasions = _Occasions(leaves, store, model, settings, edits, progress)
        tree = tree_of(
            leaves, store, model, settings, time=load_time(), bounds=_bounds(occasions.within), progress=progress
        )
        yield Collection(
            store=store,
            model=model,
            leaves=leaves,
            settings=settings,
            tree=tree,
            scale=scale_of(model, scale_name, tree.dendrogram),
            branch_scale=branch_scale_of(model, cut_name),
            corrections=corrections_of(edits),
            load_time=load_time,
            load_within=lambda: occasions.within,
            load_occasions=lambda: occasions.table,
            choices=current_choices(store, leaves, edits),
            load_scanned=lambda: pictures.scanned,
            beside=pictures.beside,
        )


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures that were brought up to date in a store, which stays open; they are not clustered."""

    store: Store
    model: str
    """`name@version`, of which the store has a fingerprint of each."""
    scanned: Scanned
    beside: Path | None
    """As in `Collection`."""


@contextmanager
def bring_up_pictures(
    paths: Sequence[Path],
    settings: Settings,
    *,
    db: Path | None = None,
    gone: bool = False,
    rehash: bool = False,
    progress: OnProgress = silent,
) -> Iterator[Pictures]:
    """The pictures in folders and files, after new ones have been fingerprinted; as `bring_up`, but without linkage."""
    model = settings.find_model()
    place = place_of(paths, db)
    progress(Progress("scan"))
    found = scan(paths, recursive=settings.recursive, exclude=[place.directory])
    with Store.open(place.directory, root=place.root, follow=place.follow) as store:
        refuse_to_leave_out(store, paths)
        if not gone:
            refuse_when_most_are_gone(store, found)
        if rehash:
            store.distrust_files()
        fingerprinted = fingerprint_scan(found, store, model, settings, progress=progress)
        scanned = Scanned(
            fingerprinted.n_fingerprinted,
            fingerprinted.n_reused,
            fingerprinted.skips,
            ignored=found.ignored,
            notes=store.notes(),
            left_out=found.left_out,
            look_alikes=found.look_alikes,
            other_names=_other_names(store),
        )
        yield Pictures(store, model.identity, scanned, place.beside)


def open_latest(
    store: Store,
    model: str | None = None,
    *,
    link: bool = True,
    n_threads: int | None = None,
    progress: OnProgress = silent,
) -> Collection:
    """The collection as its latest run left it. No files are scanned, and nothing is fingerprinted.

    Parameters
    ----------
    store
        An open store; it may be open for reading only.
    model
        `name@version`; default: that of the latest run.
    link
        Whether to make a dendrogram if the store keeps none of exactly these pictures. Otherwise the collection is
        provisional: its dendrogram keeps all pictures apart.
    n_threads
        Number of threads for the linkage; default: as in the latest run.
    progress
        Called as work goes on.

    Raises
    ------
    InputError
        There has been no run, or there are no fingerprints of this model; only with `link`.
    StoreError
        The database cannot be used; the message says what to do.

    """
    run = latest_run(store, model)
    model = model or (run.model if run else "")
    settings = settings_of(run) if run else Settings()
    if n_threads is not None:
        settings = replace(settings, n_threads=n_threads)
    leaves = store.leaves(model)
    if link and not len(leaves):
        raise InputError(
            f"{store.directory} has no fingerprints of {model or 'any model'}; run `imagecluster run` with this model"
            " first"
        )
    edits = current_edits(store, leaves)
    load_time = cache(partial(_time, leaves, store, settings, time.time()))
    occasions = _Occasions(leaves, store, model, settings, edits, progress)

    def key() -> str:
        if settings.within is not None and not link and occasions.kept is None:
            return ""  # to find them takes as long as to link
        return key_of(leaves, model, settings, load_time(), _bounds(occasions.within))

    tree = _kept(leaves, store, model, run, load_time, key)
    if tree is None and link:
        bounds = _bounds(occasions.within)
        tree = tree_of(
            leaves, store, model, settings, time=load_time(), bounds=bounds, progress=progress, only_kept=True
        )
    chosen = tree or Tree(all_apart(leaves), partial(vectors_of, leaves, store, model, load_time), None, "")
    return Collection(
        store=store,
        model=model,
        leaves=leaves,
        settings=settings,
        tree=chosen,
        scale=scale_of(model, settings.scale_name(model), chosen.dendrogram),
        branch_scale=branch_scale_of(model, settings.cut_name(model)),
        corrections=corrections_of(edits),
        load_time=load_time,
        load_within=lambda: occasions.within,
        load_occasions=lambda: occasions.table,
        choices=current_choices(store, leaves, edits),
        load_scanned=lambda: Scanned(
            n_fingerprinted=0,
            n_reused=len(leaves),
            skips=store.known_skips(),
            notes=store.notes(),
            other_names=_other_names(store),
        ),
        is_provisional=tree is None and len(leaves) > 0,
    )


def _other_names(store: Store) -> dict[str, tuple[str, ...]]:
    """Further names of pictures, as outputs give them."""
    return {os.fsdecode(file): tuple(map(os.fsdecode, names)) for file, names in store.other_names().items()}


def _kept(
    leaves: Leaves,
    store: Store,
    model: str,
    run: Run | None,
    load_time: Callable[[], TimeTerm | None],
    key: Callable[[], str],
) -> Tree | None:
    """The store's dendrogram of exactly these pictures: the one that the run remembers, else one of the same recipe."""
    if not len(leaves):
        return None
    remembered = str(run.settings.get(DENDROGRAM, "")) if run else ""
    if is_key_of(remembered, leaves.hashes):
        tree = kept_tree(leaves, store, model, remembered, load_time)
        if tree is not None:
            return tree
    of_recipe = key()
    return kept_tree(leaves, store, model, of_recipe, load_time) if of_recipe else None


def _time(leaves: Leaves, store: Store, settings: Settings, now_s: float) -> TimeTerm | None:
    """The part that time plays; None if it plays none."""
    if settings.time_weight == 0:
        return None
    from imagecluster.collection.times import time_term

    return time_term(leaves, store, settings.recipe, now_s=now_s)


class _Occasions:
    """The trips and events of a collection's pictures, found on first use."""

    def __init__(
        self,
        leaves: Leaves,
        store: Store,
        model: str,
        settings: Settings,
        edits: Sequence[Edit],
        progress: OnProgress,
    ) -> None:
        self._leaves = leaves
        self._store = store
        self._model = model
        self._settings = settings
        self._edits = edits
        self._progress = progress

    @cached_property
    def kept(self) -> ItemOccasions | None:
        """The tree, if it is kept."""
        from imagecluster.collection.occasions import kept_occasions

        return kept_occasions(self._leaves, self._store, self._model, self._edits)

    @cached_property
    def items(self) -> ItemOccasions:
        """The tree."""
        from imagecluster.collection.occasions import occasions_of

        return self.kept or occasions_of(
            self._leaves,
            self._store,
            self._model,
            self._edits,
            now_s=time.time(),
            n_threads=self._settings.n_threads,
            progress=self._progress,
        )

    @cached_property
    def within(self) -> Within | None:
        """The events or trips that no cluster crosses; None if the settings ask for none."""
        level = self._settings.within
        return None if level is None else Within(level, self.items.groups(level))

    @cached_property
    def table(self) -> OccasionTable | None:
        """What outputs tell of each picture; None if nobody has looked for trips and events."""
        from imagecluster.collection.occasions import are_wanted

        if self._settings.within is None and not are_wanted(self._store):
            return None
        from imagecluster.collection.events import named_events
        from imagecluster.collection.occasion_table import occasion_table

        edits, precision = event_edits_of(self._edits), self._settings.places
        return occasion_table(named_events(self._leaves, self._store, self.items, edits, precision=precision))


def _bounds(within: Within | None) -> Within | None:
    """The groups to link by themselves; None if there is only one, so that nothing is kept apart."""
    return within if within is not None and within.divides else None


def all_apart(leaves: Leaves) -> Dendrogram:
    """A dendrogram that is cut into single pictures at every similarity but 0, in the order of their paths."""
    import numpy as np

    n = len(leaves)
    order = np.array(sorted(range(n), key=leaves.keys.__getitem__), np.int64)
    merges = np.empty((max(0, n - 1), 4))
    if n > 1:
        steps = np.arange(n - 1)
        first = np.concatenate([order[:1], n + steps[:-1]])
        merges[:, :2] = np.sort(np.stack([first, order[1:]], axis=1), axis=1)
        merges[:, 2] = LARGEST_COSINE_DISTANCE
        merges[:, 3] = steps + 2
    return Dendrogram(
        merges, LARGEST_COSINE_DISTANCE if n > 1 else 0.0, order, np.full(max(0, n - 1), LARGEST_COSINE_DISTANCE)
    )
