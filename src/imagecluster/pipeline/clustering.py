"""From fingerprints in the store to clusters, with the dendrogram kept for the next cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from imagecluster import cut
from imagecluster.pipeline.fingerprinting import Progress
from imagecluster.records import Clusters, Dendrogram
from imagecluster.store import HashedFile, Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "average/cosine/1"
"""What the dendrogram is, and the version of how it is computed."""


def leaf_order(files: Sequence[HashedFile]) -> list[HashedFile]:
    """The files in the order of the dendrogram's leaves: by content, so that a renamed picture changes nothing."""
    return sorted(files, key=lambda known: (known.content_hash, bytes(known.file.path)))


def dendrogram_of(
    leaves: Sequence[HashedFile], store: Store, model: str, *, n_threads: int | None, progress: Progress
) -> tuple[Dendrogram, NDArray[np.float32]]:
    """Dendrogram of the pictures, from the store if it holds one of the same contents, and their vectors."""
    hashes = [known.content_hash for known in leaves]
    vectors = store.vectors(model, hashes) if hashes else _no_vectors()
    key = f"{METHOD} {model} {xxhash.xxh3_128_hexdigest(b''.join(hashes))}"
    if saved := store.load_dendrogram(key):
        return saved.dendrogram, vectors
    from imagecluster.linkage import average_linkage

    dendrogram = average_linkage(
        vectors,
        n_threads=n_threads,
        progress=lambda fraction, stage: progress(stage, round(1000 * fraction), 1000),
    )
    store.save_dendrogram(key, dendrogram, {"model": model, "n_images": len(leaves)})
    return dendrogram, vectors


def clusters_of(
    leaves: Sequence[HashedFile],
    dendrogram: Dendrogram,
    vectors: NDArray[np.float32],
    *,
    sim: float,
    min_size: int,
) -> Clusters:
    """Clusters of the cut at `sim`; members are row numbers of the leaves."""
    path_order = sorted(range(len(leaves)), key=lambda leaf: bytes(leaves[leaf].file.path))
    return cut.clusters(dendrogram, vectors, sim=sim, min_size=min_size, path_order=path_order)


def paths_of(leaves: Sequence[HashedFile]) -> tuple[Path, ...]:
    """Path of each leaf."""
    return tuple(known.file.path for known in leaves)


def _no_vectors() -> NDArray[np.float32]:
    import numpy as np

    return np.empty((0, 1), np.float32)
