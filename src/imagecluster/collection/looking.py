"""Loaders of pictures for their comparison: the small forms, and digests of all pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from imagecluster.collection.rereading import of_content
from imagecluster.copies import CopyFacts
from imagecluster.decode import SmallPicture
from imagecluster.store import Store

__all__ = ["copy_facts", "digest_loader", "look_loader"]

T = TypeVar("T")


def copy_facts(hashes: Sequence[bytes], store: Store) -> CopyFacts:
    """What the store knows of contents, for their comparison; all must be known."""
    metadata = store.metadata(hashes)
    signs, there = store.signs(hashes)
    coded = store.coded(hashes)
    return CopyFacts.of(
        [metadata[content_hash] for content_hash in hashes],
        signs=signs,
        has_signs=there,
        coded=[coded.get(content_hash, b"") for content_hash in hashes],
    )


def look_loader(
    paths: Sequence[Path], hashes: Sequence[bytes], facts: CopyFacts, *, max_pixels: int, side_px: int | None = None
) -> Callable[[int], SmallPicture | None]:
    """A function that reads the small form of a picture; None if it cannot be read, or is another picture by now.

    Parameters
    ----------
    paths, hashes
        A file of each content, and its hash.
    facts
        What is known of the contents.
    max_pixels
        The largest size of pictures.
    side_px
        Longer side of the small form; default: that for a comparison. `CLOSE_PX` is for a closer look.
    """
    from imagecluster.decode import LOOK_PX, small_picture

    def small(data: bytes, picture: int) -> SmallPicture:
        suffix = paths[picture].suffix
        return small_picture(
            data, facts.size(picture), side_px=side_px or LOOK_PX, suffix=suffix, max_pixels=max_pixels
        )

    return _loader(paths, hashes, small)


def digest_loader(
    paths: Sequence[Path], hashes: Sequence[bytes], facts: CopyFacts, *, max_pixels: int
) -> Callable[[int], bytes | None]:
    """A function that computes the digest of all pixels of a picture; parameters as of `look_loader`."""
    from imagecluster.decode import pixel_digest

    def digest(data: bytes, picture: int) -> bytes:
        return pixel_digest(data, facts.size(picture), suffix=paths[picture].suffix, max_pixels=max_pixels)

    return _loader(paths, hashes, digest)


def _loader(
    paths: Sequence[Path], hashes: Sequence[bytes], read: Callable[[bytes, int], T]
) -> Callable[[int], T | None]:
    return lambda picture: of_content(paths[picture], hashes[picture], lambda data: read(data, picture))
