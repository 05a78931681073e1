"""Pictures within pictures: a photograph in a page, on a telephone's screen, in a frame, above a caption.

What was pasted has straight sides: along them neighbouring pixels differ more than those beside them do, which in a
texture they do not on average. Clear lines in one direction are sought first; between two of them, the other two sides
may be faint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagecluster.decode import SIGN_BYTES, sign_hash

__all__ = ["INSETS_VERSION", "MOST_INSETS", "Inset", "Insets", "insets_of", "signed_insets"]

INSETS_VERSION = "insets/1"
"""Name and version of the computation: kept results of another one are not used."""

MOST_INSETS = 3
"""Largest number of insets of a picture."""

_MOST_CONTRAST = 24.0
"""Grey levels: a stronger contrast says no more."""

_BESIDE = 0.6
"""Share of the stronger of the contrasts at both sides of a line that does not count for it."""

_CLEAR = 0.12
"""Strength from which on a piece of a line counts for it, and not against it."""

_LEAST_CLEAR = 0.06
"""Least surplus of a line, over the length of the picture."""

_MOST_LINES = 10
_MOST_FAINT = 5
"""Number of lines in one direction, and of faint ones between each two of them in the other direction."""

_LEAST_SIDE = 0.05
_LEAST_MEAN = 0.5
"""Strength of every side of an inset, and of all of them together."""

_USUAL = 0.14
_OF_FRAME = 0.09
"""Strength beyond which a longer side is better; and what a side counts that is one of the whole picture."""

_LEAST_SHARE = 0.2
"""Smallest length of a side, over that of the whole picture."""

_SAME = 0.75
"""Overlap over union from which on two insets are the same."""

_STRIP_PX = 8
_SMALLEST_PX = 32

_Lines = NDArray[np.int64]
_Field = NDArray[np.float32]


class Inset(NamedTuple):
    """A part of a picture with straight sides, by their places in shares of width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, eq=False)
class Insets:
    """The insets of many pictures."""

    picture: NDArray[np.int64]
    """Shape (n_insets,): number of the picture of each, ascending."""
    boxes: NDArray[np.float32]
    """Shape (n_insets, 4): left, top, right and bottom in shares of width and height."""
    signs: NDArray[np.uint8]
    """Shape (n_insets, 32): sign hashes."""

    @classmethod
    def none(cls) -> Insets:
        """Those of pictures that have none."""
        return cls(np.empty(0, np.int64), np.empty((0, 4), np.float32), np.empty((0, SIGN_BYTES), np.uint8))

    @classmethod
    def of(cls, each: Iterable[tuple[NDArray[np.float32], NDArray[np.uint8]]]) -> Insets:
        """Those of pictures in their order, from what `signed_insets` gave of each."""
        found = list(each)
        if not found:
            return cls.none()
        counts = [len(boxes) for boxes, _ in found]
        return cls(
            np.repeat(np.arange(len(found)), counts),
            np.concatenate([boxes for boxes, _ in found]),
            np.concatenate([signs for _, signs in found]),
        )

    def of_picture(self, number: int) -> range:
        """The rows of a picture's insets."""
        return range(*np.searchsorted(self.picture, [number, number + 1]).tolist())


def signed_insets(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The insets of a picture and their sign hashes, shapes (n, 4) and (n, 32); for `pixels` see `insets_of`."""
    from PIL import Image

    found: Sequence[Inset] = insets_of(pixels)
    grey = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    sides = np.array(grey.size * 2, np.float32)
    boxes = np.array(found, np.float32).reshape(-1, 4)
    signs = b"".join(sign_hash(grey, tuple((box * sides).tolist())) for box in boxes)
    return boxes, np.frombuffer(signs, np.uint8).reshape(-1, SIGN_BYTES)


def insets_of(pixels: NDArray[np.uint8]) -> list[Inset]:
    """The parts of a picture that may be pictures of their own, the clearest first, at most `MOST_INSETS`.

    A side is known to a quarter of a pixel. Windows, doors and sheets of paper in photographs are found too.

    Parameters
    ----------
    pixels
        Shape (height, width, 3): a picture of some 200 pixels, for which it takes 3 ms.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST_PX:
        return []
    colours = pixels.transpose(2, 0, 1).astype(np.int16)
    upright, level = _strength(colours), _strength(colours.transpose(0, 2, 1))
    sums = _sums(upright), _sums(level)
    found = [_between_clear_lines(upright, sums[1]), _between_clear_lines(level, sums[0])[:, [1, 0, 3, 2]]]
    boxes = np.concatenate(found)
    _, first = np.unique(boxes @ [1 << 48, 1 << 32, 1 << 16, 1], return_index=True)
    chosen = _best(boxes[first], *sums, (height, width))
    return [_exactly(box, *sums, (height, width)) for box in chosen]


def _strength(colours: NDArray[np.int16]) -> _Field:
    """How much more the pixels at both sides of each differ, from left to right, than those beside; from -1 to 1.

    Parameters
    ----------
    colours
        Shape (3, height, width).
    """
    n, height, width = colours.shape
    padded = np.empty((n, height, width + 6), np.int16)
    padded[:, :, 3:-3] = colours
    padded[:, :, :3], padded[:, :, -3:] = colours[:, :, :1], colours[:, :, -1:]
    apart = np.zeros((height, width + 4), np.int16)
    for colour in padded:
        apart += np.abs(colour[:, 2:] - colour[:, :-2])
    across, before, after = apart[:, 2 : 2 + width], apart[:, :width], apart[:, 4 : 4 + width]
    beside = np.maximum((before + after) * np.float32(0.5), np.maximum(before, after) * np.float32(_BESIDE))
    most = np.float32(n * _MOST_CONTRAST)
    return np.asarray(np.clip(across - beside, -most, most) / most, np.float32)


def _sums(strength: _Field) -> _Field:
    """Sums along each column from its beginning, shape (height + 1, width)."""
    return np.vstack([np.zeros((1, strength.shape[1]), np.float32), np.cumsum(strength, axis=0)])


def _clear_lines(strength: _Field) -> _Lines:
    """Columns with the clearest pieces of a line, ascending."""
    length, width = strength.shape
    n_strips = max(1, length // _STRIP_PX)
    cut = strength[: n_strips * (length // n_strips)]
    strips = cut.reshape(n_strips, -1, width).sum(axis=1) - _CLEAR * (length // n_strips)
    best, surplus = np.zeros(width, np.float32), np.zeros(width, np.float32)
    for strip in strips:  # the piece with the largest sum
        surplus = np.maximum(surplus + strip, 0)
        best = np.maximum(best, surplus)
    peaks = _peaks(best[np.newaxis])[0]
    chosen = np.argsort(-peaks, kind="stable")[:_MOST_LINES]
    return np.sort(chosen[peaks[chosen] > _LEAST_CLEAR * length])


def _peaks(rows: _Field) -> _Field:
    """Values that are not below those beside them; -1 for the others, and near the ends."""
    peaks = rows.copy()
    peaks[:, 1:][rows[:, :-1] > rows[:, 1:]] = -1
    peaks[:, :-1][rows[:, 1:] > rows[:, :-1]] = -1
    peaks[:, :2] = peaks[:, -2:] = -1
    return peaks


def _between_clear_lines(strength: _Field, sums: _Field) -> _Lines:
    """Boxes between two clear lines, shape (n, 4): left, top, right, bottom; `sums` are those of the rows."""
    length, width = strength.shape
    lines = np.array([0, *_clear_lines(strength), width])
    i, j = np.triu_indices(len(lines), 1)
    wide = lines[j] - lines[i] >= _LEAST_SHARE * width
    left, right = lines[i[wide]], lines[j[wide]]
    means = (sums[right] - sums[left]) / (right - left)[:, np.newaxis]
    peaks = _peaks(np.asarray(means, np.float32))
    chosen = np.argpartition(-peaks, _MOST_FAINT, axis=1)[:, :_MOST_FAINT]
    is_line = np.take_along_axis(peaks, chosen, axis=1) > _LEAST_SIDE
    ends = np.broadcast_to([0, length], (len(left), 2))
    rows = np.sort(np.concatenate([np.where(is_line, chosen, 0), ends], axis=1), axis=1)
    a, b = np.triu_indices(rows.shape[1], 1)
    boxes = np.stack(
        [np.repeat(left, len(a)), rows[:, a].ravel(), np.repeat(right, len(a)), rows[:, b].ravel()], axis=1
    )
    return np.asarray(boxes[boxes[:, 3] - boxes[:, 1] >= _LEAST_SHARE * length], np.int64)


def _best(boxes: _Lines, upright: _Field, level: _Field, shape: tuple[int, int]) -> list[_Lines]:
    """Those of the boxes with the clearest sides, none twice."""
    height, width = shape
    left, top, right, bottom = boxes.T
    sides = [(upright, left, top, bottom, width), (upright, right, top, bottom, width)]
    sides += [(level, top, left, right, height), (level, bottom, left, right, height)]
    is_free = np.stack([(at > 0) & (at < end) for _, at, _, _, end in sides])
    lengths = np.stack([high - low for _, _, low, high, _ in sides])
    means = np.stack([_means(sums, at, low, high) for sums, at, low, high, _ in sides])
    free = (lengths * is_free).sum(axis=0)
    clear = is_free.any(axis=0) & (np.where(is_free, means, 1).min(axis=0) >= _LEAST_SIDE)
    clear &= (means * lengths * is_free).sum(axis=0) >= _LEAST_MEAN * free
    score = (np.where(is_free, means - _USUAL, _OF_FRAME) * lengths).sum(axis=0)
    found: list[_Lines] = []
    for at in np.argsort(-score, kind="stable"):
        if clear[at] and all(_overlap(boxes[at], other) < _SAME for other in found):
            found.append(boxes[at])
            if len(found) == MOST_INSETS:
                break
    return found


def _means(sums: _Field, at: _Lines, low: _Lines, high: _Lines) -> _Field:
    """Mean strength of columns between two rows."""
    column = np.minimum(at, sums.shape[1] - 1)
    return np.asarray((sums[high, column] - sums[low, column]) / (high - low), np.float32)


def _overlap(one: _Lines, other: _Lines) -> float:
    """Area that two boxes share, over that of both."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    both = float(np.prod(np.maximum(high - low, 0)))
    return both / float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - both)


def _exactly(box: _Lines, upright: _Field, level: _Field, shape: tuple[int, int]) -> Inset:
    """The box with sides between pixels."""
    height, width = shape
    left, top, right, bottom = box.tolist()
    return Inset(
        _place(upright, left, (top, bottom), width),
        _place(level, top, (left, right), height),
        _place(upright, right, (top, bottom), width),
        _place(level, bottom, (left, right), height),
    )


def _place(sums: _Field, at: int, between: tuple[int, int], end: int) -> float:
    """The place of a side in shares: the centre of the strength around it."""
    if at in (0, end):
        return at / end
    near = np.clip(np.arange(at - 1, at + 2), 0, end - 1)
    strength = np.maximum(sums[between[1], near] - sums[between[0], near], 0)
    total = float(strength.sum())
    return float((strength * (near + 0.5)).sum() / total) / end if total else at / end
