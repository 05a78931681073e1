"""Groups of copies: which file stays, which may go, and the reasons in words."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path

import xxhash

from imagecluster.collection.copy_evidence import CopyFile, Evidences
from imagecluster.collection.duplicates import KINDS, REMOVABLE, CopyGroup, DuplicateSettings, GroupFile
from imagecluster.copies.keeping import choose, spared_beside
from imagecluster.copies.preferences import Candidate, Traces
from imagecluster.copies.rules import parse_rules
from imagecluster.copies.stars import Star, components, stars
from imagecluster.corrections import Decisions
from imagecluster.decode import read_bytes, read_coding
from imagecluster.errors import DecodeError
from imagecluster.records import CopyEvidence, CopyKind
from imagecluster.scan import absolute, untouchable_reason

__all__ = ["FileCache", "Grouping", "ways_to"]

_MOST_AT_ONCE = 300
"""Number of files of which each is weighed against each; of more, first those with the same bytes are."""

_OF_KNOWLEDGE = frozenset((".aae", ".cos", ".dop", ".json", ".pp3", ".thm", ".xmp"))
"""Suffixes of parts of a picture that hold no picture: what they know can be carried over, and they may go."""


@dataclass(frozen=True, slots=True)
class FileCache:
    """What was read of files, for as long as the groups are made again and again."""

    candidates: dict[int, Candidate] = field(default_factory=dict)
    """By leaf, without whether it is a reference."""
    digests: dict[Path, bytes] = field(default_factory=dict)
    """Hashes of parts by path; empty where one cannot be read."""
    reasons: dict[Path, str] = field(default_factory=dict)
    """Why no action may touch a file, by path."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The one kept of some files."""

    leaf: int
    why: str
    is_tie: bool = False
    reasons: Mapping[int, str] = field(default_factory=dict)
    """Why each of the others is not the one."""
    spared: Mapping[int, str] = field(default_factory=dict)
    """Why some of the others are not to be removed all the same."""


class Grouping:
    """One way to put copies into groups.

    Parameters
    ----------
    files
        The files, by leaf.
    evidences
        Why they are the same.
    decisions
        What was decided by hand.
    settings
        The kinds of groups, and which files are kept.
    cache
        What was read of the files.
    traces
        Looks into pixels where nothing else tells which copy lost least; default: no look.

    Raises
    ------
    ArgumentError
        A rule by which a file is kept does not exist.

    """

    def __init__(
        self,
        files: Mapping[int, CopyFile],
        evidences: Evidences,
        decisions: Decisions,
        settings: DuplicateSettings,
        cache: FileCache,
        *,
        traces: Traces | None = None,
    ) -> None:
        self._files = files
        self._evidences = evidences
        self._decisions = decisions
        self._settings = settings
        self._cache = cache
        self._traces = traces
        self._rules = parse_rules(settings.keep, base=Path.cwd())
        self._references = _Places(settings.references)
        self._chosen: dict[int, _Chosen] = {}
        """By the file that is kept."""

    def groups(self) -> tuple[tuple[CopyGroup, ...], int]:
        """The groups that are wanted, in the order of `Duplicates.groups`, and the number of those that are decided."""
        found = self._groups_to_remove()
        gone = {file.key for group in found for file in group.removable}
        staying = [leaf for leaf in self._files if self._files[leaf].key not in gone]
        for kind in ("altered", "shot"):
            if kind in self._settings.kinds:
                found += self._groups_to_see(kind, staying)
        if "file" in self._settings.kinds:
            found += [self._group_of_names(file) for file in self._files.values() if file.names]
        n_decided = sum(bool(group.decided) for group in found)
        shown = [group for group in found if self._settings.decided or not group.decided]
        return tuple(sorted(shown, key=_place)), n_decided

    def _groups_to_remove(self) -> list[CopyGroup]:
        found = []
        for nodes in components(self._evidences.pairs()):
            for star in stars(nodes, self._best, self._evidences.same_as):
                found.append(self._group_to_remove(star))
        return found

    def _best(self, leaves: Sequence[int]) -> int:
        """The one to keep of some files; why is noted."""
        by_path = sorted(leaves, key=lambda leaf: bytes(self._files[leaf].path))
        chosen = self._first_of(by_path)
        twin = next((leaf for leaf in by_path if self._is_better_twin(leaf, chosen.leaf)), None)
        if twin is not None:
            why = f"it has another name, {self._name_of(twin)}"
            chosen = _Chosen(twin, why, reasons=dict.fromkeys(leaves, ""), spared=chosen.spared)
        self._chosen[chosen.leaf] = chosen
        return chosen.leaf

    def _first_of(self, by_path: Sequence[int]) -> _Chosen:
        """The one to keep by references, decisions and rules."""
        has_reference = any(self._references.hold(self._files[leaf].path) for leaf in by_path)
        named = [] if has_reference else self._named_best(by_path)
        leaves = named or by_path
        winners, reasons = self._first_of_each_content(leaves)
        choice = choose(
            [self._candidate(leaf) for leaf in winners], self._evidence_among(winners), self._rules, traces=self._traces
        )
        best = winners[choice.index]
        if named:
            return _Chosen(best, "chosen by hand as the best", choice.is_tie)
        reasons.update(zip(winners, choice.reasons, strict=True))
        kept = self._candidate(best)
        spared = {leaf: spared_beside(self._candidate(leaf), kept) for leaf in leaves if leaf not in winners}
        spared.update({winners[i]: why for i, why in choice.spared.items()})
        return _Chosen(best, choice.why or reasons[best], choice.is_tie, reasons, spared)

    def _first_of_each_content(self, leaves: Sequence[int]) -> tuple[list[int], dict[int, str]]:
        """The one to keep of each content, and why the others are not: of many files, for the rest takes their square.

        Of a few files all are returned, since questions such as which way up most of them stand are for all of them.
        """
        if len(leaves) <= _MOST_AT_ONCE:
            return list(leaves), {}
        winners: list[int] = []
        reasons: dict[int, str] = {}
        of_content: dict[bytes, list[int]] = defaultdict(list)
        for leaf in leaves:
            of_content[self._files[leaf].content_hash].append(leaf)
        for same in of_content.values():
            for start in range(0, len(same), _MOST_AT_ONCE):
                part = same[:1] if not start else [winners.pop()]
                part += same[max(1, start) : start + _MOST_AT_ONCE]
                choice = choose([self._candidate(leaf) for leaf in part], {}, self._rules)
                reasons.update(zip(part, choice.reasons, strict=True))
                winners.append(part[choice.index])
        return sorted(winners, key=lambda leaf: bytes(self._files[leaf].path)), reasons

    def _named_best(self, leaves: Sequence[int]) -> list[int]:
        """Those of some files that were chosen by hand as the best, the last time one of them was."""
        rank, names = self._decisions.rank, self._decisions.names
        ranked = [leaf for leaf in leaves if self._files[leaf].content_hash in rank]
        last = max((rank[self._files[leaf].content_hash] for leaf in ranked), default=-1)
        chosen = [leaf for leaf in ranked if rank[self._files[leaf].content_hash] == last]
        files = self._files
        meant = [leaf for leaf in chosen if os.fsdecode(files[leaf].key) in names.get(files[leaf].content_hash, ())]
        return meant or chosen

    def _is_better_twin(self, leaf: int, kept: int) -> bool:
        """Whether a file has the same bytes as the one to keep, and other names, so that removing it frees nothing."""
        file, other = self._files[leaf], self._files[kept]
        is_free = not self._references.hold(other.path) or self._references.hold(file.path)
        is_free = is_free and other.content_hash not in self._decisions.rank
        return bool(file.names and not other.names and file.content_hash == other.content_hash and is_free)

    def _evidence_among(self, leaves: Sequence[int]) -> dict[tuple[int, int], CopyEvidence]:
        """Evidence between files, both ways, by their places."""
        found = {}
        for pair in permutations(range(len(leaves)), 2):
            evidence = self._evidences.of(leaves[pair[0]], leaves[pair[1]])
            if evidence is not None and evidence.kind in REMOVABLE:
                found[pair] = evidence
        return found

    def _candidate(self, leaf: int) -> Candidate:
        """What the choice depends on."""
        file = self._files[leaf]
        known = self._cache.candidates.get(leaf)
        if known is None:
            known = self._cache.candidates[leaf] = Candidate(
                path=file.path,
                width_px=file.metadata.width_px,
                height_px=file.metadata.height_px,
                format=file.metadata.format,
                size_bytes=file.size_bytes,
                mtime_s=file.mtime_ns / 1e9,
                taken=file.metadata.taken,
                place=file.metadata.place,
                camera=file.metadata.camera,
                coding=read_coding(file.path),
                has_raw=file.item.raw is not None,
                has_video=file.item.video is not None,
            )
        return replace(known, is_reference=True) if self._references.hold(file.path) else known

    def _group_to_remove(self, star: Star) -> CopyGroup:
        """The group of a file that is kept and of those that may go."""
        chosen = self._chosen[star.centre]
        members = sorted(star.members, key=lambda leaf: bytes(self._files[leaf].path))
        kept = self._kept_by_decision([star.centre, *members])
        described = [self._member(leaf, chosen, kept) for leaf in members]
        head = self._described(star.centre, True, chosen.why, None)
        files = (head, *sorted(described, key=lambda file: file.keep))
        is_decided = kept.issuperset((star.centre, *members))
        return _group(files, is_tie=chosen.is_tie, decided="kept" if is_decided else "")

    def _member(self, leaf: int, chosen: _Chosen, kept: Collection[int]) -> GroupFile:
        """A file that is the same as the one that is kept, with the reason why it stays, or what it is."""
        evidence = self._evidences.of(leaf, chosen.leaf)
        assert evidence is not None
        stays = self._reason_to_stay(leaf, chosen, evidence, kept)
        why = stays or _said(evidence)
        reason = chosen.reasons.get(leaf, "")
        if not stays and evidence.kind in ("identical", "pixels") and reason and not chosen.is_tie:
            why = f"{why}; {reason}"
        return self._described(leaf, bool(stays), why, evidence, stands_for=chosen.leaf)

    def _reason_to_stay(self, leaf: int, chosen: _Chosen, evidence: CopyEvidence, kept: Collection[int]) -> str:
        """Why a file that is the same as the one kept stays; empty if it may go."""
        file = self._files[leaf]
        if self._references.hold(file.path):
            return "it is in a reference folder"
        if leaf in kept:
            return "kept by your decision"
        if not _is_all_kept(evidence):
            how = f": {evidence.transform}" if evidence.transform else ""
            return f"it shows more than the one kept{how}"
        if self._evidences.loses_colour(leaf, chosen.leaf):
            return "it has colours, and the one kept has none"
        if file.names:
            return f"it has another name, {self._name_of(leaf)}"
        return chosen.spared.get(leaf, "") or self._reason_of_parts(leaf, chosen) or self._reason_of_place(file)

    def _reason_of_parts(self, leaf: int, chosen: _Chosen) -> str:
        """Why a file stays because of what only it, or what belongs to it, holds."""
        file, centre = self._files[leaf], self._files[chosen.leaf]
        if not chosen.reasons and file.item.raw == file.path and centre.item.raw is None:  # chosen by hand
            return "it is a RAW, and the one kept has none"
        missing = next((part for part in file.item.parts if not self._is_with(part, centre)), None)
        return "" if missing is None else f"its part {missing.name} is not with the one kept"

    def _reason_of_place(self, file: CopyFile) -> str:
        if file.path not in self._cache.reasons:
            self._cache.reasons[file.path] = untouchable_reason(file.path)
        return self._cache.reasons[file.path]

    def _is_with(self, part: Path, centre: CopyFile) -> bool:
        """Whether a file keeps what a part of another one holds: the same bytes are among its own parts."""
        if part.suffix.lower() in _OF_KNOWLEDGE:
            return True
        digest = self._digest(part)
        others = (*centre.item.parts, *centre.item.shared)
        return bool(digest) and any(
            other.suffix.lower() not in _OF_KNOWLEDGE and self._digest(other) == digest for other in others
        )

    def _digest(self, path: Path) -> bytes:
        """Hash of a part; empty if it cannot be read."""
        if path not in self._cache.digests:
            try:
                self._cache.digests[path] = xxhash.xxh3_128_digest(read_bytes(path))
            except DecodeError:
                self._cache.digests[path] = b""
        return self._cache.digests[path]

    def _name_of(self, leaf: int) -> str:
        return self._files[leaf].names[0].name

    def _kept_by_decision(self, leaves: Iterable[int]) -> frozenset[int]:
        """The files that stay by decision: of each content as many as there were then, the first ones."""
        seen: Counter[bytes] = Counter()
        kept = set()
        for leaf in leaves:
            content_hash = self._files[leaf].content_hash
            seen[content_hash] += 1
            if seen[content_hash] <= self._decisions.n_kept.get(content_hash, 0):
                kept.add(leaf)
        return frozenset(kept)

    def _groups_to_see(self, kind: CopyKind, staying: Sequence[int]) -> list[CopyGroup]:
        """Groups of pictures that are altered, or other shots: one file for each picture, and nothing to remove."""
        standing: dict[int, int] = {}
        for leaf in sorted(staying, key=lambda leaf: (leaf not in self._chosen, bytes(self._files[leaf].path))):
            standing.setdefault(self._files[leaf].content, leaf)
        near = self._evidences.near(kind, standing)

        def same_as(centre: int, rest: Collection[int]) -> Iterable[int]:
            return near.get(centre, set()).intersection(rest)

        found = []
        for nodes in components((leaf, other) for leaf, others in near.items() for other in others):
            best = self._best_to_see(nodes)
            for star in stars(nodes, best, same_as):
                members = sorted(star.members, key=lambda leaf: bytes(self._files[leaf].path))
                files = [self._described(star.centre, True, "", None)]
                for leaf in members:
                    evidence = self._evidences.of(leaf, star.centre)
                    assert evidence is not None
                    files.append(self._described(leaf, True, _said(evidence), evidence))
                is_decided = self._kept_by_decision([star.centre, *members]).issuperset((star.centre, *members))
                found.append(_group(tuple(files), decided="kept" if is_decided else ""))
        return found

    def _best_to_see(self, nodes: Sequence[int]) -> Callable[[Sequence[int]], int]:
        """Which of some pictures comes first: the one with most pixels, then the first by path."""
        files = self._files
        rank = {leaf: (-files[leaf].size[0] * files[leaf].size[1], bytes(files[leaf].path)) for leaf in nodes}
        return lambda leaves: min(leaves, key=rank.__getitem__)

    def _group_of_names(self, file: CopyFile) -> CopyGroup:
        """The names of one file."""
        first = self._described(file.leaf, True, "", None)
        others = [
            replace(first, path=name, why=_SAID["file"], kind="file", evidence=CopyEvidence("file"))
            for name in file.names
        ]
        return _group((first, *(replace(other, names=()) for other in others)), decided="")

    def _described(
        self, leaf: int, keep: bool, why: str, evidence: CopyEvidence | None, *, stands_for: int | None = None
    ) -> GroupFile:
        file = self._files[leaf]
        return GroupFile(
            key=file.key,
            path=file.path,
            content_hash=file.content_hash,
            keep=keep,
            why=why,
            kind=None if evidence is None else evidence.kind,
            evidence=evidence,
            size_bytes=file.size_bytes,
            mtime_ns=file.mtime_ns,
            width_px=file.metadata.width_px,
            height_px=file.metadata.height_px,
            format=file.metadata.format,
            parts=file.item.parts,
            part_bytes=sum(_size(part) for part in file.item.parts),
            names=file.names,
            taken=file.metadata.taken,
            place=file.metadata.place,
            is_reference=self._references.hold(file.path),
            stands_for=None if stands_for is None else self._stands_for(file, self._files[stands_for]),
        )

    def _stands_for(self, file: CopyFile, kept: CopyFile) -> Path:
        """The file that stays for another one: of a RAW that goes, the RAW of the one kept."""
        raw = kept.item.raw
        return raw if file.item.raw == file.path and raw is not None else kept.path


def ways_to(path: Path) -> tuple[Path, Path]:
    """The absolute path of a file or folder as it was given, and the one without symbolic links."""
    return Path(absolute(path)), Path(os.path.realpath(path))


class _Places:
    """Folders and files, by whatever way a path leads into them."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._places = {way for place in places for way in ways_to(place)}

    def hold(self, path: Path) -> bool:
        """Whether a file is one of them or in one of them."""
        if not self._places:
            return False
        real = Path(os.path.realpath(path))
        return not self._places.isdisjoint((path, *path.parents, real, *real.parents))


_SAID: dict[CopyKind, str] = {
    "file": "another name of the same file",
    "identical": "the same bytes",
    "pixels": "the same pixels",
    "copy": "the same picture",
    "altered": "a part differs",
    "shot": "another shot",
}


def _said(evidence: CopyEvidence) -> str:
    """What a file is beside the one kept, in words.

    >>> _said(CopyEvidence("identical")), _said(CopyEvidence("copy", "320 x 240, cropped 5 %"))
    ('the same bytes', '320 x 240, cropped 5 %')
    """
    # Between two shots, the map of one onto the other says little to a person.
    return _SAID[evidence.kind] if evidence.kind == "shot" or not evidence.transform else evidence.transform


_MOST_AROUND = 0.5
"""Share of a picture that may be around the one kept, as a border or a caption is, for it to go."""


def _is_all_kept(evidence: CopyEvidence) -> bool:
    """Whether a picture shows nothing that the one kept does not show, but for a border or a caption around it."""
    if evidence.is_contained or not evidence.is_framed or not evidence.matrix:
        return evidence.is_contained
    a, b, _, c, d, _ = evidence.matrix
    return abs(a * d - b * c) * _MOST_AROUND < 1.0


def _size(path: Path) -> int:
    """Size of a file in bytes; 0 if it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _group(files: tuple[GroupFile, ...], *, decided: str, is_tie: bool = False) -> CopyGroup:
    kind = max((file.kind for file in files if file.kind is not None), key=KINDS.index)
    names = b"\0".join(sorted(file.key + b"\0" + file.content_hash for file in files))
    section = "remove" if kind in REMOVABLE else kind
    return CopyGroup(
        id=xxhash.xxh3_64_hexdigest(section.encode() + b"\0" + names),
        kind=kind,
        files=files,
        is_tie=is_tie,
        decided=decided,
    )


def _place(group: CopyGroup) -> tuple[bool, int, int, bytes]:
    """Place of a group among all: what frees most first, after the sureness of its kind."""
    section = group.kind not in REMOVABLE
    return section, KINDS.index(group.kind), -group.bytes_removable, bytes(group.kept.path)
