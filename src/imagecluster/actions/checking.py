"""What is checked just before each step: every fact of the plan again, and that nothing is lost by it."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from imagecluster.actions.contents import Before, ChangedError, before_of, open_folder, opened, same_bytes, whole
from imagecluster.actions.held import ThroughLinkError, may_write
from imagecluster.actions.moves import Bases
from imagecluster.actions.plan import FileFacts, Link, NewFile, Plan, Step
from imagecluster.scan import items_of, pictures_in
from imagecluster.scan.known_folders import untouchable_reason

__all__ = ["Checked", "Checker", "RefusedError", "WhyNotSame", "told"]

WhyNotSame = Callable[[Path, Path], str]
"""Compares the pictures in two files: the reason why they are not known to be the same one; empty if they are."""


class RefusedError(Exception):
    """A step is not taken; `str(error)` is the reason, about `path`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class Checked(NamedTuple):
    """A step whose facts all hold."""

    files: tuple[Before, ...]
    """Of the file and its parts."""
    keep: Before | None
    written: tuple[tuple[NewFile, Before | None, bytes], ...]
    """What is to be written, and the file that it replaces, with its content."""


class Checker:
    """The checks of one plan, into one destination, with a journal beside a database."""

    def __init__(
        self, plan: Plan, to: object, database: Path, bases: Bases, why_not_same: WhyNotSame | None = None
    ) -> None:
        self._plan = plan
        self._why_not_same = why_not_same
        self._is_link = isinstance(to, Link)
        self._bases = bases
        self._kept = {step.keep.path: number for number, step in enumerate(plan.steps, 1) if step.keep is not None}
        self._references = plan.references
        self._reference_ids = _identities((*plan.references,))
        self._database_ids = _identities((database,))
        self._folders: dict[Path, str] = {}
        self._owners: dict[Path, dict[Path, set[Path]]] = {}

    def without_shared(self, step: Step) -> tuple[Step, tuple[Path, ...]]:
        """A step without those parts that belong to another picture too, which is still there; and these parts.

        In a plan, a sidecar of two pictures goes with the last of them; the step of the first may have been taken out
        by hand, or may have failed.
        """
        if not step.parts or self._is_link:
            return step, ()
        shared = tuple(part.path for part in step.parts if self._has_other_owner(part.path, step.file.path))
        parts = tuple(part for part in step.parts if part.path not in shared)
        return (replace(step, parts=parts) if shared else step), shared

    def _has_other_owner(self, part: Path, main: Path) -> bool:
        """Whether another picture than `main` is there that a file belongs to."""
        folder = part.parent
        if folder not in self._owners:  # as it is before the first of its files goes
            from imagecluster.decode import read_moment

            found: defaultdict[Path, set[Path]] = defaultdict(set)
            for item in items_of(pictures_in(folder), read=read_moment).values():
                for each in (*item.parts, *item.shared):
                    found[each].add(item.main)
            self._owners[folder] = found
        owners = self._owners[folder].get(part, set())
        return main in owners and any(os.path.lexists(each) for each in owners - {main})

    def check(self, step: Step) -> Checked:
        """What a step is about, as it is now.

        Raises
        ------
        RefusedError
            Something is not as it was planned, or must not be done.

        """
        if self._is_link and step.kind != "identical":
            raise RefusedError(step.file.path, "only a file with the same bytes can be replaced by a link")
        files = step.files[:1] if self._is_link else step.files
        for facts in files:
            self._refuse_places(facts.path)
        before = tuple(self._file(facts) for facts in files)
        keep = None if step.keep is None else self._keeper(step, step.keep, before)
        for facts, found in zip(files, before, strict=True):
            self._refuse_names(facts.path, found)
        if step.kind == "identical":
            self._compare(step)
        elif not step.is_compared and self._why_not_same is not None:
            self._refuse_other_picture(step, self._why_not_same)
        written = tuple(new for each in step.writes if (new := self._written(each)) is not None)
        return Checked(before, keep, written)

    def refuse_destination(self, folder: Path) -> str:
        """Why nothing may be moved into a folder; empty if it may."""
        return self._reason(folder / "x")

    def _refuse_places(self, path: Path) -> None:
        """Refuse a file that another step keeps, or that lies where nothing is touched."""
        if path in self._kept:
            raise RefusedError(path, f"step {self._kept[path]} of the plan keeps it, so that it must not go")
        reason = self._reason(path)
        if reason:
            raise RefusedError(path, reason)

    def _reason(self, path: Path) -> str:
        """Why a file is never touched for its place; empty if it may be."""
        if any(path.is_relative_to(reference) for reference in self._references):
            return "it is a reference, or inside one"
        with suppress(OSError):
            found = path.lstat()
            if (found.st_dev, found.st_ino) in self._reference_ids:
                return "it is a reference"
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = self._reason_of_folder(folder)
        return self._folders[folder]

    def _reason_of_folder(self, folder: Path) -> str:
        if not may_write(folder) and folder.exists():
            return "its folder cannot be written to"
        identities = {identity for each in (folder, *folder.parents) for identity in _identities((each,))}
        if not identities.isdisjoint(self._reference_ids):
            return "it is inside a reference"
        if not identities.isdisjoint(self._database_ids):
            return "it belongs to the database of imagecluster"
        return untouchable_reason(folder)

    def _file(self, facts: FileFacts) -> Before:
        """A file that is to go, as it is now."""
        try:
            with open_folder(facts.path.parent, self._bases) as folder:
                return before_of(folder, facts.path.name, facts)
        except OSError as error:
            raise RefusedError(facts.path, f"it {told(error)}") from None

    def _keeper(self, step: Step, keep: FileFacts, before: tuple[Before, ...]) -> Before:
        """The file that stays, as it is now: itself, readable, unchanged, and not one of those that go."""
        name = f"the file that stays, {self._plan.name(keep.path)},"
        try:
            with open_folder(keep.path.parent, self._bases) as folder:
                found = folder.look(keep.path.name)
                if found is not None and (found.st_dev, found.st_ino) in {(file.device, file.inode) for file in before}:
                    raise RefusedError(step.file.path, f"{name} is the same file under another name")
                kept = before_of(folder, keep.path.name, keep)
        except OSError as error:
            raise RefusedError(step.file.path, f"{name} {told(error)}") from None
        reason = untouchable_reason(keep.path.parent)
        if "trash" in reason or "recycle" in reason:
            raise RefusedError(step.file.path, f"{name} is in a trash")
        return kept

    def _refuse_names(self, path: Path, found: Before) -> None:
        """Refuse to replace one of several names of a file by a link: that frees nothing, and cannot be undone."""
        if self._is_link and found.n_names > 1:
            raise RefusedError(
                path, f"it has {found.n_names} names (hard links), so that replacing this one would free nothing"
            )

    def _refuse_other_picture(self, step: Step, why_not_same: WhyNotSame) -> None:
        """Refuse a file that is not known to show what the one that stays shows, as where a plan was edited."""
        assert step.keep is not None
        reason = why_not_same(step.file.path, step.keep.path)
        if reason:
            raise RefusedError(
                step.file.path,
                f"it is not known to be the same picture as {self._plan.name(step.keep.path)}, which the plan keeps for"
                f" it: {reason}. Put back the file that was kept for it, or make the plan anew",
            )

    def _compare(self, step: Step) -> None:
        """Refuse a file of kind "identical" whose bytes are not those of the one that stays."""
        assert step.keep is not None
        file, keep = step.file.path, step.keep.path
        try:
            with (
                open_folder(file.parent, self._bases) as folder,
                open_folder(keep.parent, self._bases) as other,
                opened(folder, file.name) as one,
                opened(other, keep.name) as two,
            ):
                is_same = same_bytes(one, two)
        except OSError as error:
            raise RefusedError(file, f"it {told(error)}") from None
        if not is_same:
            raise RefusedError(file, f"its bytes are not those of the file that stays, {self._plan.name(keep)}")

    def _written(self, new: NewFile) -> tuple[NewFile, Before | None, bytes] | None:
        """A file to write and what it replaces; None if another step has written it already."""
        reason = self._reason(new.path)
        if reason:
            raise RefusedError(new.path, f"it would be written, but {reason}")
        try:
            with open_folder(new.path.parent, self._bases) as folder:
                found = folder.look(new.path.name)
                if found is not None and stat.S_ISREG(found.st_mode) and found.st_size == len(new.data):
                    with opened(folder, new.path.name) as stream:
                        if whole(stream) == new.data:
                            return None
                if new.was is None:
                    if found is not None:
                        raise ChangedError("was to be written anew, but something has that name now")
                    return new, None, b""
                before = before_of(folder, new.path.name, new.was)
                with opened(folder, new.path.name) as stream:
                    return new, before, whole(stream)
        except OSError as error:
            raise RefusedError(new.path, f"it {told(error)}") from None


def told(error: OSError) -> str:
    """What is wrong with a file, in words that follow "it" or its name."""
    if isinstance(error, ThroughLinkError):
        return f"is reached through a link or a file in place of a folder, {error.path}; name its real place"
    if type(error).__str__ is not OSError.__str__:
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "is no longer there"
    return f"cannot be used: {(error.strerror or str(error)).lower()}"


def _identities(paths: tuple[Path, ...]) -> set[tuple[int, int]]:
    """Device and inode of those paths that exist."""
    found = set()
    for path in paths:
        with suppress(OSError):
            status = os.stat(path)  # noqa: PTH116 - links in a path that somebody named are followed
            found.add((status.st_dev, status.st_ino))
    return found
