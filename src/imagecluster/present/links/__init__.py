"""Folders of links: each cluster a folder, each picture in it a link to the original or a copy of it."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH100, PTH102, PTH103, PTH110, PTH114, PTH115, PTH116, PTH118, PTH120, PTH208, PTH211

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from imagecluster.collection.report import cluster_folders
from imagecluster.errors import ArgumentError, OutputError
from imagecluster.present.links.names import distinct_names, longest_name_bytes
from imagecluster.present.links.tree import LINKS_MARKER, LinkKind, LinkTree, mark
from imagecluster.scan import StrPath

__all__ = ["LINKS_MARKER", "LinkKind", "LinkReport", "Unlinked", "make_links"]

_DEPTH = 3
"""Folders between a link and the folder that the whole tree lies in."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A picture that is missing from the tree, and why."""

    path: Path
    reason: str
    """One line."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What was built."""

    directory: Path
    """The tree, absolute."""
    kind: LinkKind
    folders: tuple[str, ...]
    """Folder of each cluster inside the tree, in the order of the clusters."""
    n_links: int
    unlinked: tuple[Unlinked, ...]
    """Pictures that could not be linked, mostly because they are gone by now."""
    kept: tuple[Path, ...]
    """Folders with files that lay in the former tree but were not made by it."""


def make_links(
    clusters: Sequence[Sequence[StrPath]],
    directory: Path,
    *,
    kind: LinkKind = "symlink",
    progress: Callable[[int], None] | None = None,
) -> LinkReport:
    """A tree `directory/cluster_with_N/cluster_i/name`, replacing the one that an earlier call built there.

    The tree is built beside its place and then swapped in, so that whatever happens, the former or the new one is
    complete. Files in the former tree that it did not make (a picture that an editor saved over its link, a hard
    link whose original was deleted) are not removed but kept in a folder beside it. One process at a time.

    A tree of symbolic links that is already as it should be is left as it is: on some file systems making a link
    takes as long as fingerprinting took.

    Parameters
    ----------
    clusters
        The pictures of each cluster. Names that are equal on some file system are numbered (`name_2.jpg`).
    directory
        The tree's own folder: absent, empty, or built by an earlier call.
    kind
        `symlink`: relative links, which still work when tree and pictures are moved together; absolute ones to
        another drive. `hardlink`: a second name for the same file. `copy`: with its modification time.
    progress
        Called with the number of pictures done, after each cluster.

    Raises
    ------
    ArgumentError
        `kind` is none of the three, or a picture lies inside `directory`.
    OutputError
        `directory` is not ours, cannot be written, or does not allow that kind of link.

    """
    if kind not in get_args(LinkKind):
        raise ArgumentError(f"kind is {kind!r}; it must be one of {', '.join(get_args(LinkKind))}")
    tree = LinkTree(directory)
    tree.refuse_pictures_inside(clusters)
    with _output_errors(tree.place):
        os.makedirs(tree.parent, exist_ok=True)
        kept = tree.recover()
        tree.claim(tree.place)
        builder = _Builder(tree, kind)
        if not builder.stands(clusters):
            try:
                builder.build(clusters, progress)
                tree.swap()
            except BaseException:
                tree.remove(tree.new)
                raise
            kept += tree.remove(tree.old)
    return LinkReport(
        directory=Path(tree.place),
        kind=kind,
        folders=cluster_folders(map(len, clusters)),
        n_links=builder.n_links,
        unlinked=tuple(builder.unlinked),
        kept=tuple(kept),
    )


@contextmanager
def _output_errors(place: str) -> Iterator[None]:
    """Maps whatever the file system says to OutputError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        where = os.fspath(error.filename) if error.filename else place
        raise OutputError(f"cannot write the link tree {place!r}: {reason} ({where!r})") from error


class _Builder:
    """Fills the new tree."""

    def __init__(self, tree: LinkTree, kind: LinkKind) -> None:
        self._tree = tree
        self._kind = kind
        self._given_parent = os.path.dirname(tree.given)
        self._device = os.stat(tree.parent).st_dev
        self._name_bytes = longest_name_bytes(tree.parent)
        self._prefixes: dict[str, str] = {}
        self.n_links = 0
        self.unlinked: list[Unlinked] = []

    def build(self, clusters: Sequence[Sequence[StrPath]], progress: Callable[[int], None] | None) -> None:
        """Makes the folders and all that is in them."""
        os.mkdir(self._tree.new)
        mark(self._tree.new, self._kind)
        n_done = 0
        for folder, links in self._plan(clusters):
            place = os.path.join(self._tree.new, folder)
            os.makedirs(place)
            for parent, original, name in links:
                self._link(parent, original, os.path.join(place, name))
            n_done += len(links)
            if progress is not None:
                progress(n_done)

    def stands(self, clusters: Sequence[Sequence[StrPath]]) -> bool:
        """Whether the tree in its place is exactly the one to build: these symbolic links, each to a picture."""
        if self._kind != "symlink" or not self._tree.is_of(self._kind):
            return False
        folders = {LINKS_MARKER}
        n_links = 0
        for folder, links in self._plan(clusters):
            place = os.path.join(self._tree.place, folder)
            folders |= {folder, os.path.dirname(folder)}
            try:
                if set(os.listdir(place)) != {name for _, _, name in links}:
                    return False
                for parent, original, name in links:
                    link = os.path.join(place, name)
                    if os.readlink(link) != self._prefix(parent) + original or not os.path.exists(link):
                        return False
            except OSError:
                return False
            n_links += len(links)
        if folders != self._tree.upper_levels():
            return False
        self.n_links = n_links
        return True

    def _plan(self, clusters: Sequence[Sequence[StrPath]]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
        """Folder of each cluster, and for each picture in it its own folder, its name and the link's name."""
        for folder, members in zip(cluster_folders(map(len, clusters)), clusters, strict=True):
            pictures = [os.path.split(picture) for picture in members]
            names = distinct_names([name for _, name in pictures], self._name_bytes)
            links = [(parent, original, name) for (parent, original), name in zip(pictures, names, strict=True)]
            yield os.path.join(*folder.split("/")), links

    def _link(self, parent: str, name: str, link: str) -> None:
        """One picture of the tree, or a note on why it is missing."""
        picture = os.path.join(parent, name)
        try:
            os.stat(picture)
        except OSError as error:
            self._leave_out(picture, error)
            return
        try:
            if self._kind == "symlink":
                os.symlink(self._prefix(parent) + name, link)
            elif self._kind == "hardlink":
                # Linux would make a second name for a symbolic link itself.
                os.link(os.path.realpath(picture) if os.path.islink(picture) else picture, link)
            else:
                shutil.copy2(picture, link)
        except OSError as error:
            if not os.access(picture, os.R_OK if self._kind == "copy" else os.F_OK):
                self._leave_out(picture, error)
                return
            raise _link_error(error, self._kind, picture, self._tree.place) from error
        self.n_links += 1

    def _leave_out(self, picture: str, error: OSError) -> None:
        """Takes note of a picture that cannot be linked."""
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = "the file is gone" if gone else (error.strerror or type(error).__name__).lower()
        self.unlinked.append(Unlinked(Path(picture), reason))

    def _prefix(self, folder: str) -> str:
        """What comes before a picture's name in a symbolic link to it, by the picture's folder."""
        if folder not in self._prefixes:
            target = self._target(os.path.abspath(folder))
            self._prefixes[folder] = target if target.endswith(os.sep) else target + os.sep
        return self._prefixes[folder]

    def _target(self, folder: str) -> str:
        """A folder as the links of this tree name it.

        The path as it was given is preferred to the resolved one, so that links inside the collection (a year that
        lies on another disk) are kept; but only if it leads there from where the tree really lies.
        """
        real = os.path.realpath(folder)
        if os.stat(folder).st_dev != self._device:
            return folder
        up = os.path.join(*[os.pardir] * _DEPTH)
        for picture_folder, start in ((folder, self._given_parent), (real, self._tree.parent)):
            try:
                relative = os.path.relpath(picture_folder, start)
            except ValueError:  # another drive, on Windows
                continue
            if os.path.realpath(os.path.join(self._tree.parent, relative)) == real:
                return up if relative == os.curdir else os.path.join(up, relative)
        return folder


def _link_error(error: OSError, kind: LinkKind, picture: str, place: str) -> OutputError:
    """What to do about a link that the file system refused."""
    if kind == "hardlink" and error.errno == errno.EXDEV:
        return OutputError(
            f"cannot make hard links to {picture!r} in {place!r}: they lie on different drives; use copy or symlink"
        )
    refused = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)
    no_privilege = getattr(error, "winerror", None) == 1314  # symbolic links need a privilege on Windows
    if kind != "copy" and (no_privilege or error.errno in refused):
        other = "hardlink" if kind == "symlink" else "symlink"
        reason = (error.strerror or "refused").lower()
        return OutputError(f"cannot make a {kind} to {picture!r} in {place!r}: {reason}; use {other} or copy")
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(f"cannot make a {kind} of {picture!r} in {place!r}: {reason}")
