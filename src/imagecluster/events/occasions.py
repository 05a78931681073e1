"""Trips, events, scenes and bursts as one tree over the pictures of a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Burst", "Event", "Occasions", "Scene", "Stay", "Trip", "TripKind"]

TripKind = Literal["trip", "home", "period"]
"""Away from home; at home; a time of which it is unknown whether it was away, because no home is known."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Exposures of one camera in one go, or a single picture."""

    rows: tuple[int, ...]
    """In order of time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Bursts of one subject, minutes apart."""

    bursts: tuple[Burst, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Its pictures, a burst at a time."""
        return tuple(chain.from_iterable(burst.rows for burst in self.bursts))


@dataclass(frozen=True, slots=True)
class Event:
    """Scenes of one occasion: a walk, a dinner, a visit."""

    scenes: tuple[Scene, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Its pictures, a scene at a time."""
        return tuple(chain.from_iterable(scene.rows for scene in self.scenes))


@dataclass(frozen=True, slots=True)
class Stay:
    """Consecutive events of a trip around one place."""

    first: int
    """Its first event, counted in the trip."""
    n_events: int
    latitude_deg: float
    longitude_deg: float
    length_s: float
    """From its first picture to the first of the next stay; of the last stay, to its last picture."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Events between leaving home and coming back, or between two trips."""

    kind: TripKind
    events: tuple[Event, ...]
    stays: tuple[Stay, ...] = ()
    """Empty where no position is known; events without one belong to the stay around them."""

    @property
    def rows(self) -> tuple[int, ...]:
        """Its pictures, an event at a time."""
        return tuple(chain.from_iterable(event.rows for event in self.events))


@dataclass(frozen=True, eq=False)
class Occasions:
    """The tree; each picture with an instant is in it once."""

    trips: tuple[Trip, ...]
    """In order of time."""
    order: NDArray[np.int64]
    """Rows of the dated pictures as the tree has them, shape (n_dated,): bursts are contiguous."""
    heights: NDArray[np.float64]
    """Height of the boundary before each of `order`; the first is infinite. Below 1: within a burst; 1 to 2: between
    bursts of a scene; 2 to 3: between scenes of an event; 3 to 4: between events of a trip; above 4: between trips."""
    undated: tuple[int, ...] = ()
    """Rows of the pictures without an instant."""
    attached: Mapping[int, int] = field(default_factory=dict)
    """For an undated row that resembles an event closely, a dated row of that event; others are missing."""

    def events(self) -> Iterator[Event]:
        """All events, in order of time."""
        return chain.from_iterable(trip.events for trip in self.trips)
