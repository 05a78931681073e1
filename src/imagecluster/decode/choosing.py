"""The choice among the dates that a picture and what lies beside it give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from imagecluster.records import DATE_SOURCES, UTC, Taken

__all__ = ["COARSE", "best_date"]

COARSE = ("year", "month", "day", "minute")
"""Precisions that leave the second open."""

_FINENESS = (*COARSE, "second", "subsecond")
_EPOCH = datetime(1970, 1, 1)
_FIRST_EDIT = DATE_SOURCES.index("file name")


def best_date(dates: Iterable[Taken]) -> Taken | None:
    """The most trusted date, completed by the others where they agree with it.

    A year, month, day or minute gives way to a finer date within it, and a second takes its fraction and its offset
    from a date that names the same second.
    """
    known = sorted(dates, key=lambda date: (date.rank, date.local_s))
    if not known:
        return None
    best = known[0]
    others = [date for date in known[1:] if best.rank >= _FIRST_EDIT or date.rank < _FIRST_EDIT]
    others = [date for date in others if date.offset_from != UTC]
    if best.precision in COARSE:
        fineness = _FINENESS.index(best.precision)
        finer = [other for other in others if _FINENESS.index(other.precision) > fineness and _is_in(other, best)]
        best = finer[0] if finer else best
    if best.precision in COARSE:
        return best
    same = [other for other in others if other.local_s // 1 == best.local_s // 1]
    if best.precision == "second":
        exact = [other for other in same if other.precision == "subsecond"]
        best = replace(best, local_s=exact[0].local_s, precision="subsecond") if exact else best
    if best.offset_s is None:
        zoned = [other for other in same if other.offset_s is not None]
        best = replace(best, offset_s=zoned[0].offset_s, offset_from=zoned[0].offset_from) if zoned else best
    return best


def _is_in(other: Taken, coarse: Taken) -> bool:
    """Whether a date lies within a year, a month, a day or a minute."""
    first, moment = (_EPOCH + timedelta(seconds=date.local_s) for date in (coarse, other))
    n_parts = 1 + _FINENESS.index(coarse.precision) + (coarse.precision == "minute")
    return first.timetuple()[:n_parts] == moment.timetuple()[:n_parts]
