"""Where the files of a step go: names in a trash, in a folder or in their own place, checked before the first step."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from imagecluster.actions import system_trash
from imagecluster.actions.checking import Checked, Checker, RefusedError
from imagecluster.actions.contents import Before, open_folder
from imagecluster.actions.held import HeldFolder, Volume, may_write
from imagecluster.actions.moves import Bases, Move, aside_name, numbered, unfinished_name
from imagecluster.actions.plan import Destination, Folder, Link, Plan, Step, Trash
from imagecluster.actions.plan_json import readable_size
from imagecluster.actions.trash import TrashCan, find_trash
from imagecluster.errors import OutputError

__all__ = ["Destinations", "refuse_inside"]

_SPARE_BYTES = 16 << 20
"""Free space that must remain on another drive, for folders and the file system itself."""


class Destinations:
    """The places of one plan's files.

    Raises
    ------
    OutputError
        They cannot go there: there is no trash, or the folder cannot be written to or has too little space. Nothing
        was moved.

    """

    def __init__(self, plan: Plan, to: Destination, bases: Bases, checker: Checker) -> None:
        self._plan = plan
        self._to = to
        self._bases = bases
        self._checker = checker
        self._cans: dict[Volume, TrashCan] = {}
        if isinstance(to, Trash):
            self._find_cans()
        elif isinstance(to, Folder):
            self._check_folder(to.path)

    def moves(self, step: Step, checked: Checked) -> tuple[Move, ...]:
        """The moves of a step: sidecars are written first, then the file and its parts go.

        Raises
        ------
        RefusedError
            A file cannot go there.
        OutputError
            There is no trash on the drive of this file.

        """
        written = [
            Move(
                "write", new.path, new.path, before, unfinished_name(new.path.name),
                aside_name(new.path.name) if before else "", data=new.data, old=old,
            )
            for new, before, old in checked.written
        ]  # fmt: skip
        files = list(zip((facts.path for facts in step.files), checked.files, strict=False))
        if isinstance(self._to, Link):
            return (*written, self._link(step, checked.files[0]))
        if isinstance(self._to, Trash):
            return (*written, *(self._into_trash(path, before) for path, before in files))
        return (*written, *self._into_folder(step, files))

    def _link(self, step: Step, before: Before) -> Move:
        assert isinstance(self._to, Link)
        assert step.keep is not None
        path = step.file.path
        unfinished = unfinished_name(path.name) if self._to.kind == "reflink" else ""
        return Move(self._to.kind, path, path, before, unfinished, aside_name(path.name), keep=step.keep.path)

    def _into_trash(self, path: Path, before: Before) -> Move:
        if system_trash.IS_USED:
            return Move("system", path, path, before, aside=aside_name(path.name))
        can = self._can(path.parent)
        for n in count(1):
            target, info = can.names_for(path.name, n)
            if not os.path.lexists(target) and not os.path.lexists(info):
                return Move("rename", path, target, before, info=info)
        raise AssertionError

    def _into_folder(self, step: Step, files: list[tuple[Path, Before]]) -> Iterator[Move]:
        wanted = [self._place(step, path) for path, _ in files]
        if wanted[0] == step.file.path:
            raise RefusedError(step.file.path, "it is there already")
        reason = self._checker.refuse_destination(wanted[0].parent)
        if reason:
            raise RefusedError(step.file.path, f"it would go to {wanted[0].parent}, but {reason}")
        for n in count(1):
            targets = [numbered(target, wanted[0], n) for target in wanted]
            if not any(os.path.lexists(target) for target in targets):
                break
        for (path, before), target in zip(files, targets, strict=True):
            is_near = _volume_of(path.parent, self._bases) == _volume_of(target.parent, self._bases)
            if is_near:
                yield Move("rename", path, target, before)
            elif before.n_names > 1:
                raise RefusedError(
                    path,
                    f"it has {before.n_names} names (hard links), which a move to another drive would tear apart; name"
                    " a folder on its own drive",
                )
            else:
                yield Move("copy", path, target, before, unfinished_name(target.name))

    def _place(self, step: Step, path: Path) -> Path:
        """Where a file goes in a folder, if the name is free there."""
        assert isinstance(self._to, Folder)
        if step.into:
            return self._to.path / step.into / path.name
        if path.is_relative_to(self._plan.root):
            return self._to.path / path.relative_to(self._plan.root)
        drive = path.drive.replace(":", "").replace("\\", "_")
        return self._to.path.joinpath(*([drive] if drive else []), *path.parts[1:])

    def _find_cans(self) -> None:
        """Find or make the trash of every drive."""
        if system_trash.IS_USED:
            system_trash.check()
            return
        for folder in dict.fromkeys(facts.path.parent for step in self._plan.steps for facts in step.files):
            if os.path.isdir(folder):  # noqa: PTH112 - a Path may raise
                self._can(folder)

    def _can(self, folder: Path) -> TrashCan:
        volume = _volume_of(folder, self._bases)
        if volume not in self._cans:
            self._cans[volume] = find_trash(folder, volume)
        return self._cans[volume]

    def _check_folder(self, path: Path) -> None:
        """Make the folder, and see that it can be written to and has enough space."""
        reason = self._checker.refuse_destination(path)
        if reason:
            raise OutputError(f"nothing can be moved to {path}: {reason}. Name another folder")
        try:
            with HeldFolder(path, path, create=True) as folder:
                volume = folder.volume
            if not may_write(path):
                raise PermissionError(errno.EACCES, "it cannot be written to")
        except OSError as error:
            raise OutputError(
                f"nothing can be moved to {path}: {(error.strerror or str(error)).lower()}. Name another folder"
            ) from None
        needed = sum(
            facts.size_bytes
            for step in self._plan.steps
            for facts in step.files
            if _volume_of(facts.path.parent, self._bases) != volume
        )
        if needed and hasattr(os, "statvfs"):
            found = os.statvfs(path)
            free = found.f_bavail * found.f_frsize
            if needed + _SPARE_BYTES > free:
                raise OutputError(
                    f"the drive of {path} has {readable_size(free)} free, and {readable_size(needed)} would be copied"
                    " there from another drive. Nothing was moved; name a folder on the drive of the pictures"
                )


def refuse_inside(to: Destination, folders: Iterable[Path]) -> None:
    """Raise OutputError if files would go to a place inside the folders in which they are searched for.

    The next search would find them again, and might keep them in place of those that have stayed.
    """
    if not isinstance(to, Folder):
        return
    real = Path(os.path.realpath(to.path))  # it need not be there yet
    inside = next((folder for folder in folders if real.is_relative_to(os.path.realpath(folder))), None)
    if inside is not None:
        raise OutputError(
            f"nothing was moved to {to.path}: it lies in {inside}, where the next search would find the files again,"
            " and might keep them in place of those that stay. Name a folder elsewhere"
        )


def _volume_of(folder: Path, bases: Bases) -> Volume:
    """The file system of a folder, or of the nearest folder above it that exists."""
    for path in (folder, *folder.parents):
        try:
            with open_folder(path, bases) as held:
                return held.volume
        except OSError:
            continue
    return Volume(0, 0)
