"""Imports the fingerprints that the original imagecluster left in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

import xxhash

from imagecluster.collection import locate
from imagecluster.decode import decode, read_bytes, read_file_exif
from imagecluster.errors import ArgumentError, DecodeError, InputError
from imagecluster.models import MODELS, VGG16_LAYERS
from imagecluster.original.pickled import read_fingerprints_pk
from imagecluster.records import ImageFile, Skip
from imagecluster.store import Batch, HashedFile, Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_METADATA_SIDE_PX = 8


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import."""

    directory: Path
    """Folder of the database."""
    model: str
    n_in_file: int
    n_imported: int
    left_out: tuple[Skip, ...]
    """Fingerprints that were not imported, and why."""


def import_fingerprints(
    file: Path, *, pictures: Path | None = None, layer: str = "fc2", db: Path | None = None
) -> Imported:
    """Read a fingerprints.pk of the original into the database of its folder of pictures.

    Fingerprints are matched to pictures by file name. A fingerprint is left out if there is no such picture, if the
    picture was changed after the file was written, if it cannot be read, or if its EXIF data say that it is rotated:
    the original ignored that, while imagecluster now turns such pictures upright.

    Parameters
    ----------
    file
        `PATH/imagecluster/fingerprints.pk`.
    pictures
        The folder of pictures; default: the parent of the file's folder.
    layer
        Layer of VGG16 that the fingerprints come from.
    db
        Folder of the database; default: as for a run.

    Raises
    ------
    ArgumentError
        The file holds something else, or its fingerprints do not have the layer's length (for example because they
        were reduced by PCA).
    InputError
        There is no such file or folder.
    """
    model = next(
        MODELS[name] for name, cut in VGG16_LAYERS.items() if cut == layer
    )  # what the original used: the official weights
    found = read_fingerprints_pk(file)
    for name, row in found.items():
        if len(row) != model.n_dimensions:
            raise ArgumentError(
                f"the fingerprint of {name!r} has {len(row)} numbers, but those of {layer} have {model.n_dimensions}; "
                "fingerprints of another layer need --layer, and those reduced by PCA cannot be imported"
            )
    folder = pictures if pictures is not None else Path(file).absolute().parent.parent
    if not folder.is_dir():
        raise InputError(f"there is no folder of pictures {str(folder)!r}")
    root, directory, _, follow = locate(folder, db)
    left_out: list[Skip] = []
    batch = _matched(found, root, written_ns=file.stat().st_mtime_ns, left_out=left_out)
    with Store.open(directory, root=root, follow=follow) as store:
        store.commit(batch, model=model.identity)
    return Imported(directory, model.identity, len(found), len(batch.files), tuple(left_out))


def _matched(found: dict[str, NDArray[np.float32]], root: Path, *, written_ns: int, left_out: list[Skip]) -> Batch:
    """The fingerprints of pictures that still exist and are unchanged."""
    files, metadata, vectors = [], {}, {}
    taken: set[Path] = set()
    for name, row in found.items():
        # The last part of a path on any system, since the folder may come from another system.
        path = root / PureWindowsPath(name).name
        try:
            if path in taken:
                raise DecodeError("an earlier fingerprint has the same name")
            data = read_bytes(path)
            status = path.stat()
            if status.st_mtime_ns > written_ns:
                raise DecodeError("changed after its fingerprint was computed")
            if (read_file_exif(data).orientation or 1) != 1:
                raise DecodeError("rotated by its EXIF orientation, which the original ignored")
            picture = decode(data, short_side_px=_METADATA_SIDE_PX, suffix=path.suffix)
        except (DecodeError, OSError) as error:
            left_out.append(Skip(path, "scan", str(error)))
            continue
        taken.add(path)
        content_hash = xxhash.xxh3_128_digest(data)
        files.append(HashedFile(ImageFile(path, status.st_size, status.st_mtime_ns), content_hash))
        metadata[content_hash] = picture.metadata
        vectors[content_hash] = row
    return Batch(files=tuple(files), metadata=metadata, vectors=vectors)
