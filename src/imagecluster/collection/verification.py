"""Pairs of near pictures whose local features were compared, and what those that agree add to the similarities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.decode import large_file, read_bytes
from imagecluster.errors import DecodeError, ResourceError
from imagecluster.linkage import RaisedPairs
from imagecluster.records import TimeTerm
from imagecluster.store import Leaves, PairResults, Store
from imagecluster.system.progress import OnProgress, Progress

if TYPE_CHECKING:
    from imagecluster.verify import LocalFeatures

__all__ = ["N_COMPARED", "VERIFIED_SIM", "Verification", "VerifiedPairs", "compared", "raised", "verified_pairs"]

N_COMPARED = 5
"""Number of neighbours with which a picture is compared."""

VERIFIED_SIM = 0.7
"""Similarity index as near as which a verified pair counts: the same thing or scene (0.5), though not the same shot
(0.75). Pairs that are nearer are not compared, since it would change nothing."""

_SAVE_EVERY = 25_000
"""Number of pairs, about ten minutes of work, after which results are kept."""

_UNREAD = -1


@dataclass(frozen=True, slots=True)
class Verification:
    """How many pairs of pictures were compared by local features for a dendrogram."""

    n_pairs: int
    n_verified: int
    """Number of pairs whose geometry agrees."""
    n_unread: int = 0
    """Number of pairs that could not be compared, because a picture could not be read."""


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedPairs:
    """Compared pairs of the pictures of a collection."""

    first: NDArray[np.int64]
    """Shape (n_pairs,): number of a leaf, of several with the same content the first."""
    second: NDArray[np.int64]
    n_points: NDArray[np.int64]
    """Shape (n_pairs,): number of points that agree; -1 where a picture could not be read."""

    def counts(self) -> Verification:
        """The numbers of pairs."""
        return Verification(len(self.first), int(self.is_sure.sum()), int((self.n_points == _UNREAD).sum()))

    @property
    def is_sure(self) -> NDArray[np.bool_]:
        """Whether a pair is sure to show the same thing, shape (n_pairs,)."""
        from imagecluster.verify import LEAST_POINTS

        return np.asarray(self.n_points >= LEAST_POINTS)


def verified_pairs(leaves: Leaves, store: Store) -> VerifiedPairs:
    """The kept pairs of pictures of a collection that are sure to show the same thing; nothing is compared."""
    from imagecluster.verify import VERSION

    found = VerifiedPairs(*store.load_pairs(VERSION).at(leaves.hashes))
    sure = found.is_sure
    return VerifiedPairs(found.first[sure], found.second[sure], found.n_points[sure])


@dataclass(frozen=True, slots=True)
class Comparing:
    """How pairs are compared."""

    model: str
    """`name@version`, whose contents are those of the collection."""
    max_pixels: int
    n_threads: int | None
    only_kept: bool = False
    """Whether to take the results that are kept, and to compare no other pairs."""


def compared(
    leaves: Leaves,
    store: Store,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    order: NDArray[np.int64],
    comparing: Comparing,
    *,
    progress: OnProgress,
) -> VerifiedPairs:
    """Pairs of leaves with the number of their agreeing points: results that are kept, and those of new comparisons.

    New results are kept from time to time and at the end, also if something goes wrong, so that none is computed twice.

    Parameters
    ----------
    leaves
        The pictures.
    store
        The store.
    pairs
        Numbers of two leaves each, of different contents; the smaller first.
    order
        The leaves in an order in which neighbours are near each other, so that few pictures are read twice.
    comparing
        How they are compared.
    progress
        Called with the number of compared pairs.

    Raises
    ------
    MissingExtraError
        OpenCV is not installed, and a pair must be compared.

    """
    from imagecluster.verify import VERSION, match_pairs

    first, second = pairs
    kept = store.load_pairs(VERSION)
    n_points = _known_points(kept, leaves, first, second)
    todo = np.flatnonzero(n_points == _UNREAD)
    if comparing.only_kept or not len(todo):
        return VerifiedPairs(first, second, n_points)
    place = np.empty(len(leaves), np.int64)
    place[order] = np.arange(len(leaves))
    early, late = np.minimum(place[first], place[second]), np.maximum(place[first], place[second])
    todo = todo[np.lexsort((late[todo], early[todo]))]
    paths = store.paths_of(leaves.keys)
    n_kept = n_done = 0

    def keep() -> None:
        nonlocal kept, n_kept
        new = todo[n_kept:n_done]
        new = new[n_points[new] != _UNREAD]
        n_kept = n_done
        if store.writable and len(new):
            still = store.rows(comparing.model)
            kept = kept.joined(leaves.hashes, first[new], second[new], n_points[new], still=still)
            store.save_pairs(VERSION, kept)

    load = _loader(leaves, paths, comparing.max_pixels)
    progress(Progress("verifying", 0, len(todo)))
    try:
        for run, found in match_pairs(first[todo], second[todo], load, n_threads=comparing.n_threads):
            n_points[todo[run]] = found
            n_done = run.stop
            progress(Progress("verifying", n_done, len(todo)))
            if n_done - n_kept >= _SAVE_EVERY:
                keep()
    finally:
        keep()
    return VerifiedPairs(first, second, n_points)


def raised(pairs: VerifiedPairs, vectors: NDArray[Any], time: TimeTerm | None, *, to_distance: float) -> RaisedPairs:
    """What makes verified pairs as near as `to_distance` by content; time keeps its own part of the similarity."""
    sure = pairs.is_sure
    first, second = pairs.first[sure], pairs.second[sure]
    by = np.empty(len(first))
    for start in range(0, len(first), 4096):
        part = slice(start, start + 4096)
        by[part] = (1.0 - to_distance) - _cosines(vectors, first[part], second[part])
    by = np.maximum(by, 0.0)
    if time is not None and not np.isnan(time.times_s).all():
        share = np.where(np.isnan(time.times_s), 1.0, np.sqrt(1.0 - time.weight))
        by *= share[first] * share[second]
    return RaisedPairs(first, second, by)


def _cosines(vectors: NDArray[Any], i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    a, b = np.asarray(vectors[i], np.float64), np.asarray(vectors[j], np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    return np.asarray(np.einsum("ij,ij->i", a, b) / lengths)


def _known_points(
    kept: PairResults, leaves: Leaves, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Points of the pairs whose contents were compared before; -1 for the others."""
    n_points = np.full(len(first), _UNREAD, np.int64)
    one, other, points = kept.at(leaves.hashes)
    if len(one) and len(first):
        known = np.minimum(one, other) * len(leaves) + np.maximum(one, other)
        by_code = np.argsort(known)
        number = {content_hash: i for i, content_hash in reversed(list(enumerate(leaves.hashes)))}
        of_content = np.array([number[content_hash] for content_hash in leaves.hashes], np.int64)
        a, b = of_content[first], of_content[second]
        wanted = np.minimum(a, b) * len(leaves) + np.maximum(a, b)
        at = np.minimum(np.searchsorted(known, wanted, sorter=by_code), len(known) - 1)
        same = known[by_code[at]] == wanted
        n_points[same] = points[by_code[at[same]]]
    return n_points


def _loader(leaves: Leaves, paths: tuple[Path, ...], max_pixels: int) -> Callable[[int], LocalFeatures | None]:
    """A function that reads the local features of a leaf; None if its file cannot be read, or has changed."""
    from imagecluster.verify import LocalFeatures, local_features

    def load(leaf: int) -> LocalFeatures | None:
        try:
            with large_file(int(leaves.size_bytes[leaf])):
                data = read_bytes(paths[leaf])
                if xxhash.xxh3_128_digest(data) != leaves.hashes[leaf]:
                    return None
                try:
                    return local_features(data, suffix=paths[leaf].suffix, max_pixels=max_pixels)
                except ResourceError:
                    return None
                except DecodeError:  # it can be read at another size only
                    return LocalFeatures(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8))
        except DecodeError:
            return None

    return load
