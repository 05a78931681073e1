"""The fingerprint models: what each one is, without loading any of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from imagecluster.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS = Path(__file__).parents[1] / "weights"
DEFAULT_MODEL = "efficientnet-lite0"


@dataclass(frozen=True, slots=True)
class Model:
    """Declaration of a network that turns a picture into a fingerprint.

    A picture is scaled so that its short side has `short_side_px`, the square of `crop_px` in its middle is taken,
    each RGB value v becomes (v - pixel_mean) / pixel_scale, and the network's output f becomes the fingerprint
    u / |u| with u = h / |h| - centre_weight * centre and h = sign(f) |f|^power.

    The signed power is Arandjelovic & Zisserman's RootSIFT idea (CVPR 2012) for pooled features; `centre` is a fixed
    mean of such h / |h| that comes with the model, so that a fingerprint never depends on other pictures of the
    collection.
    """

    name: str
    version: str
    """Changes with everything that changes a fingerprint: weights, arithmetic, geometry, statistics."""
    weights: Path
    """ONNX file with one float32 input of shape (1, 3, crop_px, crop_px)."""
    weights_sha256: str
    output: str
    """Name of the output of shape (1, n_dimensions) that is the feature."""
    n_dimensions: int
    short_side_px: int
    crop_px: int
    pixel_mean: float
    pixel_scale: float
    power: float
    centre: Path
    """float32 array of shape (n_dimensions,) in numpy's .npy format."""
    centre_weight: float
    licence: str
    summary: str

    @property
    def identity(self) -> str:
        """`name@version`: fingerprints are comparable only under the same identity."""
        return f"{self.name}@{self.version}"


MODELS = {
    model.name: model
    for model in (
        Model(
            name="efficientnet-lite0",
            version="int8.1",
            weights=WEIGHTS / "efficientnet-lite0-int8.onnx",
            weights_sha256="58242340aa4fb21161d936eec9fea318cd98571f4f114f2b4c88327ec35389d0",
            output="features",
            n_dimensions=1280,
            short_side_px=256,
            crop_px=224,
            pixel_mean=127.0,
            pixel_scale=128.0,
            power=0.5,
            centre=WEIGHTS / "efficientnet-lite0-int8.centre.npy",
            centre_weight=0.5,
            licence="Apache-2.0",
            summary="EfficientNet-Lite0, ImageNet, pooled features, statically quantised to 8 bits",
        ),
    )
}


def find_model(name: str) -> Model:
    """Declaration of the model of that name. ModelError names the known ones where there is none."""
    if name not in MODELS:
        raise ModelError(f"no model is called {name!r}; known: {', '.join(sorted(MODELS))}")
    return MODELS[name]


def unit_root(features: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
    """Signed power of the network's output, scaled to unit length, shape (n_dimensions,). Zero stays zero."""
    import numpy as np

    rooted = np.sign(features) * np.abs(features) ** np.float32(model.power)
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-12), dtype=np.float32)


def to_fingerprint(features: NDArray[np.float32], model: Model) -> NDArray[np.float32]:
    """Fingerprint of unit length from the network's output, shape (n_dimensions,), by the formula in `Model`.

    A feature that is not finite, or that leaves nothing after centring, has no direction: ModelError.
    """
    import numpy as np

    centred = unit_root(features, model) - np.float32(model.centre_weight) * load_centre(model)
    length = float(np.linalg.norm(centred))
    if not np.isfinite(length) or length < 1e-6:
        raise ModelError(f"{model.identity} gave a feature without direction (length {length:g})")
    return np.asarray(centred / np.float32(length), dtype=np.float32)


@lru_cache
def load_centre(model: Model) -> NDArray[np.float32]:
    """The model's centre, shape (n_dimensions,), read once."""
    import numpy as np

    try:
        centre = np.load(model.centre, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"the statistics of {model.name} cannot be read: {error}; reinstall imagecluster") from None
    if centre.shape != (model.n_dimensions,):
        raise ModelError(f"{model.centre} has shape {centre.shape}, not ({model.n_dimensions},)")
    return np.asarray(centre, dtype=np.float32)
