"""Files to fingerprints: every core reads, decodes and runs the network, results come in the order of the files."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import onnxruntime
import xxhash
from numpy.typing import NDArray
from PIL import Image

from imagecluster.cores import n_cores
from imagecluster.decode import MAX_PIXELS, decode, read_bytes
from imagecluster.errors import DecodeError, ModelError
from imagecluster.models import Model, to_fingerprint
from imagecluster.records import ImageFile, Metadata, Skip

CHUNK = 8
"""Files a worker takes at a time: enough to make the hand-over free, few enough to keep all workers busy."""
CHUNKS_AHEAD = 4
"""Chunks a worker may be ahead of the consumer: bounds memory whatever the size of the collection."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """What was computed from the bytes of a picture."""

    fingerprint: NDArray[np.float32]
    """Shape (n_dimensions,), unit length."""
    metadata: Metadata
    thumbnail: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: new content, content known before (None), or a skip."""

    file: ImageFile
    content_hash: bytes
    """128-bit xxhash (XXH3) of the file's bytes, 16 bytes; empty when the file could not be read."""
    content: Content | None
    skip: Skip | None


class Embedder:
    """A loaded network. Safe to call from several threads at once."""

    def __init__(self, model: Model) -> None:
        """Load the network of a model; ModelError when its file is missing or not the declared one."""
        self.model = model
        try:
            weights = model.weights.read_bytes()
        except OSError as error:
            raise ModelError(f"the weights of {model.name} are missing: {error}; reinstall imagecluster") from None
        found = hashlib.sha256(weights).hexdigest()
        if found != model.weights_sha256:
            raise ModelError(
                f"{model.weights} is damaged (sha256 {found}, expected {model.weights_sha256}); reinstall imagecluster"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def features(self, image: Image.Image) -> NDArray[np.float32]:
        """Output of the network, shape (n_dimensions,), for an upright RGB picture with the model's short side."""
        pixels = to_pixels(image, self.model)
        (features,) = self._session.run([self.model.output], {self._input: pixels})
        return np.asarray(features[0], dtype=np.float32)

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        """Fingerprint, shape (n_dimensions,), of an upright RGB picture with the model's short side."""
        return to_fingerprint(self.features(image), self.model)


def to_pixels(image: Image.Image, model: Model) -> NDArray[np.float32]:
    """What the network reads, shape (1, 3, crop_px, crop_px): the square in the middle, scaled as it was trained."""
    left, top = (image.width - model.crop_px) // 2, (image.height - model.crop_px) // 2
    square = np.asarray(image.crop((left, top, left + model.crop_px, top + model.crop_px)))
    pixels = np.empty((1, 3, model.crop_px, model.crop_px), np.float32)
    np.subtract(square.transpose(2, 0, 1), np.float32(model.pixel_mean), out=pixels[0])
    pixels *= np.float32(1 / model.pixel_scale)
    return pixels


def embed_files(
    files: Sequence[ImageFile],
    embedder: Embedder,
    *,
    known: Container[bytes] = frozenset(),
    thumbnail: Callable[[Image.Image], bytes] | None = None,
    max_pixels: int = MAX_PIXELS,
    n_threads: int | None = None,
) -> Iterator[list[Outcome]]:
    """Outcomes of the files, chunk by chunk, in the order of the files.

    Parameters
    ----------
    files
        Files to read, in the order wanted.
    embedder
        The loaded network.
    known
        Content hashes that need no fingerprint. Asked again for every file, so the caller may add to it: results
        are held until their hash is known here, because equal bytes may still come.
    thumbnail
        Called with the decoded picture (upright RGB); its bytes come back in `Content.thumbnail`.
    max_pixels
        Larger pictures are skipped.
    n_threads
        Worker threads, one a core by default. Each takes its pictures through all steps on its own: no queue between
        steps was faster here than this, and larger batches bring nothing on a CPU.
    """
    worker = _Worker(embedder, known, thumbnail, max_pixels)
    n_threads = n_threads or n_cores()
    chunks = (files[start : start + CHUNK] for start in range(0, len(files), CHUNK))
    with ThreadPoolExecutor(n_threads, thread_name_prefix="embed") as pool:
        for outcomes in _in_order(pool, worker.chunk, chunks, ahead=n_threads * CHUNKS_AHEAD):
            yield outcomes
            worker.taken(outcomes)


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[Any], T], items: Iterator[Any], *, ahead: int
) -> Iterator[T]:
    """Results of `function` over `items`, in order, with at most `ahead` of them begun and not consumed."""
    pending: deque[Future[T]] = deque(pool.submit(function, item) for item in islice(items, ahead))
    try:
        while pending:
            yield pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(items, 1))
    finally:
        for future in pending:
            future.cancel()


class _Worker:
    """What all worker threads share: the network and the contents being worked on."""

    def __init__(
        self,
        embedder: Embedder,
        known: Container[bytes],
        thumbnail: Callable[[Image.Image], bytes] | None,
        max_pixels: int,
    ) -> None:
        self._embedder = embedder
        self._known = known
        self._thumbnail = thumbnail
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._in_flight: dict[bytes, Future[Content]] = {}
        self._taken: deque[bytes] = deque()

    def chunk(self, files: Sequence[ImageFile]) -> list[Outcome]:
        return [self._outcome(file) for file in files]

    def taken(self, outcomes: Sequence[Outcome]) -> None:
        """Note what the consumer has taken; what it knows by now is dropped (it commits in order).

        Failures stay, so that equal bytes fail once.
        """
        self._taken.extend(outcome.content_hash for outcome in outcomes if outcome.content is not None)
        with self._lock:
            while self._taken and self._taken[0] in self._known:
                self._in_flight.pop(self._taken.popleft(), None)

    def _outcome(self, file: ImageFile) -> Outcome:
        content_hash = b""
        try:
            data = read_bytes(file.path)
            content_hash = xxhash.xxh3_128_digest(data)
            if content_hash in self._known:
                return Outcome(file, content_hash, None, None)
            return Outcome(file, content_hash, self._content(content_hash, data, file.path.suffix), None)
        except DecodeError as error:
            return Outcome(file, content_hash, None, Skip(file.path, "decode", str(error)))
        except ModelError as error:
            return Outcome(file, content_hash, None, Skip(file.path, "embed", str(error)))

    def _content(self, content_hash: bytes, data: bytes, suffix: str) -> Content:
        """Content of these bytes. Equal bytes are worked on once: a second thread waits for the first."""
        with self._lock:
            future = self._in_flight.get(content_hash)
            ours = future is None
            if future is None:
                future = self._in_flight[content_hash] = Future()
        if ours:
            try:
                future.set_result(self._compute(data, suffix))
            except BaseException as error:
                future.set_exception(error)
        return future.result()

    def _compute(self, data: bytes, suffix: str) -> Content:
        model = self._embedder.model
        picture = decode(data, short_side_px=model.short_side_px, max_pixels=self._max_pixels, suffix=suffix)
        thumbnail = self._thumbnail(picture.image) if self._thumbnail else None
        return Content(self._embedder(picture.image), picture.metadata, thumbnail)
