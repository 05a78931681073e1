"""Building a tree of links or copies: `cluster_with_N/cluster_i/name`, or folders with names of their own."""

# os.path on text throughout: over 500,000 pictures a Path costs more than the link.
# ruff: noqa: PTH100, PTH110, PTH114, PTH115, PTH116, PTH118, PTH120, PTH208

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from imagecluster.collection.report import cluster_folders
from imagecluster.errors import ArgumentError, LinksRefusedError, OutputError
from imagecluster.present.links.names import distinct_names, longest_name_bytes
from imagecluster.present.owned_tree import RECORD_NAME, IsElsewhere, OwnedTree, copied_key, key_of, nowhere, record_end
from imagecluster.scan import StrPath
from imagecluster.system.progress import OnProgress, Progress, silent
from imagecluster.system.safe_files import OwnFolder, unfinished_name

LINKS_MARKER = ".imagecluster-links"
"""Name of the file that marks a folder as a link tree of ours. A folder without it is never removed."""

LinkKind = Literal["symlink", "hardlink", "copy"]

_MARKER_TEXT = """imagecluster link tree 2
kind: {kind}

imagecluster makes this folder anew at each run and removes what it made before.
Keep nothing of your own in it. It may be deleted; the pictures that it shows lie elsewhere{but}.
"""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A picture that is missing from the tree, and the reason."""

    path: Path
    reason: str
    """One line."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """The tree that was built."""

    directory: Path
    """Absolute path of the tree."""
    kind: LinkKind
    folders: tuple[str, ...]
    """Folder of each cluster inside the tree, in the order of the clusters."""
    n_links: int
    unlinked: tuple[Unlinked, ...]
    """Pictures that could not be linked, mostly because they no longer exist."""
    kept: tuple[Path, ...]
    """Folders with files that lay in the former tree but were not part of it."""


def make_links(
    clusters: Sequence[Sequence[StrPath]] | Mapping[str, Sequence[StrPath]],
    directory: Path,
    *,
    kind: LinkKind = "symlink",
    progress: OnProgress = silent,
    within: OwnFolder | None = None,
    is_elsewhere: IsElsewhere = nowhere,
) -> LinkReport:
    """Build a tree `directory/cluster_with_N/cluster_i/name`, replacing the one that an earlier call built there.

    Folders may have other names, and lie at any depth.

    The tree is built beside its place and then swapped in, so that whatever happens, the former or the new one is
    complete. Anything in the former tree that imagecluster did not make (a picture that an editor saved over its link
    or copy, somebody's folder or hidden file) is not removed but kept in a folder beside it, and so are a hard link and
    a copy whose original was deleted. Only one process may build a tree at a time.

    A tree that is already as it should be is left untouched: on some file systems, making a link takes as long as
    fingerprinting did.

    Parameters
    ----------
    clusters
        The pictures of each cluster, or of each folder by its path in the tree, with `/` between folders; no two of
        them are equal on any file system, and none holds another. Names of pictures that some file system
        treats as equal are numbered (`name_2.jpg`).
    directory
        The tree's own folder: absent, empty, or built by an earlier call.
    kind
        `symlink`: relative links, which still work when tree and pictures are moved together; absolute ones to
        another drive. `hardlink`: a second name for the same file. `copy`: with its modification time.
    progress
        Called after each cluster, with the number of pictures linked so far.
    within
        The folder in which `directory` lies, if it is held open.
    is_elsewhere
        Whether a picture with a content exists, given as its 128-bit XXH3 digest. It tells that a copy is not the last
        one although its original was renamed, or was one of several equal pictures.

    Raises
    ------
    ArgumentError
        `kind` is none of the three, a picture lies inside `directory`, or a folder holds another one.
    LinksRefusedError
        The file system does not allow that kind of link; the former tree is as it was.
    OutputError
        `directory` is not ours (a link is not), or cannot be written.

    """
    if kind not in get_args(LinkKind):
        raise ArgumentError(f"kind is {kind!r}; it must be one of {', '.join(get_args(LinkKind))}")
    folders = _by_folder(clusters)
    with (
        _output_errors(directory),
        OwnedTree(
            directory,
            marker=LINKS_MARKER,
            text=_marker_text("symlink"),
            what="link tree",
            within=within,
            is_elsewhere=is_elsewhere,
        ) as tree,
    ):
        _refuse_pictures_inside(folders.values(), tree.place)
        kept = tree.recover()
        builder = _Builder(tree, kind, folders)
        if not builder.stands():
            with tree.building(_marker_text(kind)) as (folder, record):
                builder.build(folder, record, progress)
            kept += tree.swap()
        return LinkReport(
            directory=Path(tree.place),
            kind=kind,
            folders=tuple(folders),
            n_links=builder.n_links,
            unlinked=tuple(builder.unlinked),
            kept=tuple(kept),
        )


def _marker_text(kind: LinkKind) -> str:
    return _MARKER_TEXT.format(kind=kind, but=" (these are copies)" if kind == "copy" else "")


def _by_folder(
    clusters: Sequence[Sequence[StrPath]] | Mapping[str, Sequence[StrPath]],
) -> Mapping[str, Sequence[StrPath]]:
    """The pictures of each folder of the tree."""
    if not isinstance(clusters, Mapping):
        return dict(zip(cluster_folders(map(len, clusters)), clusters, strict=True))
    for where in clusters:
        *above, name = _with_parents(where)
        if not all(part not in ("", os.curdir, os.pardir) for part in name.split("/")):
            raise ArgumentError(f"{where!r} is not the path of a folder in a tree")
        both = next((folder for folder in above if folder in clusters), None)
        if both is not None:
            raise ArgumentError(f"the folder {both!r} cannot hold both pictures and the folder {where!r}")
    return clusters


def _refuse_pictures_inside(clusters: Iterable[Sequence[StrPath]], place: str) -> None:
    """Refuse pictures inside the tree: the next call would remove them."""
    inside = place + os.sep
    for folder in {os.path.dirname(picture) for members in clusters for picture in members}:
        if (os.path.realpath(folder) + os.sep).startswith(inside):
            raise ArgumentError(
                f"pictures in {folder!r} are inside the link tree {place!r}, which is removed when it is "
                "built anew; choose another place for the tree"
            )


@contextmanager
def _output_errors(directory: Path) -> Iterator[None]:
    """Turn errors of the file system into OutputError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        place = os.path.abspath(directory)
        where = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else place
        raise OutputError(f"cannot write the link tree {place!r}: {reason} ({where!r})") from error


class _Builder:
    """Fills the new tree, or finds that the former one is already the same."""

    def __init__(self, tree: OwnedTree, kind: LinkKind, folders: Mapping[str, Sequence[StrPath]]) -> None:
        self._tree = tree
        self._kind = kind
        self._folders = folders
        self._given_parent = os.path.dirname(tree.given)
        self._device = os.stat(tree.parent).st_dev
        self._name_bytes = longest_name_bytes(tree.parent)
        self._prefixes: dict[tuple[int, str], str] = {}
        self.n_links = 0
        self.unlinked: list[Unlinked] = []

    def build(self, top: OwnFolder, record: BinaryIO, progress: OnProgress) -> None:
        """Make the folders and everything in them."""
        n_done, n_pictures = 0, sum(map(len, self._folders.values()))
        for where, links in self._plan():
            with ExitStack() as levels:
                folder = top
                for above in _with_parents(where):
                    record.write(key_of("folder", above) + record_end())
                    folder = levels.enter_context(folder.child(above.rpartition("/")[2], create=True))
                for parent, original, link in links:
                    self._link(folder, parent, original, f"{where}/{link}", record)
            n_done += len(links)
            progress(Progress("links", n_done, n_pictures))

    def stands(self) -> bool:
        """Whether the existing tree is exactly the one to build, with a link or copy of each picture.

        It is looked at by paths, which is a third faster than by folders held open: nothing is written.
        """
        if f"kind: {self._kind}".encode() not in self._tree.marked().splitlines():
            return False
        n_links, folders = 0, {LINKS_MARKER, RECORD_NAME}
        try:
            for where, links in self._plan():
                place = os.path.join(self._tree.place, *where.split("/"))
                folders.update(_with_parents(where))
                if set(os.listdir(place)) != {name for _, _, name in links} or os.path.islink(place):
                    return False
                if not all(
                    self._is_as_made(parent, original, os.path.join(place, name), _depth(where))
                    for parent, original, name in links
                ):
                    return False
                n_links += len(links)
            if _upper_levels(self._tree.place, self._folders) != folders:
                return False
        except OSError:
            return False
        self.n_links = n_links
        return True

    def _is_as_made(self, parent: str, original: str, link: str, depth: int) -> bool:
        """Whether a link or copy is the one to make, and its picture exists."""
        if self._kind == "symlink":
            return os.readlink(link) == self._prefix(parent, depth) + original and os.path.exists(link)
        made, picture = os.lstat(link), os.stat(os.path.join(parent, original))
        if self._kind == "hardlink":
            return os.path.samestat(made, picture)
        same = (made.st_size, made.st_mtime_ns) == (picture.st_size, picture.st_mtime_ns)
        return same and stat.S_ISREG(made.st_mode) and not os.path.samestat(made, picture)

    def _plan(self) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
        """Each folder, with the folder, the name and the link's name of each picture in it."""
        for folder, members in self._folders.items():
            pictures = [os.path.split(picture) for picture in members]
            names = distinct_names([name for _, name in pictures], self._name_bytes)
            links = [(parent, original, name) for (parent, original), name in zip(pictures, names, strict=True)]
            yield folder, links

    def _link(self, folder: OwnFolder, parent: str, name: str, where: str, record: BinaryIO) -> None:
        """Add one picture to the tree, or note why it is missing."""
        picture = os.path.join(parent, name)
        try:
            os.stat(picture)
        except OSError as error:
            self._leave_out(picture, error)
            return
        link = where.rpartition("/")[2]
        try:
            if self._kind == "symlink":
                target = self._prefix(parent, _depth(where.rpartition("/")[0])) + name
                record.write(key_of("symlink", where, os.fsencode(target)) + record_end())
                folder.symlink(target, link)
            elif self._kind == "hardlink":
                record.write(key_of("hardlink", where) + record_end())
                # Linux would make a second name for a symbolic link itself.
                folder.hardlink(os.path.realpath(picture) if os.path.islink(picture) else picture, link)
            else:
                self._copy(folder, picture, where, record)
        except OSError as error:
            if not os.access(picture, os.R_OK if self._kind == "copy" else os.F_OK):
                self._leave_out(picture, error)
                return
            raise _link_error(error, self._kind, picture, folder, self._tree.place) from error
        self.n_links += 1

    def _copy(self, folder: OwnFolder, picture: str, where: str, record: BinaryIO) -> None:
        """Copy a picture with its times, permissions and attributes; the copy gets its name when it is complete."""
        link = where.rpartition("/")[2]
        unfinished = unfinished_name(link)
        with open(picture, "rb") as source, folder.create(unfinished) as target:  # noqa: PTH123
            key = copied_key(where, source, target)
            target.flush()
            _copy_status(picture, target, folder.path / unfinished)
        original = self._relative(os.path.realpath(picture))
        record.write(key + record_end(original))
        folder.rename(unfinished, link)

    def _relative(self, picture: str) -> str:
        """Path of a picture relative to the folder that holds the tree, if both may be moved together."""
        if os.stat(picture).st_dev != self._device:
            return picture
        with suppress(ValueError):  # another drive, on Windows
            return os.path.relpath(picture, self._tree.parent)
        return picture

    def _leave_out(self, picture: str, error: OSError) -> None:
        """Note a picture that cannot be linked."""
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = "the file is gone" if gone else (error.strerror or type(error).__name__).lower()
        self.unlinked.append(Unlinked(Path(picture), reason))

    def _prefix(self, folder: str, depth: int) -> str:
        """The part before the picture's name in a symbolic link to a picture in a folder.

        `depth` is the number of folders between the link and the folder that the whole tree lies in.
        """
        if (depth, folder) not in self._prefixes:
            target = self._target(os.path.abspath(folder), depth)
            self._prefixes[depth, folder] = target if target.endswith(os.sep) else target + os.sep
        return self._prefixes[depth, folder]

    def _target(self, folder: str, depth: int) -> str:
        """A folder as the links of this tree refer to it.

        The given path is preferred to the resolved one, so that links inside the collection (a year that
        lies on another disk) are kept; but only if it leads there from where the tree really lies.
        """
        real = os.path.realpath(folder)
        if os.stat(folder).st_dev != self._device:
            return folder
        up = os.path.join(*[os.pardir] * depth)
        for picture_folder, start in ((folder, self._given_parent), (real, self._tree.parent)):
            try:
                relative = os.path.relpath(picture_folder, start)
            except ValueError:  # another drive, on Windows
                continue
            if os.path.realpath(os.path.join(self._tree.parent, relative)) == real:
                return up if relative == os.curdir else os.path.join(up, relative)
        return folder


def _upper_levels(place: str, folders: Iterable[str]) -> set[str]:
    """Everything in a tree above its folders of pictures; nothing if one of the folders above them is a link."""
    found = set[str]()
    for folder in {"", *(above for where in folders for above in _with_parents(where)[:-1])}:
        if folder and os.path.islink(os.path.join(place, folder)):
            return set()
        names = os.listdir(os.path.join(place, folder))
        found.update(f"{folder}/{name}" if folder else name for name in names)
    return found


def _depth(where: str) -> int:
    """Number of folders between a link in a folder of the tree and the folder that the whole tree lies in."""
    return 2 + where.count("/")


def _with_parents(where: str) -> list[str]:
    """A path in the tree, after those of the folders above it."""
    parts = where.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _copy_status(picture: str, copy: BinaryIO, path: Path) -> None:
    """Give a copy the original's permissions, attributes and times, as far as its file system has them."""
    if os.utime not in os.supports_fd:
        shutil.copystat(picture, path)
        return
    status, descriptor = os.stat(picture), copy.fileno()
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    with suppress(OSError, AttributeError):  # not every system has attributes
        for name in os.listxattr(picture):
            os.setxattr(descriptor, name, os.getxattr(picture, name))
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def _link_error(error: OSError, kind: LinkKind, picture: str, folder: OwnFolder, place: str) -> OutputError:
    """The error for a link that the file system refused, with what works there."""
    refused = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EINVAL, errno.EXDEV)
    no_privilege = getattr(error, "winerror", None) == 1314  # symbolic links need a privilege on Windows
    reason = (error.strerror or type(error).__name__).lower()
    if kind == "copy" or not (no_privilege or error.errno in refused):
        return OutputError(f"cannot make a {kind} of {picture!r} in {place!r}: {reason}")
    other: LinkKind = "hardlink" if kind == "symlink" else "symlink"
    cure = f"use {other} or copy" if _is_possible(other, picture, folder) else "this drive knows no links: use copy"
    if kind == "hardlink" and error.errno == errno.EXDEV:
        reason = "they are on different drives"
    return LinksRefusedError(f"cannot make a {kind} to {picture!r} in {place!r}: {reason}; {cure}")


def _is_possible(kind: LinkKind, picture: str, folder: OwnFolder) -> bool:
    """Whether a folder can hold a kind of link to a picture."""
    trial = unfinished_name("trial")
    try:
        (folder.symlink if kind == "symlink" else folder.hardlink)(os.path.realpath(picture), trial)
        folder.unlink(trial)
    except OSError:
        return False
    return True
