"""Why files are the same: from equal bytes and pixels, and from what was compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imagecluster.corrections import Decisions
from imagecluster.records import CopyEvidence, CopyKind, Metadata
from imagecluster.system.progress import OnProgress

if TYPE_CHECKING:
    from imagecluster.collection.copy_pairs import Comparer
    from imagecluster.scan import Item

__all__ = ["CopyFile", "Evidences"]


@dataclass(frozen=True, slots=True, eq=False)
class CopyFile:
    """A file that is the same picture or moment as another one."""

    leaf: int
    key: bytes
    path: Path
    content_hash: bytes
    content: int
    """Number of its picture (`Contents`)."""
    size_bytes: int
    mtime_ns: int
    metadata: Metadata
    """What the picture says of itself, and what lies beside it."""
    names: tuple[Path, ...]
    item: Item

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.metadata.width_px, self.metadata.height_px


class Evidences:
    """Why files are the same, from what was compared; a picture is compared with the one that stays on demand.

    Parameters
    ----------
    files
        The files, by leaf.
    comparer
        Comparisons of pictures; None if only equal pixels count.
    decisions
        What was decided by hand.
    kinds
        The kinds that count.
    progress
        Called for pairs that are compared.

    """

    def __init__(
        self,
        files: Mapping[int, CopyFile],
        comparer: Comparer | None,
        decisions: Decisions,
        kinds: Collection[CopyKind],
        *,
        progress: OnProgress,
    ) -> None:
        self._files = files
        self._comparer = comparer
        self._decisions = decisions
        self._kinds = kinds
        self._progress = progress
        self._near: dict[int, set[int]] = defaultdict(set)
        """The pictures that are copies of a picture."""
        if comparer is not None and "copy" in kinds:
            for (first, second), found in comparer.found.items():
                if found.kind in kinds:
                    self._near[first].add(second)
                    self._near[second].add(first)

    def of(self, first: int, second: int) -> CopyEvidence | None:
        """How a file is seen in another one; None if nothing says that it is the same, or a decision says it is not."""
        one, other = self._files[first], self._files[second]
        if one.content_hash == other.content_hash:
            return CopyEvidence("identical")
        if self._decisions.are_apart(one.content_hash, other.content_hash):
            return None
        if one.content == other.content:
            return CopyEvidence("pixels")
        return None if self._comparer is None else self._comparer.evidence(one.content, other.content)

    def loses_colour(self, first: int, second: int) -> bool:
        """Whether a file has colours that another one, which is a copy of it, has not."""
        one, other = self._files[first].content, self._files[second].content
        found = None if self._comparer is None or one == other else self._comparer.comparison(one, other)
        return found is not None and found.second_is_grey and not found.first_is_grey

    def same_as(self, centre: int, rest: Collection[int]) -> Iterator[int]:
        """Those of some files that are the same as one, by evidence of their own."""
        self._compare_near(self._files[centre].content, {self._files[leaf].content for leaf in rest})
        for leaf in rest:
            found = self.of(leaf, centre)
            if found is not None and found.kind in self._kinds:
                yield leaf

    def _compare_near(self, content: int, among: Collection[int]) -> None:
        """Compare a picture with the copies of its copies, and with theirs as far as these are its copies too."""
        if self._comparer is None or "copy" not in self._kinds:
            return
        n_before = -1
        while len(self._near[content]) > n_before:
            n_before = len(self._near[content])
            behind = set().union(*(self._near[near] for near in self._near[content])) - self._near[content] - {content}
            others = np.array(sorted(behind.intersection(among)), np.int64)
            if not len(others):
                return
            first, second = np.minimum(others, content), np.maximum(others, content)
            self._comparer.compare(first, second, progress=self._progress)
            for other in others.tolist():
                found = self._comparer.comparison(other, content)
                if found is not None and found.kind in self._kinds:
                    self._near[content].add(other)
                    self._near[other].add(content)

    def near(self, kind: CopyKind, standing: Mapping[int, int]) -> dict[int, set[int]]:
        """The files that are altered, or other shots, of each of those that stand for a picture (leaf by picture)."""
        found: dict[int, set[int]] = defaultdict(set)
        if self._comparer is None:
            return found
        for (first, second), comparison in self._comparer.found.items():
            if comparison.kind != kind or first not in standing or second not in standing:
                continue
            one, other = standing[first], standing[second]
            if not self._decisions.are_apart(self._files[one].content_hash, self._files[other].content_hash):
                found[one].add(other)
                found[other].add(one)
        return found

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of files that connect all that may be the same: not every pair."""
        for leaves in _by(self._files, "content").values():
            if "pixels" in self._kinds:
                yield from pairwise(leaves)
            elif "identical" in self._kinds:
                for same in _by({leaf: self._files[leaf] for leaf in leaves}, "content_hash").values():
                    yield from pairwise(same)
        of_content = _by(self._files, "content")
        for first, seconds in list(self._near.items()):
            ones, others = of_content.get(first, []), [leaf for each in seconds for leaf in of_content.get(each, [])]
            for leaf in ones:
                yield from ((leaf, other) for other in others)


def _by(files: Mapping[int, CopyFile], name: str) -> dict[object, list[int]]:
    """Leaves by an attribute of their files, each list ascending."""
    found: dict[object, list[int]] = defaultdict(list)
    for leaf in sorted(files):
        found[getattr(files[leaf], name)].append(leaf)
    return found
