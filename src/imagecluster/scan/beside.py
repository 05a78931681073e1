"""Which of the sidecars in a folder belongs to which of its pictures, by their names."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property, lru_cache

__all__ = ["PART_SUFFIXES", "PictureNames", "paired", "plain", "unedited"]

PART_SUFFIXES = frozenset((
    ".aae", ".acr", ".arp", ".dop", ".dr4", ".json", ".on1", ".pp3", ".thm", ".vrd", ".xmp",
))  # fmt: skip
"""Suffixes of what programs keep beside a picture: edits of phones and of raw converters, previews, takeouts."""

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
_VERSION = re.compile(r"^(?P<stem>.+)_\d\d(?P<suffix>\.[^.]+)$", re.DOTALL)
"""What darktable calls the sidecar of a second version: `x_01.jpg.xmp`, of `x.jpg`."""
_OF_PHONE = re.compile(r"^(?P<start>[a-z]{3}_)(?P<kind>[eo]?)(?P<number>\d{4})$")
"""What iOS calls pictures and their edits: `IMG_1234`, with `E` an edited picture, with `O` the edits before it."""


@lru_cache(maxsize=2**16)
def plain(name: str) -> str:
    """A name without differences of case and of Unicode forms."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def unedited(stem: str) -> str:
    """The name of the picture of which one of this name is an edit; the same if it is none. Both are plain.

    >>> unedited("x-edited"), unedited("img_e1234"), unedited("x-edited(1)"), unedited("x")
    ('x', 'img_1234', 'x(1)', 'x')
    """
    of_phone = _OF_PHONE.match(stem)
    if of_phone is not None:
        return of_phone["start"] + of_phone["number"]
    found = _NUMBER.match(stem)
    start, number = (found["start"], found["number"]) if found else (stem, "")
    return _EDITED.sub("", start) + number


def paired(pictures: Sequence[str], sidecars: Sequence[str]) -> dict[str, list[str]]:
    """The sidecars of the pictures of one folder, by name, the most trusted first.

    `x.jpg.xmp` belongs to `x.jpg`, `x.xmp` to all pictures called `x`, and darktable's `x_01.jpg.xmp` to `x.jpg`. What
    a takeout calls `x.jpg.json`, `x.jpg.supplemental-metadata.json` or `x.json` belongs to `x.jpg`, and after its own
    to `x-edited.jpg`. Takeouts cut long names, and put numbers in another place: `x(1).jpg` has `x.jpg(1).json`.

    Examples
    --------
    >>> paired(["a.jpg", "b(1).jpg"], ["a.xmp", "b.jpg(1).json", "c.json"])
    {'a.jpg': ['a.xmp'], 'b(1).jpg': ['b.jpg(1).json']}
    """
    if not sidecars:
        return {}
    names = PictureNames(pictures)
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sidecar in sidecars:
        base, _, suffix = sidecar.rpartition(".")
        matches = names.of_xmp(base) if suffix.lower() == "xmp" else names.of_takeout(base)
        for picture, order in matches:
            found[picture].append((order, sidecar))
    return {picture: [name for _, name in sorted(found[picture])] for picture in pictures if picture in found}


class PictureNames:
    """The names of a folder's pictures, in the forms in which sidecars refer to them."""

    def __init__(self, pictures: Sequence[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for picture in pictures:
            named = plain(picture)
            self._by_name[named].append(picture)
            self._by_stem[named.rpartition(".")[0]].append(picture)

    @cached_property
    def _by_number(self) -> dict[tuple[str, str], list[str]]:
        """Pictures by their names without a number, and the number with what says that one is an edit."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for named, pictures in self._by_name.items():
            numbered = _NUMBERED.match(named)
            whole, number = (numbered["stem"] + numbered["suffix"], numbered["number"]) if numbered else (named, "")
            found[whole, number] += pictures
            stem, dot, suffix = whole.rpartition(".")
            before = _EDITED.sub("", stem)
            if before != stem:
                found[f"{before}{dot}{suffix}", number + _IS_EDITED] += pictures
        return found

    @cached_property
    def _sorted(self) -> list[tuple[str, str]]:
        return sorted(self._by_number)

    def of_xmp(self, base: str) -> list[tuple[str, int]]:
        """Pictures to which a sidecar in XMP belongs, by its name without suffix, each with a place in the order."""
        whole = plain(base)
        if whole in self._by_name:
            return [(picture, 0) for picture in self._by_name[whole]]
        found = self._by_stem.get(whole)
        if found:
            return [(picture, 1) for picture in found]
        version = _VERSION.match(whole)
        return [] if version is None else [(p, 7) for p in self._by_name.get(version["stem"] + version["suffix"], ())]

    def of_edits(self, base: str) -> list[str]:
        """Pictures to which the edits of a phone or a raw converter belong, by their name without suffix."""
        whole = plain(base)
        if whole in self._by_name:
            return self._by_name[whole]
        found = _OF_PHONE.match(whole)
        if found is None:
            return self._by_stem.get(whole, [])
        stems = (found["start"] + kind + found["number"] for kind in ("", "e"))
        return [picture for stem in stems for picture in self._by_stem.get(stem, ())]

    def of_sidecar(self, name: str) -> list[str]:
        """Pictures to which a file belongs, by its whole name; none unless it has one of `PART_SUFFIXES`."""
        base, dot, suffix = name.rpartition(".")
        suffix = suffix.lower()
        if not base or dot + suffix not in PART_SUFFIXES:
            return []
        if suffix == "xmp":
            return [picture for picture, _ in self.of_xmp(base)]
        return [picture for picture, _ in self.of_takeout(base)] if suffix == "json" else self.of_edits(base)

    def of_takeout(self, base: str) -> list[tuple[str, int]]:
        """Pictures to which a sidecar of a takeout belongs, in the same way."""
        named = plain(base)
        if named in self._by_name:
            edited = self._by_number.get((named, _IS_EDITED), ())
            return [*((picture, 2) for picture in self._by_name[named]), *((picture, 6) for picture in edited)]
        found = _NUMBER.match(named)
        start, number = (found["start"], found["number"]) if found else (named, "")
        for whole in dict.fromkeys((start, _SUPPLEMENTED.sub("", start))):
            pictures = self._numbered(whole, number)
            if pictures:
                return pictures
        return [(picture, 5) for picture in self._by_stem.get(named, ())]

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
