"""What is to be done with files: facts about them, steps, and a plan of steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from imagecluster.errors import ArgumentError

__all__ = [
    "KINDS",
    "MOST_WRITTEN_BYTES",
    "SYMBOLIC_WARNING",
    "Destination",
    "FileFacts",
    "Folder",
    "Link",
    "LinkKind",
    "NewFile",
    "Plan",
    "Step",
    "Trash",
]

KINDS_WITH_KEEPER = ("identical", "pixels", "copy")
KINDS_BY_LOOKS = ("pixels", "copy")
KINDS_ALONE = ("rejected", "moved")
KINDS = (*KINDS_WITH_KEEPER, *KINDS_ALONE)
"""Kinds of steps: copies, for which another file stays, and what somebody chose file by file."""

SIDECAR_SUFFIX = ".xmp"
"""Suffix of the files that a step may write; it never writes a picture."""

MOST_WRITTEN_BYTES = 4 << 20
"""A sidecar that a step replaces is kept in the journal, which is no place for pictures."""

LinkKind = Literal["hard", "reflink", "symbolic"]
LINK_KINDS: tuple[LinkKind, ...] = ("hard", "reflink", "symbolic")

SYMBOLIC_WARNING = (
    "a symbolic link holds nothing itself: if the file that stays is moved, renamed or deleted, every symbolic link to"
    " it leads nowhere, and backups may hold only the links"
)
"""What to say before files are replaced by symbolic links."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it was when a plan was made; it is acted on only while all of this holds."""

    path: Path
    """Absolute."""
    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    """128-bit xxh3 of the content, 16 bytes."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A small file that a step writes, such as a sidecar."""

    path: Path
    """Absolute."""
    data: bytes
    was: FileFacts | None = None
    """The file that it replaces; None if there must be none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One file that goes, with its parts, and the file that stays for it."""

    file: FileFacts
    parts: tuple[FileFacts, ...] = ()
    """Files that belong to it (sidecars, a RAW file, the film of a live photo): they go where it goes, or nothing
    does. Where the file is replaced by a link they stay."""
    keep: FileFacts | None = None
    """The file that stays for it; None for "rejected" and "moved"."""
    kind: str = "rejected"
    """"identical", "pixels" or "copy", which need `keep`; "rejected" or "moved" if somebody chose this file."""
    why: str = ""
    """The reason, for people."""
    into: str = ""
    """Folder below the destination, `/` between names, in place of the file's own folders; only for a `Folder`."""
    writes: tuple[NewFile, ...] = ()
    """Files to write before the file goes; undone with the step."""
    compared: frozenset[bytes] = frozenset()
    """Hashes of the two contents whose comparison this step rests on; empty if it rests on none."""

    @property
    def files(self) -> tuple[FileFacts, ...]:
        """The file and its parts."""
        return (self.file, *self.parts)

    @property
    def is_compared(self) -> bool:
        """Whether it is known that the file and the one that stays for it show the same, by comparison or bytes."""
        if self.keep is None or self.kind not in KINDS_BY_LOOKS:
            return True
        pair = {self.file.content_hash, self.keep.content_hash}
        return len(pair) == 1 or pair == self.compared


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that are to be taken, in this order.

    Raises
    ------
    ArgumentError
        A step contradicts itself or another one; the message names it.

    """

    root: Path
    """Folder of the collection, absolute. Files may also lie elsewhere."""
    steps: tuple[Step, ...]
    made_s: float
    """When the facts were gathered, seconds since 1970."""
    command: str = ""
    """What made the plan, for people."""
    references: tuple[Path, ...] = ()
    """Files and folders that are never touched, absolute."""

    def __post_init__(self) -> None:
        if not 0 <= self.made_s < _LATEST_S:
            raise ArgumentError(f"{self.made_s:g} is not when a plan was made, in seconds since 1970")
        for path in (self.root, *self.references):
            if not _is_whole(path):
                raise ArgumentError(f"{os.fspath(path)!r} is not an absolute path without '..'")
        kept = {step.keep.path for step in self.steps if step.keep is not None}
        seen: dict[Path, tuple[int, NewFile | None]] = {}
        for number, step in enumerate(self.steps, start=1):
            touched: dict[Path, NewFile | None] = {new.path: new for new in step.writes}
            touched.update((file.path, None) for file in step.files)
            fault = next(_faults(step), "")
            if not fault and not kept.isdisjoint(new.path for new in step.writes):
                fault = "it would write a file that a step keeps"
            # Several files may leave what they know in one sidecar, whose whole content each of them gives.
            again = [path for path, new in touched.items() if path in seen and (new is None or seen[path][1] != new)]
            if not fault and again:
                fault = f"{str(again[0])!r} is also in step {seen[again[0]][0]}; every file can go only once"
            if fault:
                raise ArgumentError(f"step {number} ({self.name(step.file.path)!r}): {fault}")
            seen.update((path, (number, new)) for path, new in touched.items())

    def name(self, path: Path) -> str:
        """A path as plans and tables show it: relative to `root` where it lies inside, `/` between names."""
        inside = path.is_relative_to(self.root) and path != self.root
        return path.relative_to(self.root).as_posix() if inside else os.fspath(path)

    @property
    def size_bytes(self) -> int:
        """Size of all files that go, with their parts."""
        return sum(file.size_bytes for step in self.steps for file in step.files)


@dataclass(frozen=True, slots=True)
class Trash:
    """Destination: the trash of the system, on the same drive as each file."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Destination: a folder, in which files keep their places in the tree. Nothing in it is ever overwritten."""

    path: Path


@dataclass(frozen=True, slots=True)
class Link:
    """Destination of equal files: each is replaced by a link to the file that stays for it.

    A hard link is a second name of that file; a reflink a file of its own that shares the space on disk; a symbolic
    link leads to it (see `SYMBOLIC_WARNING`).
    """

    kind: LinkKind

    def __post_init__(self) -> None:
        if self.kind not in LINK_KINDS:
            raise ArgumentError(f"{self.kind!r} is not a kind of link; allowed are {', '.join(LINK_KINDS)}")


Destination = Trash | Folder | Link


def _faults(step: Step) -> Iterator[str]:
    """What is wrong with a step in itself."""
    if step.kind not in KINDS:
        yield f"{step.kind!r} is not a kind of step; allowed are {', '.join(KINDS)}"
    if step.kind in KINDS_WITH_KEEPER and step.keep is None:
        yield f"a step of kind {step.kind!r} names the file that stays (keep); without one, use 'rejected'"
    if step.kind in KINDS_ALONE and step.keep is not None:
        yield f"a step of kind {step.kind!r} names no file that stays (keep); use 'copy' if it is one"
    own = [file.path for file in step.files]
    if len({*own}) != len(own):
        yield "a file is its own part"
    if step.keep is not None and step.keep.path in own:
        yield "the file that stays (keep) is the one that goes, or a part of it"
    if step.kind == "identical" and step.keep is not None and not _is_equal(step.file, step.keep):
        yield "the file that stays (keep) has other bytes, so that the kind is not 'identical'"
    for facts in (*step.files, *([step.keep] if step.keep else []), *(new.was for new in step.writes if new.was)):
        yield from _faults_of_facts(facts)
    into = PurePosixPath(step.into)
    if into.is_absolute() or ".." in into.parts or "\\" in step.into or not _is_name(step.into):
        yield f"{step.into!r} is not a folder below the destination (into)"
    for new in step.writes:
        if not _is_whole(new.path) or step.keep is None or not _is_sidecar(new.path, step.keep.path):
            yield f"{str(new.path)!r} is not a sidecar ({SIDECAR_SUFFIX}) of the file that stays, and is never written"
        if max(len(new.data), new.was.size_bytes if new.was else 0) > MOST_WRITTEN_BYTES:
            yield f"{str(new.path)!r} is larger than {MOST_WRITTEN_BYTES >> 20} MiB, the most that a step writes"
        if new.was is not None and new.was.path != new.path:
            yield f"{str(new.path)!r} would replace another file, {str(new.was.path)!r}"


def _is_sidecar(path: Path, picture: Path) -> bool:
    """Whether a path is that of a sidecar of a picture: x.xmp or x.jpg.xmp beside x.jpg."""
    is_beside = path.parent == picture.parent and path.stem in (picture.stem, picture.name)
    return is_beside and path.suffix.lower() == SIDECAR_SUFFIX


def _faults_of_facts(facts: FileFacts) -> Iterator[str]:
    if not _is_whole(facts.path):
        yield f"{os.fspath(facts.path)!r} is not an absolute path without '..'"
    if len(facts.content_hash) != 16 or not (0 <= facts.size_bytes < _TOO_LARGE and abs(facts.mtime_ns) < _TOO_LARGE):
        yield f"the facts about {os.fspath(facts.path)!r} are not those of a file (16 bytes of hash, a size)"


def _is_equal(one: FileFacts, other: FileFacts) -> bool:
    return (one.size_bytes, one.content_hash) == (other.size_bytes, other.content_hash)


_TOO_LARGE = 1 << 63
_LATEST_S = 250_000_000_000.0


def _is_whole(path: Path) -> bool:
    """Whether a path is absolute and means what it says."""
    is_absolute = path.is_absolute() and ".." not in path.parts and path.name != ""
    return is_absolute and _is_name(os.fspath(path))


def _is_name(text: str) -> bool:
    """Whether the system can have a name like this."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
