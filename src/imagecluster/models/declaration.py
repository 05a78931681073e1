"""What a fingerprint model is: where its network comes from, what it reads, what becomes of its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from imagecluster.decode import Frame
from imagecluster.models.onnx_graph import Network
from imagecluster.models.sources import Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Channels", "Crop", "Model", "Output", "Part", "Pixels"]

Channels = Literal["RGB", "BGR"]


@dataclass(frozen=True, slots=True)
class Crop:
    """The square in the middle of a picture whose short side has been scaled.

    The picture is decoded no larger than needed and scaled by LANCZOS: a sixth of the time that a `Frame` takes, at
    fingerprints that move by 0.002 (1 - cosine). For networks whose fingerprints nobody compares with another
    program's.
    """

    short_side_px: int
    side_px: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what the network reads, in pixels."""
        return self.side_px, self.side_px


@dataclass(frozen=True, slots=True)
class Pixels:
    """How 8-bit levels become what a network reads: (v - mean) / scale, each channel its own."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In levels from 0 to 255, in the order of `channels`."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: Channels = "RGB"
    last: bool = False
    """Whether the network reads (n, height, width, 3) in place of (n, 3, height, width)."""
    levels: bool = False
    """Whether the network reads the levels themselves, uint8, and scales them on its own."""


@dataclass(frozen=True, slots=True)
class Output:
    """What becomes of a network's output f.

    The fingerprint is u / |u| with u = h / |h| - centre_weight * centre and h = sign(f) |f|^power; it is f itself where
    `unit` is false.

    The signed power is Arandjelovic & Zisserman's RootSIFT idea (CVPR 2012) for pooled features; `centre` is a fixed
    mean of such h / |h| that comes with the model, so that a fingerprint never depends on other pictures of the
    collection.
    """

    name: str
    """Of the network's output, shape (n, n_dimensions), or (n, tokens, n_dimensions), whose first token is taken."""
    power: float = 1.0
    centre: Path | None = None
    """float32 array of shape (n_dimensions,) in numpy's .npy format."""
    centre_weight: float = 0.0
    unit: bool = True
    """Whether the fingerprint is scaled to unit length. Where others compare the network's raw output by its length
    too, it is kept as it is; whatever is clustered under cosine distance is scaled then."""


@dataclass(frozen=True, slots=True)
class Part:
    """A model inside a joint one."""

    model: Model
    weight: float
    """Share of its cosine in that of the joint fingerprints; the shares of all parts add up to 1."""


@dataclass(frozen=True, slots=True)
class Model:
    """Declaration of a network that turns a picture into a fingerprint."""

    name: str
    version: str
    """Changes with everything that changes a fingerprint: weights, arithmetic, geometry, statistics."""
    source: Source
    """Where the file of weights comes from."""
    geometry: Crop | Frame
    pixels: Pixels
    output: Output
    n_dimensions: int
    licence: str
    summary: str
    build: Callable[[Path], Network] = field(default=Network)
    """Makes the network of the file of weights; by default the file is an ONNX model."""
    batch: int = 1
    """Pictures that go through the network at once."""
    text_tower: Callable[[str], NDArray[np.float32]] | None = None
    """Gives the vector of a text, shape (n_dimensions,), comparable with the fingerprints of pictures; None where the
    network has no such part. For an ONNX file and a tokenizer.json it is a `TextTower`."""
    sim_curve: tuple[tuple[float, float], ...] = ()
    """Points (cosine distance, sim) from (0, 1) to (2, 0) of the calibrated scale of sim; empty where there is none."""

    parts: tuple[Part, ...] = ()
    """Models whose fingerprints this one puts together (`joint_model`); then geometry, pixels and build say nothing."""

    @property
    def members(self) -> tuple[Model, ...]:
        """The models whose networks are run: the parts, or this one alone."""
        return tuple(part.model for part in self.parts) or (self,)

    @property
    def identity(self) -> str:
        """`name@version`: fingerprints are comparable only under the same identity."""
        return f"{self.name}@{self.version}"
