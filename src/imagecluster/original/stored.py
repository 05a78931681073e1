"""Fingerprints by VGG16 as the original computed them, kept in the database of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.collection import Settings, fingerprint_scan, locate
from imagecluster.models import Model
from imagecluster.records import ImageFile, Scan, Skip
from imagecluster.scan import absolute
from imagecluster.store import Store
from imagecluster.system.progress import silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Fingerprints in the database of some files."""

    fingerprints: dict[str, NDArray[np.float32]]
    """Arrays of shape (n_dimensions,) by the given names, in their order."""
    skips: tuple[Skip, ...]
    """Files that cannot be read."""


def stored_fingerprints(names: Sequence[str], folder: Path, model: Model, *, n_threads: int | None = None) -> Stored:
    """Fingerprints of files from the database of their folder; missing ones are computed and added to it.

    They are the network's output, not scaled to unit length. The network is loaded only if one is missing.

    Parameters
    ----------
    names
        Files in the folder.
    folder
        The folder with the database.
    model
        VGG16, or any other model that takes whole pictures.
    n_threads
        Number of threads; default: one per core.
    """
    root, directory, _, follow = locate(folder)
    files = {name: _image_file(name) for name in names}
    scan = Scan(files=tuple(files.values()), skips=(), ignored={})
    with Store.open(directory, root=root, follow=follow) as store:
        settings = Settings(page=False, n_threads=n_threads)
        fingerprinted = fingerprint_scan(scan, store, model, settings, progress=silent, all_there_is=False)
        hash_of = {known.file.path: known.content_hash for known in fingerprinted.files}
        readable = [name for name in names if files[name].path in hash_of]
        hashes = [hash_of[files[name].path] for name in readable]
        vectors = store.vectors(model.identity, hashes) if hashes else ()
    return Stored(dict(zip(readable, vectors, strict=True)), fingerprinted.skips)


def _image_file(name: str) -> ImageFile:
    """A file as the scan would find it; a missing one is noticed when it is read."""
    path = Path(absolute(Path(name)))
    try:
        status = path.stat()
    except OSError:
        return ImageFile(path, 0, 0)
    return ImageFile(path, status.st_size, status.st_mtime_ns)
