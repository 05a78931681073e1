"""What copies that go know is carried over to the sidecar of the one that is kept; its picture stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imagecluster.actions import NewFile, facts_of
from imagecluster.copies.carrying import Knowledge, added, missing, sidecar_with
from imagecluster.decode import read_bytes, read_described
from imagecluster.errors import ImageclusterError
from imagecluster.records import Place, Taken
from imagecluster.scan import Item, paired

__all__ = ["Carried", "Known", "carried_over"]

_MOST_BYTES = 2**22
"""A plan writes no larger files."""


@dataclass(frozen=True, slots=True)
class Known:
    """A picture with its parts, and when and where it was taken."""

    item: Item
    taken: Taken | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A sidecar to write before copies go."""

    write: NewFile | None
    """None if it cannot be written."""
    adds: tuple[str, ...]
    """What it gets, in words."""
    sources: tuple[Path, ...]
    """Main files of the copies from which something comes: the steps of the plan that need it."""
    why_not: str = ""
    """Why it cannot be written."""


def carried_over(kept: Known, others: Sequence[Known]) -> Carried | None:
    """The sidecar by which the one that is kept knows what the others do; None if they know nothing more.

    It is the present one of the picture, `x.jpg.xmp` or `x.xmp`, with additions, unless another picture has it too;
    else a new one, `x.jpg.xmp`. Nothing is written here.

    Parameters
    ----------
    kept
        The picture that stays.
    others
        Those that go for it, the most trusted first.
    """
    own = _knowledge(kept)
    each = [_knowledge(other) for other in others]
    found = missing(own, each)
    if found.is_empty:
        return None
    sources = tuple(
        other.item.main for other, knowledge in zip(others, each, strict=True) if not missing(own, [knowledge]).is_empty
    )
    adds = added(found)
    main = kept.item.main
    present = next((part for name in _sidecars(kept.item) if (part := main.with_name(name)) in kept.item.parts), None)
    path = present or main.with_name(f"{main.name}.xmp")
    try:
        if present is None and path.exists():
            return Carried(None, adds, sources, f"{path.name} belongs to something else")
        before = b"" if present is None else read_bytes(present, max_bytes=_MOST_BYTES)
        content = sidecar_with(found, before)
        if len(content) > _MOST_BYTES:
            return Carried(None, adds, sources, f"{path.name} is too large")
        return Carried(NewFile(path, content, None if present is None else facts_of(present)), adds, sources)
    except (ImageclusterError, OSError) as error:
        return Carried(None, adds, sources, str(error))


def _knowledge(known: Known) -> Knowledge:
    item = known.item
    sidecars = [item.main.with_name(name) for name in (*_sidecars(item), *_takeouts(item))]
    return Knowledge(known.taken, known.place, read_described(item.main, sidecars))


def _sidecars(item: Item) -> list[str]:
    """Names of the sidecars in XMP that belong to the main file, the most trusted first."""
    return _named(item, ".xmp")


def _takeouts(item: Item) -> list[str]:
    return _named(item, ".json")


def _named(item: Item, suffix: str) -> list[str]:
    files = [*item.parts, *item.shared, *item.stays]
    names = [path.name for path in files if path.suffix.lower() == suffix and not path.name.startswith("._")]
    return paired([item.main.name], names).get(item.main.name, [])
