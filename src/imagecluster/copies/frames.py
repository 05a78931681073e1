"""How much of one picture several copies show, and which way up, from the evidence of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagecluster.records import CopyEvidence

__all__ = ["Turn", "relative_turns", "share_shown", "turn_words"]

Turn = tuple[int, int, int, int]
"""A map of a square onto itself by rows: turned by quarters, mirrored or not."""

_SAME: Turn = (1, 0, 0, 1)
_WORDS: dict[Turn, str] = {
    _SAME: "",
    (-1, 0, 0, -1): "upside down",
    (0, 1, -1, 0): "turned 90°",
    (0, -1, 1, 0): "turned 90°",
}


def share_shown(evidence: CopyEvidence) -> float:
    """Area of the first picture's frame in units of the second's.

    Below 1, the first shows less of what both show; above, more.
    """
    if len(evidence.matrix) != 6:
        return 1.0
    a, b, _, c, d, _ = evidence.matrix
    return abs(a * d - b * c) or 1.0


def relative_turns(members: Sequence[int], evidence: Mapping[tuple[int, int], CopyEvidence]) -> dict[int, Turn]:
    """How each member stands against the first, as far as evidence leads there: its turn by number.

    Parameters
    ----------
    members
        Numbers of pictures.
    evidence
        By pairs of numbers, in either direction.
    """
    found: dict[int, Turn] = {members[0]: _SAME}
    waiting = [members[0]]
    while waiting:
        known = waiting.pop()
        for other in members:
            if other in found:
                continue
            if (other, known) in evidence:
                step = _turn(evidence[other, known])
            elif (known, other) in evidence:
                step = _inverse(_turn(evidence[known, other]))
            else:
                continue
            found[other] = _product(found[known], step)
            waiting.append(other)
    return found


def turn_words(turn: Turn) -> str:
    """A turn in words; empty if there is none."""
    return _WORDS.get(turn, "mirrored")


def _turn(evidence: CopyEvidence) -> Turn:
    """The turn from the first picture's frame to the second's."""
    if len(evidence.matrix) != 6:
        return _SAME
    a, b, _, c, d, _ = evidence.matrix
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return (_sign(a), 0, 0, _sign(d))
    return (0, _sign(b), _sign(c), 0)


def _sign(value: float) -> int:
    return -1 if value < 0 else 1


def _product(first: Turn, second: Turn) -> Turn:
    a, b, c, d = first
    e, f, g, h = second
    return (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)


def _inverse(turn: Turn) -> Turn:
    a, b, c, d = turn
    return (a, c, b, d)
