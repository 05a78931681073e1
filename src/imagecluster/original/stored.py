"""Fingerprints of a folder's pictures as the original computed them, kept in the database of the folder."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from imagecluster.collection import Settings, fingerprint_scan, locate
from imagecluster.collection.place import Place
from imagecluster.errors import NotOursError, OutputError
from imagecluster.models import Model
from imagecluster.present.output_file import replacing
from imagecluster.records import ImageFile, Scan, Skip
from imagecluster.scan import absolute
from imagecluster.store import Store
from imagecluster.system.progress import silent
from imagecluster.system.safe_files import OwnFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PICKLE = "fingerprints.pk"
"""Name of the original's database, which other programs read."""

_MARK = b"imagecluster "
"""Start of what follows the pickle in a file of ours: readers stop at the pickle's end. A digest comes after it."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """Fingerprints in the database of some files."""

    fingerprints: dict[str, NDArray[np.float32]]
    """Arrays of shape (n_dimensions,) by the given names, in their order."""
    skips: tuple[Skip, ...]
    """Files that cannot be read."""
    place: Place
    """Place of the database."""


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
    place = locate(folder)
    files = {name: _image_file(name) for name in names}
    scan = Scan(files=tuple(files.values()), skips=(), ignored={})
    with Store.open(place.directory, root=place.root, follow=place.follow) as store:
        settings = Settings(page=False, n_threads=n_threads)
        fingerprinted = fingerprint_scan(scan, store, model, settings, progress=silent, all_there_is=False)
        hash_of = {known.file.path: known.content_hash for known in fingerprinted.files}
        readable = [name for name in names if files[name].path in hash_of]
        hashes = [hash_of[files[name].path] for name in readable]
        vectors = store.vectors(model.identity, hashes) if hashes else ()
    return Stored(dict(zip(readable, vectors, strict=True)), fingerprinted.skips, place)


def keep_for_others(fingerprints: Mapping[str, NDArray[Any]], place: Place) -> None:
    """Write fingerprints beside the database to `fingerprints.pk`, which the original kept them in and scripts read.

    It is never read here. A file of this name that we did not write, such as the original's own, is left as it is.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    digest = xxhash.xxh3_128()
    for name, row in fingerprints.items():
        digest.update(os.fsencode(name) + b"\0")
        digest.update(row.tobytes())
    end = _MARK + digest.hexdigest().encode()
    with OwnFolder(place.directory, follow=place.follow) as folder:
        there = _end_of(folder, len(end))
        if there is not None and (not there.startswith(_MARK) or there == end):
            return
        with replacing(place.directory / PICKLE, folder) as stream:
            pickle.dump(dict(fingerprints), stream, protocol=4)
            stream.write(end)


def _end_of(folder: OwnFolder, n_bytes: int) -> bytes | None:
    """The last bytes of the pickle in a folder; None if there is none, and nothing if it is not ours to replace."""
    try:
        with folder.open_reading(PICKLE) as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - n_bytes))
            return stream.read()
    except FileNotFoundError:
        return None
    except NotOursError:
        return b""
    except OSError as error:
        raise OutputError(f"cannot read {folder.path / PICKLE}: {(error.strerror or str(error)).lower()}") from None


def _image_file(name: str) -> ImageFile:
    """A file as the scan would find it; a missing one is noticed when it is read."""
    path = Path(absolute(Path(name)))
    try:
        status = path.stat()
    except OSError:
        return ImageFile(path, 0, 0)
    return ImageFile(path, status.st_size, status.st_mtime_ns)
