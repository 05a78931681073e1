"""The values that go into a store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from imagecluster.errors import ArgumentError
from imagecluster.records import Dendrogram, ImageFile, Metadata, Skip, Stage

__all__ = [
    "HASH_BYTES",
    "Batch",
    "HashedFile",
    "KnownFile",
    "ModelInfo",
    "Recognised",
    "Run",
    "SavedDendrogram",
    "SkippedFile",
    "StoreInfo",
]

HASH_BYTES = 16
"""Length of a content hash."""


class HashedFile(NamedTuple):
    """A file and the hash of its content."""

    file: ImageFile
    content_hash: bytes


class SkippedFile(NamedTuple):
    """A file without a fingerprint, and the reason."""

    file: ImageFile
    stage: Stage
    reason: str


class KnownFile(NamedTuple):
    """What the store knows about a file."""

    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    gone: bool
    """Whether the latest scan did not find it."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A scan's files, sorted by what the store knows about them. Each part is in the order of the scan."""

    files: tuple[HashedFile, ...]
    """Unchanged since an earlier run, so that their content is known."""
    skips: tuple[Skip, ...]
    """Unchanged since an earlier run that could not read them, with a decoder of the same limits."""
    unknown: tuple[ImageFile, ...]
    """New or changed."""
    unread: frozenset[ImageFile] = frozenset()
    """Those of `files` whose content was kept by an earlier format, without what is kept of it now."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The content of one commit: either all of a batch is in the store, or nothing."""

    files: tuple[HashedFile, ...] = ()
    metadata: Mapping[bytes, Metadata] = field(default_factory=dict)
    """By content hash; needed for every content that is not yet in the store."""
    vectors: Mapping[bytes, Any] = field(default_factory=dict)
    """By content hash: real, finite numbers of shape (n_dimensions,). Kept as float16."""
    pixels: Mapping[bytes, bytes] = field(default_factory=dict)
    """By content hash: digest of the coded picture without metadata, 16 bytes."""
    signs: Mapping[bytes, bytes] = field(default_factory=dict)
    """By content hash: hash of what the picture looks like, 32 bytes."""
    skips: tuple[SkippedFile, ...] = ()
    decoder: str = ""
    """Name of the decoder and its limits: a skip is valid only as long as this stays the same."""

    def __post_init__(self) -> None:
        for content_hash in (*(f.content_hash for f in self.files), *self.metadata, *self.vectors):
            if len(content_hash) != HASH_BYTES:
                msg = f"a content hash has {len(content_hash)} bytes, expected {HASH_BYTES}: {content_hash!r}"
                raise ArgumentError(msg)


@dataclass(frozen=True, slots=True)
class Run:
    """A record of one run. n_scanned = fingerprinted + reused + skipped."""

    started_s: float
    """Seconds since 1970."""
    duration_s: float
    model: str
    n_scanned: int
    n_fingerprinted: int
    n_reused: int
    n_skipped: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings worth recording; must survive JSON."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Figures about one fingerprint model in a store."""

    model: str
    """`name@version`."""
    n_dimensions: int
    n_fingerprints: int
    size_bytes: int
    """Size of the matrix on disk."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Figures about a store."""

    directory: Path
    root: Path
    format_version: int
    n_files: int
    """Files of known content that the latest scan found."""
    n_gone: int
    """Files of earlier scans, readable or not, that the latest one did not find."""
    n_skipped: int
    """Files that the latest scan found but that have no fingerprint."""
    n_contents: int
    """Distinct contents, including those of gone files."""
    models: tuple[ModelInfo, ...]
    n_runs: int
    size_bytes: int
    """Database, matrices, dendrograms and thumbnails."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedDendrogram:
    """A dendrogram and the information saved with it."""

    dendrogram: Dendrogram
    info: Mapping[str, Any]
