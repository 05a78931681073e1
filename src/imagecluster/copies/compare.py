"""Comparison of pictures: of two, and of many pairs in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imagecluster.copies import planes
from imagecluster.copies.candidates import INSET_RADIUS, RADIUS
from imagecluster.copies.colours import have_same_colours
from imagecluster.copies.comparison import SAME_PIXELS, Comparison, rounded
from imagecluster.copies.facts import CopyFacts, is_other_moment
from imagecluster.copies.looks import Look, grey_of, map_between
from imagecluster.copies.planes import Map, blurred, inverse
from imagecluster.copies.residual import Detail, Residual, residual, worst_detail
from imagecluster.copies.symmetry import N_POSITIONS, distances, map_of
from imagecluster.copies.verdict import is_same_closer, is_same_detail, verdict
from imagecluster.decode import SmallPicture
from imagecluster.records import CopyKind
from imagecluster.system.pair_runs import compared_in_runs

__all__ = ["PICTURES_AT_A_TIME", "compare_pairs", "version"]

PICTURES_AT_A_TIME = 2000
"""Number of pictures held at a time, 80 kB each."""

_PAIRS_PER_TASK = 16

_LONGEST = 16
"""Ratio of the sides from which a picture is not shown as a whole when it is small."""

_EQUAL_NOISE = 2.5
_EQUAL_DETAIL = 0.98
"""Difference in grey levels, and correlation, of small pictures that may have the same pixels: JPEG is reduced as it is
decoded, which differs from an average."""

_CLOSER = 1.4
"""How much larger a picture must be to be worth a closer look."""
_MOST_CLOSE = 32
"""Number of larger pictures whose brightness is kept, of .4 MB each."""

_NEAR_WHOLE = 0.025
"""Distance between the corners of two frames, over the longer side, up to which they may be the same."""

_TONED_CONTRAST = 1.1
_TONED_LEVELS = 8.0

Load = Callable[[int], SmallPicture | None]
LoadGrey = Callable[[int], NDArray[np.uint8] | None]
Digest = Callable[[int], bytes | None]


def version() -> str:
    """Name and version of the computation on this machine: kept results of another one are not used."""
    return "copies/8" if planes.has_opencv() else "copies/8 without OpenCV"


def compare_pairs(  # noqa: PLR0913 - the pairs and what is known of them, the rest is optional
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    load: Load,
    facts: CopyFacts,
    *,
    digest: Digest | None = None,
    closer: Load | None = None,
    n_threads: int | None = None,
    at_a_time: int = PICTURES_AT_A_TIME,
) -> Iterator[tuple[slice, list[Comparison | None]]]:
    """Comparisons of pairs of pictures, for one run of the pairs after another.

    They depend on the two pictures alone, not on their order, on other pairs or on the number of threads.

    Parameters
    ----------
    first, second
        Numbers of the pictures of each pair, shape (n_pairs,). Pairs of the same pictures should be near each other:
        a picture is loaded anew for each run that needs it, unless the run before it had it.
    load
        Returns the small form of a picture (`imagecluster.decode.small_picture`), or None if it cannot be read. It is
        called from several threads.
    facts
        What is known of the pictures.
    digest
        Returns the digest of all pixels of a picture (`imagecluster.decode.pixel_digest`), or None if it cannot be
        read. It is asked for pictures of equal size that hardly differ. Without it such pairs are copies.
    closer
        Returns a larger form of a picture (`small_picture` with `CLOSE_PX`), or None if it cannot be read. It is asked
        for copies, which may differ in small details: a letter, a face. Without it these are seen only if they are
        coarse.
    n_threads
        Number of threads; default: one per core.
    at_a_time
        Number of pictures in a run.

    Yields
    ------
    tuple
        A run of the pairs, and their comparisons; None where a picture cannot be read.
    """
    # The picture that is kept is looked at closer for each of its copies.
    means = _Means(_Digests(digest), None if closer is None else lru_cache(_MOST_CLOSE)(_greys(closer)))

    def compare(i: int, j: int, one: Look | None, other: Look | None) -> Comparison | None:
        return _comparison((i, j), (one, other), facts, means)

    yield from compared_in_runs(
        first,
        second,
        lambda picture: _look(load(picture)),
        compare,
        at_a_time=at_a_time,
        pairs_per_task=_PAIRS_PER_TASK,
        n_threads=n_threads,
        is_needed=lambda i, j: _must_be_seen(facts, i, j),
    )


def _greys(load: Load) -> LoadGrey:
    """Loads the brightness of pictures."""

    def grey(number: int) -> NDArray[np.uint8] | None:
        picture = load(number)
        return None if picture is None else grey_of(picture)

    return grey


def _look(picture: SmallPicture | None) -> Look | None:
    return None if picture is None else Look(picture)


class _Digests:
    """Digests of pixels, each computed once."""

    def __init__(self, digest: Digest | None) -> None:
        self._digest = digest
        self._known: dict[int, bytes | None] = {}

    def are_equal(self, first: int, second: int) -> bool:
        """Whether the pixels of two pictures are the same."""
        if self._digest is None:
            return False
        found = [self._of(picture) for picture in (first, second)]
        return found[0] is not None and found[0] == found[1]

    def _of(self, picture: int) -> bytes | None:
        if self._digest is not None and picture not in self._known:  # two threads may both compute it
            self._known[picture] = self._digest(picture)
        return self._known.get(picture)


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """What tells more of pictures than their small forms."""

    digests: _Digests
    closer: LoadGrey | None
    """Loads the brightness of a larger form."""


def _must_be_seen(facts: CopyFacts, first: int, second: int) -> bool:
    """Whether the small forms of a pair are needed: without OpenCV, nothing tells how distant hashes would agree."""
    if _are_coded_alike(facts, first, second):
        return False
    if planes.has_opencv() or _position(facts, first, second) is not None:
        return True
    return any(_near_insets(facts, *pair) for pair in ((first, second), (second, first)))


def _position(facts: CopyFacts, first: int, second: int) -> int | None:
    """The position in which the second picture is the first, according to their hashes; None if they are not near."""
    if not facts.has_signs[first] or not facts.has_signs[second]:
        return None
    apart = distances(facts.signs[first], facts.signs[second])
    return int(apart.argmin()) if apart.min() <= RADIUS else None


def _near_insets(facts: CopyFacts, inset: int, whole: int) -> list[tuple[int, int]]:
    """The insets of one picture that may show another one, and in which position, the nearest first."""
    rows = facts.insets.of_picture(inset)
    if not rows or not facts.has_signs[whole]:
        return []
    apart = [distances(facts.insets.signs[row], facts.signs[whole]) for row in rows]
    near = [(int(of.min()), row, int(of.argmin())) for row, of in zip(rows, apart, strict=True)]
    return [(row, position) for distance, row, position in sorted(near) if distance <= INSET_RADIUS]


def _are_coded_alike(facts: CopyFacts, first: int, second: int) -> bool:
    return bool(facts.coded[first]) and facts.coded[first] == facts.coded[second]


def _comparison(
    pair: tuple[int, int], looks: tuple[Look | None, Look | None], facts: CopyFacts, means: _Means
) -> Comparison | None:
    """The comparison of a pair; None if one cannot be read."""
    if not _must_be_seen(facts, *pair):
        return SAME_PIXELS if _are_coded_alike(facts, *pair) else Comparison(None)
    one, other = looks
    if one is None or other is None:
        return None
    # The same order every time: where a hair decides, the two directions might not agree.
    is_turned = _rank(facts, pair[0], one) > _rank(facts, pair[1], other)
    if is_turned:
        pair, one, other = pair[::-1], other, one
    found = _compared(pair, one, other, facts, means)
    return found.reversed() if is_turned else found


def _rank(facts: CopyFacts, picture: int, look: Look) -> tuple[int, bytes, bytes]:
    width, height = facts.size(picture)
    return width * height, facts.signs[picture].tobytes(), look.digest


def _compared(pair: tuple[int, int], a: Look, b: Look, facts: CopyFacts, means: _Means) -> Comparison:
    """How two pictures agree: first in the position that the hashes name, which needs no points, then by points."""
    sizes = [facts.size(picture) for picture in pair]
    if any(max(size) > _LONGEST * min(size) for size in sizes):
        return Comparison(None)
    n_pixels = [width * height for width, height in sizes]
    kind: CopyKind | None = None
    is_framed, found = False, None
    for b_to_a, is_final in _maps(pair, a, b, facts):
        tried = residual(a.grey, b.grey, b_to_a)
        its_kind, its_framed = verdict(tried, *n_pixels)
        if tried is None:
            continue
        is_near = its_kind in ("copy", "altered") and _may_be_equal(pair, a, b, facts, tried)
        if is_near and means.digests.are_equal(*pair):
            return SAME_PIXELS
        if its_kind == "copy" and not _is_copy_closer(pair, (a, b), tried, means, is_framed=its_framed):
            its_kind = "altered"
        if _RANK[its_kind] > _RANK[kind]:
            kind, is_framed, found = its_kind, its_framed, tried
        if kind == "copy" or (kind == "altered" and is_final):
            break
    if kind is None or found is None:
        return Comparison(None)
    if kind != "shot" and is_other_moment(facts, *pair):
        kind = "shot"
    elif kind == "copy" and (a.is_one_of_many or b.is_one_of_many):
        kind = "altered"  # a frame stands for an animation to look at, but not to keep
    return _put_together(kind, found, a, b, is_framed=is_framed)


def _is_copy_closer(
    pair: tuple[int, int], looks: tuple[Look, Look], found: Residual, means: _Means, *, is_framed: bool
) -> bool:
    """Whether what looks like a copy is one by its colours and in a closer look."""
    if not have_same_colours(*looks, found.to_b):
        return False
    is_toned = _is_toned(found)
    closer = _detail_closer(
        pair, looks, found, means.closer, lambda it: is_same_detail(it, is_toned=is_toned, is_framed=is_framed)
    )
    return is_same_closer(found, closer, is_toned=is_toned, is_framed=is_framed)


_RANK: dict[CopyKind | None, int] = {None: 0, "shot": 1, "altered": 2, "copy": 3}


def _maps(pair: tuple[int, int], a: Look, b: Look, facts: CopyFacts) -> Iterator[tuple[Map, bool]]:
    """Maps of b's pixels to a's under which they may be the same, and whether each is exact enough for the last word.

    The sides of an inset are known to a pixel or so; what differs under its map may agree under that by points.
    """
    position = _position(facts, *pair)
    if position is not None:
        yield np.vstack([map_of(position, b.shape, a.shape), [0.0, 0.0, 1.0]]), True
    for row, its_position in _near_insets(facts, *pair):
        yield _onto_inset(facts, row, its_position, b, a), False
    for row, its_position in _near_insets(facts, *pair[::-1]):
        yield inverse(_onto_inset(facts, row, its_position, a, b)), False
    if planes.has_opencv():
        found = map_between(a, b)
        if found is None:
            return
        whole = _whole_near(found, a, b)
        if whole is not None and position is None:
            yield whole, False
        yield found, True


def _whole_near(b_to_a: Map, a: Look, b: Look) -> Map | None:
    """The map of the whole of one picture onto the whole of the other that is near to a map; None if none is.

    What is written over a picture moves a map that points give, and the whole frame is the better estimate.
    """
    height, width = b.shape
    corners = np.array([[0, width - 1, width - 1, 0], [0, 0, height - 1, height - 1], [1, 1, 1, 1]], np.float64)
    reach = _NEAR_WHOLE * max(a.shape)
    for position in range(N_POSITIONS):
        whole = np.vstack([map_of(position, b.shape, a.shape), [0.0, 0.0, 1.0]])
        if np.abs((whole - b_to_a) @ corners).max() <= reach:
            return whole
    return None


def _onto_inset(facts: CopyFacts, row: int, position: int, whole: Look, around: Look) -> Map:
    """Map of a picture's pixels to those of another one, whose inset shows it in a position."""
    height, width = around.shape
    left, top, right, bottom = (facts.insets.boxes[row] * (width, height, width, height)).tolist()
    found = np.vstack([map_of(position, whole.shape, (bottom - top, right - left)), [0.0, 0.0, 1.0]])
    found[:2, 2] += left, top
    return found


def _detail_closer(
    pair: tuple[int, int],
    looks: tuple[Look, Look],
    found: Residual,
    load: LoadGrey | None,
    enough: Callable[[Detail], bool],
) -> Detail | None:
    """How small blocks of larger forms of two pictures agree; None if there are none that show more."""
    if load is None:
        return None
    a, b = looks
    one, other = (load(picture) for picture in pair)
    if one is None or other is None:
        return None
    if min(max(one.shape) / max(a.shape), max(other.shape) / max(b.shape)) < _CLOSER:
        return None
    shares = _shares(b.shape) @ found.to_b @ inverse(_shares(a.shape))
    to_b = inverse(_shares(_shape(other))) @ shares @ _shares(_shape(one))
    return worst_detail(one, other, inverse(to_b), enough=enough)


def _may_be_equal(pair: tuple[int, int], a: Look, b: Look, facts: CopyFacts, found: Residual) -> bool:
    """Whether all pixels of two pictures may be the same, by their small forms."""
    if facts.size(pair[0]) != facts.size(pair[1]) or a.shape != b.shape or a.is_grey != b.is_grey:
        return False
    if found.detail < _EQUAL_DETAIL or found.low < _EQUAL_DETAIL or abs(found.brightness) > 1:
        return False
    difference = blurred(a.grey.astype(np.float32) - b.grey.astype(np.float32), 1.0)
    return float(np.sqrt((difference * difference).mean())) <= _EQUAL_NOISE


def _put_together(kind: CopyKind, found: Residual, a: Look, b: Look, *, is_framed: bool) -> Comparison:
    """The comparison from the map between small forms."""
    to_shares, to_pixels = _shares(b.shape), inverse(_shares(a.shape))
    matrix = to_shares @ found.to_b @ to_pixels
    is_whole = kind != "shot" and abs(1 - found.share) <= 0.015
    return Comparison(
        kind=kind,
        matrix=rounded(matrix),
        first_inside=is_whole or (kind != "shot" and found.is_a_inside),
        second_inside=is_whole or (kind != "shot" and not found.is_a_inside),
        is_framed=is_framed,
        is_toned=_is_toned(found),
        first_is_grey=a.is_grey,
        second_is_grey=b.is_grey,
    )


def _is_toned(found: Residual) -> bool:
    return not 1 / _TONED_CONTRAST < found.contrast < _TONED_CONTRAST or abs(found.brightness) > _TONED_LEVELS


def _shape(grey: NDArray[np.uint8]) -> tuple[int, int]:
    return grey.shape[0], grey.shape[1]


def _shares(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Map of pixels, whose centres have whole numbers, to shares of width and height."""
    height, width = shape
    return np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
