"""From scanned files to fingerprints in the store, each content at its true cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from imagecluster.models import Crop, Model
from imagecluster.records import ImageFile, Scan, Skip
from imagecluster.store import Batch, HashedFile, SkippedFile, Store, Thumbnails

if TYPE_CHECKING:
    from imagecluster.embed import Outcome

BATCH = 64
"""Files that one commit holds at most: what a crash can lose."""
BATCH_S = 1.0
"""Seconds after which a smaller batch is committed."""

THUMBNAIL_PX = 192
"""Longer side of the thumbnails that are kept."""

FETCHING = "weights"
"""Stage while a model's weights are fetched, in bytes."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, what is done of it and how much there is of it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """The pictures of a scan, with their fingerprints in the store."""

    files: tuple[HashedFile, ...]
    """Pictures that have a fingerprint, in the order of their paths."""
    skips: tuple[Skip, ...]
    n_fingerprinted: int
    n_reused: int

    @property
    def n_scanned(self) -> int:
        """Everything that was looked at: fingerprinted + reused + skipped."""
        return self.n_fingerprinted + self.n_reused + len(self.skips)


def fingerprint_scan(
    scan: Scan,
    store: Store,
    model: Model,
    *,
    max_pixels: int,
    thumbnails: bool,
    n_threads: int | None,
    progress: Progress,
    all_there_is: bool = True,
) -> Collection:
    """Bring the store up to date with a scan: only contents without a fingerprint of this model are computed.

    A renamed or copied file costs a read; a file that is gone keeps its fingerprint until the store is pruned. Without
    `all_there_is` nothing is said of files that are not in the scan.
    """
    # A damaged file may give a small picture and not the whole one: a skip counts for its own way of decoding.
    decoder = f"1:{max_pixels}" if isinstance(model.geometry, Crop) else f"1:whole:{max_pixels}"
    recognised = store.recognise(scan.files, decoder=decoder)
    rows = set(store.rows(model.identity))
    reused = [known for known in recognised.files if known.content_hash in rows]
    todo = [known.file for known in recognised.files if known.content_hash not in rows]
    todo = sorted([*todo, *recognised.unknown], key=lambda file: bytes(file.path))
    writer = _Writer(store, model, decoder, rows)
    if todo:
        writer.embed(todo, max_pixels=max_pixels, thumbnails=thumbnails, n_threads=n_threads, progress=progress)
    if all_there_is:
        store.mark_present(file.path for file in scan.files)
    files = sorted([*reused, *writer.files], key=lambda known: bytes(known.file.path))
    skips = sorted([*scan.skips, *recognised.skips, *writer.skips], key=lambda skip: bytes(skip.path))
    return Collection(tuple(files), tuple(skips), writer.n_fingerprinted, len(files) - writer.n_fingerprinted)


class _Writer:
    """Commits outcomes in batches."""

    def __init__(self, store: Store, model: Model, decoder: str, rows: set[bytes]) -> None:
        self._store = store
        self._model = model
        self._decoder = decoder
        self._rows = rows
        self._pending: list[Outcome] = []
        self._committed_s = time.monotonic()
        self.files: list[HashedFile] = []
        self.skips: list[Skip] = []
        self.n_fingerprinted = 0

    def embed(
        self,
        files: Sequence[ImageFile],
        *,
        max_pixels: int,
        thumbnails: bool,
        n_threads: int | None,
        progress: Progress,
    ) -> None:
        """Fingerprint files on all cores and commit what comes."""
        from imagecluster.embed import Embedder, embed_files
        from imagecluster.thumbs import make_thumbnail

        progress("fingerprints", 0, len(files))
        outcomes = embed_files(
            files,
            Embedder(self._model, fetching=partial(progress, FETCHING)),
            known=self._rows,
            thumbnail=partial(make_thumbnail, long_side_px=THUMBNAIL_PX) if thumbnails else None,
            max_pixels=max_pixels,
            n_threads=n_threads,
        )
        n_done = 0
        with self._store.thumbnails() as cache:
            for chunk in outcomes:
                self._pending += chunk
                if len(self._pending) >= BATCH or time.monotonic() - self._committed_s > BATCH_S:
                    self._commit(cache)
                n_done += len(chunk)
                progress("fingerprints", n_done, len(files))
            self._commit(cache)

    def _commit(self, thumbnails: Thumbnails) -> None:
        pending, self._pending = self._pending, []
        files = [HashedFile(outcome.file, outcome.content_hash) for outcome in pending if outcome.skip is None]
        new = {outcome.content_hash: outcome.content for outcome in pending if outcome.content is not None}
        new = {content_hash: content for content_hash, content in new.items() if content_hash not in self._rows}
        for content_hash, content in new.items():
            if content.thumbnail is not None:
                thumbnails.put(content_hash, content.thumbnail, side_px=THUMBNAIL_PX)
        broken = [outcome for outcome in pending if outcome.skip is not None and _is_lasting(outcome)]
        passing = [outcome for outcome in pending if outcome.skip is not None and not _is_lasting(outcome)]
        self._store.commit(
            Batch(
                files=tuple(files),
                metadata={content_hash: content.metadata for content_hash, content in new.items()},
                vectors={content_hash: content.fingerprint for content_hash, content in new.items()},
                skips=_skipped(broken),
                decoder=self._decoder,
            ),
            model=self._model.identity,
        )
        if passing:
            # Under an empty decoder the skip is never believed.
            self._store.commit(Batch(skips=_skipped(passing)), model=self._model.identity)
        self._rows.update(new)
        self.files += files
        self.skips += [outcome.skip for outcome in pending if outcome.skip is not None]
        self.n_fingerprinted += len(new)
        self._committed_s = time.monotonic()


def _is_lasting(outcome: Outcome) -> bool:
    """Whether a skip follows from the file's bytes alone.

    A permission or a network may be back next time, and what one model gives no fingerprint of another one may take.
    """
    return bool(outcome.content_hash) and outcome.skip is not None and outcome.skip.stage == "decode"


def _skipped(outcomes: Sequence[Outcome]) -> tuple[SkippedFile, ...]:
    return tuple(
        SkippedFile(outcome.file, outcome.skip.stage, outcome.skip.reason) for outcome in outcomes if outcome.skip
    )
