"""Time zones of positions, and the clocks in them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["are_positions", "is_at_sea", "offset_s", "zones_of"]

_EARLIEST_S, _LATEST_S = -62_135_500_000.0, 253_402_200_000.0
"""Years 1 to 9999, less a day on either side."""


def zones_of(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> list[str]:
    """Time zones of positions by their names in the IANA database, such as `Europe/Berlin`; at sea `Etc/GMT+3`.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Degrees north and east, shape (n,).

    Returns
    -------
    list of str
        Empty for a position that is NaN or out of range. Borders are simplified, by at most about 100 m.

    """
    latitude, longitude = np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
    is_known = are_positions(latitude, longitude)
    return [
        _zone(round(float(lat), 5), round(float(lon), 5)) if known else ""
        for lat, lon, known in zip(latitude, longitude, is_known, strict=True)
    ]


def are_positions(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> NDArray[np.bool_]:
    """Whether latitudes are in [-90, 90] and longitudes in [-180, 180], shape (n,)."""
    latitude, longitude = np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
    return np.asarray((np.abs(latitude) <= 90) & (np.abs(longitude) <= 180))


def is_at_sea(zone: str) -> bool:
    """Whether a zone is that of a strip of ocean."""
    return zone.startswith("Etc/")


def offset_s(zone: str, instant_s: float) -> int | None:
    """Seconds by which the clocks of a zone were ahead of UTC at an instant; None for a zone that is not known.

    >>> offset_s("Asia/Makassar", 0), offset_s("Europe/Berlin", 1_750_000_000), offset_s("", 0)
    (28800, 7200, None)
    """
    known = _zone_info(zone)
    if known is None or not _EARLIEST_S < instant_s < _LATEST_S:
        return None
    offset = datetime.fromtimestamp(instant_s, UTC).astimezone(known).utcoffset()
    return None if offset is None else round(offset.total_seconds())


@lru_cache(maxsize=50_000)
def _zone(latitude_deg: float, longitude_deg: float) -> str:
    from tzfpy import get_tz

    return str(get_tz(longitude_deg, latitude_deg))


@lru_cache(maxsize=1_000)
def _zone_info(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
