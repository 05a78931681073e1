"""Hashes of what pictures look like, of contents that were kept before there were such hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagecluster.collection.rereading import each_again
from imagecluster.store import HashedFile, Store
from imagecluster.system.progress import OnProgress

__all__ = ["SIGNS_SIDE_PX", "bring_up_signs"]

SIGNS_SIDE_PX = 128
"""Short side of the picture from which it is computed: twice the side of the square to which it is squashed;
the size makes hardly any difference to the bits."""


def bring_up_signs(
    files: Sequence[HashedFile], store: Store, *, max_pixels: int, n_threads: int | None, progress: OnProgress
) -> None:
    """Compute hashes of what pictures look like for contents that have none; their fingerprints stay.

    Parameters
    ----------
    files
        Pictures that are there. Each content is read once; one that cannot be read any more stays without a hash.
    store
        A store that is open for writing.
    max_pixels
        The largest size of pictures.
    n_threads
        Number of threads; default: one per core.
    progress
        Called as work goes on, with the stage `copies`.
    """
    distinct = {known.content_hash: known for known in files}
    _, there = store.signs(list(distinct))
    todo = [known for known, is_there in zip(distinct.values(), there, strict=True) if not is_there]

    def signs(data: bytes, suffix: str) -> bytes:
        from imagecluster.decode import decode, sign_hash

        return sign_hash(decode(data, short_side_px=SIGNS_SIDE_PX, max_pixels=max_pixels, suffix=suffix).image)

    def keep(found: Mapping[bytes, bytes | None]) -> None:
        store.put_signs({content_hash: each for content_hash, each in found.items() if each})

    each_again(todo, signs, keep, stage="signs", n_threads=n_threads, progress=progress)
