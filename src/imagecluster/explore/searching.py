"""Search of a collection for pictures that look like given ones, from inside it or not."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from imagecluster.decode import MAX_PIXELS, read_bytes
from imagecluster.errors import ArgumentError, DecodeError, InputError, ModelError
from imagecluster.explore.exact_index import ROUNDING, ExactIndex, ranked
from imagecluster.explore.outside import OutsidePictures
from imagecluster.explore.queries import Query, combined
from imagecluster.models import Model, TextTower, text_models
from imagecluster.scan import absolute
from imagecluster.store import MappedFingerprints, Store, StoredContent, known_file
from imagecluster.system.progress import OnProgress, silent

__all__ = ["Hit", "Searcher", "content_hash_of"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A picture that was found."""

    path: Path
    similarity: float
    """Cosine of its fingerprint with the query, from -1 to 1."""
    content_hash: bytes
    same_bytes: bool
    """Whether the file holds the same bytes as one of the queries."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with its fingerprint."""

    query: Query
    vector: NDArray[np.float64]
    content_hash: bytes
    """Content hash; empty for a text."""


class Searcher:
    """Repeated searches of a collection, from any thread; what the first search measures is kept in memory.

    Parameters
    ----------
    store : Store
        An open store; it may be open for reading only.
    model : Model
        Model whose fingerprints are compared.
    max_pixels : int
        Queries with more pixels are refused.
    n_threads : int, optional
        Number of threads; default: one per core.
    device : str
        Device that runs networks; see `imagecluster.models.choose_device`.
    progress : callable
        Called while weights are fetched that a query needs.

    Raises
    ------
    StoreError
        There are no fingerprints of this model.

    """

    def __init__(
        self,
        store: Store,
        model: Model,
        *,
        max_pixels: int = MAX_PIXELS,
        n_threads: int | None = None,
        device: str = "cpu",
        progress: OnProgress = silent,
    ) -> None:
        self._store = store
        self._model = model
        self._n_threads = n_threads
        self._progress = progress
        self._outside = OutsidePictures(model, max_pixels=max_pixels, device=device, progress=progress)
        self._opened = self._open()

    def _open(self) -> tuple[MappedFingerprints, ExactIndex]:
        """The current fingerprints and their index, in one value, since several threads may search."""
        mapped = MappedFingerprints(self._store, self._model.identity)
        return mapped, ExactIndex(mapped.rows, n_threads=self._n_threads)

    def search(self, queries: Sequence[Query], *, k: int = 20, min_similarity: float = -1.0) -> tuple[Hit, ...]:
        """The pictures most similar to the queries together, most similar first.

        The fingerprints of the queries are added up, each times its weight, and compared by cosine. The files of the
        queries themselves are not among the hits, but other files with the same bytes are.

        Parameters
        ----------
        queries : sequence of Query
        k : int
            Largest number of hits.
        min_similarity : float
            Smallest cosine similarity of a hit, in [-1, 1].

        Returns
        -------
        tuple of Hit
            Hits, most similar first; equally similar ones by path.

        Raises
        ------
        ArgumentError
            There is no query with a positive weight, `k` is below 1, the similarity is outside [-1, 1], or the queries
            cancel each other.
        InputError, DecodeError
            The file of a query does not exist, or cannot be read.
        ModelError
            A query is a text, and the model has no text tower; the message names models that have one.
        MissingExtraError
            A query is a text, and tokenizers is not installed.

        """
        if k < 1:
            raise ArgumentError(f"k is {k}; it must be at least 1")
        if not -1 <= min_similarity <= 1:
            raise ArgumentError(f"min_similarity is {min_similarity}; it must be from -1 to 1")
        if not any(query.weight > 0 for query in queries):
            raise ArgumentError("there is nothing to look for; give a picture or a text with a positive weight")
        asked = [self._asked(query) for query in queries]
        direction = combined([a.vector for a in asked], [a.query.weight for a in asked])
        while True:
            if not self._opened[0].is_current():
                self._opened = self._open()
            hits = self._hits(direction, asked, k, min_similarity)
            if hits is not None:
                return hits

    def _hits(
        self, direction: NDArray[np.float64], asked: Sequence[_Asked], k: int, min_similarity: float
    ) -> tuple[Hit, ...] | None:
        """The hits; None if a writer has moved the fingerprints meanwhile."""
        mapped, index = self._opened
        similarity = index.similarities(direction)
        n_rows = k + len(asked)
        while True:
            # Exact cosines decide, computed from rows whose checksums have been verified.
            rows = ranked(similarity, n_rows, margin=ROUNDING).numbers
            contents = mapped.contents(rows.tolist())
            if contents is None:
                return None
            # Rows of files that are gone, and those of the queries, give no hit, so a longer list may be needed.
            hits = [hit for content in contents for hit in self._of(content, direction, asked)]
            if len(hits) >= k or len(rows) == len(similarity):
                break
            n_rows *= 4
        hits = [hit for hit in hits if hit.similarity >= min_similarity]
        return tuple(sorted(hits, key=lambda hit: (-hit.similarity, bytes(hit.path)))[:k])

    def _of(self, content: StoredContent, direction: NDArray[np.float64], asked: Sequence[_Asked]) -> list[Hit]:
        """A hit for each file with a content, except queries themselves."""
        vector = content.vector.astype(np.float64)
        length = float(np.linalg.norm(vector))
        cosine = float(np.clip(vector @ direction / length, -1, 1)) if length else 0.0
        equal = [a.query.picture for a in asked if a.content_hash == content.content_hash]
        return [
            Hit(path, round(cosine, 9), content.content_hash, bool(equal))
            for path in content.paths
            if not any(_is_same(path, picture) for picture in equal if picture is not None)
        ]

    def _asked(self, query: Query) -> _Asked:
        """A query with its fingerprint, which is the kept one if there is one, or else computed now."""
        if query.picture is None:
            return _Asked(query, self._of_text(query.text), b"")
        path = Path(absolute(query.picture))
        content_hash = content_hash_of(self._store, path)
        mapped, _ = self._opened
        row = mapped.row_of(content_hash)
        contents = mapped.contents([row]) if row is not None else None
        vector = contents[0].vector if contents else self._outside.fingerprint(path)
        return _Asked(query, vector.astype(np.float64), content_hash)

    def _of_text(self, text: str) -> NDArray[np.float64]:
        """Fingerprint of a text."""
        tower = self._model.text_tower
        if tower is None:
            raise ModelError(f"cannot search for the text {text!r}: {self._name_towers()}")
        if isinstance(tower, TextTower):
            tower.obtain(self._progress)
        return np.asarray(tower(text), np.float64)

    def _name_towers(self) -> str:
        """What to do if the model has no text tower."""
        name, names = self._model.name, text_models()
        able = [member.name for member in self._model.members if member.text_tower is not None]
        if able:
            return f"{name} compares pictures alone; its part {able[0]} takes words, search with --model {able[0]}"
        return (
            f"{name} has no text tower; {', '.join(names)} have one. Fingerprint the pictures with one of them"
            f" (imagecluster run {self._store.root} --model {names[0]}), then search with --model {names[0]}"
        )


def content_hash_of(store: Store, path: Path) -> bytes:
    """Content hash of the file of a query; that of an unchanged file in the collection is known.

    Raises
    ------
    InputError, DecodeError
        The file does not exist, or cannot be read.

    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"cannot search for {str(path)!r}: {(error.strerror or str(error)).lower()}") from None
    known = known_file(store, path)
    if known is not None and (known.size_bytes, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
        return known.content_hash
    try:
        return xxhash.xxh3_128_digest(read_bytes(path))
    except DecodeError as error:
        raise DecodeError(f"cannot search for {str(path)!r}: {error}") from None


def _is_same(path: Path, picture: Path) -> bool:
    """Whether both are the same file, however they are reached."""
    with contextlib.suppress(OSError):
        return path.samefile(picture)
    return False
