"""Names of trips from the places where they stayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imagecluster.places.place_name import PlaceName

__all__ = ["StayName", "name_of_trip"]

_MOST = 3


@dataclass(frozen=True, slots=True)
class StayName:
    """A stay at one place."""

    place: PlaceName
    length_s: float


def name_of_trip(stays: Sequence[StayName]) -> str:
    """The name of a trip: its towns if there are up to three, else the region, country or countries that hold them.

    More than three towns without a region or country in common are named by up to three countries, those of the
    longest stays, in order of time.

    Parameters
    ----------
    stays
        In order of time.

    Returns
    -------
    str
        Empty if no place is known.

    Examples
    --------
    >>> def stay(town, region, country, days=1.0):
    ...     return StayName(PlaceName(town, region, country), days * 86_400)
    >>> name_of_trip([stay("Florence", "Tuscany", "Italy"), stay("Siena", "Tuscany", "Italy")])
    'Florence and Siena'
    >>> name_of_trip([stay(town, "Tuscany", "Italy") for town in ("Florence", "Siena", "Pisa", "Lucca")])
    'Tuscany'
    >>> name_of_trip([])
    ''

    """
    known = [stay for stay in stays if stay.place.town or stay.place.region or stay.place.country]
    towns = _distinct(stay.place.town for stay in known)
    if not known:
        return ""
    if len(towns) <= _MOST and all(stay.place.town for stay in known):
        return _listed(towns)
    for names in (
        _distinct(stay.place.region for stay in known),
        _distinct(stay.place.country for stay in known),
    ):
        if len(names) == 1 and names[0]:
            return names[0]
    return _listed(_longest(known))


def _longest(stays: Sequence[StayName]) -> list[str]:
    """The countries with the longest stays, in order of time."""
    length_s: dict[str, float] = {}
    for stay in stays:
        name = stay.place.country or stay.place.region or stay.place.town
        length_s[name] = length_s.get(name, 0.0) + stay.length_s
    kept = set(sorted(length_s, key=lambda name: -length_s[name])[:_MOST])
    return [name for name in length_s if name in kept]


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _listed(names: Sequence[str]) -> str:
    """'A', 'A and B', 'A, B and C'."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
