"""Places as precise as their owner wants them to be in what leaves the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from imagecluster.errors import ArgumentError
from imagecluster.places.place_name import PlaceName

__all__ = ["PlacePrecision", "at_precision", "check_precision", "round_position"]

PlacePrecision = Literal["exact", "town", "region", "country", "none"]

_DECIMALS: dict[PlacePrecision, int | None] = {"exact": 6, "town": 1, "region": 0, "country": None, "none": None}


def check_precision(precision: str, name: str) -> None:
    """Raise ArgumentError unless a precision is one of `PlacePrecision`; `name` is that of the argument."""
    if precision not in _DECIMALS:
        raise ArgumentError(f"{name} is {precision!r}; it must be one of {', '.join(_DECIMALS)}")


def round_position(latitude_deg: float, longitude_deg: float, precision: PlacePrecision) -> tuple[float, float] | None:
    """A position for what leaves the machine, in degrees; None if the precision allows none.

    `exact` keeps about 0.1 m, `town` 0.1 degree (about 11 km), `region` 1 degree (about 111 km).

    >>> round_position(52.51627, 13.37770, "town"), round_position(52.51627, 13.37770, "none")
    ((52.5, 13.4), None)
    """
    decimals = _DECIMALS[precision]
    return None if decimals is None else (round(latitude_deg, decimals), round(longitude_deg, decimals))


def at_precision(place: PlaceName, precision: PlacePrecision) -> PlaceName:
    """The parts of a name that a precision allows.

    >>> at_precision(PlaceName("Ubud", "Bali", "Indonesia", "ID"), "country")
    PlaceName(town='', region='', country='Indonesia', country_code='ID', zone='')
    """
    match precision:
        case "none":
            return PlaceName()
        case "country":
            return replace(place, town="", region="", zone="")
        case "region":
            return replace(place, town="")
        case _:
            return place
