"""The contents of the viewer: pictures and their dendrogram, as the store held them at one moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.collection import Collection, VerifiedPairs, is_of_cosines, open_latest, verified_pairs
from imagecluster.collection.opening import all_apart
from imagecluster.collection.recipe import WITHIN
from imagecluster.corrections import EDITS_NAME, Heirs, History, heirs
from imagecluster.cut.sim_scale import SimScale, relative
from imagecluster.cut.suggest import Suggestion, levels_of, suggest
from imagecluster.errors import StoreDamagedError, StoreError
from imagecluster.explore.exact_index import ExactIndex
from imagecluster.explore.name_search import Names
from imagecluster.explore.viewer_cache import keep, kept
from imagecluster.records import Dendrogram, WithinLevel
from imagecluster.store import Leaves, MappedFingerprints, Store
from imagecluster.system.array_cache import CacheKind, Kept

__all__ = ["Snapshot", "empty_snapshot", "is_absolute", "keep_snapshot", "load_snapshot"]

_LARGEST_SIDE_PX = 0xFFFF
_SHORTEST = 1e-30
"""Length that is used for a fingerprint of zeros."""

_KIND = CacheKind("viewer", "order of the names", "imagecluster-viewer", version=1, n_keys=1)
"""The order of the names, and where the clusters are bounded the gaps of the dendrogram."""

_PICTURE = np.dtype([("width_px", "<u2"), ("height_px", "<u2"), ("colour", "<u4"), ("taken_s", "<f8")])


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Pictures and their dendrogram, which never change. A picture's id is its place among the leaves."""

    key: str
    """Key of model, pictures and dendrogram; everything that is served under it stays the same."""
    root: Path
    model: str
    """`name@version`; empty if there are no fingerprints yet."""
    leaves: Leaves
    dendrogram: Dendrogram
    """The hierarchy with the heights at which it is cut (`Collection.dendrogram`)."""
    provisional: bool
    """Whether the pictures are not clustered yet; if so, the dendrogram keeps all apart."""
    vectors: NDArray[np.float16]
    """The model's matrix, memory-mapped; `leaves.rows` are rows of it."""
    scale: SimScale
    """Scale of similarities."""
    max_diameter: float | None = None
    """Largest cosine distance in a cluster at any similarity; if given, `dendrogram` has infinite gaps."""
    within: WithinLevel | None = None
    """What no cluster crosses, except by hand; if given, `dendrogram` has infinite gaps."""
    of_cosines: bool = False
    """Whether the dendrogram is exactly that of the cosine distances of `vectors` (see `collection.is_of_cosines`)."""
    joined_at: NDArray[np.float64] | None = None
    """Distances at which neighbours of the leaf order join, shape (n - 1,), if the heights of `dendrogram` are others:
    those of a cut by branch."""
    load_verified: Callable[[], VerifiedPairs] | None = None
    """Returns `verified`; None if no pairs were compared by local features."""
    known_rank: NDArray[np.int64] | None = None
    """`path_rank`, if it is already known."""
    heirs: Heirs = field(default_factory=dict)
    """Contents of these pictures that took the place of those that corrections mention."""

    def __len__(self) -> int:
        return len(self.leaves)

    @cached_property
    def order_bytes(self) -> bytes:
        """Leaf order, uint32 little-endian."""
        return self.dendrogram.order.astype("<u4").tobytes()

    @cached_property
    def gap_bytes(self) -> bytes:
        """Heights between neighbours of the leaf order, float64 little-endian."""
        return self.dendrogram.gap.astype("<f8").tobytes()

    @property
    def distances(self) -> NDArray[np.float64]:
        """Distance at which neighbours of the leaf order join, shape (n - 1,), however the dendrogram is cut."""
        return self.dendrogram.gap if self.joined_at is None else self.joined_at

    @cached_property
    def distance_bytes(self) -> bytes:
        """`distances`, float32 little-endian."""
        return self.distances.astype("<f4").tobytes()

    @cached_property
    def verified(self) -> VerifiedPairs | None:
        """Pairs of pictures that are sure to show the same thing; None if no pairs were compared."""
        return None if self.load_verified is None else self.load_verified()

    @cached_property
    def index(self) -> ExactIndex:
        """Search for the nearest of all `vectors`."""
        return ExactIndex(self.vectors)

    @cached_property
    def names(self) -> Names:
        """Search for pictures by their paths."""
        return Names(self.leaves.keys)

    @cached_property
    def identical(self) -> list[list[int]]:
        """Pictures of the same bytes, ascending, where there are two or more."""
        files: dict[bytes, list[int]] = {}
        for picture, content_hash in enumerate(self.leaves.hashes):
            files.setdefault(content_hash, []).append(picture)
        return [pictures for pictures in files.values() if len(pictures) > 1]

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Suggested similarities."""
        if self.provisional or len(self) < 2:
            return ()
        return suggest(self.dendrogram, height_of=self.scale.height, levels=levels_of(self.scale))

    @cached_property
    def path_rank(self) -> NDArray[np.int64]:
        """Rank of each leaf in the order of the paths' bytes, shape (n,)."""
        if self.known_rank is not None:
            return self.known_rank
        keys = self.leaves.keys
        if any(map(is_absolute, keys)):
            keys = tuple(bytes(self.path(picture)) for picture in range(len(self)))
        rank = np.empty(len(self), np.int64)
        rank[sorted(range(len(self)), key=keys.__getitem__)] = np.arange(len(self))
        return rank

    def picture_bytes(self, colours: NDArray[np.uint32]) -> bytes:
        """Size, colour and time of each picture, 16 bytes each."""
        table = np.empty(len(self), _PICTURE)
        table["width_px"] = np.minimum(self.leaves.width_px, _LARGEST_SIDE_PX)
        table["height_px"] = np.minimum(self.leaves.height_px, _LARGEST_SIDE_PX)
        table["colour"] = colours
        table["taken_s"] = self.leaves.taken_s
        return table.tobytes()

    def name(self, picture: int) -> str:
        """Path of a picture as shown: relative to the root if inside it, with '/' between folders."""
        return os.fsdecode(self.leaves.keys[picture])

    def path(self, picture: int) -> Path:
        """Absolute path of a picture."""
        return self.root / os.fsdecode(self.leaves.keys[picture])

    def id_of_key(self, key: bytes) -> int | None:
        """The picture with a path as the database keeps it; None if there is none."""
        return self._ids.get(key)

    def id_of_name(self, name: str) -> int | None:
        """The picture with a path as shown; None if there is none."""
        return self._ids.get(os.fsencode(name))

    def id_of_path(self, path: Path) -> int | None:
        """The picture with an absolute path; None if there is none."""
        inside = os.fspath(self.root) + os.sep
        text = os.fspath(path)
        key = text[len(inside) :].replace(os.sep, "/") if text.startswith(inside) else text
        return self._ids.get(os.fsencode(key))

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        return {key: picture for picture, key in enumerate(self.leaves.keys)}

    def unit_vectors(self, pictures: NDArray[np.int64]) -> NDArray[np.float32]:
        """Fingerprints of pictures at unit length, shape (n_pictures, n_dimensions)."""
        X = np.asarray(self.vectors[self.leaves.rows[pictures]], np.float32)
        return np.asarray(X / np.maximum(np.sqrt(np.einsum("ij,ij->i", X, X)), _SHORTEST)[:, None])

    @property
    def has_times(self) -> bool:
        """Whether any picture has a time."""
        return bool(np.isfinite(self.leaves.taken_s).any())


def is_absolute(key: bytes) -> bool:
    """Whether a picture's path in the database is absolute, not relative to the root."""
    return key.startswith(b"/") or key[1:2] == b":"


def load_snapshot(store: Store, model: str) -> Snapshot:
    """The pictures of a store and their dendrogram, with the scale of similarity of the latest run with a model.

    If the store keeps no dendrogram of exactly these pictures, one that keeps all of them apart takes its place, and
    the snapshot is provisional.

    Parameters
    ----------
    store
        The store.
    model
        `name@version`.

    """
    collection, fingerprints = _opened(store, model)
    leaves, tree = collection.leaves, collection.tree
    has_tree = bool(tree.key)
    limit = collection.settings.max_diameter if has_tree else None
    names = xxhash.xxh3_128(b"\0".join(leaves.keys))
    names.update(b"".join(leaves.hashes))
    names.update(f"{model} {tree.key or 'apart'} {collection.scale.name} {limit} {collection.cut_name}".encode())
    for scale in filter(None, (collection.scale, collection.branch_scale)):
        names.update(scale.heights.tobytes() + scale.sims.tobytes())
    snapshot_key = names.hexdigest()[:16]
    arrays = kept(store.directory, _KIND, snapshot_key, partial(_arrays, n_pictures=len(leaves))) or {}
    dendrogram = collection.dendrogram
    if limit is not None:
        dendrogram = _with_gap(dendrogram, arrays["gap"]) if "gap" in arrays else collection.narrow_dendrogram
    return Snapshot(
        key=snapshot_key,
        root=store.root,
        model=model,
        leaves=leaves,
        dendrogram=dendrogram,
        provisional=collection.is_provisional,
        vectors=fingerprints,
        scale=collection.scale,
        max_diameter=limit,
        within=collection.settings.within if WITHIN in tree.key.split() else None,
        of_cosines=has_tree and is_of_cosines(tree.key),
        joined_at=tree.dendrogram.gap if collection.cut_name == "branch" else None,
        load_verified=partial(verified_pairs, leaves, store) if tree.verification is not None else None,
        known_rank=arrays.get("path_rank"),
        heirs=heirs(History(store.directory / EDITS_NAME).edits, leaves.hashes, store.successors),
    )


def keep_snapshot(directory: Path, snapshot: Snapshot, *, follow: bool = True) -> None:
    """Keep what was computed for a snapshot, if it is not kept yet."""
    if snapshot.known_rank is None and len(snapshot) and not snapshot.provisional:
        gap = {} if snapshot.max_diameter is None else {"gap": snapshot.dendrogram.gap}
        keep(directory, _KIND, snapshot.key, {"path_rank": snapshot.path_rank, **gap}, follow=follow)


def _arrays(found: Kept, *, n_pictures: int) -> dict[str, NDArray[Any]]:
    """What `keep_snapshot` keeps."""
    arrays = dict(found.arrays)
    if arrays["path_rank"].shape != (n_pictures,) or ("gap" in arrays and arrays["gap"].shape != (n_pictures - 1,)):
        raise ValueError(f"arrays of shapes {[array.shape for array in arrays.values()]} of {n_pictures} pictures")
    return arrays


def _with_gap(dendrogram: Dendrogram, gap: NDArray[np.float64]) -> Dendrogram:
    """A dendrogram of bounded clusters, with gaps that were computed before."""
    return replace(dendrogram, gap=gap, largest_distance=dendrogram.top)


def _opened(store: Store, model: str) -> tuple[Collection, NDArray[np.float16]]:
    """The collection, and the matrix to whose rows its leaves refer, even while a writer fills other rows."""
    while True:
        try:
            mapped = MappedFingerprints(store, model)
        except StoreDamagedError:
            raise
        except StoreError:  # no fingerprints of this model
            return open_latest(store, model, link=False), np.empty((0, 1), np.float16)
        collection = open_latest(store, model, link=False)
        if mapped.is_current():
            return collection, mapped.rows


def empty_snapshot(root: Path) -> Snapshot:
    """A snapshot without pictures."""
    none, dendrogram = np.empty(0, np.int64), np.empty(0)
    leaves = Leaves((), (), none, none, none, none, dendrogram, 0)
    nothing = np.empty((0, 1), np.float16)
    return Snapshot(
        "empty", root, "", leaves, all_apart(leaves), provisional=False, vectors=nothing, scale=relative(0.0)
    )
