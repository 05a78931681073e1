"""What people said about trips and events, by rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["HomeIs", "Wishes"]


@dataclass(frozen=True, slots=True)
class HomeIs:
    """Home was here from `start_s` to `end_s`, seconds since 1970; infinite for ever."""

    latitude_deg: float
    longitude_deg: float
    start_s: float = -math.inf
    end_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Wishes:
    """Corrections of the tree. Rows without an instant, and rows that do not exist, are passed over."""

    splits: tuple[int, ...] = ()
    """Rows before which an event starts."""
    joins: tuple[tuple[int, ...], ...] = ()
    """Rows whose events are one, with those between them."""
    moves: tuple[tuple[tuple[int, ...], int], ...] = ()
    """Rows, and a row of the event to which they belong; made after splits and joins, in this order."""
    trip_splits: tuple[int, ...] = ()
    """Rows before which a trip starts, or a time at home."""
    trip_joins: tuple[tuple[int, ...], ...] = ()
    """Rows whose trips are one, with those between them."""
    homes: tuple[HomeIs, ...] = ()
    """Where home was; a later one counts where two overlap."""
