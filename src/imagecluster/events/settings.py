"""The rules of the tree as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from imagecluster.errors import ArgumentError

__all__ = ["EventSettings"]


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Thresholds of trips, events, scenes and bursts.

    Raises
    ------
    ArgumentError
        A value is not a finite number of at least 0.
    """

    away_km: float = 50.0
    """A picture farther than this from home is away."""
    gap_days: float = 2.0
    """A trip ends after so many days without a picture away from home ..."""
    gap_km_per_day: float = 500.0
    """... and one more day for so many km from home."""
    period_gap_days: float = 14.0
    """With no home known, a new period begins after so many days without a picture."""
    stay_km: float = 25.0
    """Events within this distance belong to one stay."""
    event_gap_s: float = 3000.0
    """Effective gap above which a new event begins; see `boundaries`."""
    event_distance_power: float = 0.7
    event_content_weight: float = 2.0
    event_density_weight: float = 0.3
    """How far the gap that is usual around there counts: 0 for not at all."""
    scene_gap_s: float = 240.0
    """Effective gap above which a new scene of an event begins."""
    scene_content_weight: float = 8.0
    burst_gap_s: float = 60.0
    """Longest pause between two neighbours of a burst."""
    series_gap_s: float = 300.0
    """Longest pause between two neighbours of a series of exposures or focus distances that is made by hand."""
    series_correlation: float = 0.85
    """Least correlation of the grey pictures of two neighbours of such a series."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (math.isfinite(value) and value >= 0):
                raise ArgumentError(f"{field.name} is {value}; it must be a finite number of at least 0")
