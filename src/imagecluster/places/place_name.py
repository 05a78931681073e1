"""The name of a place, from the coarse to the fine."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PlaceName"]


@dataclass(frozen=True, slots=True)
class PlaceName:
    """What a place is called; a part that is not known is empty."""

    town: str = ""
    """The town, village or part of a city that people would name."""
    region: str = ""
    """Province, state or island."""
    country: str = ""
    country_code: str = ""
    """ISO 3166-1, two letters."""
    zone: str = ""
    """Time zone by its name in the IANA database: "Asia/Makassar"."""
