"""Pairs of pictures that were compared for being copies: which ones, what was found, and what is kept of it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagecluster.collection.duplicates import DuplicateSettings
from imagecluster.collection.recipe import Recipe
from imagecluster.records import CopyEvidence, ImageFile
from imagecluster.store import HashedFile, Leaves, Store, Thumbnails
from imagecluster.system.progress import OnProgress, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from imagecluster.copies import Comparison, CopyFacts

__all__ = ["Comparer", "Contents", "CopySearch", "candidates", "contents_of", "facts_of"]

N_NEIGHBOURS = 5
"""Number of neighbours by fingerprint with which a picture is compared."""

_GRAPH_FROM = 1_000
"""Number of pictures from which on their neighbours are kept: a second search then has nothing to compute."""

_PICTURES_AT_A_TIME = 256
"""Number of pictures in a run of comparisons, of some ten seconds: what a stop costs, and a step of progress."""

_SAVE_EVERY = 50_000
"""Number of pairs, some minutes of work, after which results are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """The different pictures of a collection: files with the same pixels, shown the same way, are one picture."""

    leaf: NDArray[np.int64]
    """Shape (n_contents,): the leaf that stands for each. They are in the order of their content hashes."""
    of_leaf: NDArray[np.int64]
    """Shape (n_leaves,): the picture of each leaf."""

    def __len__(self) -> int:
        return len(self.leaf)


def contents_of(leaves: Leaves, store: Store) -> Contents:
    """The different pictures of a collection.

    The content that stands for several says when it was taken and by which camera if one of them does, as an exported
    copy may not; of these, it is the first by its hash, so that the choice does not depend on names.
    """
    coded = store.coded(set(leaves.hashes))
    group: dict[bytes, dict[bytes, int]] = defaultdict(dict)
    for leaf, content_hash in enumerate(leaves.hashes):
        group[coded.get(content_hash, content_hash)].setdefault(content_hash, leaf)
    said = store.metadata({content_hash for hashes in group.values() if len(hashes) > 1 for content_hash in hashes})

    def standing(hashes: dict[bytes, int]) -> bytes:
        if len(hashes) == 1:
            return next(iter(hashes))
        return min(hashes, key=lambda each: (said[each].taken is None, not said[each].camera, each))

    chosen = sorted((standing(hashes), digest) for digest, hashes in group.items())
    number = {digest: content for content, (_, digest) in enumerate(chosen)}
    return Contents(
        np.array([group[digest][content_hash] for content_hash, digest in chosen], np.int64),
        np.array([number[coded.get(content_hash, content_hash)] for content_hash in leaves.hashes], np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CopySearch:
    """A collection in which copies are looked for."""

    store: Store
    model: str
    """`name@version`."""
    settings: DuplicateSettings
    leaves: Leaves
    contents: Contents
    hashes: tuple[bytes, ...]
    """Content hash of each of the different pictures."""

    @classmethod
    def of(cls, store: Store, model: str, settings: DuplicateSettings) -> CopySearch:
        """A search in the pictures that the latest scan found."""
        leaves = store.leaves(model)
        contents = contents_of(leaves, store)
        return cls(
            store, model, settings, leaves, contents, tuple(leaves.hashes[leaf] for leaf in contents.leaf.tolist())
        )  # fmt: skip

    def paths(self) -> Sequence[Path]:
        """A file of each of the different pictures."""
        from imagecluster.collection.kept_looks import PathsOf

        return PathsOf([self.leaves.keys[leaf] for leaf in self.contents.leaf.tolist()], self.store)


def facts_of(search: CopySearch, *, progress: OnProgress) -> CopyFacts:
    """What is known of the different pictures; those of which an older version kept too little are read again."""
    from imagecluster.collection.kept_insets import kept_insets
    from imagecluster.collection.looking import copy_facts, look_loader

    _bring_up_missing_signs(search, progress=progress)
    facts = copy_facts(search.hashes, search.store)
    if search.settings.only_kept:
        return facts
    load = look_loader(search.paths(), search.hashes, facts, max_pixels=search.settings.max_pixels)
    insets = kept_insets(load, search.hashes, search.store, n_threads=search.settings.n_threads, progress=progress)
    return replace(facts, insets=insets)


def _bring_up_missing_signs(search: CopySearch, *, progress: OnProgress) -> None:
    """Compute the hashes of what pictures look like that an older version did not keep, if they can be kept."""
    from imagecluster.collection.signing import bring_up_signs

    store, leaves, settings = search.store, search.leaves, search.settings
    _, there = store.signs(search.hashes)
    missing = search.contents.leaf[~there].tolist()
    if not missing or not store.writable or settings.only_kept:
        return
    paths = store.paths_of([leaves.keys[leaf] for leaf in missing])
    files = [
        HashedFile(ImageFile(path, int(leaves.size_bytes[leaf]), 0), leaves.hashes[leaf])
        for leaf, path in zip(missing, paths, strict=True)
    ]
    bring_up_signs(files, store, max_pixels=settings.max_pixels, n_threads=settings.n_threads, progress=progress)


def candidates(
    search: CopySearch, facts: CopyFacts, *, progress: OnProgress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of pictures that may be copies: those of near fingerprints, and those that look alike in any position.

    Returns
    -------
    tuple of arrays of int64, shape (n_pairs,)
        Numbers of pictures, the smaller first; each pair once.

    """
    from imagecluster.copies import candidate_pairs

    if len(search.hashes) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return candidate_pairs(facts, _neighbours(search, progress=progress))


def _neighbours(search: CopySearch, *, progress: OnProgress) -> NDArray[np.int64]:
    """The nearest pictures of each by fingerprint, shape (n_contents, N_NEIGHBOURS); -1 where there is none.

    The graph of neighbours is the one that clustering needs, so that only one of the two has to look for them.
    """
    from imagecluster.linkage import neighbours_of
    from imagecluster.linkage.near_pairs import nearest_rows

    store, n_leaves = search.store, len(search.leaves)
    vectors = store.vectors(search.model, search.hashes)
    recipe = Recipe()
    keys = recipe.graph_keys(search.model, n_leaves, None)
    large = n_leaves >= _GRAPH_FROM
    graph = neighbours_of(
        vectors,
        approximate=recipe.is_approximate(len(vectors)),
        known=next(filter(None, map(store.load_graph, keys)), None) if large else None,
        n_threads=search.settings.n_threads,
        progress=progress,
    )
    if large and store.writable:
        store.save_graph(keys[0], graph)
    return nearest_rows(vectors, graph, k=N_NEIGHBOURS)


class Comparer:
    """Comparisons of the different pictures of a collection: those that are kept, and new ones, which are kept too.

    Parameters
    ----------
    search
        The pictures. If the store is open for reading only, nothing is kept.
    facts
        What is known of them.

    """

    def __init__(self, search: CopySearch, facts: CopyFacts) -> None:
        from imagecluster.copies import Comparison, version

        self._search = search
        self._facts = facts
        self._version = version()
        self._kept = search.store.load_copies(self._version)
        first, second, row = self._kept.at(search.hashes)
        self._codes = np.sort(first * len(search.hashes) + second)
        self.found: dict[tuple[int, int], Comparison] = {
            (int(i), int(j)): Comparison.unpacked(self._kept.packed[k].tobytes())
            for i, j, k in zip(first[row >= 0], second[row >= 0], row[row >= 0], strict=True)
        }
        """What was found of pairs of pictures, the smaller number first, that are the same picture or moment."""
        self._evidence: dict[tuple[int, int], CopyEvidence | None] = {}
        self.n_unread = 0
        """Number of pairs that could not be compared."""

    def __len__(self) -> int:
        return len(self._search.hashes)

    def comparison(self, first: int, second: int) -> Comparison | None:
        """How one picture is seen in another; None if it is not, or was not compared."""
        if first < second:
            return self.found.get((first, second))
        found = self.found.get((second, first))
        return None if found is None else found.reversed()

    def evidence(self, first: int, second: int) -> CopyEvidence | None:
        """Why one picture is the same as another one; None if it is not, or was not compared."""
        pair = first, second
        if pair not in self._evidence:
            found = self.comparison(first, second)
            if found is None:
                return None
            self._evidence[pair] = found.evidence(self.size(first), self.size(second))
        return self._evidence[pair]

    def size(self, content: int) -> tuple[int, int]:
        """Width and height of a picture in pixels."""
        return int(self._facts.width_px[content]), int(self._facts.height_px[content])

    def unknown(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some pairs, the smaller number first, were not compared."""
        wanted = first * len(self) + second
        at = np.minimum(np.searchsorted(self._codes, wanted), max(0, len(self._codes) - 1))
        return np.asarray(self._codes[at] != wanted) if len(self._codes) else np.ones(len(wanted), bool)

    def compare(self, first: NDArray[np.int64], second: NDArray[np.int64], *, progress: OnProgress) -> None:
        """Compare those of some pairs, the smaller number first, that were not compared before.

        Results are kept from time to time and at the end, also if something goes wrong, so that none is computed twice.
        """
        search, store, settings = self._search, self._search.store, self._search.settings
        todo = np.flatnonzero(self.unknown(first, second))
        if settings.only_kept or not len(todo):
            return
        first, second = first[todo], second[todo]
        order = _near_each_other(first, second)
        first, second = first[order], second[order]
        packed: list[bytes | None] = []
        is_read: list[bool] = []
        n_kept = 0

        def keep() -> None:
            nonlocal n_kept
            done = slice(n_kept, len(packed))
            read = np.flatnonzero(is_read[done])
            one, other = first[done][read], second[done][read]
            n_kept = len(packed)
            self._codes = np.sort(np.concatenate([self._codes, one * len(self) + other]))
            if store.writable and len(read):
                still = store.rows(search.model)
                found = [packed[done.start + i] for i in read.tolist()]
                self._kept = self._kept.joined(search.hashes, one, other, found, still=still)
                store.save_copies(self._version, self._kept)

        progress(Progress("copies", 0, len(first)))
        with store.thumbnails() as thumbnails:
            try:
                for run, found in self._compared(first, second, thumbnails):
                    for i, each in zip(range(run.start, run.stop), found, strict=True):
                        is_same = each is not None and each.kind is not None
                        packed.append(each.packed() if is_same and each is not None else None)
                        is_read.append(each is not None)
                        if is_same and each is not None:
                            self.found[int(first[i]), int(second[i])] = each
                    progress(Progress("copies", len(packed), len(first)))
                    if len(packed) - n_kept >= _SAVE_EVERY:
                        keep()
            finally:
                keep()
                self.n_unread += is_read.count(False)

    def _compared(
        self, first: NDArray[np.int64], second: NDArray[np.int64], thumbnails: Thumbnails
    ) -> Iterator[tuple[slice, list[Comparison | None]]]:
        """Comparisons of pairs, run by run."""
        from imagecluster.collection.kept_looks import with_thumbnails
        from imagecluster.collection.looking import digest_loader, look_loader
        from imagecluster.copies import compare_pairs
        from imagecluster.decode import CLOSE_PX

        search, facts, max_pixels = self._search, self._facts, self._search.settings.max_pixels
        paths = search.paths()
        load = look_loader(paths, search.hashes, facts, max_pixels=max_pixels)
        return compare_pairs(
            first,
            second,
            with_thumbnails(load, search.hashes, search.store, thumbnails),
            facts,
            digest=digest_loader(paths, search.hashes, facts, max_pixels=max_pixels),
            closer=look_loader(paths, search.hashes, facts, max_pixels=max_pixels, side_px=CLOSE_PX),
            n_threads=search.settings.n_threads,
            at_a_time=_PICTURES_AT_A_TIME,
        )


def _near_each_other(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """An order of pairs in which those of the same pictures are near each other, so that few are read twice.

    Breadth first through the graph of the pairs: the pictures of a neighbourhood come one after another.
    """
    nodes, both = np.unique(np.concatenate([first, second]), return_inverse=True)
    ends = both.reshape(2, -1)
    by_node = np.argsort(ends.ravel(), kind="stable")
    start = np.searchsorted(ends.ravel()[by_node], np.arange(len(nodes) + 1)).tolist()
    other = np.concatenate([ends[1], ends[0]])[by_node].tolist()
    place = [-1] * len(nodes)
    n_placed = 0
    for node in range(len(nodes)):
        if place[node] >= 0:
            continue
        place[node], n_placed = n_placed, n_placed + 1
        waiting = deque([node])
        while waiting:
            at = waiting.popleft()
            for near in other[start[at] : start[at + 1]]:
                if place[near] < 0:
                    place[near], n_placed = n_placed, n_placed + 1
                    waiting.append(near)
    places = np.array(place, np.int64)[ends]
    return np.lexsort((places.max(axis=0), places.min(axis=0)))
