"""Plans applied, undone and listed, as plain functions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from imagecluster import actions
from imagecluster.actions import ActionRecord, Applied, Destination, Folder, Link, LinkKind, Plan, Trash, Undone
from imagecluster.collection import locate
from imagecluster.collection.copies import why_not_same
from imagecluster.errors import ArgumentError, InputError
from imagecluster.scan import StrPath, absolute, as_paths
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, silent


def apply_plan(
    plan: Plan | StrPath,
    *,
    to: StrPath = "trash",
    link: LinkKind | None = None,
    db: StrPath | None = None,
    progress: OnProgress = silent,
) -> Applied:
    """Take the steps of a plan: move files to the trash or into a folder, or replace equal files by links.

    Just before each step every fact in the plan is checked again. What fails is left as it was, and named; a file that
    is kept for another one never goes. Two files that the plan calls the same picture by no comparison of its own, as
    where somebody has edited it, are compared first. `undo` takes all of it back.

    Parameters
    ----------
    plan
        A plan, or the file of one.
    to
        "trash", or the path of a folder, in which files keep their places in the tree; nothing there is overwritten.
        For a folder that is called trash, write "./trash".
    link
        In place of `to`: the kind of link, "hard", "reflink" or "symbolic", by which files with the same bytes are
        replaced.
    db
        Folder of the database, which gets the journal; default: as for `run` on the folder of the plan.
    progress
        Called with a `Progress` as work goes on, from this thread.

    Returns
    -------
    Applied
        `number` of the action for `undo` (None if nothing was done), and what was `done`, `left` and done `earlier`.

    Raises
    ------
    ArgumentError
        The plan contradicts itself or cannot be read; the message names the step or the line.
    InputError
        There is no database.
    OutputError
        The files cannot go there; nothing was moved. Or the journal cannot be written any more: what was done stays
        done.
    StoreError
        Another process is acting, or the journal is damaged.
    """
    if link is not None and to != "trash":
        raise ArgumentError("files are either replaced by links or moved: give `link` or `to`, not both")
    if not os.fspath(to):
        raise ArgumentError('the folder to move files to has no name; give its path, or "trash"')
    found = plan if isinstance(plan, Plan) else actions.read_plan(Path(plan))
    where: Destination = Link(link) if link is not None else Trash()
    if to != "trash":
        where = Folder(Path(absolute(Path(to))))
    if db is None and any(step.kind != "moved" for step in found.steps):
        actions.refuse_inside(where, [found.root])
    return actions.apply(found, where, _database(found.root, db), why_not_same=why_not_same, progress=progress)


def undo(
    path: StrPath,
    number: int | None = None,
    *,
    files: Iterable[StrPath] | StrPath = (),
    db: StrPath | None = None,
    dry_run: bool = False,
    progress: OnProgress = silent,
) -> Undone:
    """Undo an action on files, or a part of it: they are back with their content, times, permissions and attributes.

    Nothing is overwritten: where something else has a file's name by now, the file gets one with a number.

    Parameters
    ----------
    path
        Folder of the collection.
    number
        Number of the action; default: the latest that is not undone.
    files
        Only these files, by the paths that they had before, absolute or inside the collection's folder; a file comes
        with its parts. Default: all of the action.
    db
        Folder of the database; default: as for `run`.
    dry_run
        Whether to change nothing, and only say what would come back.
    progress
        Called with a `Progress` as work goes on, from this thread.

    Returns
    -------
    Undone
        `number` of the action, and which files are `done` (back) and `left`, with reasons.

    Raises
    ------
    ArgumentError
        There is no such action, it was undone already, or it has no such file.
    InputError
        There is no database.
    OutputError
        The journal cannot be read or written.
    StoreError
        Another process is acting, or the journal is damaged.
    """
    journal = _database(Path(absolute(Path(path))), db)
    return actions.undo(journal, number, as_paths(files), dry_run=dry_run, progress=progress)


def list_actions(path: StrPath, *, db: StrPath | None = None) -> tuple[ActionRecord, ...]:
    """What was done with files of a collection, oldest first, with where each file is now and what was undone.

    Parameters
    ----------
    path
        Folder of the collection.
    db
        Folder of the database; default: as for `run`.

    Returns
    -------
    tuple of ActionRecord
        With `number`, `made_s`, `command`, `to` and `steps`.

    Raises
    ------
    InputError
        There is no database.
    StoreError, OutputError
        The journal is damaged, or cannot be read.
    """
    return actions.list_actions(_database(Path(absolute(Path(path))), db))


def _database(root: Path, db: StrPath | None) -> Path:
    """Folder of an existing database."""
    directory = locate(root, None if db is None else Path(db)).directory
    if not Store.exists(directory):
        raise InputError(
            f"there is no database of imagecluster in {directory}: sort the folder first, or name it by db"
        )
    return directory
