"""Dendrograms of a collection: loaded from the store, or made and kept for the next cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from imagecluster.collection.scales import distance_of_content, has_curve
from imagecluster.collection.settings import Settings
from imagecluster.errors import StoreDamagedError, VectorError
from imagecluster.records import Dendrogram, Recall, TimeTerm, Within
from imagecluster.store import Leaves, Store
from imagecluster.system.progress import OnProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagecluster.collection.verification import Verification
    from imagecluster.linkage import RaisedPairs


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
    verification: Verification | None = None
    """How many pairs were compared by local features; None if none should be."""


def kept_tree(
    leaves: Leaves, store: Store, model: str, key: str, load_time: Callable[[], TimeTerm | None]
) -> Tree | None:
    """The dendrogram that the store keeps under a key; None if it keeps none."""
    saved = store.load_dendrogram(key)
    if saved is None:
        return None
    load = partial(vectors_of, leaves, store, model, load_time)
    return Tree(saved.dendrogram, load, _recall(saved.info), key, _verification(saved.info))


def key_of(leaves: Leaves, model: str, settings: Settings, time: TimeTerm | None, bounds: Within | None = None) -> str:
    """Key of the dendrogram of these pictures by these settings; `bounds` are the events or trips that are apart."""
    # On a relative scale it follows from the contents and the model, which the key names too.
    verified_to = _verified_to(model, largest_distance=0.0) if settings.verify and has_curve(model) else None
    return settings.recipe.tree_key(model, leaves.hashes, time, bounds=bounds, verified_to=verified_to)


def tree_of(  # noqa: PLR0913  # what a dendrogram depends on, and how it is made
    leaves: Leaves,
    store: Store,
    model: str,
    settings: Settings,
    *,
    time: TimeTerm | None,
    bounds: Within | None = None,
    progress: OnProgress,
    only_kept: bool = False,
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
    bounds
        The events or trips that no cut joins: each is linked by itself. None for no such bounds.
    progress
        Called with shares of the linkage's stages, and with the number of pairs compared by local features.
    only_kept
        Whether to read no pictures: of pairs to be verified, only results that are kept count.

    Raises
    ------
    StoreDamagedError
        A fingerprint has no direction; the message names the picture.
    MemoryLimitError
        The vectors of the pictures, or the distances of all pairs that the method needs, do not fit into memory.
    MissingExtraError
        The metric needs scipy, or verification OpenCV, which is not installed.

    """
    recipe = settings.recipe
    key = key_of(leaves, model, settings, time, bounds)
    kept = kept_tree(leaves, store, model, key, lambda: time)
    if kept is not None:
        return kept
    if settings.verify and not only_kept:
        from imagecluster.verify import check_installed

        check_installed()
    vectors = vectors_of(leaves, store, model, lambda: time)
    from imagecluster.collection.linking import linked

    verification, pairs = None, None
    with _naming_bad_rows(leaves, store):
        if settings.verify:
            pairs, verification = _verified(leaves, store, model, settings, time, bounds, progress, only_kept=only_kept)
        graph_keys = recipe.graph_keys(model, _n_linked(leaves, bounds), time)
        found = linked(vectors, store, settings, graph_keys, bounds=bounds, raised=pairs, progress=progress)
    dendrogram, recall = found.dendrogram, found.recall
    # With a pair that could not be compared this time it would be another dendrogram next time.
    if store.writable and (verification is None or not verification.n_unread):
        _keep(store, key, dendrogram, model, recall, verification)
    return Tree(dendrogram, lambda: vectors, recall, key, verification)


def _keep(
    store: Store, key: str, dendrogram: Dendrogram, model: str, recall: Recall | None, verified: Verification | None
) -> None:
    """Keep a dendrogram in the store."""
    info = {
        "model": model,
        "n_images": dendrogram.n_leaves,
        "recall": None if recall is None else asdict(recall),
        "verification": None if verified is None else asdict(verified),
    }
    store.save_dendrogram(key, dendrogram, info)


def _verified(  # noqa: PLR0913  # as `tree_of`
    leaves: Leaves,
    store: Store,
    model: str,
    settings: Settings,
    time: TimeTerm | None,
    bounds: Within | None,
    progress: OnProgress,
    *,
    only_kept: bool,
) -> tuple[RaisedPairs, Verification]:
    """The pairs that verification brings near each other: each picture is compared with its nearest few by content."""
    from imagecluster.collection import verification
    from imagecluster.collection.linking import linked

    vectors = vectors_of(leaves, store, model, lambda: None)
    plain = replace(settings, verify=False, time_weight=0.0)
    graph_keys = plain.recipe.graph_keys(model, _n_linked(leaves, bounds), None)
    found = linked(vectors, store, plain, graph_keys, bounds=bounds, raised=None, with_graphs=True, progress=progress)
    if store.writable:
        key = plain.recipe.tree_key(model, leaves.hashes, None, bounds=bounds)
        _keep(store, key, found.dendrogram, model, found.recall, None)
    to_distance = _verified_to(model, largest_distance=found.dendrogram.top)
    pairs = found.near_pairs(vectors, k=verification.N_COMPARED, beyond=to_distance)
    comparing = verification.Comparing(model, settings.max_pixels, settings.n_threads, only_kept)
    compared = verification.compared(leaves, store, pairs, found.dendrogram.order, comparing, progress=progress)
    return verification.raised(compared, vectors, time, to_distance=to_distance), compared.counts()


def _n_linked(leaves: Leaves, bounds: Within | None) -> int:
    """Largest number of pictures that are linked with each other."""
    return len(leaves) if bounds is None else bounds.largest


def _verified_to(model: str, *, largest_distance: float) -> float:
    """Distance as near as which verified pairs count."""
    from imagecluster.collection.verification import VERIFIED_SIM

    return distance_of_content(model, VERIFIED_SIM, largest_distance=largest_distance)


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


def _verification(info: Mapping[str, Any]) -> Verification | None:
    """How many pairs were compared for a kept dendrogram."""
    if not info.get("verification"):
        return None
    from imagecluster.collection.verification import Verification

    return Verification(**info["verification"])


def _no_vectors() -> NDArray[np.float32]:
    import numpy as np

    return np.empty((0, 1), np.float32)
