"""From files to fingerprints: every core reads, decodes and runs the network; results are in the order of the files."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray
from PIL import Image

from imagecluster.decode import (
    MAX_PIXELS,
    Frame,
    Picture,
    Said,
    coded_digest,
    decode,
    large_file,
    read_bytes,
    read_metadata,
    read_shown,
    sign_hash,
)
from imagecluster.embed.embedder import Embedder
from imagecluster.embed.plain import blank_fingerprint, focus
from imagecluster.errors import DecodeError, ModelError, ResourceError
from imagecluster.models import Crop, Model, to_fingerprint
from imagecluster.records import ImageFile, Metadata, Skip
from imagecluster.system.cores import n_cores

CHUNK = 8
"""Number of files that a worker takes at a time: enough to make the hand-over free, and few enough to keep all workers
busy."""
CHUNKS_AHEAD = 4
"""Number of chunks that a worker may be ahead of the consumer, which limits memory whatever the collection's size."""

_PLOT_OF_OURS = b"tEXtSoftware\0imagecluster"
"""What a plot that we saved as PNG has before its pixels, whatever its name is by now."""
_LOOKED_AT_BYTES = 4096

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """The results computed from the bytes of a picture."""

    fingerprints: tuple[NDArray[np.float32], ...]
    """One fingerprint per network, of shape (n_dimensions,) and of unit length unless the model differs."""
    metadata: Metadata
    thumbnail: bytes | None
    signs: bytes = b""
    """Hash of what the picture looks like, 32 bytes."""

    @property
    def fingerprint(self) -> NDArray[np.float32]:
        """Fingerprint by the first network, shape (n_dimensions,)."""
        return self.fingerprints[0]


@dataclass(frozen=True, slots=True)
class Twin:
    """A known content with the same pixels, shown in the same way, and the metadata that the new bytes give."""

    content_hash: bytes
    said: Said


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a file: new content, content that was known before (None), or a skip."""

    file: ImageFile
    content_hash: bytes
    """128-bit xxhash (XXH3) of the file's bytes, 16 bytes; empty when the file could not be read."""
    content: Content | None
    skip: Skip | None
    is_lasting: bool = False
    """Whether the skip follows from the file's bytes alone, so that another try would have the same result."""
    pixels: bytes = b""
    """Digest of the coded picture without metadata, 16 bytes; empty when the file could not be read."""
    twin: Twin | None = None
    """For new bytes of a picture that is known with other metadata; `content` is None."""


def embed_files(
    files: Sequence[ImageFile],
    *embedders: Embedder,
    known: Container[bytes] = frozenset(),
    same_pixels: Mapping[bytes, bytes] = MappingProxyType({}),
    thumbnail: Callable[[Image.Image], bytes] | None = None,
    max_pixels: int = MAX_PIXELS,
    n_threads: int | None = None,
) -> Iterator[list[Outcome]]:
    """Outcomes of the files, chunk by chunk, in the order of the files.

    Parameters
    ----------
    files
        Files to read, in the desired order.
    *embedders
        The loaded networks, at least one. A picture is read once for all of them, and decoded once for each size or
        frame that they need.
    known
        Content hashes that need no fingerprint. It is checked again for every file, so the caller may add to it;
        results are held until it contains their hash, because equal bytes may still come.
    same_pixels
        Content hashes with a fingerprint by the digests of their pixels and of how these are shown, one after the
        other: a file that differs from one of them in its metadata alone needs no fingerprint either.
    thumbnail
        Called with the decoded picture (upright RGB); the bytes that it returns are in `Content.thumbnail`.
    max_pixels
        Pictures with more pixels are skipped.
    n_threads
        Number of worker threads; default: one per core. Each takes its pictures through all steps alone: queues
        between steps were not faster, and larger batches gain nothing on a CPU.
    """
    worker = _Worker(embedders, _Known(known, same_pixels), thumbnail, max_pixels)
    n_threads = n_threads or n_cores()
    # A graphics processor takes a whole chunk in one run, while other threads decode theirs.
    size = max(CHUNK, *(embedder.batch for embedder in embedders))
    chunks = (files[start : start + size] for start in range(0, len(files), size))
    with ThreadPoolExecutor(n_threads, thread_name_prefix="embed") as pool:
        for outcomes in _in_order(pool, worker.chunk, chunks, ahead=n_threads * CHUNKS_AHEAD):
            yield outcomes
            worker.taken(outcomes)


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[Any], T], items: Iterator[Any], *, ahead: int
) -> Iterator[T]:
    """Results of `function` for `items`, in order; at most `ahead` of them are started and not consumed."""
    pending: deque[Future[T]] = deque(pool.submit(function, item) for item in islice(items, ahead))
    try:
        while pending:
            yield pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(items, 1))
    finally:
        for future in pending:
            future.cancel()


@dataclass(frozen=True, slots=True)
class _Known:
    """What needs no fingerprint; arguments of `embed_files`."""

    contents: Container[bytes]
    same_pixels: Mapping[bytes, bytes]

    def twin(self, data: bytes, pixels: bytes, suffix: str) -> Twin | None:
        """A known content that differs from these bytes in metadata alone, if there is one."""
        if not self.same_pixels:
            return None
        try:
            shown = read_shown(data, suffix=suffix)
            twin = self.same_pixels.get(pixels + shown) if shown else None
            return None if twin is None else Twin(twin, read_metadata(data, suffix=suffix))
        except DecodeError:
            return None


class _Worker:
    """The state that all worker threads share: the networks and the contents in progress."""

    def __init__(
        self,
        embedders: Sequence[Embedder],
        known: _Known,
        thumbnail: Callable[[Image.Image], bytes] | None,
        max_pixels: int,
    ) -> None:
        self._embedders = embedders
        self._batch = max(embedder.batch for embedder in embedders)
        self._known = known
        self._thumbnail = thumbnail
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._in_flight: dict[bytes, Future[Content]] = {}
        self._taken: deque[bytes] = deque()

    def chunk(self, files: Sequence[ImageFile]) -> list[Outcome]:
        """Outcomes of a few files. A thread finishes everything that it has started before it waits for others."""
        looked_at: list[_LookedAt] = []
        ours: list[_Decoded] = []
        try:
            for file in files:
                with large_file(file.size_bytes):
                    looked_at.append(self._look_at(file, ours))
                if len(ours) >= self._batch:
                    self._embed(ours)
            self._embed(ours)
        except BaseException as error:
            for decoded in ours:
                if not decoded.future.done():
                    decoded.future.set_exception(error)
            raise
        return [_outcome(item) for item in looked_at]

    def taken(self, outcomes: Sequence[Outcome]) -> None:
        """Note what the consumer has taken, and drop what it knows by now (it commits in order).

        Failures are kept, so that equal bytes fail only once.
        """
        self._taken.extend(outcome.content_hash for outcome in outcomes if outcome.content is not None)
        with self._lock:
            while self._taken and self._taken[0] in self._known.contents:
                self._in_flight.pop(self._taken.popleft(), None)

    def _look_at(self, file: ImageFile, ours: list[_Decoded]) -> _LookedAt:
        """Read a file and, unless its bytes are known or another thread has them, decode it and append it to `ours`."""
        try:
            data = read_bytes(file.path)
        except DecodeError as error:
            return _LookedAt(file, b"", None, error)
        if _PLOT_OF_OURS in data[:_LOOKED_AT_BYTES] and data.startswith(b"\x89PNG"):
            known = DecodeError("a plot by imagecluster, not a picture of the collection")
            return _LookedAt(file, xxhash.xxh3_128_digest(data), None, known)
        content_hash, pixels = xxhash.xxh3_128_digest(data), coded_digest(data)
        if content_hash in self._known.contents:
            return _LookedAt(file, content_hash, None, None, pixels)
        twin = self._known.twin(data, pixels, file.path.suffix)
        if twin is not None:
            return _LookedAt(file, content_hash, None, None, pixels, twin)
        with self._lock:
            future = self._in_flight.get(content_hash)
            is_ours = future is None
            if future is None:
                future = self._in_flight[content_hash] = Future()
        if is_ours:
            try:
                ours.append(self._decode(data, file.path.suffix, future))
            except MemoryError:
                future.set_exception(ResourceError("not enough memory for it"))
            except Exception as error:
                # Without its traceback, whose frames would keep the file's bytes for as long as the failure is known.
                future.set_exception(error.with_traceback(None))
        return _LookedAt(file, content_hash, future, None, pixels)

    def _decode(self, data: bytes, suffix: str, future: Future[Content]) -> _Decoded:
        pictures: dict[tuple[int, Frame | None], Picture] = {}
        for embedder in self._embedders:
            key = short_side_px, frame = embedder.model.decoding
            if key not in pictures:
                pictures[key] = decode(
                    data, short_side_px=short_side_px, frame=frame, max_pixels=self._max_pixels, suffix=suffix
                )
        first, *_ = pictures.values()
        thumbnail = self._thumbnail(first.image) if self._thumbnail else None
        images: dict[tuple[int, Frame | None], Image.Image] = {}
        blank = None
        for key, picture in pictures.items():
            if picture.framed is None:
                images[key], blank = focus(picture.image)
            else:
                images[key] = picture.framed
        return _Decoded(future, images, first.metadata, thumbnail, blank, sign_hash(first.image))

    def _embed(self, ours: list[_Decoded]) -> None:
        """Run the networks on decoded pictures, and empty the list."""
        if not ours:
            return
        features = [
            embedder.all_features([decoded.images[embedder.model.decoding] for decoded in ours])
            for embedder in self._embedders
        ]
        for i, decoded in enumerate(ours):
            try:
                fingerprints = tuple(
                    _fingerprint(found[i], embedder.model, decoded.blank)
                    for found, embedder in zip(features, self._embedders, strict=True)
                )
            except ModelError as error:
                decoded.future.set_exception(error)
            else:
                content = Content(fingerprints, decoded.metadata, decoded.thumbnail, decoded.signs)
                decoded.future.set_result(content)
        ours.clear()


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A picture that waits for the networks."""

    future: Future[Content]
    images: dict[tuple[int, Frame | None], Image.Image]
    """Decoded pictures by their models' `decoding`."""
    metadata: Metadata
    thumbnail: bytes | None
    blank: NDArray[np.float64] | None
    """Colour of a picture with nothing on it."""
    signs: bytes


def _fingerprint(features: NDArray[np.float32], model: Model, blank: NDArray[np.float64] | None) -> NDArray[np.float32]:
    """The fingerprint of a network's output; of a blank picture, that of its colour.

    Models that read pictures exactly as other programs do give what those give, also of blank pictures.
    """
    if blank is not None and isinstance(model.geometry, Crop) and model.output.unit:
        return blank_fingerprint(blank, model.n_dimensions)
    return to_fingerprint(features, model)


@dataclass(frozen=True, slots=True)
class _LookedAt:
    """A file whose content is known, will arrive in `future`, or could not be read."""

    file: ImageFile
    content_hash: bytes
    future: Future[Content] | None
    unread: DecodeError | None
    pixels: bytes = b""
    twin: Twin | None = None


def _outcome(item: _LookedAt) -> Outcome:
    """The outcome of a file, after waiting for the thread that has its content."""
    try:
        if item.unread is not None:
            raise item.unread
        content = None if item.future is None else item.future.result()
    except DecodeError as error:
        # A permission, a network or memory may be back next time.
        is_lasting = bool(item.content_hash) and not isinstance(error, ResourceError)
        return Outcome(item.file, item.content_hash, None, Skip(item.file.path, "decode", str(error)), is_lasting)
    except ModelError as error:
        return Outcome(item.file, item.content_hash, None, Skip(item.file.path, "embed", str(error)))
    return Outcome(item.file, item.content_hash, content, None, pixels=item.pixels, twin=item.twin)
