"""Groups of copies: what they hold, as JSON, and as a plan of what may go."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagecluster.corrections import Best, Decisions, KeepAll, NotCopies
from imagecluster.decode import MAX_PIXELS
from imagecluster.errors import ArgumentError
from imagecluster.records import CopyEvidence, CopyKind, Place, Skip, Taken

if TYPE_CHECKING:
    from imagecluster.actions import NewFile, Plan, Step
    from imagecluster.scan import Item

__all__ = [
    "KINDS",
    "REMOVABLE",
    "SHOWN",
    "CopyGroup",
    "DuplicateSettings",
    "Duplicates",
    "GroupFile",
    "best",
    "keep_all",
    "not_copies",
]

_log = logging.getLogger(__name__)

KINDS: tuple[CopyKind, ...] = ("file", "identical", "pixels", "copy", "altered", "shot")
"""All kinds of same, from sure to like."""
REMOVABLE: frozenset[CopyKind] = frozenset(("identical", "pixels", "copy"))
"""The kinds of which files are proposed for removal."""
SHOWN: tuple[CopyKind, ...] = KINDS[1:]
"""The kinds that are looked for by default."""


@dataclass(frozen=True, slots=True)
class DuplicateSettings:
    """What is looked for, and which file of a group is kept.

    Raises
    ------
    ArgumentError
        A kind or a rule does not exist.

    """

    kinds: tuple[CopyKind, ...] = SHOWN
    """The kinds of groups; without `copy`, `altered` and `shot` no pictures are compared."""
    keep: tuple[str, ...] = ()
    """Rules by which the file to keep is chosen, as `--keep` takes them; default: the order of docs/duplicates.md."""
    references: tuple[Path, ...] = ()
    """Folders and files that are kept before all others, and never proposed for removal."""
    decided: bool = False
    """Whether groups are included that were decided by hand to be kept."""
    max_pixels: int = MAX_PIXELS
    """Pictures with more pixels are not read."""
    n_threads: int | None = None
    """Number of threads; default: one per core."""
    only_kept: bool = False
    """Whether to compare no pictures, but to take the results that are kept."""

    def __post_init__(self) -> None:
        wrong = [kind for kind in self.kinds if kind not in KINDS]
        if wrong or not self.kinds:
            raise ArgumentError(f"kinds is {self.kinds!r}; it must hold one or more of {', '.join(KINDS)}")
        if self.n_threads is not None and self.n_threads < 1:
            raise ArgumentError(f"n_threads is {self.n_threads}; it must be at least 1, or None for one per core")
        if self.max_pixels < 1:
            raise ArgumentError(f"max_pixels is {self.max_pixels}; it must be at least 1")


@dataclass(frozen=True, slots=True)
class GroupFile:
    """A file of a group of copies."""

    key: bytes
    """Path as the database keeps it (`Leaves.keys`)."""
    path: Path
    """Absolute."""
    content_hash: bytes
    keep: bool
    """Whether it stays. A file that does not is proposed for removal."""
    why: str
    """Why it is the one kept, why it may go, or why it stays beside the one kept; one line in words."""
    kind: CopyKind | None
    """How it is the same as the group's first file; None for the first file itself."""
    evidence: CopyEvidence | None
    """How it is seen in the group's first file; None for the first file itself."""
    size_bytes: int
    mtime_ns: int
    width_px: int
    height_px: int
    format: str
    parts: tuple[Path, ...] = ()
    """Files that go where it goes: sidecars, RAW, film of a live photo."""
    part_bytes: int = 0
    """Their size."""
    names: tuple[Path, ...] = ()
    """Further names of this file: hard and symbolic links."""
    taken: Taken | None = None
    """When it was taken, by itself or what lies beside it."""
    place: Place | None = None
    is_reference: bool = False
    stands_for: Path | None = None
    """The file that stays for it when it goes: the group's first file, or the RAW beside that one."""

    def as_json(self, of: Path) -> dict[str, Any]:
        """The file for JSON; `of` is the group's first file. Paths that are not UTF-8 carry surrogate escapes."""
        evidence = self.evidence
        return {
            "path": os.fspath(self.path),
            "keep": self.keep,
            "why": self.why,
            "kind": self.kind,
            "evidence": None
            if evidence is None
            else {
                "of": os.fspath(of),
                "transform": evidence.transform,
                "overlap": round(evidence.overlap, 4),
                "contained": evidence.is_contained,
                "matrix": [round(number, 6) for number in evidence.matrix],
            },
            "hash": self.content_hash.hex(),
            "bytes": self.size_bytes,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "format": self.format,
            "parts": [os.fspath(part) for part in self.parts],
            "names": [os.fspath(name) for name in self.names],
            "reference": self.is_reference,
        }


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """A file that is kept, and others that are the same as this one."""

    id: str
    """16 hexadecimal digits, the same as long as the group holds the same files."""
    kind: CopyKind
    """The least sure of the kinds of its files."""
    files: tuple[GroupFile, ...]
    """The one kept, then those that may go, then those that stay too; by path."""
    is_tie: bool = False
    """Whether nothing but their paths decided which of several files is kept."""
    decided: str = ""
    """"kept" if it was decided to keep all of its files, else empty."""

    @property
    def kept(self) -> GroupFile:
        """The file that is kept for the others."""
        return self.files[0]

    @property
    def removable(self) -> tuple[GroupFile, ...]:
        """The files that are proposed for removal; each has direct evidence with the one kept."""
        return tuple(file for file in self.files if not file.keep)

    @property
    def bytes_removable(self) -> int:
        """Size of the files that are proposed for removal, with their parts."""
        return sum(file.size_bytes + file.part_bytes for file in self.removable)

    def as_json(self) -> dict[str, Any]:
        """The group for JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "tie": self.is_tie,
            "decided": self.decided,
            "bytes_removable": self.bytes_removable,
            "files": [file.as_json(self.kept.path) for file in self.files],
        }


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The groups of copies of a collection."""

    root: Path
    """The collection's folder, absolute."""
    directory: Path
    """Folder of its database, which holds the journals of decisions and of actions."""
    groups: tuple[CopyGroup, ...]
    """Groups with files to remove first, then those to look at; in each part those of sure kinds first, then those with
    most bytes to free."""
    n_files: int
    """Number of pictures that were looked at."""
    n_decided: int = 0
    """Number of groups of which all is kept by decision, whether they are among `groups` or not."""
    has_opencv: bool = True
    """Whether all kinds of copies were looked for. Without OpenCV, crops and the like are not found."""
    n_unread: int = 0
    """Number of pairs that could not be compared, because a picture could not be read or has changed."""
    skips: tuple[Skip, ...] = ()
    """Files that could not be read, and why."""
    references: tuple[Path, ...] = ()
    items: Mapping[Path, Item] = field(default_factory=dict, repr=False, compare=False)
    """What belongs to the files of the groups, by path."""
    decisions: Decisions = field(default_factory=lambda: Decisions.of(()), repr=False, compare=False)
    """What was decided by hand."""

    @property
    def n_removable(self) -> int:
        """Number of files that are proposed for removal."""
        return sum(len(group.removable) for group in self.groups)

    @property
    def bytes_removable(self) -> int:
        """Size of these files, with their parts."""
        return sum(group.bytes_removable for group in self.groups)

    def counts(self) -> dict[CopyKind, int]:
        """Number of groups of each kind that there is, from sure to like."""
        return {kind: n for kind in KINDS if (n := sum(group.kind == kind for group in self.groups))}

    def as_json(self) -> dict[str, Any]:
        """The groups for JSON, as docs/output-formats.md describes it."""
        return {
            "root": os.fspath(self.root),
            "database": os.fspath(self.directory),
            "n_files": self.n_files,
            "n_groups": len(self.groups),
            "n_removable": self.n_removable,
            "bytes_removable": self.bytes_removable,
            "n_decided": self.n_decided,
            "n_skipped": len(self.skips),
            "complete": self.has_opencv and not self.n_unread,
            "kinds": dict(self.counts()),
            "groups": [group.as_json() for group in self.groups],
        }

    def group_of(self, path: Path) -> CopyGroup | None:
        """The group that holds a file, under any of its names; one with files to remove before one to look at."""
        named = (group for group in self.groups if any(path == file.path or path in file.names for file in group.files))
        return next(named, None)

    def plan(self, *, command: str = "", only: Collection[Path] | None = None, carry_over: bool = False) -> Plan:
        """What may go, as a plan for `imagecluster.apply_plan`; nothing happens to any file.

        Parameters
        ----------
        command
            What the plan was made by, for its reader.
        only
            The files to remove, of those that are proposed; default: all of them.
        carry_over
            Whether the file that is kept gets what the others know and it does not, into its sidecar: date, place,
            rating, keywords, title and description. Files whose knowledge cannot be written stay, which is logged.

        Raises
        ------
        DecodeError
            A part of a file, such as its sidecar, cannot be read.

        """
        from imagecluster.actions import Plan
        from imagecluster.scan import parts_leaving

        leaving: list[tuple[GroupFile, CopyGroup]] = [
            (file, group) for group in self.groups for file in group.removable if only is None or file.path in only
        ]
        writes: dict[Path, tuple[NewFile, str]] = {}
        if carry_over:
            writes, unwritten = self._carried_over(leaving)
            leaving = [(file, group) for file, group in leaving if file.path not in unwritten]
        parts = parts_leaving(self.items, [file.path for file, _ in leaving])
        steps = [_step(file, group.kept, parts.get(file.path, ()), writes.get(file.path)) for file, group in leaving]
        return Plan(self.root, tuple(steps), time.time(), command, self.references)

    def _carried_over(
        self, leaving: Sequence[tuple[GroupFile, CopyGroup]]
    ) -> tuple[dict[Path, tuple[NewFile, str]], set[Path]]:
        """The sidecar that each file's knowledge goes into, with what it gets, and files whose knowledge cannot go."""
        from imagecluster.collection.carrying import Known, carried_over

        def known(file: GroupFile) -> Known:
            return Known(self.items[file.path], file.taken, file.place)

        writes: dict[Path, tuple[NewFile, str]] = {}
        unwritten: set[Path] = set()
        going: dict[Path, list[Known]] = {}
        kept: dict[Path, Known] = {}
        for file, group in leaving:
            going.setdefault(group.kept.path, []).append(known(file))
            kept[group.kept.path] = known(group.kept)
        for path, others in going.items():
            carried = carried_over(kept[path], others)
            if carried is None:
                continue
            if carried.write is None:
                _log.warning("%s stay: what they know cannot be kept: %s", len(carried.sources), carried.why_not)
                unwritten.update(carried.sources)
                continue
            writes.update(dict.fromkeys(carried.sources, (carried.write, ", ".join(carried.adds))))
        return writes, unwritten


def _step(file: GroupFile, kept: GroupFile, parts: Sequence[Path], write: tuple[NewFile, str] | None) -> Step:
    """The step of a plan by which a file goes."""
    from imagecluster.actions import FileFacts, Step, facts_of

    stays = FileFacts(kept.path, kept.size_bytes, kept.mtime_ns, kept.content_hash)
    if file.stands_for is not None and file.stands_for != kept.path:
        stays = facts_of(file.stands_for)
    why = file.why if write is None else f"{file.why}; {write[0].path.name} gets its {write[1]}"
    return Step(
        FileFacts(file.path, file.size_bytes, file.mtime_ns, file.content_hash),
        tuple(map(facts_of, parts)),
        stays,
        str(file.kind),
        why,
        writes=() if write is None else write[:1],
        compared=frozenset((file.content_hash, stays.content_hash)),
    )


def not_copies(first: GroupFile, second: GroupFile) -> NotCopies:
    """The decision that two files are not copies of each other.

    Raises
    ------
    ArgumentError
        They have the same bytes.

    """
    return NotCopies(frozenset([first.content_hash]), frozenset([second.content_hash]))


def keep_all(group: CopyGroup) -> KeepAll:
    """The decision that all files of a group stay."""
    n_files: dict[bytes, int] = {}
    for file in group.files:
        n_files[file.content_hash] = n_files.get(file.content_hash, 0) + 1
    return KeepAll(frozenset(n_files), tuple(n_files[content_hash] for content_hash in sorted(n_files)))


def best(file: GroupFile) -> Best:
    """The decision that a file is the one to keep of its group, also among files with the same bytes."""
    return Best(frozenset([file.content_hash]), (os.fsdecode(file.key),))
