"""What the sidecars beside the pictures of a collection say, and which of them have changed."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.decode import METADATA_VERSION, read_bytes, read_name
from imagecluster.decode.choosing import best_date
from imagecluster.errors import DecodeError
from imagecluster.records import ImageFile
from imagecluster.scan import paired
from imagecluster.store import Beside, Store

if TYPE_CHECKING:
    from imagecluster.decode import Said

__all__ = ["bring_up_sidecars"]

_log = logging.getLogger(__name__)

MAX_BYTES = 2**24
"""Larger files are not sidecars."""

_SUFFIXES = (".xmp", ".json")


def bring_up_sidecars(files: Sequence[ImageFile], store: Store) -> None:
    """Read the sidecars of files that are new or changed, and the dates in the names of files, into the store."""
    known = {os.fspath(path): beside for path, beside in store.beside().items()}
    changed: dict[Path, Beside | None] = {}
    for folder, pictures in _by_folder(files).items():
        sidecars = paired(list(pictures), _sidecar_names(folder))
        for name, path in pictures.items():
            before = known.get(os.fspath(path))
            found = _beside(path, name, sidecars.get(name, ()), before)
            if found != before:
                changed[path] = found
    if changed:
        store.put_beside(changed)


def _by_folder(files: Iterable[ImageFile]) -> dict[str, dict[str, Path]]:
    """Paths by name, by folder; as text, since each question to a `Path` takes longer than all of this."""
    folders: dict[str, dict[str, Path]] = defaultdict(dict)
    for file in files:
        folder, slash, name = os.fspath(file.path).rpartition(os.sep)
        folders[folder or slash][name] = file.path
    return folders


def _sidecar_names(folder: str) -> list[str]:
    """Names of the files in a folder that may be sidecars, in order."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return []
    return sorted(name for name in names if name.lower().endswith(_SUFFIXES) and not name.startswith("."))


def _beside(path: Path, name: str, names: Sequence[str], before: Beside | None) -> Beside | None:
    """What lies beside a picture; None if nothing does."""
    mark = _mark(path.parent, names) if names else ""
    if mark and before is not None and before.sidecars == mark:
        return before
    read = [_read(path.parent / sidecar) for sidecar in names] if mark else []
    said = [found for found in read if found is not None]
    dates = [found.taken for found in said if found.taken is not None]
    named = read_name(name)
    taken = best_date(dates if named is None else [*dates, named])
    place = next((found.place for found in said if found.place is not None), None)
    return None if not mark and taken is None else Beside(mark, taken, place)


def _mark(folder: Path, names: Sequence[str]) -> str:
    """Names, sizes and times of sidecars; empty if there are none."""
    states = []
    for name in names:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        states.append(f"{name}|{status.st_size}|{status.st_mtime_ns}")
    text = "\n".join(states).encode("utf-8", "backslashreplace").decode("utf-8")
    return f"{METADATA_VERSION}\n{text}" if states else ""


def _read(file: Path) -> Said | None:
    from imagecluster.decode import read_sidecar

    try:
        return read_sidecar(read_bytes(file, max_bytes=MAX_BYTES), suffix=file.suffix)
    except DecodeError as error:
        _log.debug("the sidecar %s cannot be read: %s", file, error)
        return None
