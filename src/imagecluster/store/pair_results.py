"""Results of comparing two pictures by local features, kept by their contents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.store import layout
from imagecluster.system.array_cache import ArrayCache, CacheKind, Kept
from imagecluster.system.safe_files import OwnFolder

__all__ = ["PairResults", "load", "save"]

_KIND = CacheKind(layout.PAIRS_NAME, "compared pairs", "imagecluster-pairs", version=1, n_keys=1)

_HASH_BYTES = 16


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
        return cls(np.empty((0, _HASH_BYTES), np.uint8), np.empty((0, 2), np.int32), np.empty(0, np.uint16))

    def __len__(self) -> int:
        return len(self.pairs)

    def at(self, hashes: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The pairs among some contents: their numbers in `hashes` (the first of equal ones), and the points."""
        number = {content_hash: i for i, content_hash in reversed(list(enumerate(hashes)))}
        known = np.array([number.get(row.tobytes(), -1) for row in self.hashes], np.int64)
        found = known[self.pairs].reshape(-1, 2)
        there = (found >= 0).all(axis=1)
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
        names = [row.tobytes() for row in self.hashes]
        number: dict[bytes, int] = {}
        for name in (*names, *hashes):
            if name in still:
                number.setdefault(name, len(number))
        old = np.array([number.get(name, -1) for name in names], np.int64)
        new = np.array([number.get(name, -1) for name in hashes], np.int64)
        both = np.concatenate([old[self.pairs].reshape(-1, 2), new[np.stack([first, second], axis=1)].reshape(-1, 2)])
        points = np.concatenate([self.n_points, n_points.clip(0, 0xFFFF)])
        there = (both >= 0).all(axis=1)
        both, points = np.sort(both[there], axis=1), points[there]
        _, chosen = np.unique(both[:, 0] * max(1, len(number)) + both[:, 1], return_index=True)
        both, points = both[chosen], points[chosen]
        used, renumbered = np.unique(both, return_inverse=True)
        table = np.frombuffer(b"".join(number), np.uint8).reshape(-1, _HASH_BYTES)[used]
        return PairResults(table, renumbered.reshape(-1, 2).astype(np.int32), points.astype(np.uint16))


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
    fits = hashes.shape == (len(hashes), _HASH_BYTES) and pairs.shape == (len(points), 2) and points.ndim == 1
    if not fits or pairs.min(initial=0) < 0 or pairs.max(initial=-1) >= len(hashes):
        raise ValueError(f"arrays of shapes {hashes.shape}, {pairs.shape} and {points.shape}")
    return PairResults(hashes.astype(np.uint8), pairs.astype(np.int32), points.astype(np.uint16))
