"""Results of comparing two pictures for being copies of each other, kept by their contents.

What a comparison found is kept as bytes whose meaning belongs to the room `copies`; its version is part of the key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.store import layout
from imagecluster.store.content_pairs import ContentPairs, found_among, joined, used_only
from imagecluster.store.values import HASH_BYTES
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["NOT_COMPARED", "NO_COPY", "CopyResults", "load", "save"]

_KIND = CacheKind(layout.COPIES_NAME, "compared copies", "imagecluster-copies", version=1, n_keys=1)

NOT_COMPARED, NO_COPY = -2, -1
"""What `CopyResults.at` says of a pair that was not compared, and of one that shows no copy."""


@dataclass(frozen=True, slots=True, eq=False)
class CopyResults:
    """Pairs of contents that were compared. Most of them are not copies, and take no more than their numbers."""

    hashes: NDArray[np.uint8]
    """Shape (n_contents, 16): content hashes."""
    pairs: NDArray[np.int32]
    """Shape (n_pairs, 2): numbers of two contents, in the order in which they were compared; each pair once."""
    found: NDArray[np.int32]
    """Shape (n_found,): the pairs that are copies, altered, or shots of one moment; ascending."""
    packed: NDArray[np.uint8]
    """Shape (n_found, n_bytes): what the comparison of each of these says."""

    @classmethod
    def none(cls) -> CopyResults:
        """No pairs."""
        none = np.empty((0, 2), np.int32)
        return cls(np.empty((0, HASH_BYTES), np.uint8), none, np.empty(0, np.int32), np.empty((0, 0), np.uint8))

    def __len__(self) -> int:
        return len(self.pairs)

    def at(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The pairs among some contents, which are distinct: two numbers in `hashes`, and a row of `packed` or NO_COPY.

        The first of the two numbers is that of the content that was the first in the comparison.
        """
        found, there = found_among(ContentPairs(self.hashes, self.pairs), hashes)
        row = np.full(len(self.pairs), NO_COPY, np.int64)
        row[self.found] = np.arange(len(self.found))
        return found[there, 0], found[there, 1], row[there]

    def joined(
        self,
        hashes: Sequence[bytes],
        first: NDArray[np.int64],
        second: NDArray[np.int64],
        packed: Sequence[bytes | None],
        *,
        still: Collection[bytes],
    ) -> CopyResults:
        """These pairs and new ones, whose contents are numbers in `hashes`; only of contents that are `still` there.

        Parameters
        ----------
        hashes
            Distinct content hashes.
        first, second
            Numbers of the new pairs, shape (n_new,); they are not among these pairs.
        packed
            What was found of each new pair; None: no copy.
        still
            The contents of which results are kept.

        """
        known = ContentPairs(self.hashes, self.pairs)
        table, both, there = joined(known, hashes, first, second, still=still)
        of_new = [i for i, each in enumerate(packed) if each is not None]
        is_found = np.zeros(len(both), bool)
        is_found[self.found] = True
        is_found[len(self.pairs) + np.array(of_new, np.int64)] = True
        bytes_of = np.frombuffer(b"".join(each for each in packed if each is not None), np.uint8)
        rows = _stacked(self.packed, bytes_of.reshape(len(of_new), -1) if of_new else np.empty((0, 0), np.uint8))
        rows = rows[there[is_found]]
        found = np.flatnonzero(is_found[there]).astype(np.int32)
        return CopyResults(*used_only(table, both[there]), found, rows)


def _stacked(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows below each other; those of an empty table have no width."""
    if not len(first):
        return second
    return np.concatenate([first, second]) if len(second) else first


def save(folder: OwnFolder, key: str, results: CopyResults) -> None:
    """Keep the results of one way of comparing (name and version) in a store's folder, in place of all others."""
    arrays = {
        "hashes": np.asarray(results.hashes, "<u1"),
        "pairs": np.asarray(results.pairs, "<i4"),
        "found": np.asarray(results.found, "<i4"),
        "packed": np.asarray(results.packed, "<u1"),
    }
    ArrayCache(folder, _KIND).save_if_possible(key, arrays)


def load(folder: OwnFolder, key: str) -> CopyResults:
    """The kept results of one way of comparing; none if nothing usable is kept."""
    return ArrayCache(folder, _KIND).load(key, _results) or CopyResults.none()


def _results(kept: Kept) -> CopyResults:
    hashes, pairs, found, packed = (kept.arrays[name] for name in ("hashes", "pairs", "found", "packed"))
    n_contents, n_pairs, n_found = len(hashes), len(pairs), len(found)
    fits = hashes.shape == (n_contents, HASH_BYTES) and pairs.shape == (n_pairs, 2)
    fits = fits and found.shape == (n_found,) and packed.ndim == 2 and len(packed) == n_found
    if not fits or pairs.min(initial=0) < 0 or pairs.max(initial=-1) >= n_contents:
        raise ValueError(f"arrays of shapes {hashes.shape}, {pairs.shape}, {found.shape} and {packed.shape}")
    if found.min(initial=0) < 0 or found.max(initial=-1) >= n_pairs or (np.diff(found) <= 0).any():
        raise ValueError("numbers of pairs that are not ascending, or of no pair")
    return CopyResults(hashes.astype(np.uint8), pairs.astype(np.int32), found.astype(np.int32), packed.astype(np.uint8))
