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
    """A file and the hash of what it holds."""

    file: ImageFile
    content_hash: bytes


class SkippedFile(NamedTuple):
    """A file that gave no fingerprint, and why."""

    file: ImageFile
    stage: Stage
    reason: str


class KnownFile(NamedTuple):
    """What the store remembers of a file."""

    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    gone: bool
    """Whether the latest scan did not find it."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A scan's files, sorted by what the store knows of them. Each part is in the order of the scan."""

    files: tuple[HashedFile, ...]
    """Unchanged since an earlier run, so that their content is known."""
    skips: tuple[Skip, ...]
    """Unchanged since an earlier run that could not read them, with a decoder of the same limits."""
    unknown: tuple[ImageFile, ...]
    """New or changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one commit adds. Everything of a batch is in the store, or nothing."""

    files: tuple[HashedFile, ...] = ()
    metadata: Mapping[bytes, Metadata] = field(default_factory=dict)
    """By content hash; needed for every content that the store does not hold yet."""
    vectors: Mapping[bytes, Any] = field(default_factory=dict)
    """By content hash: real, finite numbers of shape (n_dimensions,). Kept as float16."""
    skips: tuple[SkippedFile, ...] = ()
    decoder: str = ""
    """Names the decoder and its limits: a skip is believed only as long as this stays the same."""

    def __post_init__(self) -> None:
        for content_hash in (*(f.content_hash for f in self.files), *self.metadata, *self.vectors):
            if len(content_hash) != HASH_BYTES:
                msg = f"a content hash has {len(content_hash)} bytes, expected {HASH_BYTES}: {content_hash!r}"
                raise ArgumentError(msg)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the chain, as the store remembers it. n_scanned = fingerprinted + reused + skipped."""

    started_s: float
    """Seconds since 1970."""
    duration_s: float
    model: str
    n_scanned: int
    n_fingerprinted: int
    n_reused: int
    n_skipped: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is worth remembering; must survive JSON."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a store holds of one fingerprint model."""

    model: str
    """`name@version`."""
    n_dimensions: int
    n_fingerprints: int
    size_bytes: int
    """Size of the matrix on disk."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store holds."""

    directory: Path
    root: Path
    format_version: int
    n_files: int
    """Files with a known content that the latest scan found."""
    n_gone: int
    """Files of earlier scans, readable or not, that the latest did not find."""
    n_skipped: int
    """Files that the latest scan found and that gave no fingerprint."""
    n_contents: int
    """Distinct contents, those of gone files included."""
    models: tuple[ModelInfo, ...]
    n_runs: int
    size_bytes: int
    """Database, matrices, dendrograms and thumbnails."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedDendrogram:
    """A dendrogram and what was said of it when it was saved."""

    dendrogram: Dendrogram
    info: Mapping[str, Any]
