"""The result of comparing two pictures: small enough to be kept for each pair, and evidence follows from it."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies.words import Change, in_words
from imagecluster.errors import ArgumentError
from imagecluster.records import CopyEvidence, CopyKind

__all__ = ["PACKED_BYTES", "SAME_PIXELS", "Comparison"]

_FORM = struct.Struct("<BB2x6f")
PACKED_BYTES = _FORM.size
"""Length of a packed comparison."""

_KINDS: tuple[CopyKind | None, ...] = (None, *get_args(CopyKind))
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_FLAGS = ("first_inside", "second_inside", "is_framed", "is_toned", "first_is_grey", "second_is_grey")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two pictures agree."""

    kind: CopyKind | None
    """`pixels`, `copy`, `altered` or `shot`; None if they do not show the same."""
    matrix: tuple[float, ...] = _IDENTITY
    """Map of the first picture's points onto the second's, 2 x 3 by rows, in shares of width and height."""
    first_inside: bool = True
    """Whether the first picture's frame lies inside the second's."""
    second_inside: bool = True
    is_framed: bool = False
    """Whether one of the two is the other with something around it: then that one's frame contains the other's."""
    is_toned: bool = False
    """Whether brightness or contrast differ."""
    first_is_grey: bool = False
    second_is_grey: bool = False

    def packed(self) -> bytes:
        """28 bytes from which `unpacked` makes the comparison again."""
        flags = sum(getattr(self, name) << place for place, name in enumerate(_FLAGS))
        return _FORM.pack(_KINDS.index(self.kind), flags, *self.matrix)

    @classmethod
    def unpacked(cls, packed: bytes) -> Comparison:
        """The comparison from what `packed` gave.

        Raises
        ------
        ArgumentError
            These bytes are not a comparison.

        """
        if len(packed) != PACKED_BYTES or packed[0] >= len(_KINDS):
            raise ArgumentError(f"{len(packed)} bytes are not a kept comparison of two pictures: {packed[:8]!r}")
        number, flags, *matrix = _FORM.unpack(packed)
        set_flags = {name: bool(flags >> place & 1) for place, name in enumerate(_FLAGS)}
        return cls(_KINDS[number], tuple(matrix), **set_flags)

    def reversed(self) -> Comparison:
        """The comparison of the second picture with the first."""
        matrix: tuple[float, ...] = _IDENTITY
        if self.kind is not None:
            matrix = rounded(np.linalg.inv(self._square()))
        return replace(
            self,
            matrix=matrix,
            first_inside=self.second_inside,
            second_inside=self.first_inside,
            first_is_grey=self.second_is_grey,
            second_is_grey=self.first_is_grey,
        )

    def evidence(self, first: tuple[int, int], second: tuple[int, int]) -> CopyEvidence | None:
        """Why the two pictures are the same, in terms of what was done to the second to get the first.

        For the other direction, `reversed().evidence(second, first)`.

        Parameters
        ----------
        first, second
            Width and height of the two pictures in pixels.

        Returns
        -------
        CopyEvidence
            None if they do not show the same.
        """
        if self.kind is None:
            return None
        overlap = self._overlap()
        change = Change(
            first=first,
            second=second,
            linear=self._square()[:2, :2],
            covered=overlap,
            first_inside=self.first_inside,
            second_inside=self.second_inside,
            is_framed=self.is_framed,
            is_toned=self.is_toned,
            is_made_grey=self.first_is_grey and not self.second_is_grey,
        )
        words = "" if self.kind == "pixels" else in_words(self.kind, change)
        is_whole = self.first_inside and self.second_inside and self.matrix == _IDENTITY
        return CopyEvidence(
            kind=self.kind,
            transform=words,
            overlap=overlap,
            is_contained=self.first_inside,
            matrix=() if is_whole else self.matrix,
            is_framed=self.is_framed,
        )

    def _square(self) -> NDArray[np.float64]:
        return np.array([*self.matrix, 0.0, 0.0, 1.0]).reshape(3, 3)

    def _overlap(self) -> float:
        """Share of the second picture's frame that the first covers."""
        if self.second_inside:
            return 1.0
        corners = self._square() @ np.array([[0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 1, 1.0]])
        return _area_in_unit_square(corners[:2].T)


def rounded(matrix: NDArray[np.floating[Any]]) -> tuple[float, ...]:
    """The first two rows of a map as they are kept, in float32, so that what is unpacked is what was packed."""
    return tuple(np.asarray(matrix[:2], np.float32).ravel().tolist())


SAME_PIXELS = Comparison("pixels")
"""The comparison of pictures with the same pixels."""


def _area_in_unit_square(corners: NDArray[np.float64]) -> float:
    """Area of the part of a convex polygon, shape (n, 2), in the unit square (Sutherland and Hodgman 1974)."""
    points = [tuple(point) for point in corners.tolist()]
    for axis, bound, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
        kept: list[tuple[float, ...]] = []
        for p, q in zip(points, [*points[1:], *points[:1]], strict=True):
            p_in, q_in = (sign * (point[axis] - bound) >= 0 for point in (p, q))
            if p_in:
                kept.append(p)
            if p_in != q_in:
                t = (bound - p[axis]) / (q[axis] - p[axis])
                kept.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
        points = kept
    if len(points) < 3:
        return 0.0
    x, y = np.array(points).T
    return min(1.0, 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))))
