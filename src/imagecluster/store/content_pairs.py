"""Pairs of contents that were compared: a table of content hashes, and pairs of numbers in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.store.values import HASH_BYTES

__all__ = ["ContentPairs", "found_among", "joined", "used_only"]


class ContentPairs(NamedTuple):
    """Pairs of contents."""

    hashes: NDArray[np.uint8]
    """Shape (n_contents, 16): content hashes."""
    pairs: NDArray[np.int32]
    """Shape (n_pairs, 2): numbers of two contents."""


def found_among(known: ContentPairs, hashes: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each pair by numbers in `hashes` (the first of equal ones; -1 for none), and which pairs have both."""
    number = {content_hash: i for i, content_hash in reversed(list(enumerate(hashes)))}
    numbers = np.array([number.get(row.tobytes(), -1) for row in known.hashes], np.int64)
    found = numbers[known.pairs].reshape(-1, 2)
    return found, np.asarray((found >= 0).all(axis=1))


def joined(
    known: ContentPairs,
    hashes: Sequence[bytes],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    still: Collection[bytes],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Known pairs and others, whose contents are numbers in `hashes`, by numbers in one table.

    Returns
    -------
    tuple
        The table of hashes, shape (n_contents, 16); the known pairs and after them the others, shape (n, 2); and which
        of them are of two contents that are `still` there, shape (n,).
    """
    names = [row.tobytes() for row in known.hashes]
    number: dict[bytes, int] = {}
    for name in (*names, *hashes):
        if name in still:
            number.setdefault(name, len(number))
    old = np.array([number.get(name, -1) for name in names], np.int64)
    new = np.array([number.get(name, -1) for name in hashes], np.int64)
    both = np.concatenate([old[known.pairs].reshape(-1, 2), new[np.stack([first, second], axis=1)].reshape(-1, 2)])
    table = np.frombuffer(b"".join(number), np.uint8).reshape(-1, HASH_BYTES)
    return table, both, np.asarray((both >= 0).all(axis=1))


def used_only(table: NDArray[np.uint8], pairs: NDArray[np.int64]) -> ContentPairs:
    """Pairs with a table of the contents that they use."""
    used, renumbered = np.unique(pairs, return_inverse=True)
    return ContentPairs(table[used], renumbered.reshape(-1, 2).astype(np.int32))
