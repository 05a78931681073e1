"""Applies corrections, one after another, to the clusters of a cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.corrections.kinds import (
    Apart,
    Correction,
    Edit,
    Hide,
    HideFiles,
    Move,
    Name,
    Together,
    Unhide,
    UnhideFiles,
    corrections_of,
)
from imagecluster.errors import ArgumentError

__all__ = ["Replayed", "replay"]


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """Clusters after corrections."""

    labels: NDArray[np.int64]
    """Cluster of each picture, shape (n,). Labels that the cut did not have are new clusters."""
    names: dict[int, str]
    """Names of clusters by label, as far as they have one."""
    pinned: frozenset[int]
    """Labels of the clusters into which pictures were put by hand."""
    hidden: NDArray[np.int64]
    """Rows of hidden pictures, ascending; they have labels like all others."""
    changed: frozenset[int]
    """Labels of the clusters that pictures have joined or left, or that have hidden ones; all others are unchanged."""


def replay(
    labels: NDArray[np.int64], edits: Iterable[Edit], hashes: Sequence[bytes], *, names: Sequence[str]
) -> Replayed:
    """Clusters of a cut after corrections, applied one after another in the order in which they were made.

    Each correction changes as little as possible, and a later one overrides an earlier one that it contradicts.
    Pictures that are not in the collection are ignored; their corrections apply again when they come back.

    Parameters
    ----------
    labels : array of int64, shape (n,)
        Cluster of each picture, from 0, in the cut.
    edits
        Corrections, oldest first. Decisions on copies change nothing here.
    hashes
        Content hash of each picture; pictures with equal hashes are corrected together.
    names
        Path of each picture as outputs give it, by which single ones of equal files are hidden.

    Raises
    ------
    ArgumentError
        The lengths do not agree.

    """
    for what, values in (("hashes", hashes), ("names", names)):
        if len(labels) != len(values):
            raise ArgumentError(f"got {len(values)} {what} for {len(labels)} pictures; there must be one for each")
    edits = corrections_of(edits)
    board = _Board(labels, _rows_of(edits, hashes), names)
    for edit in edits:
        board.do(edit)
    return board.outcome()


def _rows_of(edits: Iterable[Correction], hashes: Sequence[bytes]) -> dict[bytes, list[int]]:
    """Rows of each picture that a correction mentions."""
    mentioned: set[bytes] = set()
    for edit in edits:
        mentioned |= edit.pictures
        if isinstance(edit, Apart):
            mentioned |= edit.others
        elif isinstance(edit, Move):
            mentioned |= edit.target
    rows: dict[bytes, list[int]] = {}
    if mentioned:
        for row, content_hash in enumerate(hashes):
            if content_hash in mentioned:
                rows.setdefault(content_hash, []).append(row)
    return rows


class _Board:
    """Clusters while corrections are applied to them."""

    def __init__(self, labels: NDArray[np.int64], rows: dict[bytes, list[int]], names: Sequence[str]) -> None:
        self._labels = np.array(labels, np.int64)
        self._rows_of = rows
        self._file_of = names
        self._sizes: list[int] = np.bincount(self._labels).tolist() if rows else []
        self._pins: dict[bytes, set[bytes]] = {}
        """Groups of pictures that belong together, by member; absent ones count too, as they may link two others."""
        self._name_of: dict[bytes, str] = {}
        self._hidden: set[int] = set()
        self._changed: set[int] = set()
        self._joined: set[int] = set()

    def do(self, edit: Correction) -> None:
        """Apply a correction."""
        match edit:
            case Name():
                for content_hash in edit.pictures:
                    self._name_of[content_hash] = edit.name
            case Together():
                self._pin(edit.pictures)
            case Apart():
                self._part(edit.pictures, edit.others)
            case Move():
                self._move(edit.pictures, edit.target)
            case Hide():
                self._hidden.update(self._rows(edit.pictures))
            case Unhide():
                self._hidden.difference_update(self._rows(edit.pictures))
            case HideFiles():
                self._hidden.update(self._rows_named(edit))
            case UnhideFiles():
                self._hidden.difference_update(self._rows_named(edit))

    def _pin(self, pictures: frozenset[bytes]) -> None:
        """Put all pictures, and those pinned to them, into the cluster that holds most of them."""
        group = set(pictures).union(*(self._pins.get(picture, ()) for picture in pictures))
        self._pins.update(dict.fromkeys(group, group))
        rows = self._rows(group)
        if len(rows) > 1:
            home = self._home(rows)
            self._place(rows, home)
            self._joined.add(home)

    def _part(self, pictures: frozenset[bytes], others: frozenset[bytes]) -> None:
        """Move the smaller side, and what is pinned to it, out of each cluster that both sides share."""
        for picture in pictures:
            group = self._pins.get(picture, set())
            if split := group & others:
                group -= split
                self._pins.update(dict.fromkeys(split, split))
        sides = [self._by_label(side) for side in (pictures, others)]
        for label in sorted(sides[0].keys() & sides[1].keys()):
            leaving = sides[0][label] if len(sides[0][label]) < len(sides[1][label]) else sides[1][label]
            taken = leaving.union(*(self._pins.get(picture, ()) for picture in leaving))
            self._place(self._rows(taken), len(self._sizes))

    def _by_label(self, pictures: frozenset[bytes]) -> dict[int, set[bytes]]:
        """The present pictures by cluster."""
        found: dict[int, set[bytes]] = {}
        for picture in pictures & self._rows_of.keys():
            for row in self._rows_of[picture]:
                found.setdefault(int(self._labels[row]), set()).add(picture)
        return found

    def _move(self, pictures: frozenset[bytes], target: frozenset[bytes]) -> None:
        """Unpin the pictures, and put them into the cluster that holds most of the target."""
        for picture in pictures:
            group = self._pins.pop(picture, None)
            if group is not None:
                group.discard(picture)
        there = self._rows(target - pictures)
        rows = self._rows(pictures)
        if there and rows:
            home = self._home(there)
            self._place(rows, home)
            self._joined.add(home)

    def _rows(self, pictures: Iterable[bytes]) -> list[int]:
        """Rows of the present pictures, ascending."""
        return sorted(row for picture in pictures for row in self._rows_of.get(picture, ()))

    def _rows_named(self, edit: HideFiles | UnhideFiles) -> list[int]:
        """Rows of the files that have both the content and the path."""
        named = set(edit.names)
        return [row for row in self._rows(edit.pictures) if self._file_of[row] in named]

    def _home(self, rows: list[int]) -> int:
        """The most frequent label of the rows; of several that of the largest cluster, then that of the first row."""
        counts: Counter[int] = Counter(self._labels[rows].tolist())  # keeps the order in which labels first come
        return max(counts, key=lambda label: (counts[label], self._sizes[label]))

    def _place(self, rows: Sequence[int], label: int) -> None:
        """Put pictures into a cluster; a label that does not exist yet stands for a new cluster."""
        if label == len(self._sizes):
            self._sizes.append(0)
        for row in rows:
            old = int(self._labels[row])
            if old != label:
                self._sizes[old] -= 1
                self._sizes[label] += 1
                self._labels[row] = label
                self._changed |= {old, label}

    def outcome(self) -> Replayed:
        """Clusters after all corrections."""
        hidden = sorted(self._hidden)
        changed = self._changed | set(self._labels[hidden].tolist())
        return Replayed(
            labels=self._labels,
            names=self._names(),
            pinned=frozenset(label for label in self._joined if self._sizes[label]),
            hidden=np.array(hidden, np.int64),
            changed=frozenset(changed),
        )

    def _names(self) -> dict[int, str]:
        """Names by label. A name belongs to the cluster with most of its pictures; a cluster has at most one name."""
        shown = [(row, name) for picture, name in self._name_of.items() if name
                 for row in self._rows_of.get(picture, ()) if row not in self._hidden]  # fmt: skip
        counts = Counter((name, int(self._labels[row])) for row, name in sorted(shown))
        home: dict[str, int] = {}
        for (name, label), count in counts.items():
            best = home.get(name)
            if best is None or (count, self._sizes[label]) > (counts[name, best], self._sizes[best]):
                home[name] = label
        names: dict[int, str] = {}
        for name, label in sorted(home.items()):
            if label not in names or counts[name, label] > counts[names[label], label]:
                names[label] = name
        return names
