"""The declaration of a fingerprint model: the source of its network, its input, and the use of its output."""

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

__all__ = ["SEEN_PX", "Channels", "Crop", "Model", "Output", "Part", "Pixels"]

SEEN_PX = 256
"""Short side of the picture from which a thumbnail is made, if the network reads a frame of its own."""

Channels = Literal["RGB", "BGR"]


@dataclass(frozen=True, slots=True)
class Crop:
    """The square in the middle of a picture, after its short side has been scaled.

    The picture is decoded no larger than needed and scaled by LANCZOS. This takes a sixth of the time of a `Frame`, and
    moves fingerprints by 0.002 (1 - cosine). It suits networks whose fingerprints are not compared with those of
    another program.
    """

    short_side_px: int
    side_px: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the network's input, in pixels."""
        return self.side_px, self.side_px


@dataclass(frozen=True, slots=True)
class Pixels:
    """The map from 8-bit levels to a network's input: (v - mean) / scale, separately for each channel."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Mean in levels from 0 to 255, in the order of `channels`."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: Channels = "RGB"
    last: bool = False
    """Whether the network reads (n, height, width, 3) instead of (n, 3, height, width)."""
    levels: bool = False
    """Whether the network reads the levels themselves, as uint8, and scales them itself."""


@dataclass(frozen=True, slots=True)
class Output:
    """The map from a network's output f to a fingerprint.

    The fingerprint is u / |u| with u = h / |h| - centre_weight * centre and h = sign(f) |f|^power; if `unit` is false,
    it is f itself.

    The signed power is Arandjelovic & Zisserman's RootSIFT idea (CVPR 2012) for pooled features; `centre` is a fixed
    mean of such h / |h| that comes with the model, so that a fingerprint never depends on other pictures of the
    collection.
    """

    name: str
    """Name of the network's output, of shape (n, n_dimensions), or (n, n_tokens, n_dimensions), whose first token is
    used."""
    power: float = 1.0
    centre: Path | None = None
    """float32 array of shape (n_dimensions,) in numpy's .npy format."""
    centre_weight: float = 0.0
    unit: bool = True
    """Whether the fingerprint is scaled to unit length. If others also compare the length of the network's output, it
    is kept as it is, and scaled only for clustering under cosine distance."""


@dataclass(frozen=True, slots=True)
class Part:
    """A model in a joint model."""

    model: Model
    weight: float
    """Share of its cosine in the cosine of joint fingerprints; the shares of all parts add up to 1."""


@dataclass(frozen=True, slots=True)
class Model:
    """Declaration of a network that turns a picture into a fingerprint."""

    name: str
    version: str
    """Version, which changes with everything that changes a fingerprint: weights, arithmetic, geometry, statistics."""
    source: Source
    """Source of the weight file."""
    geometry: Crop | Frame
    pixels: Pixels
    output: Output
    n_dimensions: int
    licence: str
    summary: str
    build: Callable[[Path], Network] = field(default=Network)
    """Makes the network from the weight file; by default the file is an ONNX model."""
    batch: int = 1
    """Number of pictures that go through the network at once."""
    text_tower: Callable[[str], NDArray[np.float32]] | None = None
    """Returns the vector of a text, shape (n_dimensions,), comparable with the fingerprints of pictures; None if the
    network has no such part. For an ONNX file and a tokenizer.json it is a `TextTower`."""
    sim_curve: tuple[tuple[float, float], ...] = ()
    """Points (cosine distance, sim) from (0, 1) to (2, 0) of the calibrated scale of sim; empty if there is none."""
    branch_curve: tuple[tuple[float, float], ...] = ()
    """Points (h0, sim) from (0, 1) to (2, 0) of the cut by branch (`imagecluster.cut.branch`) on that scale; empty if
    only flat cuts are calibrated."""
    parts: tuple[Part, ...] = ()
    """Models whose fingerprints this one joins (`joint_model`); geometry, pixels and build are then unused."""

    @property
    def members(self) -> tuple[Model, ...]:
        """The models whose networks are run: the parts, or this one alone."""
        return tuple(part.model for part in self.parts) or (self,)

    @property
    def decoding(self) -> tuple[int, Frame | None]:
        """Short side in pixels and frame with which pictures are decoded for the first network, and thumbnails made."""
        geometry = self.members[0].geometry
        return (geometry.short_side_px, None) if isinstance(geometry, Crop) else (SEEN_PX, geometry)

    @property
    def identity(self) -> str:
        """`name@version`; only fingerprints of the same identity are comparable."""
        return f"{self.name}@{self.version}"
