"""What is known of the moment of each picture: the input of the tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Moments"]


@dataclass(frozen=True, eq=False)
class Moments:
    """When, where and how each picture was taken; all arrays have one row per picture, NaN where nothing is known."""

    instant_s: NDArray[np.float64]
    """Seconds since 1970 in UTC, shape (n,)."""
    zone_s: NDArray[np.float64]
    """Seconds by which the clock of the place was ahead of UTC, shape (n,): what makes calendar days."""
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    cameras: tuple[str, ...]
    """Make and model; empty for screenshots, messages and downloads, which make no trips."""
    exposure_s: NDArray[np.float64]
    iso: NDArray[np.float64]
    f_number: NDArray[np.float64]
    focus_m: NDArray[np.float64]
    """Distance of the subject, where the camera says it."""
    names: tuple[str, ...]
    """Paths, which decide ties of equal instants."""
    vectors: NDArray[np.float32]
    """Unit fingerprints, shape (n, n_dimensions)."""
    load_grey: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    """Grey values of the whole pictures of some rows, upright, squeezed to 32 x 32: shape (k, 32, 32)."""
