"""What was done to a picture, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagecluster.records import CopyKind

__all__ = ["Change", "in_words"]

_SAME_AREA = 0.985
_SQUASHED = 1.02
_TILTED_DEG = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What was done to the second picture of a pair to get the first."""

    first: tuple[int, int]
    """Width and height in pixels."""
    second: tuple[int, int]
    linear: NDArray[np.float64]
    """Shape (2, 2): linear part of the map of the first's points onto the second's, in shares of width and height."""
    covered: float
    """Share of the second picture that the first covers."""
    first_inside: bool
    second_inside: bool
    is_framed: bool
    is_toned: bool
    is_made_grey: bool


def in_words(kind: CopyKind, change: Change) -> str:
    """The change in words, the most visible last: "320 x 240, cropped 5 %, turned 90°, grey"."""
    found = []
    if change.first != change.second:
        found.append(f"{change.first[0]:,} x {change.first[1]:,}")
    found += [_frame(kind, change), *_position(change)]
    if change.is_made_grey:
        found.append("grey")
    if change.is_toned and kind == "copy":
        found.append("other tones")
    if kind == "altered":
        found.append("a part differs")
    if kind == "shot":
        found.append("another shot")
    return ", ".join(text for text in found if text) or "compressed anew"


def _frame(kind: CopyKind, change: Change) -> str:
    """What the frames have to do with each other; empty if they are the same."""
    # The share that the first picture covers of the second, or else the second of the first.
    covered = change.covered if change.first_inside else 1 / max(abs(float(np.linalg.det(change.linear))), 1e-6)
    if kind == "shot" or change.first_inside == change.second_inside or covered > _SAME_AREA:
        return ""
    if change.first_inside:
        return "without what is around it" if change.is_framed else f"cropped {_percent(1 - covered)}"
    if change.is_framed:
        return "with a border or caption" if covered > 0.5 else "in a larger picture"
    return f"shows {_percent(1 / covered - 1)} more"


def _position(change: Change) -> list[str]:
    """Mirror image, turn, and other proportions."""
    in_pixels = np.diag(change.second) @ change.linear @ np.diag([1 / change.first[0], 1 / change.first[1]])
    # From the second picture to the first: the inverse.
    matrix = np.linalg.inv(in_pixels)
    found = []
    is_mirrored = np.linalg.det(matrix) < 0
    if is_mirrored:
        matrix = matrix @ np.diag([-1.0, 1.0])
    degrees = math.degrees(math.atan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    quarter = round(degrees / 90) * 90 % 360
    rest = degrees - round(degrees / 90) * 90
    if is_mirrored and quarter == 180:
        found.append("flipped top to bottom")
        quarter = 0
    elif is_mirrored:
        found.append("mirrored")
    if abs(rest) > _TILTED_DEG:
        turned = (quarter + rest) % 360
        found.append(f"turned {turned if turned <= 180 else turned - 360:.0f}°")
    elif quarter:
        found.append(f"turned {quarter}°")
    lengths = np.linalg.norm(matrix, axis=1)
    ratio = float(max(lengths) / max(min(lengths), 1e-9))
    if ratio > _SQUASHED:
        found.append(f"squashed by {_percent(1 - 1 / ratio)}")
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.0095 else f"{100 * share:.1f} %"
