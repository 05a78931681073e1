"""From scanned files to fingerprints in the store; each content is fingerprinted only once."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from imagecluster.collection.rereading import read_again
from imagecluster.collection.settings import Settings
from imagecluster.collection.sidecars import bring_up_sidecars
from imagecluster.decode import DECODER_VERSION
from imagecluster.models import Crop, Model, is_retired, joined
from imagecluster.records import ImageFile, Scan, Skip
from imagecluster.store import Batch, HashedFile, Recognised, SkippedFile, Store, Thumbnails
from imagecluster.system.progress import OnProgress, Progress

if TYPE_CHECKING:
    from imagecluster.embed import Outcome, Twin

BATCH = 64
"""Largest number of files in one commit, which is what a crash can lose."""
BATCH_S = 1.0
"""Seconds after which a smaller batch is committed."""

JOINED = 4096
"""Number of joint fingerprints that are combined and committed at a time."""

THUMBNAIL_PX = 192
"""Longer side of kept thumbnails."""


@dataclass(frozen=True, slots=True)
class Fingerprinted:
    """The outcome for the files of a scan, whose fingerprints are in the store."""

    files: tuple[HashedFile, ...]
    """Pictures that have a fingerprint, in the order of their paths."""
    skips: tuple[Skip, ...]
    n_fingerprinted: int
    n_reused: int


def fingerprint_scan(
    scan: Scan, store: Store, model: Model, settings: Settings, *, progress: OnProgress, all_there_is: bool = True
) -> Fingerprinted:
    """Bring the store up to date with a scan: only contents without a fingerprint of this model are computed.

    A renamed or copied file costs one read, and so does one whose metadata alone changed; the fingerprint of a deleted
    file is kept until the store is pruned. Without `all_there_is`, files that are not in the scan are not marked as
    gone. For a joint model the fingerprints of its parts are kept too, under their own names, and those that exist are
    not computed again.

    Parameters
    ----------
    scan
        The files.
    store
        A store that is open for writing.
    model
        The model of the settings.
    settings
        The largest size of pictures, the device, and whether to keep thumbnails (for a page).
    progress
        Called for weights that are fetched and for files that are done.
    all_there_is
        Whether the collection consists of these files only.
    """
    max_pixels = settings.max_pixels
    recognised = store.recognise(scan.files, decoder=_decoder(model.members, max_pixels))
    rows = {member: set(store.rows(member.identity)) for member in model.members}
    recognised, of_settled = _without_unread(recognised, rows)
    work = [(missing, todo, False) for missing, todo in _missing(recognised, rows).items()]
    if of_settled:
        work.append((model.members, of_settled, True))
    writers = []
    for missing, todo, lazily in work:
        writer = _Writer(store, missing, _decoder(missing, max_pixels), set.intersection(*(rows[m] for m in missing)))
        writer.embed(todo, settings, lazily=lazily, progress=progress)
        writers.append(writer)
    if all_there_is:
        store.mark_present((file.path for file in scan.files), scan.other_names)
    complete = set.intersection(*rows.values())
    reused = [known for known in recognised.files if known.content_hash in complete]
    files = sorted([*reused, *chain(*(writer.files for writer in writers))], key=lambda known: bytes(known.file.path))
    skips = [*scan.skips, *recognised.skips, *chain(*(writer.skips for writer in writers))]
    read_again(files, store, max_pixels=max_pixels, n_threads=settings.n_threads, progress=progress)
    bring_up_sidecars(scan.files, store)
    if model.parts:
        _join(store, model, [known.content_hash for known in files])
    n_fingerprinted = sum(writer.n_fingerprinted for writer in writers)
    skips = sorted(skips, key=lambda skip: bytes(skip.path))
    return Fingerprinted(tuple(files), tuple(skips), n_fingerprinted, len(files) - n_fingerprinted)


def _decoder(models: Sequence[Model], max_pixels: int) -> str:
    """A name for the way in which pictures are decoded for models.

    A damaged file may still give a small picture, so a skip holds for its own way of decoding only.
    """
    small = all(isinstance(model.geometry, Crop) for model in models)
    return f"{DECODER_VERSION}:{max_pixels}" if small else f"{DECODER_VERSION}:whole:{max_pixels}"


def _without_unread(recognised: Recognised, rows: Mapping[Model, set[bytes]]) -> tuple[Recognised, list[ImageFile]]:
    """What was recognised, with the unread files among the unknown, and those of them that have all fingerprints."""
    if not recognised.unread:
        return recognised, []
    settled = set.intersection(*rows.values())
    read: list[HashedFile] = []
    of_settled: list[ImageFile] = []
    of_others: list[ImageFile] = []
    for known in recognised.files:
        if known.file not in recognised.unread:
            read.append(known)
        else:
            (of_settled if known.content_hash in settled else of_others).append(known.file)
    return Recognised(tuple(read), recognised.skips, (*recognised.unknown, *of_others)), of_settled


def _missing(
    recognised: Recognised, rows: Mapping[Model, Container[bytes]]
) -> dict[tuple[Model, ...], list[ImageFile]]:
    """Sorted files to fingerprint, by the models that have no fingerprint of them."""
    found: dict[tuple[Model, ...], list[ImageFile]] = {}
    for known in recognised.files:
        missing = tuple(model for model in rows if known.content_hash not in rows[model])
        if missing:
            found.setdefault(missing, []).append(known.file)
    if recognised.unknown:
        found.setdefault(tuple(rows), []).extend(recognised.unknown)
    return {missing: sorted(todo, key=lambda file: bytes(file.path)) for missing, todo in found.items()}


def _join(store: Store, model: Model, hashes: Sequence[bytes]) -> None:
    """Keep a joint model's fingerprints of contents whose fingerprints by all parts are kept."""
    known = store.rows(model.identity)
    todo = [content_hash for content_hash in dict.fromkeys(hashes) if content_hash not in known]
    for start in range(0, len(todo), JOINED):
        part = todo[start : start + JOINED]
        vectors = joined(model, [store.vectors(member.identity, part) for member in model.members])
        store.commit(Batch(vectors=dict(zip(part, vectors, strict=True))), model=model.identity)


class _Writer:
    """Writer that commits outcomes in batches."""

    def __init__(self, store: Store, models: Sequence[Model], decoder: str, rows: set[bytes]) -> None:
        self._store = store
        self._models = models
        self._decoder = decoder
        self._rows = rows
        self._pending: list[Outcome] = []
        self._committed_s = time.monotonic()
        self.files: list[HashedFile] = []
        self.skips: list[Skip] = []
        self.n_fingerprinted = 0

    def embed(self, files: Sequence[ImageFile], settings: Settings, *, lazily: bool, progress: OnProgress) -> None:
        """Fingerprint files on all cores and commit the results. Lazily, a network is loaded for its first picture."""
        from imagecluster.decode.thumbnail import make_thumbnail
        from imagecluster.embed import Embedder, LazyEmbedder, embed_files

        progress(Progress("fingerprints", 0, len(files)))
        outcomes = embed_files(
            files,
            *(
                (LazyEmbedder if lazily or is_retired(model.name) else Embedder)(
                    model, device=settings.device, progress=progress
                )
                for model in self._models
            ),
            known=self._rows,
            same_pixels=self._same_pixels() if files else {},
            thumbnail=partial(make_thumbnail, long_side_px=THUMBNAIL_PX) if settings.page else None,
            max_pixels=settings.max_pixels,
            n_threads=settings.n_threads,
        )
        n_done = 0
        with self._store.thumbnails() as cache:
            for chunk in outcomes:
                self._pending += chunk
                if len(self._pending) >= BATCH or time.monotonic() - self._committed_s > BATCH_S:
                    self._commit(cache)
                n_done += len(chunk)
                progress(Progress("fingerprints", n_done, len(files)))
            self._commit(cache)

    def _same_pixels(self) -> dict[bytes, bytes]:
        """Contents with fingerprints of all models, by their pixels; see `Store.same_pixels`."""
        found = self._store.same_pixels(self._models[0].identity)
        return {pixels: content_hash for pixels, content_hash in found.items() if content_hash in self._rows}

    def _commit(self, thumbnails: Thumbnails) -> None:
        pending, self._pending = self._pending, []
        files = [HashedFile(outcome.file, outcome.content_hash) for outcome in pending if outcome.skip is None]
        new = {outcome.content_hash: outcome.content for outcome in pending if outcome.content is not None}
        new = {content_hash: content for content_hash, content in new.items() if content_hash not in self._rows}
        for content_hash, content in new.items():
            if content.thumbnail is not None:
                thumbnails.put(content_hash, content.thumbnail, side_px=THUMBNAIL_PX)
        twins = {outcome.content_hash: outcome.twin for outcome in pending if outcome.twin is not None}
        twins = {content_hash: twin for content_hash, twin in twins.items() if content_hash not in self._rows}
        self._keep_twins(twins, thumbnails)
        broken = [outcome for outcome in pending if outcome.skip is not None and outcome.is_lasting]
        passing = [outcome for outcome in pending if outcome.skip is not None and not outcome.is_lasting]
        self._store.commit(
            Batch(
                files=tuple(files),
                metadata={content_hash: content.metadata for content_hash, content in new.items()},
                vectors={content_hash: content.fingerprint for content_hash, content in new.items()},
                pixels={outcome.content_hash: outcome.pixels for outcome in pending if outcome.pixels},
                signs={content_hash: content.signs for content_hash, content in new.items()},
                skips=_skipped(broken),
                decoder=self._decoder,
            ),
            model=self._models[0].identity,
        )
        for i, model in enumerate(self._models[1:], 1):
            vectors = {content_hash: content.fingerprints[i] for content_hash, content in new.items()}
            self._store.commit(Batch(vectors=vectors), model=model.identity)
        if passing:
            # Under an empty decoder the skip is never believed.
            self._store.commit(Batch(skips=_skipped(passing)), model=self._models[0].identity)
        self._rows.update(new)
        self._rows.update(twins)
        self.files += files
        self.skips += [outcome.skip for outcome in pending if outcome.skip is not None]
        self.n_fingerprinted += len(new)
        self._committed_s = time.monotonic()

    def _keep_twins(self, twins: Mapping[bytes, Twin], thumbnails: Thumbnails) -> None:
        """Give contents the fingerprints of known ones from which they differ in metadata alone."""
        if not twins:
            return
        hashes = [twin.content_hash for twin in twins.values()]
        known = self._store.metadata(set(hashes))
        metadata = {
            content_hash: replace(
                known[twin.content_hash],
                taken=twin.said.taken,
                place=twin.said.place,
                camera=twin.said.camera,
                exposure=twin.said.exposure,
            )
            for content_hash, twin in twins.items()
        }
        found, there = self._store.signs(hashes)
        signs = {h: row.tobytes() for h, row, is_there in zip(twins, found, there, strict=True) if is_there}
        for model in self._models:
            vectors = dict(zip(twins, self._store.vectors(model.identity, hashes), strict=True))
            self._store.commit(Batch(metadata=metadata, vectors=vectors, signs=signs), model=model.identity)
        for content_hash, twin in twins.items():
            small = thumbnails.get(twin.content_hash, side_px=THUMBNAIL_PX)
            if small is not None:
                thumbnails.put(content_hash, small, side_px=THUMBNAIL_PX)


def _skipped(outcomes: Sequence[Outcome]) -> tuple[SkippedFile, ...]:
    return tuple(
        SkippedFile(outcome.file, outcome.skip.stage, outcome.skip.reason) for outcome in outcomes if outcome.skip
    )
