"""What a residual says of two pictures."""

from __future__ import annotations

from imagecluster.copies.residual import Detail, Residual
from imagecluster.records import CopyKind

__all__ = ["is_same_closer", "is_same_detail", "verdict"]

_LEAST_BLOCKS = 6
"""Blocks with texture that both pictures must show: plain pages are all alike."""

_MOST_STRETCH = 2.2
_LEAST_MEDIAN = 0.5
_LEAST_QUARTER = 0.85
"""Correlation of three quarters of the blocks of a copy."""

_LEAST_LOW = 0.5
"""Mean correlation of the worst blocks of a copy; if it is lower, something was written or painted over one of them."""

_LEAST_DETAIL = 0.3
_LEAST_UNSURE = 0.75
"""Correlation of the lowest hundredth of small blocks of strong contrast: in copies of photographs it is 0.9 and more,
whatever was done to the whole, and where letters differ on slides of one template 0.2 to 0.8."""

_LEAST_WORST = 0.75
_LEAST_WORST_TONED = 0.5
"""Correlation of the worst small block in a closer look. At 768 pixels it was 0.84 and more in copies of five
photographs down to JPEG quality 10 (turned, 0.79 in one of 17; beside a caption, 0.76), and 0.6 where another tone made
white what was not; 0.05 to 0.8 where a date was written into the picture, 0.3 to 0.9 where one digit of it differs."""

_MOST_LACKING = 0.06
_MOST_OUTLYING = 20.0
_LEAST_USUAL = 0.003
"""What correlation of the worst small block may lack to 1, and how many times what the others lack. Compression lowers
all blocks: of 24 photographs, copies of JPEG quality 10 had 2 times, squashed ones 5, a crop 16 (with a block that
lacks .05); one digit that differs in busy texture, 20 to 320. Beside a border or a caption (21), and where another tone
made white what was not (25), it says nothing."""

_WHOLE_AREA = 0.015
_WHOLE_OUTSIDE = 0.004
_WRITTEN_AREA = 0.006
_WRITTEN_OUTSIDE = 0.002
_WRITTEN_MEDIAN = 0.9
_WRITTEN_GOOD = 0.6
"""A whole frame of which a large part is covered must lie the more exactly on the other one."""

_INSIDE = 0.010
"""How far a part may stick out of the whole: the error of the map, in sides of the part."""

_FRAMED_EDGES = 0.5
_MOST_ENLARGED = 1.006
"""Pixels along a side of a part, over those of the region that it covers: a part with more was seen nearer."""


def verdict(found: Residual | None, n_pixels_a: int, n_pixels_b: int) -> tuple[CopyKind | None, bool]:
    """The kind of a pair, and whether one of the two is the other with something around it.

    Parameters
    ----------
    found
        How the pictures agree; None if they do not.
    n_pixels_a, n_pixels_b
        Numbers of pixels in their files.

    Returns
    -------
    tuple
        `copy` (one exposure, edited as a whole), `altered` (a part differs), `shot` (the same scene at another moment,
        from nearer or from elsewhere) or None; and whether the picture is framed.
    """
    if found is None or found.n_blocks < _LEAST_BLOCKS or found.stretch > _MOST_STRETCH or found.median < _LEAST_MEDIAN:
        return None, False
    off, same = abs(1 - found.share), found.quarter >= _LEAST_QUARTER
    kind: CopyKind = "copy" if found.low >= _LEAST_LOW and found.detail >= _LEAST_DETAIL else "altered"
    if off <= _WHOLE_AREA and same and found.outside <= _WHOLE_OUTSIDE:
        return kind, False
    is_written_over = found.shared_median >= _WRITTEN_MEDIAN and found.shared_good >= _WRITTEN_GOOD
    if off <= _WRITTEN_AREA and found.outside <= _WRITTEN_OUTSIDE and is_written_over:
        return "altered", False
    if off <= _WHOLE_AREA or not same or found.outside > _INSIDE:
        return "shot", False  # neither frame holds the other: the camera moved
    if found.edge >= _FRAMED_EDGES:
        return kind, True
    inner, outer = (n_pixels_a, n_pixels_b) if found.is_a_inside else (n_pixels_b, n_pixels_a)
    is_enlarged = (inner / (found.share * outer)) ** 0.5 > _MOST_ENLARGED
    return ("shot" if is_enlarged else kind), False


def is_same_detail(found: Detail, *, is_toned: bool, is_framed: bool) -> bool:
    """Whether small blocks agree in a closer look as those of a copy do: none is bad, and none stands out."""
    if found.worst < (_LEAST_WORST_TONED if is_toned else _LEAST_WORST):
        return False
    lacking = 1 - found.worst
    stands_out = lacking > _MOST_LACKING and lacking > _MOST_OUTLYING * max(found.usual, _LEAST_USUAL)
    return is_toned or is_framed or not stands_out


def is_same_closer(found: Residual, closer: Detail | None, *, is_toned: bool, is_framed: bool) -> bool:
    """Whether a copy is one after a closer look; `closer` is None where there is nothing larger to look at."""
    if closer is None:
        return found.detail >= _LEAST_UNSURE
    return is_same_detail(closer, is_toned=is_toned, is_framed=is_framed)
