"""What a residual says of two pictures."""

from __future__ import annotations

from imagecluster.copies.residual import Residual
from imagecluster.records import CopyKind

__all__ = ["CLOSE_DETAIL_OF_PLAIN_PX", "CLOSE_DETAIL_PX", "is_plain", "is_same_closer", "is_sure", "verdict"]

_LEAST_BLOCKS = 6
"""Blocks with texture that both pictures must show: plain pages are all alike."""

_MOST_STRETCH = 2.2
_LEAST_MEDIAN = 0.5
_LEAST_QUARTER = 0.85
"""Correlation of three quarters of the blocks of a copy."""

_LEAST_LOW = 0.5
"""Mean correlation of the worst blocks of a copy; if it is lower, something was written or painted over one of them."""

_LEAST_DETAIL = 0.3
_SURE_DETAIL = 0.9
_SURE_TEXTURE = 0.4
_LEAST_CLOSER = 0.4
_LEAST_CLOSER_OF_PLAIN = 0.7
_LEAST_UNSURE = 0.75
"""Correlation of the worst small blocks of strong contrast. It is 0.9 and more in copies of photographs, whatever was
done to the whole; letters that differ on slides of one template give 0.2 to 0.8. In between, and where most of the
picture is plain, a closer look decides: of slides, one digit that differs gives 0.5, and a copy of poor quality 0.9."""

CLOSE_DETAIL_PX, CLOSE_DETAIL_OF_PLAIN_PX = 16, 8
"""Sides of the small blocks of a closer look."""

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
    is_written_over = found.median >= _WRITTEN_MEDIAN and found.good >= _WRITTEN_GOOD
    if off <= _WRITTEN_AREA and found.outside <= _WRITTEN_OUTSIDE and is_written_over:
        return "altered", False
    if off <= _WHOLE_AREA or not same or found.outside > _INSIDE:
        return "shot", False  # neither frame holds the other: the camera moved
    if found.edge >= _FRAMED_EDGES:
        return kind, True
    inner, outer = (n_pixels_a, n_pixels_b) if found.is_a_inside else (n_pixels_b, n_pixels_a)
    is_enlarged = (inner / (found.share * outer)) ** 0.5 > _MOST_ENLARGED
    return ("shot" if is_enlarged else kind), False


def is_plain(found: Residual) -> bool:
    """Whether most of what two pictures show is without texture, as in slides, documents and drawings."""
    return found.textured < _SURE_TEXTURE


def is_sure(found: Residual) -> bool:
    """Whether nothing in a copy speaks for a closer look: no detail that hardly agrees, and texture everywhere."""
    return found.detail >= _SURE_DETAIL and not is_plain(found)


def is_same_closer(found: Residual, closer: Residual | None) -> bool:
    """Whether a copy that is not sure is one after a closer look; None where there is nothing larger to look at."""
    if closer is None:
        return found.detail >= _LEAST_UNSURE
    return closer.detail >= (_LEAST_CLOSER_OF_PLAIN if is_plain(found) else _LEAST_CLOSER)
