"""Distances on the globe."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DAY_S", "EARTH_KM", "distance_km", "points_km"]

EARTH_KM = 6371.0
"""Mean radius."""

DAY_S = 86_400.0


def distance_km(
    latitude_deg: ArrayLike, longitude_deg: ArrayLike, other_latitude_deg: ArrayLike, other_longitude_deg: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distances by the haversine formula, NaN where a position is; arguments are broadcast."""
    a, b, c, d = (
        np.radians(np.asarray(angle, np.float64))
        for angle in (latitude_deg, longitude_deg, other_latitude_deg, other_longitude_deg)
    )
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


def points_km(latitude_deg: NDArray[np.float64], longitude_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the sphere around the centre of the Earth, shape (n, 3): no seam at the date line or the poles."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    flat = np.cos(latitude)
    return EARTH_KM * np.stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)], axis=1)
