"""The linkage of a collection: of all pictures, or of each event or trip by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster import linkage
from imagecluster.collection.settings import Settings
from imagecluster.cut.sim_scale import LARGEST_COSINE_DISTANCE
from imagecluster.errors import VectorError
from imagecluster.linkage import RaisedPairs
from imagecluster.linkage.apart import joined_apart, rows_of_groups
from imagecluster.linkage.few import MOST_ROWS, average_of_few
from imagecluster.linkage.near_pairs import near_pairs
from imagecluster.records import Dendrogram, NeighbourGraph, Recall, Within
from imagecluster.store import Store
from imagecluster.system.progress import OnProgress, Progress

__all__ = ["GRAPH_FROM", "Linked", "linked"]

GRAPH_FROM = 5_000
"""Number of pictures from which on their neighbours are kept for the next run; fewer are quickly compared again."""


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """A dendrogram, and the neighbours from which it was made."""

    dendrogram: Dendrogram
    graphs: Sequence[tuple[NDArray[np.int64], NeighbourGraph]]
    """Rows of each group that was linked by itself, ascending, and the graph of their neighbours; none of groups for
    which a table of all pairs was made."""

    @property
    def recall(self) -> Recall | None:
        """Recall of the neighbours; None if all pairs were compared."""
        return _pooled([graph.recall for _, graph in self.graphs if graph.recall is not None])

    def near_pairs(
        self, vectors: NDArray[Any], *, k: int, beyond: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of near rows of the same group, as `linkage.near_pairs` finds them."""
        first, second = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for rows, graph in self.graphs:
            own = vectors if len(rows) == len(vectors) else vectors[rows]
            one, other = near_pairs(own, graph, k=k, beyond=beyond)
            first.append(rows[one])
            second.append(rows[other])
        low, high = np.concatenate(first), np.concatenate(second)
        order = np.lexsort((high, low))
        return low[order], high[order]


def linked(  # noqa: PLR0913  # what a dendrogram depends on, and how it is made
    vectors: NDArray[Any],
    store: Store,
    settings: Settings,
    graph_keys: Sequence[str],
    *,
    bounds: Within | None,
    raised: RaisedPairs | None,
    with_graphs: bool = False,
    progress: OnProgress,
) -> Linked:
    """The linkage of all rows by a recipe, in which no cut joins two groups.

    Parameters
    ----------
    vectors : array, shape (n_images, n_dimensions)
    store
        Keeps the graph of the neighbours, from which the next average linkage under cosine continues.
    settings
        The recipe, the number of threads and the memory limit.
    graph_keys
        Keys of the graphs from which the linkage can continue; its own is kept under the first.
    bounds
        The groups; None if all rows are one.
    raised
        Pairs of rows that are more similar than their vectors say.
    with_graphs
        Whether the graph of each group is needed; those of few pictures are linked faster without.
    progress
        Called with shares of the linkage's stages.

    Raises
    ------
    VectorError
        A row has no distance to other rows.
    MemoryLimitError
        More memory is needed than allowed.

    """
    if bounds is None:
        link = _Link(store, settings, graph_keys, progress)
        dendrogram, graph = link(vectors, raised)
        return Linked(dendrogram, [] if graph is None else [(np.arange(len(vectors)), graph)])
    groups = rows_of_groups(bounds.labels)
    largest = max(range(len(groups)), key=lambda i: len(groups[i]))
    own_keys = [f"{key} within" for key in graph_keys]
    recipe = settings.recipe
    is_plain = recipe.is_average_cosine and recipe.exactness != "approximate" and not with_graphs
    parts, graphs = [], []
    for i, rows, report, pairs in zip(
        range(len(groups)), groups, _shares(groups, progress), _by_group(groups, raised, len(vectors)), strict=True
    ):
        own = vectors[rows]
        link = _Link(store, _with_less(settings, own.nbytes), own_keys if i == largest else (), report)
        is_few = is_plain and len(rows) <= MOST_ROWS and (pairs is None or not len(pairs.first))
        try:
            dendrogram, graph = (average_of_few(own), None) if is_few else link(own, pairs)
        except VectorError as error:
            raise VectorError(str(error), int(rows[error.row])) from None
        parts.append((rows, dendrogram))
        if graph is not None:
            graphs.append((rows, graph))
    least_height = LARGEST_COSINE_DISTANCE if recipe.is_average_cosine else 0.0
    return Linked(joined_apart(parts, least_height=least_height), graphs)


@dataclass(frozen=True, slots=True)
class _Link:
    """The linkage of some rows by themselves."""

    store: Store
    settings: Settings
    graph_keys: Sequence[str]
    """None are kept if there are no keys."""
    progress: OnProgress

    def __call__(self, vectors: NDArray[Any], raised: RaisedPairs | None) -> tuple[Dendrogram, NeighbourGraph | None]:
        """Dendrogram and, for average linkage under cosine, the graph of neighbours."""
        settings = self.settings
        if settings.recipe.is_average_cosine:
            found = self._average(vectors, raised)
            return found.dendrogram, found.graph
        dendrogram = linkage.linkage(
            vectors,
            method=settings.method,
            metric=settings.metric,
            n_threads=settings.n_threads,
            max_memory_bytes=settings.max_memory_bytes,
            progress=self.progress,
        )
        return dendrogram, None

    def _average(self, vectors: NDArray[Any], raised: RaisedPairs | None) -> linkage.Linkage:
        """Continues from the first graph that the store has, and keeps its own under the first key."""
        settings, store = self.settings, self.store
        approximate, n_threads = settings.recipe.is_approximate(len(vectors)), settings.n_threads
        large = len(vectors) >= GRAPH_FROM
        known = next(filter(None, map(store.load_graph, self.graph_keys)), None) if large else None
        expected_s = linkage.expected_s(*vectors.shape, approximate=approximate, n_threads=n_threads) if large else None
        found = linkage.link(
            vectors,
            approximate=approximate,
            known=known,
            raised=raised,
            n_threads=n_threads,
            max_memory_bytes=settings.max_memory_bytes,
            progress=lambda share: self.progress(share._replace(expected_s=expected_s)),
        )
        if large and store.writable and self.graph_keys:
            store.save_graph(self.graph_keys[0], found.graph)
        return found


def _with_less(settings: Settings, n_bytes: int) -> Settings:
    """The settings for work that has this much less memory."""
    limit = settings.max_memory_bytes
    return settings if limit is None else replace(settings, max_memory_bytes=max(1, limit - n_bytes))


def _shares(groups: Sequence[NDArray[np.int64]], progress: OnProgress) -> Iterator[OnProgress]:
    """For each group a function that reports its progress in comparing pairs as a share of that of all."""
    n_pairs = [len(rows) ** 2 for rows in groups]
    total, done = sum(n_pairs), 0
    for n in n_pairs:

        def report(share: Progress, done: int = done, n: int = n) -> None:
            if share.stage in ("pairs", "neighbours"):
                progress(Progress("pairs", (done + n * share.done) / total, 1.0))

        yield report
        done += n
    progress(Progress("pairs", 1.0, 1.0))


def _by_group(groups: Sequence[NDArray[np.int64]], raised: RaisedPairs | None, n: int) -> Iterator[RaisedPairs | None]:
    """The raised pairs of each group, in its own row numbers; all pairs are within groups."""
    if raised is None:
        yield from (None for _ in groups)
        return
    group, place = np.empty(n, np.int64), np.empty(n, np.int64)
    for number, rows in enumerate(groups):
        group[rows], place[rows] = number, np.arange(len(rows))
    order = np.argsort(group[raised.first], kind="stable")
    edges = np.searchsorted(group[raised.first[order]], np.arange(len(groups) + 1))
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        chosen = order[start:end]
        yield RaisedPairs(place[raised.first[chosen]], place[raised.second[chosen]], raised.by[chosen])


def _pooled(recalls: Sequence[Recall]) -> Recall | None:
    """The recall of several samples together."""
    if not recalls:
        return None
    n = sum(recall.n_sampled for recall in recalls)
    if n == 0 or len(recalls) == 1:
        return recalls[0]
    return Recall(
        n,
        sum(recall.neighbours * recall.n_sampled for recall in recalls) / n,
        sum(recall.nearest * recall.n_sampled for recall in recalls) / n,
        sum(recall.mean_excess * recall.n_sampled for recall in recalls) / n,
    )
