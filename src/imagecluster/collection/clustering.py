"""From fingerprints in the store to clusters, with the dendrogram kept for the next cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import xxhash

from imagecluster import cut
from imagecluster.collection.fingerprinting import Progress
from imagecluster.collection.kept_centres import KeptCentres
from imagecluster.corrections import Edit, apply
from imagecluster.cut.central import Centres, Vectors
from imagecluster.cut.own_cuts import OwnCut
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import StoreDamagedError, VectorError
from imagecluster.records import Clusters, Dendrogram, ImageFile, Recall, TimeTerm
from imagecluster.store import HashedFile, Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagecluster.linkage import Linkage

VERSION = 1
"""Of how dendrograms are computed: a kept one of another version is not used."""

TIME = "time/laplace/1"
"""What time adds to the vectors, and the version of how."""

_OF_PAIRS = ("average", "complete", "single", "weighted")
"""Methods in which a cluster is as far from another one as one or several of their pairs, and never gets nearer to it
by merging with a third that is no nearer (they are reducible)."""

Exactness = Literal["auto", "exact", "approximate"]
"""Whether all pairs of pictures are compared; `auto`: up to `EXACT_UP_TO`."""

EXACT_UP_TO = 250_000
"""Pictures up to which all pairs are compared unless told otherwise: minutes. A fixed number, so that the same pictures
give the same clusters on every machine."""

GRAPH_FROM = 5_000
"""Pictures from which on their neighbours are kept for the next run; fewer are compared again in no time."""


def leaf_order(files: Sequence[HashedFile]) -> list[HashedFile]:
    """The files in the order of the dendrogram's leaves: by content, so that a renamed picture changes nothing."""
    return sorted(files, key=lambda known: (known.content_hash, bytes(known.file.path)))


def kept_leaves(store: Store, model: str | None = None) -> list[HashedFile]:
    """Leaves of a collection as its latest scan left it, without looking at the files.

    All pictures, or with `model` (`name@version`) those that have a fingerprint of it.
    """
    rows = None if model is None else store.rows(model)
    return leaf_order(
        [
            HashedFile(ImageFile(path, known.size_bytes, known.mtime_ns), known.content_hash)
            for path, known in store.known_files().items()
            if rows is None or known.content_hash in rows
        ]
    )


def contents_digest(hashes: Sequence[bytes]) -> str:
    """Names contents, in their order as leaves."""
    return xxhash.xxh3_128_hexdigest(b"".join(hashes))


def is_key_of(key: str, hashes: Sequence[bytes]) -> bool:
    """Whether a dendrogram that the store keeps under this key is one of these contents."""
    return contents_digest(hashes) in key.split()


def is_of_cosines(key: str) -> bool:
    """Whether the dendrogram of this key joins pictures by nothing but the cosine distances of their fingerprints.

    By a reducible method and with all pairs compared. Then the lowest merge inside a cluster is that of its two closest
    pictures, and `largest_distance` is the cosine distance of the two farthest ones of all.
    """
    first, *others = key.split() or [""]
    method, _, rest = first.partition("/")
    return method in _OF_PAIRS and rest == f"cosine/{VERSION}" and not {"approximate", TIME} & {*others}


@dataclass(frozen=True, eq=False)
class Tree:
    """A dendrogram of the pictures."""

    dendrogram: Dendrogram
    load: Callable[[], NDArray[np.float32]]
    """Gives `vectors`, as long as the store is open."""
    recall: Recall | None
    """Of the neighbours that it was made from; None where all pairs were compared."""
    key: str
    """Under what the store keeps it: `is_key_of` these pictures."""

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """What it was made from, row i for leaf i; read when first asked for."""
        return self.load()


def tree_of(
    leaves: Sequence[HashedFile],
    store: Store,
    model: str,
    *,
    method: str = "average",
    metric: str = "cosine",
    time: TimeTerm | None = None,
    exactness: Exactness = "auto",
    n_threads: int | None = None,
    max_memory_bytes: int | None = None,
    progress: Progress,
) -> Tree:
    """Dendrogram of the pictures, from the store if it holds one of the same contents and times.

    Otherwise, in average linkage under cosine, only pictures that the last linkage did not know are compared with all
    others. What comes out is kept where the store can be written to.

    Raises
    ------
    StoreDamagedError
        A fingerprint has no direction; the picture is named.
    MemoryLimitError
        The vectors of so many pictures, or the distances of all pairs that the method needs, do not fit.
    MissingExtraError
        The metric needs scipy, which is not installed.

    """
    by_average = (method, metric) == ("average", "cosine")
    approximate = by_average and (exactness == "approximate" or (exactness == "auto" and len(leaves) > EXACT_UP_TO))
    hashes = [known.content_hash for known in leaves]
    exact_name = f"{method}/{metric}/{VERSION}"
    name = f"{exact_name} approximate" if approximate else exact_name
    space, key = model, f"{name} {model} {contents_digest(hashes)}"
    if time is not None:
        term = f"{TIME} {time.weight!r} {time.scale_s!r}"
        space, key = f"{model} {term}", f"{key} {term} {xxhash.xxh3_128_hexdigest(time.times_s.tobytes())}"
    load = partial(_vectors, leaves, store, model, time)
    if saved := store.load_dendrogram(key):
        return Tree(saved.dendrogram, load, _recall(saved.info), key)
    vectors = load()
    from imagecluster import linkage

    limits: dict[str, int | None] = {"n_threads": n_threads, "max_memory_bytes": max_memory_bytes}
    recall = None
    with _naming_bad_rows(leaves, store):
        if by_average:
            # An exact graph serves an approximate linkage too, not the other way round.
            graph_keys = [f"{name} {space}", f"{exact_name} {space}"]
            linked = _link(vectors, store, graph_keys, approximate=approximate, progress=progress, **limits)
            dendrogram, recall = linked.dendrogram, linked.graph.recall
        else:
            report = _thousandths(progress)
            dendrogram = linkage.linkage(vectors, method=method, metric=metric, progress=report, **limits)
    if store.writable:
        info = {"model": model, "n_images": len(leaves), "recall": None if recall is None else asdict(recall)}
        store.save_dendrogram(key, dendrogram, info)
    return Tree(dendrogram, lambda: vectors, recall, key)


def _vectors(leaves: Sequence[HashedFile], store: Store, model: str, time: TimeTerm | None) -> NDArray[np.float32]:
    """What is clustered, a row a leaf."""
    if not leaves:
        return _no_vectors()
    vectors = store.vectors(model, [known.content_hash for known in leaves])
    if time is None:
        return vectors
    from imagecluster.linkage.time_kernel import joint_vectors

    with _naming_bad_rows(leaves, store):
        return joint_vectors(vectors, time.times_s, weight=time.weight, scale_s=time.scale_s)


def _link(
    vectors: NDArray[np.float32],
    store: Store,
    graph_keys: Sequence[str],
    *,
    approximate: bool,
    n_threads: int | None,
    max_memory_bytes: int | None,
    progress: Progress,
) -> Linkage:
    """Average linkage that goes on from the first graph that the store has, and leaves its own under the first key."""
    from imagecluster import linkage

    large = len(vectors) >= GRAPH_FROM
    known = next(filter(None, map(store.load_graph, graph_keys)), None) if large else None
    about = linkage.estimate_text(*vectors.shape, approximate=approximate, n_threads=n_threads) if large else ""
    linked = linkage.link(
        vectors,
        approximate=approximate,
        known=known,
        n_threads=n_threads,
        max_memory_bytes=max_memory_bytes,
        progress=_thousandths(progress, about),
    )
    if large and store.writable:
        store.save_graph(graph_keys[0], linked.graph)
    return linked


def _thousandths(progress: Progress, about: str = "") -> Callable[[float, str], None]:
    """Progress as a linkage reports it, passed on in thousandths."""
    return lambda fraction, stage: progress(f"{stage}{about}", round(1000 * fraction), 1000)


@contextmanager
def _naming_bad_rows(leaves: Sequence[HashedFile], store: Store) -> Iterator[None]:
    """Names the picture whose fingerprint has no direction."""
    try:
        yield
    except VectorError as error:
        raise StoreDamagedError(
            f"the fingerprint of {leaves[error.row].file.path} cannot be used: {error}. Remove {store.directory} and "
            "run again"
        ) from None


def _recall(info: Mapping[str, Any]) -> Recall | None:
    """What was measured when a kept dendrogram was made."""
    return Recall(**info["recall"]) if info.get("recall") else None


def kept_tree(
    leaves: Sequence[HashedFile], store: Store, model: str, *, n_threads: int | None = None, progress: Progress
) -> Tree:
    """Dendrogram of `kept_leaves`: the kept one, else made now, as exactly as the latest run made its own.

    Average linkage under cosine distance, of the contents alone, whatever that run took.

    Raises
    ------
    StoreError
        A picture has no fingerprint of this model.
    """
    runs = store.runs()
    exactness: Exactness = runs[-1].settings.get("exactness", "auto") if runs else "auto"
    return tree_of(leaves, store, model, exactness=exactness, n_threads=n_threads, progress=progress)


def clusters_of(
    leaves: Sequence[HashedFile],
    dendrogram: Dendrogram,
    vectors: Vectors,
    *,
    sim: float,
    scale: SimScale | None = None,
    min_size: int,
    max_diameter: float | None = None,
    own_cuts: Sequence[OwnCut] = (),
    edits: Sequence[Edit] = (),
    kept: KeptCentres | None = None,
) -> Clusters:
    """Clusters of the cut at `sim`, on the relative scale or another, corrected by hand.

    Members are row numbers of the leaves. With `kept` the most central pictures of earlier cuts are taken from there,
    and new ones are put there.
    """
    path_order = sorted(range(len(leaves)), key=lambda leaf: bytes(leaves[leaf].file.path))
    known = kept.load(path_order) if kept is not None else {}
    centres = Centres(vectors, known)
    found = cut.clusters(
        dendrogram,
        vectors,
        sim=sim,
        scale=scale,
        min_size=min_size,
        max_diameter=max_diameter,
        own_cuts=own_cuts,
        path_order=path_order,
        centres=centres,
    )
    if kept is not None and len(centres.of_runs) > len(known):
        kept.save(path_order, centres.of_runs)
    if not edits:
        return found
    height = found.cut_height
    return apply(
        found,
        edits,
        [known.content_hash for known in leaves],
        labels=cut.split_wide(dendrogram, vectors, height, max_diameter=max_diameter, own_cuts=own_cuts),
        path_order=path_order,
        measure=cut.measurer(dendrogram, vectors),
    )


def paths_of(leaves: Sequence[HashedFile]) -> tuple[Path, ...]:
    """Path of each leaf."""
    return tuple(known.file.path for known in leaves)


def _no_vectors() -> NDArray[np.float32]:
    import numpy as np

    return np.empty((0, 1), np.float32)
