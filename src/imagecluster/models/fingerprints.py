"""From a network's output to a fingerprint, by the formula in `Output`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from imagecluster.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagecluster.models.declaration import Model

__all__ = ["load_centre", "to_fingerprint", "unit_root"]

_LARGEST = 65504.0
"""Largest value of float16, in which the store keeps fingerprints."""


def unit_root(features: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
    """Signed power of the network's output, scaled to unit length, shape (n_dimensions,); zero stays zero."""
    import numpy as np

    rooted = np.sign(features) * np.abs(features) ** np.float32(model.output.power)
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-12), dtype=np.float32)


def to_fingerprint(features: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
    """The fingerprint of a network's output, shape (n_dimensions,).

    An output that is not finite, or is zero after centring, has no direction and raises ModelError.
    """
    import numpy as np

    if not model.output.unit:
        largest = float(np.abs(features).max())
        if not 0 < largest <= _LARGEST:  # false for NaN, too
            raise ModelError(
                f"{model.identity} gave an output that cannot be kept (largest value {largest:g}; limit {_LARGEST:g})"
            )
        return np.asarray(features, dtype=np.float32)
    centred = unit_root(features, model)
    if model.output.centre is not None:
        centred = centred - np.float32(model.output.centre_weight) * load_centre(model)
    length = float(np.linalg.norm(centred))
    if not np.isfinite(length) or length < 1e-6:
        raise ModelError(f"{model.identity} gave an output without a direction (length {length:g})")
    return np.asarray(centred / np.float32(length), dtype=np.float32)


@lru_cache
def load_centre(model: Model) -> NDArray[np.float32]:
    """The model's centre, shape (n_dimensions,), read once; zero if it has none."""
    import numpy as np

    if model.output.centre is None:
        return np.zeros(model.n_dimensions, np.float32)
    try:
        centre = np.load(model.output.centre, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"the statistics of {model.name} cannot be read: {error}; reinstall imagecluster") from None
    if centre.shape != (model.n_dimensions,):
        raise ModelError(f"{model.output.centre} has shape {centre.shape}; expected ({model.n_dimensions},)")
    return np.asarray(centre, dtype=np.float32)
