"""Copies in a collection, as a plain function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from imagecluster.collection import Settings, latest_run, place_of, settings_of
from imagecluster.collection.copies import find_duplicates
from imagecluster.collection.copy_groups import ways_to
from imagecluster.collection.duplicates import Duplicates, DuplicateSettings
from imagecluster.collection.opening import bring_up_pictures
from imagecluster.models import is_retired
from imagecluster.scan import StrPath, as_paths
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, silent

__all__ = ["duplicates", "paths_with_references", "settings_of_latest_run"]


def duplicates(
    paths: Iterable[StrPath] | StrPath,
    settings: DuplicateSettings | None = None,
    *,
    db: StrPath | None = None,
    gone: bool = False,
    progress: OnProgress = silent,
) -> Duplicates:
    """Find the pictures of which there are copies: in other sizes and formats, cropped, turned, edited as a whole.

    New pictures are fingerprinted first, as by `run`, but nothing is clustered and no outputs are written. No file is
    changed: what may go is a plan, `Duplicates.plan()`, for `imagecluster.actions.apply`.

    Parameters
    ----------
    paths
        One folder or file, or several; the database is where `run` has it for the same paths.
    settings
        Which kinds of copies, which file of a group is kept; default: `DuplicateSettings()`.
    db
        Folder of the database; default: as for `run`.
    gone
        Whether most of the collection may be missing, because it was deleted for good; as for `run`.
    progress
        Called with a `Progress` as work goes on, from this thread.

    Returns
    -------
    Duplicates
        Groups of one file that is kept and others that are the same picture, each with evidence.

    Raises
    ------
    ArgumentError
        A setting is outside its range.
    InputError
        A path cannot be scanned, the database in `db` holds other pictures, or most of the collection is gone.
    StoreError
        The database cannot be used; the message says what to do.

    Examples
    --------
    >>> import imagecluster
    >>> found = imagecluster.duplicates("Pictures")  # doctest: +SKIP
    >>> for group in found.groups:  # doctest: +SKIP
    ...     print(group.kept.path, [(file.path, file.why) for file in group.removable])
    """
    wanted = settings or DuplicateSettings()
    given = paths_with_references(as_paths(paths), wanted.references)
    database = None if db is None else Path(db)
    of_run = settings_of_latest_run(place_of(given, database).directory)
    wanted = replace(wanted, max_pixels=max(wanted.max_pixels, of_run.max_pixels))
    if wanted.n_threads is not None:
        of_run = replace(of_run, n_threads=wanted.n_threads)
    with bring_up_pictures(given, of_run, db=database, gone=gone, progress=progress) as pictures:
        return find_duplicates(pictures.store, pictures.model, wanted, progress=progress)


def paths_with_references(paths: Sequence[Path], references: Sequence[Path]) -> list[Path]:
    """The paths, and those references that are in none of them: copies of their pictures are looked for too."""
    inside = {way for path in paths for way in ways_to(path)}
    others = [each for each in references if all(inside.isdisjoint((way, *way.parents)) for way in ways_to(each))]
    return [*paths, *others]


def settings_of_latest_run(directory: Path) -> Settings:
    """The settings of a collection, so that nothing is fingerprinted by another model; the default ones for a new one.

    A model that this version no longer has is replaced by the default one.
    """
    if not Store.exists(directory):
        return Settings()
    with Store.open(directory, writable=False) as store:
        run = latest_run(store)
    if run is None or is_retired(settings_of(run).model):
        return Settings()
    return replace(settings_of(run), verify=False)
