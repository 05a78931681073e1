"""Results of comparing two pictures by local features, kept by their contents."""

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

__all__ = ["PairResults", "load", "save"]

_KIND = CacheKind(layout.PAIRS_NAME, "compared pairs", "imagecluster-pairs", version=1, n_keys=1)


@dataclass(frozen=True, slots=True, eq=False)
class PairResults:
    """Pairs of contents that were compared."""

    hashes: NDArray[np.uint8]
    """Shape (n_contents, 16): content hashes."""
    pairs: NDArray[np.int32]
    """Shape (n_pairs, 2): numbers of two contents, the smaller first; each pair once."""
    n_points: NDArray[np.uint16]
    """Shape (n_pairs,): number of points that agree."""

    @classmethod
    def none(cls) -> PairResults:
        """No pairs."""
        return cls(np.empty((0, HASH_BYTES), np.uint8), np.empty((0, 2), np.int32), np.empty(0, np.uint16))

    def __len__(self) -> int:
        return len(self.pairs)

    def at(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The pairs among some contents: their numbers in `hashes` (the first of equal ones), and the points."""
        found, there = found_among(ContentPairs(self.hashes, self.pairs), hashes)
        return found[there, 0], found[there, 1], self.n_points[there].astype(np.int64)

    def joined(
        self,
        hashes: Sequence[bytes],
        first: NDArray[np.int64],
        second: NDArray[np.int64],
        n_points: NDArray[np.int64],
        *,
        still: Collection[bytes],
    ) -> PairResults:
        """These pairs and others, whose contents are numbers in `hashes`; only of contents that are `still` there."""
        known = ContentPairs(self.hashes, self.pairs)
        table, both, there = joined(known, hashes, first, second, still=still)
        points = np.concatenate([self.n_points, n_points.clip(0, 0xFFFF)])
        both, points = np.sort(both[there], axis=1), points[there]
        _, chosen = np.unique(both[:, 0] * max(1, len(table)) + both[:, 1], return_index=True)
        return PairResults(*used_only(table, both[chosen]), points[chosen].astype(np.uint16))


def save(folder: OwnFolder, key: str, results: PairResults) -> None:
    """Keep the results of one computation (name and version) in a store's folder, in place of all others."""
    arrays = {
        "hashes": np.asarray(results.hashes, "<u1"),
        "pairs": np.asarray(results.pairs, "<i4"),
        "points": np.asarray(results.n_points, "<u2"),
    }
    ArrayCache(folder, _KIND).save_if_possible(key, arrays)


def load(folder: OwnFolder, key: str) -> PairResults:
    """The kept results of one computation; none if nothing usable is kept."""
    return ArrayCache(folder, _KIND).load(key, _results) or PairResults.none()


def _results(kept: Kept) -> PairResults:
    hashes, pairs, points = (kept.arrays[name] for name in ("hashes", "pairs", "points"))
    fits = hashes.shape == (len(hashes), HASH_BYTES) and pairs.shape == (len(points), 2) and points.ndim == 1
    if not fits or pairs.min(initial=0) < 0 or pairs.max(initial=-1) >= len(hashes):
        raise ValueError(f"arrays of shapes {hashes.shape}, {pairs.shape} and {points.shape}")
    return PairResults(hashes.astype(np.uint8), pairs.astype(np.int32), points.astype(np.uint16))
