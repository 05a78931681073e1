"""What lies beside the pictures of a collection: which sidecar belongs to which picture, and what has changed."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.decode import METADATA_VERSION, read_bytes, read_name
from imagecluster.decode.choosing import best_date
from imagecluster.errors import DecodeError
from imagecluster.records import ImageFile
from imagecluster.store import Beside, Store

if TYPE_CHECKING:
    from imagecluster.decode import Said

__all__ = ["bring_up_sidecars", "paired"]

_log = logging.getLogger(__name__)

MAX_BYTES = 2**24
"""Larger files are not sidecars."""

_SUFFIXES = (".xmp", ".json")
_NUMBER = re.compile(r"^(?P<start>.*?)(?P<number>\(\d+\))$", re.DOTALL)
_NUMBERED = re.compile(r"^(?P<stem>.*?)(?P<number>\(\d+\))(?P<suffix>\.[^.]*)$", re.DOTALL)
_SUPPLEMENT = ".supplemental-metadata"
_SUPPLEMENTED = re.compile(r"\.(?:" + "|".join(_SUPPLEMENT[1:n] for n in range(len(_SUPPLEMENT), 1, -1)) + r")?$")
"""What takeouts put before `.json`, as far as there was room for it."""
_CUT_FROM = 40
"""Takeouts cut names to 46 characters; fewer are left where a number follows or characters are counted in bytes."""
_EDITED = re.compile(
    r"-(?:edited|bearbeitet|modifié|editado|editada|modificato|bewerkt|edytowane|redigerad|redigeret|redigert|muokattu"
    r"|upraveno|изменено|編集済み|수정됨|已修改)$"
)


_IS_EDITED = "-edited"


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


def paired(pictures: Sequence[str], sidecars: Sequence[str]) -> dict[str, list[str]]:
    """The sidecars of the pictures of one folder, by name, the most trusted first.

    `x.jpg.xmp` belongs to `x.jpg`, and `x.xmp` to all pictures called `x`. What a takeout calls `x.jpg.json`,
    `x.jpg.supplemental-metadata.json` or `x.json` belongs to `x.jpg`, and after its own to `x-edited.jpg`. Takeouts cut
    long names, and put numbers in another place: `x(1).jpg` has `x.jpg(1).json`.

    Examples
    --------
    >>> paired(["a.jpg", "b(1).jpg"], ["a.xmp", "b.jpg(1).json", "c.json"])
    {'a.jpg': ['a.xmp'], 'b(1).jpg': ['b.jpg(1).json']}
    """
    if not sidecars:
        return {}
    names = _Names(pictures)
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sidecar in sidecars:
        base, _, suffix = sidecar.rpartition(".")
        matches = names.of_xmp(base) if suffix.lower() == "xmp" else names.of_takeout(base)
        for picture, order in matches:
            found[picture].append((order, sidecar))
    return {picture: [name for _, name in sorted(found[picture])] for picture in pictures if picture in found}


class _Names:
    """The names of a folder's pictures, in the forms in which sidecars refer to them."""

    def __init__(self, pictures: Sequence[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_number: dict[tuple[str, str], list[str]] = defaultdict(list)
        for picture in pictures:
            plain = _plain(picture)
            stem, dot, suffix = plain.rpartition(".")
            self._by_name[plain].append(picture)
            self._by_stem[stem].append(picture)
            numbered = _NUMBERED.match(plain)
            whole, number = (numbered["stem"] + numbered["suffix"], numbered["number"]) if numbered else (plain, "")
            self._by_number[whole, number].append(picture)
            unedited = _EDITED.sub("", whole.rpartition(".")[0])
            if unedited != whole.rpartition(".")[0]:
                self._by_number[f"{unedited}{dot}{suffix}", number + _IS_EDITED].append(picture)
        self._sorted = sorted(self._by_number)

    def of_xmp(self, base: str) -> list[tuple[str, int]]:
        """Pictures to which a sidecar in XMP belongs, by its name without suffix, each with a place in the order."""
        plain = _plain(base)
        if plain in self._by_name:
            return [(picture, 0) for picture in self._by_name[plain]]
        return [(picture, 1) for picture in self._by_stem.get(plain, ())]

    def of_takeout(self, base: str) -> list[tuple[str, int]]:
        """Pictures to which a sidecar of a takeout belongs, in the same way."""
        plain = _plain(base)
        if plain in self._by_name:
            edited = self._by_number.get((plain, _IS_EDITED), ())
            return [*((picture, 2) for picture in self._by_name[plain]), *((picture, 6) for picture in edited)]
        found = _NUMBER.match(plain)
        start, number = (found["start"], found["number"]) if found else (plain, "")
        for whole in dict.fromkeys((start, _SUPPLEMENTED.sub("", start))):
            pictures = self._numbered(whole, number)
            if pictures:
                return pictures
        return [(picture, 5) for picture in self._by_stem.get(plain, ())]

    def _numbered(self, whole: str, number: str) -> list[tuple[str, int]]:
        """Pictures of a name, which may have been cut, and a number."""
        exact = [(picture, 3) for picture in self._by_number.get((whole, number), ())]
        exact += [(picture, 6) for picture in self._by_number.get((whole, number + _IS_EDITED), ())]
        if exact or len(whole) < _CUT_FROM:
            return exact
        found = []
        for i in range(bisect_left(self._sorted, (whole, "")), len(self._sorted)):
            name, its_number = self._sorted[i]
            if not name.startswith(whole):
                break
            if its_number == number:
                found += [(picture, 4) for picture in self._by_number[name, its_number]]
        return found if len(found) == 1 else []


def _plain(name: str) -> str:
    """A name without differences of case and of Unicode forms."""
    return unicodedata.normalize("NFC", name).casefold()
