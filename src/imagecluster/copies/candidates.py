"""Pairs of pictures that may be copies: those with similar sign hashes in any position, and those given by the caller.

Hashes are compared by tables of sampled bits (Indyk and Motwani 1998): pictures whose hashes agree in all bits of a
sample share a bucket, and a bucket is found by sorting, in memory that grows with the number of pictures alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.facts import CopyFacts
from imagecluster.copies.symmetry import BITS, N_POSITIONS, hashes_in_position
from imagecluster.system.cores import n_cores

__all__ = ["INSET_RADIUS", "RADIUS", "candidate_pairs", "near_insets", "near_pairs"]

RADIUS = 40
"""Largest number of bits in which hashes of a candidate pair differ."""

INSET_RADIUS = 36
"""Largest number of bits in which the hash of an inset differs from that of the picture that it shows: the place of its
sides is not known exactly."""

N_NEAREST = 32
"""Largest number of pictures with which a picture is paired because of their hashes, the most similar ones: the frames
of a long series are all alike."""

_N_TABLES = 24
_N_BITS = 24
_MOST_OF_BUCKET = 64
"""Pictures of a bucket that are compared with another one: a bucket of plain pages must not take quadratic time."""

_POSITIONS = (0, 1, 2, 3, 4, 5, 7)
"""Position 6 of one picture in another is position 5 of the other in the one."""

_BLOCK = 1 << 17
_MOST_HELD = 1 << 24
"""Number of codes after which found pairs are thinned out."""

_LOW = np.array([v * 16 + u for v in range(12) for u in range(12) if u + v])
"""The bits from which tables are drawn: those of low frequencies are the steadier ones."""


def candidate_pairs(
    facts: CopyFacts, neighbours: NDArray[np.integer] | None = None, *, n_threads: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of pictures to compare.

    Parameters
    ----------
    facts
        The pictures.
    neighbours
        Shape (n, k): numbers of the pictures nearest to each by fingerprint, -1 for none; they find copies of which a
        large part was cut off or added.
    n_threads
        Number of threads; default: one per core. The result does not depend on it.

    Returns
    -------
    tuple
        Numbers of the first and the second picture of each pair, int64, shape (n_pairs,); the first is smaller, and
        pairs are sorted.
    """
    n = len(facts)
    rows = np.flatnonzero(facts.has_signs)
    i, j = near_pairs(facts.signs[rows], n_threads=n_threads)
    insets, wholes = near_insets(facts.insets.signs, facts.signs[rows], n_threads=n_threads)
    inset, whole = facts.insets.picture[insets], rows[wholes]
    other = inset != whole
    codes = [_codes(rows[i], rows[j], n), _codes(inset[other], whole[other], n), _equal(facts)]
    if neighbours is not None and neighbours.size:
        near = np.asarray(neighbours, np.int64)
        own = np.repeat(np.arange(n), near.shape[1])
        other = near.ravel()
        there = (other >= 0) & (other != own)
        codes.append(_codes(own[there], other[there], n))
    found = np.unique(np.concatenate(codes))
    return found // max(1, n), found % max(1, n)


def near_pairs(
    signs: NDArray[np.uint8], *, radius: int = RADIUS, n_nearest: int = N_NEAREST, n_threads: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of sign hashes that differ in at most `radius` bits in one of the eight positions.

    It finds almost all pairs of 20 bits and half of those of 40 (of photographs, whose high frequencies differ first).
    A picture without signs, that is, of one colour, has no pairs.

    Parameters
    ----------
    signs
        Shape (n, 32).
    radius
        Largest number of differing bits.
    n_nearest
        Of more pairs of a picture, only as many, those of the smallest distance, count as its own.
    n_threads
        Number of threads; default: one per core.

    Returns
    -------
    tuple
        As of `candidate_pairs`.
    """
    there = np.flatnonzero(signs.any(axis=1))
    shown = np.ascontiguousarray(signs[there])
    if len(there) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    join = _Join(shown, shown, _POSITIONS, is_one_set=True)
    codes = join.found(radius, n_nearest, n_threads)
    return there[codes // len(shown)], there[codes % len(shown)]


def near_insets(
    insets: NDArray[np.uint8],
    signs: NDArray[np.uint8],
    *,
    radius: int = INSET_RADIUS,
    n_nearest: int = N_NEAREST,
    n_threads: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Insets and pictures whose sign hashes differ in at most `radius` bits in one of the eight positions.

    Parameters
    ----------
    insets, signs
        Shapes (n_insets, 32) and (n, 32).
    radius, n_nearest, n_threads
        As for `near_pairs`; of more pictures of an inset, and of more insets of a picture, the nearest.

    Returns
    -------
    tuple
        Rows of `insets` and of `signs`, int64, shape (n_pairs,), each pair once.
    """
    its, theirs = (np.flatnonzero(of.any(axis=1)) for of in (insets, signs))
    if not len(its) or not len(theirs):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    join = _Join(
        np.ascontiguousarray(signs[theirs]),
        np.ascontiguousarray(insets[its]),
        tuple(range(N_POSITIONS)),
        is_one_set=False,
    )
    codes = join.found(radius, n_nearest, n_threads)
    n = len(its) + len(theirs)  # the insets come after the pictures
    return its[codes % n - len(theirs)], theirs[codes // n]


_DISTANCE_BITS = 9


class _Join:
    """The search for near hashes of two sets, or of one.

    Parameters
    ----------
    signs, sought
        Shapes (n, 32) and (n_sought, 32), contiguous.
    positions
        Positions in which those sought may be those of the first set.
    is_one_set
        Whether both sets are the same; otherwise, in codes of pairs, numbers of those sought follow those of the first.
    """

    def __init__(
        self, signs: NDArray[np.uint8], sought: NDArray[np.uint8], positions: tuple[int, ...], *, is_one_set: bool
    ) -> None:
        self._signs = signs
        self._positions = positions
        self._sought = [hashes_in_position(sought, position) for position in positions]
        self._is_one_set = is_one_set
        self._n = len(signs) if is_one_set else len(signs) + len(sought)

    def found(self, radius: int, n_nearest: int, n_threads: int | None) -> NDArray[np.int64]:
        """Codes of the near pairs, ascending."""
        rng = np.random.default_rng(0)
        tables = [rng.choice(_LOW, _N_BITS, replace=False) for _ in range(_N_TABLES)]
        held: list[NDArray[np.int64]] = []
        n_held = 0
        with ThreadPoolExecutor(n_threads or n_cores(), thread_name_prefix="candidates") as pool:
            for of_table in pool.map(lambda bits: self._of_table(bits, radius), tables):
                held.append(of_table)
                n_held += len(of_table)
                if n_held > _MOST_HELD:
                    held = [_nearest(np.unique(np.concatenate(held)), self._n, n_nearest)]
                    n_held = len(held[0])
        return _nearest(np.unique(np.concatenate(held)), self._n, n_nearest) >> _DISTANCE_BITS

    def _of_table(self, bits: NDArray[np.int64], radius: int) -> NDArray[np.int64]:
        """Codes of pair and distance of those pairs that share a bucket of one table, in any position."""
        own = _keys(self._signs, bits)
        order = np.argsort(own, kind="stable")
        ranked = own[order]
        found = [np.empty(0, np.int64)]
        for position, turned in zip(self._positions, self._sought, strict=True):
            is_itself = self._is_one_set and position == 0
            keys = own if is_itself else _keys(turned, bits)
            by = order if is_itself else np.argsort(keys, kind="stable")
            low = np.searchsorted(ranked, keys[by], "left")
            high = np.searchsorted(ranked, keys[by], "right")
            if is_itself:  # the frames of a series follow each other: those around a picture
                low = np.maximum(low, np.minimum(np.arange(len(by)) - _MOST_OF_BUCKET // 2, high - _MOST_OF_BUCKET))
            count = np.minimum(high - low, _MOST_OF_BUCKET)
            ends = np.cumsum(count)
            start = 0
            while start < len(by):  # blocks of at most so many pairs, but of at least one picture
                before = int(ends[start - 1]) if start else 0
                stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
                part = slice(start, stop)
                start = stop
                of_part = count[part]
                n_pairs = int(of_part.sum())
                if not n_pairs:
                    continue
                i = np.repeat(by[part], of_part)
                place = np.arange(n_pairs) - np.repeat(np.cumsum(of_part) - of_part, of_part)
                j = order[np.repeat(low[part], of_part) + place]
                if self._is_one_set:
                    keep = i != j
                    i, j = i[keep], j[keep]
                distance = BITS[turned[i] ^ self._signs[j]].sum(axis=1, dtype=np.uint16)
                near = distance <= radius
                i, j = i[near].astype(np.int64), j[near].astype(np.int64)
                if not self._is_one_set:
                    i += len(self._signs)
                found.append(_codes(i, j, self._n) << _DISTANCE_BITS | distance[near])
        return np.unique(np.concatenate(found))


def _keys(signs: NDArray[np.uint8], bits: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The chosen bits of each hash as one number."""
    keys = np.zeros(len(signs), np.uint32)
    for place, bit in enumerate(bits.tolist()):
        keys |= ((signs[:, bit >> 3] >> (7 - (bit & 7))) & 1).astype(np.uint32) << np.uint32(place)
    return keys


def _nearest(codes: NDArray[np.int64], n: int, n_nearest: int) -> NDArray[np.int64]:
    """Those of the codes, sorted and distinct, that are among the nearest of one of their pictures; one per pair."""
    pair, distance = codes >> _DISTANCE_BITS, codes & ((1 << _DISTANCE_BITS) - 1)
    first_of_pair = np.ones(len(pair), bool)
    first_of_pair[1:] = pair[1:] != pair[:-1]
    pair, distance, codes = pair[first_of_pair], distance[first_of_pair], codes[first_of_pair]
    kept = np.zeros(len(pair), bool)
    for own, other in ((pair // n, pair % n), (pair % n, pair // n)):
        by = np.lexsort((other, distance, own))
        start = np.searchsorted(own[by], own[by], "left")
        kept[by[np.arange(len(by)) - start < n_nearest]] = True
    return codes[kept]


def _equal(facts: CopyFacts) -> NDArray[np.int64]:
    """Codes of pairs with the same coded pixels, the first of each group with all others."""
    first: dict[bytes, int] = {}
    pairs = [(first.setdefault(coded, row), row) for row, coded in enumerate(facts.coded) if coded]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    found = found[found[:, 0] != found[:, 1]]
    return _codes(found[:, 0], found[:, 1], len(facts))


def _codes(i: NDArray[np.int64], j: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """One number for each pair, the smaller first."""
    return np.asarray(np.minimum(i, j) * max(1, n) + np.maximum(i, j), np.int64)
