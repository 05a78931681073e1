"""Dendrograms of a collection: loaded from the store, or made and kept for the next cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from imagecluster.collection.settings import Settings
from imagecluster.errors import StoreDamagedError, VectorError
from imagecluster.records import Dendrogram, Recall, TimeTerm
from imagecluster.store import Leaves, Store
from imagecluster.system.progress import OnProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagecluster.linkage import Linkage

GRAPH_FROM = 5_000
"""Number of pictures from which on their neighbours are kept for the next run; fewer are quickly compared again."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A dendrogram of the pictures, and what it was made from."""

    dendrogram: Dendrogram
    load: Callable[[], NDArray[np.float32]]
    """Returns the vectors from which it was made, row i for leaf i, as long as the store is open."""
    recall: Recall | None
    """Recall of the neighbours from which it was made; None if all pairs were compared."""
    key: str
    """Key under which the store keeps it."""


def kept_tree(
    leaves: Leaves, store: Store, model: str, key: str, load_time: Callable[[], TimeTerm | None]
) -> Tree | None:
    """The dendrogram that the store keeps under a key; None if it keeps none."""
    saved = store.load_dendrogram(key)
    if saved is None:
        return None
    return Tree(saved.dendrogram, partial(vectors_of, leaves, store, model, load_time), _recall(saved.info), key)


def tree_of(
    leaves: Leaves, store: Store, model: str, settings: Settings, *, time: TimeTerm | None, progress: OnProgress
) -> Tree:
    """The dendrogram of the pictures, from the store if it holds one of the same contents and times.

    Otherwise, in average linkage under cosine, only pictures that the last linkage did not know are compared with all
    others. The result is kept if the store can be written to.

    Parameters
    ----------
    leaves
        The pictures.
    store
        The store, which holds their fingerprints.
    model
        `name@version`.
    settings
        The recipe by which the pictures are joined, the number of threads and the memory limit.
    time
        The part that time plays; None if it plays none.
    progress
        Called with shares of the linkage's stages.

    Raises
    ------
    StoreDamagedError
        A fingerprint has no direction; the message names the picture.
    MemoryLimitError
        The vectors of the pictures, or the distances of all pairs that the method needs, do not fit into memory.
    MissingExtraError
        The metric needs scipy, which is not installed.

    """
    recipe = settings.recipe
    key = recipe.tree_key(model, leaves.hashes, time)
    kept = kept_tree(leaves, store, model, key, lambda: time)
    if kept is not None:
        return kept
    vectors = vectors_of(leaves, store, model, lambda: time)
    from imagecluster import linkage

    recall = None
    with _naming_bad_rows(leaves, store):
        if recipe.is_average_cosine:
            graph_keys = recipe.graph_keys(model, len(leaves), time)
            linked = _link(vectors, store, settings, graph_keys, progress=progress)
            dendrogram, recall = linked.dendrogram, linked.graph.recall
        else:
            dendrogram = linkage.linkage(
                vectors,
                method=recipe.method,
                metric=recipe.metric,
                n_threads=settings.n_threads,
                max_memory_bytes=settings.max_memory_bytes,
                progress=progress,
            )
    if store.writable:
        info = {"model": model, "n_images": len(leaves), "recall": None if recall is None else asdict(recall)}
        store.save_dendrogram(key, dendrogram, info)
    return Tree(dendrogram, lambda: vectors, recall, key)


def vectors_of(
    leaves: Leaves, store: Store, model: str, load_time: Callable[[], TimeTerm | None]
) -> NDArray[np.float32]:
    """The vectors to cluster, shape (n_images, n_dimensions): of content, or of content and time together."""
    if not len(leaves):
        return _no_vectors()
    vectors, time = store.vectors(model, leaves.hashes), load_time()
    if time is None:
        return vectors
    from imagecluster.linkage.time_kernel import joint_vectors

    with _naming_bad_rows(leaves, store):
        return joint_vectors(vectors, time.times_s, weight=time.weight, scale_s=time.scale_s)


def _link(
    vectors: NDArray[np.float32], store: Store, settings: Settings, graph_keys: Sequence[str], *, progress: OnProgress
) -> Linkage:
    """Average linkage that continues from the first graph that the store has, and keeps its own under the first key."""
    from imagecluster import linkage

    approximate, n_threads = settings.recipe.is_approximate(len(vectors)), settings.n_threads
    large = len(vectors) >= GRAPH_FROM
    known = next(filter(None, map(store.load_graph, graph_keys)), None) if large else None
    expected_s = linkage.expected_s(*vectors.shape, approximate=approximate, n_threads=n_threads) if large else None
    linked = linkage.link(
        vectors,
        approximate=approximate,
        known=known,
        n_threads=n_threads,
        max_memory_bytes=settings.max_memory_bytes,
        progress=lambda share: progress(share._replace(expected_s=expected_s)),
    )
    if large and store.writable:
        store.save_graph(graph_keys[0], linked.graph)
    return linked


@contextmanager
def _naming_bad_rows(leaves: Leaves, store: Store) -> Iterator[None]:
    """Name the picture whose fingerprint has no direction."""
    try:
        yield
    except VectorError as error:
        path = store.path_of(leaves.keys[error.row])
        raise StoreDamagedError(
            f"the fingerprint of {path} cannot be used: {error}. Remove {store.directory} and run again"
        ) from None


def _recall(info: Mapping[str, Any]) -> Recall | None:
    """The recall that was measured when a kept dendrogram was made."""
    return Recall(**info["recall"]) if info.get("recall") else None


def _no_vectors() -> NDArray[np.float32]:
    import numpy as np

    return np.empty((0, 1), np.float32)
