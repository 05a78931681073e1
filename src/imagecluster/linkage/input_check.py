"""The check of the table that every linkage starts with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagecluster.errors import ArgumentError

__all__ = ["checked"]


def checked(X: NDArray[Any]) -> NDArray[Any]:
    """`X` as a table of real numbers; anything else raises ArgumentError."""
    X = np.asanyarray(X)
    if X.ndim != 2 or X.dtype.kind not in "fiu":
        raise ArgumentError(
            f"got an array of shape {X.shape} and type {X.dtype}; linkage takes real numbers in the shape "
            "(n_images, n_dimensions)"
        )
    return X
