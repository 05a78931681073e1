"""What is known of pictures before they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.insets import Insets
from imagecluster.records import Metadata, Taken

__all__ = ["CopyFacts", "is_other_moment"]

_OF_THE_EXPOSURE = frozenset(("EXIF DateTimeOriginal", "XMP exif:DateTimeOriginal"))
"""Sources that give the time of the exposure; others may give that of an edit, an upload or a scan."""

_CLOCK = frozenset(("second", "subsecond"))


@dataclass(frozen=True, slots=True, eq=False)
class CopyFacts:
    """Facts about n pictures of different contents; row i belongs to picture i."""

    signs: NDArray[np.uint8]
    """Shape (n, 32): sign hashes."""
    has_signs: NDArray[np.bool_]
    """Shape (n,): which pictures have one."""
    width_px: NDArray[np.int64]
    """Shape (n,): width of the upright picture in the file, not that of a smaller one decoded from it."""
    height_px: NDArray[np.int64]
    coded: Sequence[bytes]
    """Digest of the coded pixels and of how they are shown, of each picture; empty if unknown."""
    cameras: Sequence[str]
    """Make and model; empty if unknown."""
    taken: Sequence[Taken | None]
    """When each picture was taken, according to itself."""
    insets: Insets = field(default_factory=Insets.none)
    """Parts of the pictures that may be pictures of their own."""

    @classmethod
    def of(
        cls, said: Sequence[Metadata], *, signs: NDArray[np.uint8], has_signs: NDArray[np.bool_], coded: Sequence[bytes]
    ) -> CopyFacts:
        """The facts about pictures from what they say of themselves, and their hashes."""
        return cls(
            signs=signs,
            has_signs=has_signs,
            width_px=np.array([of.width_px for of in said], np.int64),
            height_px=np.array([of.height_px for of in said], np.int64),
            coded=coded,
            cameras=[of.camera for of in said],
            taken=[of.taken for of in said],
        )

    def __len__(self) -> int:
        return len(self.signs)

    def size(self, picture: int) -> tuple[int, int]:
        """Width and height of a picture in pixels."""
        return int(self.width_px[picture]), int(self.height_px[picture])


def is_other_moment(facts: CopyFacts, first: int, second: int) -> bool:
    """Whether two pictures say that one camera took them at different times: then neither is a copy of the other.

    Only times of the exposure count, and fractions of a second only if both have them.
    """
    one, other = facts.taken[first], facts.taken[second]
    if one is None or other is None or not facts.cameras[first] or facts.cameras[first] != facts.cameras[second]:
        return False
    if not {one.source, other.source} <= _OF_THE_EXPOSURE or not {one.precision, other.precision} <= _CLOCK:
        return False
    if one.precision == other.precision == "subsecond":
        return abs(one.local_s - other.local_s) > 5e-4
    return int(one.local_s // 1) != int(other.local_s // 1)
