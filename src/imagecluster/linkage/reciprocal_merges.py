"""Rounds of reciprocal nearest neighbour merges over candidate lists with bounds.

Average linkage is reducible: a merge never brings the result nearer to another cluster than its parts were. So all
pairs of mutual nearest neighbours can be merged at once (Sumengen et al. 2021, RAC), and an upper bound on similarity
remains one through all merges elsewhere. Every entry of a list is such an upper bound, exact or not; the nearest
neighbour of a cluster is known once an exact entry is not lower than all others and the bound on everything outside the
list. Exact products are computed only for entries that can still be the best.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.linkage.raised import RaisedSums
from imagecluster.linkage.vectors import ClusterVectors, float32_error
from imagecluster.neighbours import BLOCK_ROWS, Columns, Neighbours, scan
from imagecluster.system.cores import Mapper

_NOISE = 2.0**-48
"""Similarities that differ by less (3.6e-15) are equal, since products of a pair computed in two ways differ less."""

_RESCAN_ROWS = 64
"""A rescan reads all vectors once, so that fewer rows than this would not take less time."""

_CHUNK_ROWS = 1 << 16
"""Number of clusters whose lists are processed at once; more would take as much memory as the vectors."""

_FEW_ROWS = 64
_ROWS_A_MERGE = 16
"""Number of clusters with stale neighbours that are examined after a round: at least, and per merge."""


class CandidateLists:
    """Up-to-date candidate lists of some clusters.

    Attributes
    ----------
    index : array of int32, shape (n_rows, k)
        Current clusters; the null row (n) for a void entry.
    upper : array of float64, shape (n_rows, k)
        Upper bound on the similarity; -inf for a void entry.
    exact : array of bool, shape (n_rows, k)
        Whether the bound is the similarity itself.

    """

    __slots__ = ("exact", "index", "upper")

    def __init__(self, index: NDArray[np.int32], upper: NDArray[np.float64], exact: NDArray[np.bool_]) -> None:
        self.index = index
        self.upper = upper
        self.exact = exact


def _pick(table: NDArray[Any], columns: NDArray[np.int64]) -> NDArray[Any]:
    """Like `np.take_along_axis` for rows, which for small tables would take longer than everything else here."""
    return np.asarray(table[np.arange(len(table))[:, None], columns])


def _join_equal(index: NDArray[np.int32], null: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Order of each row by index; whether ordered entries start a run; whether these runs are longer than one."""
    order = np.argsort(index, axis=1, kind="stable")
    ordered = _pick(index, order)
    first = np.ones(index.shape, bool)
    first[:, 1:] = (ordered[:, 1:] != ordered[:, :-1]) | (ordered[:, 1:] == null)
    several = np.zeros(index.shape, bool)
    several[:, :-1] = first[:, :-1] & ~first[:, 1:]
    return order, first, several


def pair_hash(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.uint64]:
    """A fixed, symmetric, random-looking number for each pair.

    It breaks ties so that among many equal pairs a constant share is reciprocal. If the smaller row decided, all would
    point at one row, and a round would merge only one pair.
    """
    low = np.minimum(first, second).astype(np.uint64)
    mixed = (low << np.uint64(32)) | np.maximum(first, second).astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


class ReciprocalMerger:
    """The state of a linkage: clusters, their candidate lists, and the merges so far.

    Parameters
    ----------
    vectors : ClusterVectors
    neighbours : Neighbours
        Candidate lists from float32 products.
    run : Mapper
    raised : RaisedSums, optional
        What is added to the similarity of pairs of rows. A pair that has something added is always in the lists of its
        two clusters, or below their bounds, so that everything said about lists and bounds holds for the sums too.

    """

    def __init__(
        self, vectors: ClusterVectors, neighbours: Neighbours, *, run: Mapper, raised: RaisedSums | None = None
    ) -> None:
        n, k = neighbours.index.shape
        self.vectors = vectors
        self.run = run
        self.raised = raised
        self.n, self.k = n, k
        self.error = float32_error(vectors.means.shape[1])
        self.parent = np.arange(n + 1, dtype=np.int32)
        self.version = np.zeros(n + 1, np.int32)
        self.index = np.where(neighbours.index < 0, n, neighbours.index).astype(np.int32)
        self.upper = neighbours.similarity + np.float64(self.error)
        self.exact = np.zeros((n, k), bool)
        self.stamp = np.zeros((n, k), np.int32)
        self.bound = neighbours.bound + np.float64(self.error)
        self.best = np.full(n, -np.inf)
        self.nearest = np.full(n + 1, n, np.int32)
        self.nearest_stamp = np.zeros(n, np.int32)
        self.known = np.zeros(n + 1, bool)
        self.stale = np.zeros(n, bool)
        self.needs_float64 = np.zeros(n, bool)
        self.active = np.arange(n, dtype=np.int64)
        self.node = np.arange(n, dtype=np.int64)
        self.height = np.zeros(n)
        self.children: list[NDArray[np.int64]] = []
        self.heights: list[NDArray[np.float64]] = []
        self.n_merges = 0
        self.n_rounds = 0
        self.n_rescanned = 0
        if raised is not None:
            self._hold_partners(self.active)

    def similarities(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
        """Mean similarity of pairs of clusters, in float64 and symmetric to the last bit."""
        found = self.vectors.similarities(first, second, run=self.run)
        if self.raised is not None and len(self.raised):
            found += self.raised.of(first, second) / (self.vectors.count[first] * self.vectors.count[second])
        return found

    def merge_all(
        self, *, progress: Callable[[float], None] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """All merges, children first: joined nodes (n - 1, 2), where merge t makes node n + t; and heights (n - 1,)."""
        self.evaluate(self.active)
        budget = _FEW_ROWS
        while len(self.active) > 1:
            self.n_rounds += 1
            first, second = self.nearest_pairs()
            if len(first):
                self.merge(first, second)
                budget = max(_FEW_ROWS, _ROWS_A_MERGE * len(first))
                self.evaluate_stale(budget)
            elif self.stale[self.active].any():
                budget *= 4
                self.evaluate_stale(budget)
            else:
                self.rescan(self.most_wanted(self.active[~self.known[self.active]]))
            if progress is not None:
                progress(self.n_merges / (self.n - 1))
        return (
            np.concatenate([np.empty((0, 2), np.int64), *self.children]),
            np.concatenate([np.empty(0), *self.heights]),
        )

    def nearest_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Disjoint pairs of clusters in which neither has a nearer neighbour."""
        rows = self.active[self.known[self.active]]
        nearest = self.nearest[rows].astype(np.int64)
        # The nearest neighbour of the neighbour may be another cluster that is equally near.
        mutual = self.known[nearest] & (self.best[nearest] <= self.best[rows] + _NOISE)
        rows, nearest = rows[mutual], nearest[mutual]
        back = self.nearest[nearest] == rows
        first = back & (rows < nearest)
        pairs = rows[first], nearest[first]
        if back.all():
            return pairs
        used = set(rows[back].tolist())
        tied = []
        for i, j in zip(rows[~back].tolist(), nearest[~back].tolist(), strict=True):
            if i not in used and j not in used:
                used.update((i, j))
                tied.append((i, j))
        left, right = np.array(tied, np.int64).reshape(-1, 2).T
        return np.concatenate([pairs[0], left]), np.concatenate([pairs[1], right])

    def most_wanted(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Clusters to scan next: those that are the nearest neighbour of another, then those most similar to any."""
        wanted = np.zeros(self.n + 1, bool)
        wanted[self.nearest[self.active[self.known[self.active]]]] = True
        order = np.lexsort((rows, -self.best[rows], ~wanted[rows]))
        n_wanted = int(np.count_nonzero(wanted[rows]))
        return np.sort(rows[order[: min(max(_RESCAN_ROWS, n_wanted), 2 * BLOCK_ROWS)]])

    def evaluate_stale(self, n_rows: int) -> None:
        """Find the nearest neighbours of clusters whose nearest neighbour has merged; of many, of the most similar.

        A large cluster that takes in one picture after another is the nearest neighbour of thousands, which would all
        be examined in every round. Until one of them matters, its former similarity is a sufficient bound.
        """
        stale = self.active[self.stale[self.active]]
        if len(stale) > n_rows:
            stale = np.sort(stale[np.lexsort((stale, -self.best[stale]))[:n_rows]])
        self.evaluate(stale)

    def current(self, rows: NDArray[np.int64]) -> CandidateLists:
        """Lists of some clusters after all merges so far."""
        old = self.index[rows]
        index = self.parent[old]
        while True:
            above = self.parent[index]
            if np.array_equal(above, index):
                break
            index = above
        changed = (index != old) | (self.version[index] != self.stamp[rows])
        index[index == rows[:, None]] = self.n
        upper = np.where(changed, np.maximum(self.upper[rows], self.bound[rows, None]), self.upper[rows])
        exact = self.exact[rows] & ~changed
        upper[index == self.n] = -np.inf
        exact[index == self.n] = False
        order, first, several = _join_equal(index, self.n)
        if several.any():
            ordered = _pick(upper, order)
            starts = np.flatnonzero(first)
            joined = np.full(index.shape, -np.inf)
            joined.ravel()[starts] = np.maximum.reduceat(ordered.ravel(), starts)
            index = np.where(first, _pick(index, order), self.n)
            exact = _pick(exact, order) & ~several & first
            upper = joined
        return CandidateLists(index, upper, exact)

    def evaluate(self, rows: NDArray[np.int64], *, final: bool = False) -> NDArray[np.int64]:
        """Find the nearest neighbours of some clusters from their lists; return clusters whose lists do not suffice.

        If `final`, the lists cannot get better, and the best entry is the nearest neighbour.
        """
        chunks = range(0, len(rows), _CHUNK_ROWS)
        left = [self._evaluate(rows[start : start + _CHUNK_ROWS], final=final) for start in chunks]
        return np.concatenate([np.empty(0, np.int64), *left])

    def _evaluate(self, rows: NDArray[np.int64], *, final: bool) -> NDArray[np.int64]:
        """Evaluate a chunk of clusters."""
        lists = self.current(rows)
        self._take_products(rows, lists, one_each=True)
        self._take_products(rows, lists, one_each=False)
        exact = np.where(lists.exact, lists.upper, -np.inf)
        best = exact.max(axis=1)
        column = exact.argmax(axis=1)
        ties = np.flatnonzero((exact == best[:, None]).sum(axis=1) > 1)
        if len(ties):
            value = pair_hash(rows[ties, None], lists.index[ties])
            value[exact[ties] != best[ties, None]] = np.iinfo(np.uint64).max
            column[ties] = value.argmin(axis=1)
        nearest = lists.index[np.arange(len(rows)), column]
        known = (best >= self.bound[rows] - _NOISE) & (best > -np.inf)
        if final:
            known[:] = True
        best = np.where(known, best, np.maximum(best, self.bound[rows]))
        self.index[rows], self.upper[rows], self.exact[rows] = lists.index, lists.upper, lists.exact
        self.stamp[rows] = self.version[lists.index]
        self.best[rows], self.nearest[rows], self.known[rows] = best, nearest, known
        self.nearest_stamp[rows] = self.version[nearest]
        self.stale[rows] = False
        return np.asarray(rows[~known])

    def _take_products(self, rows: NDArray[np.int64], lists: CandidateLists, *, one_each: bool) -> None:
        """Compute exactly the entries that can be the best: the highest of each row, or all of them."""
        loose = np.where(lists.exact, -np.inf, lists.upper)
        best = np.where(lists.exact, lists.upper, -np.inf).max(axis=1)
        floor = np.maximum(best, self.bound[rows] - _NOISE)
        if one_each:
            column = loose.argmax(axis=1)
            highest = loose[np.arange(len(rows)), column]
            row = np.flatnonzero((highest >= floor) & (highest > -np.inf))
            column = column[row]
        else:
            row, column = np.nonzero((loose >= floor[:, None]) & (loose > -np.inf))
        if len(row):
            lists.upper[row, column] = self.similarities(rows[row], lists.index[row, column])
            lists.exact[row, column] = True

    def merge(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        """Merge disjoint pairs, and mark the clusters whose nearest neighbour changes."""
        larger = self.vectors.count[first] >= self.vectors.count[second]
        kept, gone = np.where(larger, first, second), np.where(larger, second, first)
        height = 1.0 - self.similarities(kept, gone)
        # A height below those of its parts comes from rounding, since average linkage is monotone.
        height = np.maximum.reduce([height, self.height[kept], self.height[gone]])
        self.children.append(np.stack([self.node[kept], self.node[gone]], axis=1))
        self.heights.append(height)
        self.height[kept] = height
        self.node[kept] = self.n + self.n_merges + np.arange(len(kept))
        self.n_merges += len(kept)
        share = self.vectors.count[kept] / (self.vectors.count[kept] + self.vectors.count[gone])
        self.vectors.merge(kept, gone, run=self.run)
        if self.raised is not None:
            self.raised.merge(kept, gone)
        self.parent[gone] = kept
        self.version[kept] += 1
        self.version[gone] += 1
        self.known[kept] = self.known[gone] = False
        self.active = self.active[self.parent[self.active] == self.active]
        for start in range(0, len(kept), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            self._join_lists(kept[part], gone[part], share[part])
        nearest = self.nearest[self.active]
        stale = self.active[self.known[self.active] & (self.version[nearest] != self.nearest_stamp[self.active])]
        self.stale[stale] = self.stale[kept] = True
        self.known[stale] = False

    def _join_lists(self, kept: NDArray[np.int64], gone: NDArray[np.int64], share: NDArray[np.float64]) -> None:
        """Join the lists of merged clusters by the means of upper bounds; clusters outside a list have its bound."""
        parts = [self.current(kept), self.current(gone)]
        weights = [share[:, None], 1.0 - share[:, None]]
        bounds = [self.bound[kept, None], self.bound[gone, None]]
        outside = weights[0] * bounds[0] + weights[1] * bounds[1]
        void = parts[1].index == kept[:, None]
        parts[1].index[void], parts[1].upper[void] = self.n, -np.inf
        index = np.concatenate([part.index for part in parts], axis=1)
        mine = np.concatenate([w * part.upper for w, part in zip(weights, parts, strict=True)], axis=1)
        other = np.concatenate(
            [np.broadcast_to(w * b, p.index.shape) for w, b, p in zip(weights[::-1], bounds[::-1], parts, strict=True)],
            axis=1,
        )
        order, first, both = _join_equal(index, self.n)
        index, mine, other = (_pick(a, order) for a in (index, mine, other))
        partner = np.full(mine.shape, -np.inf)
        partner[:, :-1] = mine[:, 1:]
        upper = np.where(first & (index < self.n), mine + np.where(both, partner, other), -np.inf)
        index = np.where(upper > -np.inf, index, self.n)
        best = np.argpartition(-upper, self.k - 1, axis=1)
        chosen, dropped = best[:, : self.k], best[:, self.k :]
        bound = np.maximum(outside[:, 0], _pick(upper, dropped).max(axis=1))
        self.index[kept] = _pick(index, chosen)
        self.upper[kept] = _pick(upper, chosen)
        self.exact[kept] = False
        self.stamp[kept] = self.version[self.index[kept]]
        self.bound[kept] = bound
        self.best[kept] = np.maximum(bound, upper.max(axis=1))
        self.needs_float64[kept] &= self.needs_float64[gone]

    def rescan(self, rows: NDArray[np.int64]) -> None:
        """Find the nearest neighbours of some clusters among all clusters."""
        self.n_rescanned += len(rows)
        hard = self.needs_float64[rows]
        left = rows[hard]
        if not hard.all():
            easy = rows[~hard]
            means = self.vectors.means
            found = scan(means[easy], easy, Columns(lambda ids: means[ids], self.active), k=self.k, run=self.run)
            self._set_lists(easy, found, self.error)
            # More neighbours than a list holds are too close together for float32.
            left = np.sort(np.concatenate([left, self.evaluate(easy)]))
        if len(left):
            self.needs_float64[left] = True
            means64 = self.vectors.exact_means
            found = scan(means64(left), left, Columns(means64, self.active), k=self.k, jitter=_NOISE / 2, run=self.run)
            self._set_lists(left, found, _NOISE)
            self.evaluate(left, final=True)

    def _set_lists(self, rows: NDArray[np.int64], found: Neighbours, error: float) -> None:
        """Take new lists, whose similarities are correct within `error`."""
        self.index[rows] = np.where(found.index < 0, self.n, found.index)
        self.upper[rows] = found.similarity + np.float64(error)
        self.exact[rows] = False
        self.stamp[rows] = self.version[self.index[rows]]
        self.bound[rows] = found.bound + np.float64(error)
        if self.raised is not None:
            self._hold_partners(rows)

    def _hold_partners(self, rows: NDArray[np.int64]) -> None:
        """Put the clusters that something is added for into the lists of some clusters, for the least similar entries.

        Where a cluster has more of them than its list has room for, the most similar ones are held, and the others are
        below its bound.
        """
        if self.raised is None or not len(self.raised):
            return
        position, partner = self.raised.partners(rows)
        similarity = self.similarities(rows[position], partner)
        count = np.bincount(position, minlength=len(rows))
        place = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
        for start in range(0, len(rows), _CHUNK_ROWS):
            end = min(start + _CHUNK_ROWS, len(rows))
            chosen = np.flatnonzero(count[start:end]) + start
            among = (position >= start) & (position < end)
            if len(chosen):
                at = np.searchsorted(chosen, position[among])
                table = np.full((len(chosen), int(count[chosen].max())), self.n, np.int32)
                upper = np.full(table.shape, -np.inf)
                table[at, place[among]], upper[at, place[among]] = partner[among], similarity[among]
                self._hold(rows[chosen], table, upper)

    def _hold(self, rows: NDArray[np.int64], partner: NDArray[np.int32], similarity: NDArray[np.float64]) -> None:
        """Join exact entries of some clusters, the null row for none, with their lists."""
        index = np.concatenate([partner, self.index[rows]], axis=1)
        upper = np.concatenate([similarity, self.upper[rows]], axis=1)
        exact = np.concatenate([np.ones(partner.shape, bool), self.exact[rows]], axis=1)
        order, first, _ = _join_equal(index, self.n)
        index, upper, exact = (_pick(table, order) for table in (index, upper, exact))
        index[~first] = self.n  # the sort is stable, so that of two equal entries the exact one stays
        upper[index == self.n] = -np.inf
        exact[index == self.n] = False
        best = np.argsort(-upper, axis=1, kind="stable")
        chosen, dropped = best[:, : self.k], best[:, self.k :]
        self.bound[rows] = np.maximum(self.bound[rows], _pick(upper, dropped).max(axis=1))
        self.index[rows] = _pick(index, chosen)
        self.upper[rows], self.exact[rows] = _pick(upper, chosen), _pick(exact, chosen)
        self.stamp[rows] = self.version[self.index[rows]]
