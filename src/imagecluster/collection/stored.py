"""A collection as an earlier run left it in the store, to be looked at without a scan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster import cut
from imagecluster.collection.clustering import clusters_of, kept_leaves, kept_tree, paths_of
from imagecluster.collection.output import ThumbnailOf
from imagecluster.cut.sim_scale import SimScale
from imagecluster.errors import InputError
from imagecluster.records import Clusters, Dendrogram
from imagecluster.store import HashedFile, Store, Thumbnails

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True, slots=True, eq=False)
class StoredCollection:
    """The pictures that the latest run found, with their dendrogram."""

    leaves: tuple[HashedFile, ...]
    vectors: NDArray[np.float32]
    """Shape (n_images, n_dimensions), row i of leaf i."""
    dendrogram: Dendrogram

    @property
    def paths(self) -> tuple[Path, ...]:
        """Path of each leaf."""
        return paths_of(self.leaves)

    def clusters(self, *, sim: float, min_size: int = 2) -> Clusters:
        """Clusters of a cut; members are numbers of leaves."""
        return clusters_of(self.leaves, self.dendrogram, self.vectors, sim=sim, min_size=min_size)

    def on_scale(self, scale: SimScale) -> StoredCollection:
        """The same with `1 - sim` of a scale as heights, so that the relative scale is that one."""
        return replace(self, dendrogram=cut.on_scale(self.dendrogram, scale))


def read_collection(store: Store, model: str) -> StoredCollection:
    """The pictures with a fingerprint of a model, `name@version`.

    Raises
    ------
    InputError
        There is none.
    """
    leaves = kept_leaves(store, model)
    if not leaves:
        raise InputError(
            f"{store.directory} has no fingerprints of {model}: run `imagecluster run` with this model first"
        )
    tree = kept_tree(leaves, store, model, progress=lambda *_: None)
    return StoredCollection(tuple(leaves), tree.vectors, tree.dendrogram)


class SmallPictures:
    """Small picture of a leaf, from the cache of thumbnails, else from its file; None where there is none."""

    def __init__(self, leaves: tuple[HashedFile, ...], cache: Thumbnails) -> None:
        self._thumbnail = ThumbnailOf(leaves, cache)

    def __call__(self, leaf: int) -> Image.Image | None:
        """The picture of a leaf."""
        from PIL import Image

        found = self._thumbnail(leaf)
        return None if found is None else Image.open(BytesIO(found))
