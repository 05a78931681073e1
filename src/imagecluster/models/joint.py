"""Joint models: `a+b` compares pictures by the fingerprints of both."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from imagecluster.errors import ArgumentError
from imagecluster.models.declaration import Model, Output, Part
from imagecluster.models.sources import SeveralSources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["is_joint_name", "joined", "joint_model", "parse_joint"]

_DIGITS = 4
"""Decimal places of a share, so that the model's name gives it exactly."""


def is_joint_name(name: str) -> bool:
    """Whether a name stands for several models together."""
    return "+" in name and not name.endswith(".onnx")


def parse_joint(name: str) -> list[tuple[str, float]]:
    """Names and shares of `NAME+NAME` or `NAME:SHARE+NAME:SHARE`; the shares add up to 1.

    Examples
    --------
    >>> parse_joint("lite+clip"), parse_joint("lite:1+clip:3")
    ([('lite', 0.5), ('clip', 0.5)], [('lite', 0.25), ('clip', 0.75)])

    Raises
    ------
    ArgumentError
        The text has another form; the message says what is allowed.
    """
    parts = [re.fullmatch(r"([^:+]+)(?::([0-9.eE-]+))?", part) for part in name.split("+")]
    found = [(part[1], part[2]) for part in parts if part is not None]
    given = [text for _, text in found if text is not None]
    if len(found) < len(parts) or len(given) not in (0, len(parts)):
        raise ArgumentError(
            f"the model is {name!r}; write several models as NAME+NAME, or all with shares, as NAME:0.3+NAME:0.7"
        )
    names = [part for part, _ in found]
    if len(set(names)) < len(names):
        raise ArgumentError(f"the model is {name!r}; each model may appear only once")
    try:
        shares = [float(text) for text in given] or [1.0] * len(names)
    except ValueError:
        shares = [math.nan]
    total = sum(shares)
    if not all(0 < share < math.inf and round(share / total, _DIGITS) > 0 for share in shares):
        raise ArgumentError(
            f"the model is {name!r}; shares must be numbers above 0, none 10,000 times as large as another"
        )
    return [(part, share / total) for part, share in zip(names, shares, strict=True)]


def joint_model(parts: Sequence[tuple[Model, float]]) -> Model:
    """Declaration of several models together, each with its share; their order does not matter.

    With unit fingerprints u_i of the parts and shares w_i, which add up to 1, the fingerprint is (sqrt(w_1) u_1, ...,
    sqrt(w_k) u_k). It has unit length, and the cosine of two is sum_i w_i cos_i, the weighted mean of those of the
    parts.
    """
    parts = sorted(parts, key=lambda part: part[0].name)
    rounded = [round(share, _DIGITS) for _, share in parts]
    equal = len(set(rounded)) == 1
    models = [model for model, _ in parts]
    spelled = [model.name if equal else f"{model.name}:{share:g}" for model, share in zip(models, rounded, strict=True)]
    first = models[0]
    return Model(
        name="+".join(spelled),
        version="+".join(model.version for model in models),
        source=SeveralSources(tuple(model.source for model in models)),
        geometry=first.geometry,
        pixels=first.pixels,
        output=Output("joint"),
        n_dimensions=sum(model.n_dimensions for model in models),
        licence=" and ".join(dict.fromkeys(model.licence for model in models)),
        summary="together: " + "; ".join(model.summary for model in models),
        parts=tuple(Part(model, share / sum(rounded)) for model, share in zip(models, rounded, strict=True)),
    )


def joined(model: Model, fingerprints: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Fingerprints of a model, from those of its members, each of shape (..., n_dimensions of the member).

    For a model that is not joint they are returned unchanged.
    """
    import numpy as np

    if not model.parts:
        return fingerprints[0]
    scaled = [
        np.float32(math.sqrt(part.weight)) * found / np.linalg.norm(found, axis=-1, keepdims=True)
        for part, found in zip(model.parts, fingerprints, strict=True)
    ]
    return np.asarray(np.concatenate(scaled, axis=-1), dtype=np.float32)
